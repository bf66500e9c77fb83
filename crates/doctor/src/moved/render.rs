//! Render: a search for people. ASCII only: much of it was written by strangers.

use super::advice::MoveAdvice;
use super::candidate::CandidateSign;
use super::evidence::{CheckedCandidate, MoveEvidence, PageSays, ProxySays, SourceReply};
use super::gather::MoveSearch;
use std::fmt::Write as _;

/// Prints a search.
pub fn render_search(search: &MoveSearch) -> String {
    let mut text = String::new();
    evidence(&mut text, &search.evidence);
    for checked in &search.checked {
        candidate(&mut text, checked, search);
    }
    text.push_str("\nadvice\n");
    for advice in &search.advice {
        advise(&mut text, advice);
    }
    let text: String = text.chars().map(plain).collect();
    text.replace("##", "#?")
}

/// Writing to a string cannot fail, so results are ignored, here and below.
fn evidence(text: &mut String, evidence: &MoveEvidence) {
    let version = evidence
        .version
        .as_ref()
        .map(|version| format!("@{version}"));
    let _ = writeln!(text, "{}{}", evidence.module, version.unwrap_or_default());
    if evidence.is_private {
        text.push_str("  its name is private: pages were asked for inside only\n");
    }
    for says in &evidence.proxies {
        proxy(text, says);
    }
    if evidence.proxies.is_empty() {
        text.push_str("  no proxy is asked for it\n");
    }
    for says in &evidence.pages {
        page(text, says);
    }
}

fn proxy(text: &mut String, says: &ProxySays) {
    let version = says.version.as_ref().map(|version| format!(" {version}"));
    let _ = writeln!(
        text,
        "  proxy {}{}",
        says.source,
        version.unwrap_or_default()
    );
    for (file, said) in &says.files {
        let _ = writeln!(text, "    {:8} {}", file.name(), said.words());
    }
    let newest = says
        .newest
        .iter()
        .filter(|newest| Some(*newest) != says.declared.as_ref());
    for declared in says.declared.iter().chain(newest) {
        let _ = writeln!(
            text,
            "    go.mod of {} declares {}",
            declared.version, declared.path
        );
        if let Some(words) = &declared.deprecated {
            let _ = writeln!(text, "      deprecated: {words}");
        }
    }
}

fn page(text: &mut String, says: &PageSays) {
    let _ = writeln!(text, "  page {}", says.url);
    for hop in &says.hops {
        let lasting = if hop.is_permanent() {
            "for good"
        } else {
            "for now"
        };
        let _ = writeln!(text, "    {} {lasting} to {}", hop.status, hop.to);
    }
    match &says.end {
        SourceReply::Has => text.push_str("    answers\n"),
        silent => {
            let _ = writeln!(text, "    {}", silent.words());
        }
    }
    for import in &says.page.imports {
        let _ = writeln!(
            text,
            "    go-import {} {} {}",
            import.prefix, import.vcs, import.root
        );
    }
}

fn candidate(text: &mut String, checked: &CheckedCandidate, search: &MoveSearch) {
    let path = &checked.candidate.path;
    let signs: Vec<&str> = checked
        .candidate
        .signs
        .iter()
        .map(|sign: &CandidateSign| sign.name())
        .collect();
    let _ = writeln!(text, "candidate {path}\n  named by {}", signs.join(", "));
    if let Some(found) = &checked.found {
        let declared = &found.declared;
        let _ = writeln!(
            text,
            "  {} {}: go.mod declares {}",
            found.source, declared.version, declared.path
        );
        let _ = writeln!(
            text,
            "  {}\n  {}",
            found.record.words(),
            found.contents.words()
        );
        let wanted = search.evidence.version.as_ref();
        if wanted.is_some_and(|wanted| *wanted != declared.version) {
            text.push_str("  it is another version than the one that is wanted\n");
        }
    }
    let against = search
        .unverified
        .iter()
        .find(|unverified| unverified.candidate.path == *path);
    match against {
        Some(unverified) => {
            let _ = writeln!(text, "  NOT VERIFIED: {}", unverified.why);
        }
        None => text.push_str("  verified\n"),
    }
}

fn advise(text: &mut String, advice: &MoveAdvice) {
    let cost = match advice {
        MoveAdvice::Keep {
            source,
            version,
            cost,
        } => {
            let _ = writeln!(text, "  keep {version}: {source} goes on serving it");
            cost
        }
        MoveAdvice::Replace { line, cost } => {
            let _ = writeln!(text, "  {line}");
            cost
        }
        MoveAdvice::Import {
            old,
            new,
            command,
            cost,
        } => {
            let _ = writeln!(text, "  import {new} instead of {old}, and run: {command}");
            cost
        }
        MoveAdvice::Nobody { asked } => {
            let _ = writeln!(text, "  nobody that was asked has it: {}", asked.join(", "));
            return;
        }
        MoveAdvice::Open { silent } if silent.is_empty() => {
            text.push_str("  it cannot be told: nobody was asked who could say\n");
            return;
        }
        MoveAdvice::Open { silent } => {
            text.push_str("  it cannot be told, because some could not or would not say\n");
            for silent in silent {
                let _ = writeln!(text, "    {silent}");
            }
            return;
        }
    };
    let _ = writeln!(text, "    cost: {cost}");
}

fn plain(character: char) -> char {
    let is_plain = character == '\n' || character == ' ' || character.is_ascii_graphic();
    if is_plain { character } else { '?' }
}
