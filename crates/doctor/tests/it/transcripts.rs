//! Transcripts: what go 1.13 to this one printed in every case of the corpus, and the right first cause.
//!
//! The truth is what was done to provoke each failure; `tests/record.sh` makes the files anew. A cause that
//! is wrong must not be called certain, and no advice may be dangerous, whatever the share of right ones.

use crate::corpus::disguise::DECORATORS;
use crate::corpus::record::{self, Transcript};
use doctor::{ColourMode, Diagnosis, ReasonConfidence, classify, report};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

/// The fewest there are.
const FEWEST: usize = 150;

static ALL: LazyLock<Vec<Transcript>> = LazyLock::new(all);

fn all() -> Vec<Transcript> {
    record::read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/transcripts"))
}

fn top_of(diagnosis: &Diagnosis) -> String {
    let top = diagnosis.top().map(|reason| reason.what.id());
    top.unwrap_or_else(|| "unknown".to_owned())
}

#[test]
fn the_cause_of_every_transcript_is_named() {
    let mut wrong = Vec::new();
    let mut certain = 0;
    let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for transcript in ALL.iter() {
        let diagnosis = classify(&transcript.text);
        let top = top_of(&diagnosis);
        let is_right = transcript.causes.contains(&top);
        let family = transcript.causes[0].split('/').next().unwrap().to_owned();
        let kind = kinds.entry(family).or_default();
        kind.0 += 1;
        kind.1 += usize::from(is_right);
        if !is_right {
            let sure = diagnosis
                .top()
                .is_some_and(|top| top.confidence == ReasonConfidence::Certain);
            certain += usize::from(sure);
            wrong.push(format!(
                "{}: {top}, not {:?}\n{}\n{}",
                transcript.case,
                transcript.causes,
                transcript.text,
                report(&diagnosis, ColourMode::Never)
            ));
        }
    }
    println!("| Kind | Transcripts | Right |\n|---|---|---|");
    for (kind, (count, right)) in &kinds {
        println!("| {kind} | {count} | {right} |");
    }
    println!(
        "{} of {} transcripts are right",
        ALL.len() - wrong.len(),
        ALL.len()
    );
    assert!(ALL.len() >= FEWEST);
    assert_eq!(certain, 0, "wrong and certain:\n{}", wrong.join("\n\n"));
    assert!(wrong.len() * 20 <= ALL.len(), "{}", wrong.join("\n\n"));
}

/// What no advice may say, and the words that make it harmless.
const DANGEROUS: [(&str, &str); 7] = [
    ("GOSUMDB=off", "Remove GOSUMDB=off"),
    ("GONOSUMCHECK", "-"),
    ("GOINSECURE", "-"),
    ("GONOSUMDB=*", "-"),
    ("GIT_SSL_NO_VERIFY", "-"),
    ("rm go.sum", "-"),
    ("-insecure", "-"),
];

#[test]
fn no_advice_is_dangerous() {
    for transcript in ALL.iter() {
        for reason in classify(&transcript.text).reasons {
            let mut words = vec![reason.what.next().to_owned()];
            words.extend(reason.fixes.iter().map(|fix| fix.text.clone()));
            for (danger, harmless) in DANGEROUS {
                let is_danger = |text: &String| text.contains(danger) && !text.contains(harmless);
                assert!(
                    !words.iter().any(is_danger),
                    "{}: {words:?}",
                    transcript.case
                );
            }
        }
    }
}

#[test]
fn in_a_workspace_nothing_is_vendored_for_one_module() {
    for transcript in ALL
        .iter()
        .filter(|transcript| transcript.case.contains("workspace"))
    {
        let printed = report(&classify(&transcript.text), ColourMode::Never);
        let advice = printed.lines().filter(|line| !line.starts_with("   |"));
        assert!(
            !advice.collect::<String>().contains("go mod vendor"),
            "{printed}"
        );
    }
}

#[test]
fn no_decorator_changes_the_first_cause() {
    assert!(DECORATORS.len() >= 60);
    let mut wrong = Vec::new();
    for transcript in ALL.iter() {
        let plain = top_of(&classify(&transcript.text));
        for (name, decorate) in DECORATORS {
            let decorated = decorate(&transcript.text);
            let found = top_of(&classify(&decorated));
            if found != plain {
                wrong.push(format!(
                    "{} under {name}: {found}, not {plain}\n{decorated}",
                    transcript.case
                ));
            }
        }
    }
    println!(
        "{} of {} are bent",
        wrong.len(),
        ALL.len() * DECORATORS.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// What a build server decorates once more is decorated by whoever shows its log.
    #[test]
    fn two_decorators_change_nothing_either(
        index in 0..ALL.len(),
        inner in proptest::sample::select(INNER),
        outer in proptest::sample::select(OUTER),
    ) {
        let transcript = &ALL[index];
        let plain = top_of(&classify(&transcript.text));
        let decorate = |name: &str, text: &str| {
            let decorator = DECORATORS.iter().find(|(known, _)| *known == name).unwrap();
            decorator.1(text)
        };
        let decorated = decorate(outer, &decorate(inner, &transcript.text));
        let found = top_of(&classify(&decorated));
        prop_assert_eq!(found, plain, "{} under {} under {}\n{}", transcript.case, inner, outer, decorated);
    }
}

/// What happens to a text first.
const INNER: &[&str] = &[
    "buildkit",
    "buildkit summary",
    "compose",
    "nix",
    "go log",
    "teamcity",
    "colours",
];

/// What happens to it then.
const OUTER: &[&str] = &[
    "github actions",
    "gh run view",
    "docker json-file",
    "kubernetes cri",
    "syslog",
    "cloud build",
    "a quotation",
    "carriage returns",
    "entities",
    "line numbers",
    "json log",
    "ansible",
];
