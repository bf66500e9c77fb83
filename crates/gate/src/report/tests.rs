//! Every form says the same of the same verdict.

use super::{GateReport, ReportFormat};
use crate::{
    policy::GatePolicy,
    rules::{self, MODULE_DENIED, SUM_CONFLICT, TOO_YOUNG},
    verdict::GateVerdict,
};
use finding::{FileSpan, Finding, FindingPlace, UnreadableInput};
use jiff::civil::date;
use serde_json::Value;

/// A verdict with hostile words in every field that comes from a checkout.
fn verdict(unreadable: Vec<UnreadableInput>) -> GateVerdict {
    let at = |line| FindingPlace::at("a b/go.sum", FileSpan::in_line(line, 1, 20));
    let found = vec![
        Finding::new(
            &SUM_CONFLICT,
            at(7),
            "example.com/m@v1.0.0",
            "two <hashes> & \"more\"\n::x",
        )
        .beside(at(3), "the first"),
        Finding::new(
            &TOO_YOUNG,
            FindingPlace::file("go.mod"),
            "example.com/y@v1.0.0",
            "100% young, new",
        ),
        Finding::new(
            &MODULE_DENIED,
            FindingPlace::file("go.mod"),
            "example.com/w@v1.0.0",
            "\u{1b}[31m",
        ),
    ];
    let policy = "[[waiver]]\nrule = \"allowed/module-denied\"\nowner = \"a <b>\"\nreason = \"r\"\nuntil = 2026-12-31\n";
    let policy = GatePolicy::parse("p.toml", policy.as_bytes(), &rules::all()).unwrap();
    GateVerdict::of(&policy, "p.toml", found, unreadable, date(2026, 11, 26))
}

fn render_below(prefix: &str, format: ReportFormat) -> String {
    rendered(&verdict(Vec::new()), prefix, format)
}

fn render(verdict: &GateVerdict, format: ReportFormat) -> String {
    rendered(verdict, "", format)
}

fn rendered(verdict: &GateVerdict, prefix: &str, format: ReportFormat) -> String {
    let report = GateReport {
        version: "1.2.3",
        directory: ".",
        prefix,
        rules: &rules::all(),
        verdict,
        facts: &["vulnerability data of 2026-11-20".to_owned()],
        change: None,
    };
    report.render(format)
}

#[test]
fn text_names_place_rule_and_next_step() {
    let text = render(&verdict(Vec::new()), ReportFormat::Text(false));
    assert!(
        text.contains("a b/go.sum:7:1: error: two <hashes>"),
        "{text}"
    );
    assert!(
        text.contains("[lock/sum-conflict]\n    next: Find out"),
        "{text}"
    );
    assert!(text.contains("lock       blocked   1 finding\n"), "{text}");
    assert!(text.ends_with("gate: stopped, exit 10\n"), "{text}");
    assert!(
        !text.contains('\u{1b}'),
        "no control character of the input gets through: {text}"
    );
}

#[test]
fn colours_are_only_there_when_asked_for() {
    let coloured = render(&verdict(Vec::new()), ReportFormat::Text(true));
    assert!(coloured.contains("\u{1b}[31merror\u{1b}[0m"), "{coloured}");
}

#[test]
fn json_has_findings_steps_and_the_exit_code() {
    let json: Value =
        serde_json::from_str(&render(&verdict(Vec::new()), ReportFormat::Json)).unwrap();
    assert_eq!(json["exit_code"], 10);
    assert_eq!(json["steps"]["lock"], "blocked");
    assert_eq!(json["steps"]["fresh"], "warned");
    assert_eq!(json["findings"][0]["rule"], "lock/sum-conflict");
    assert_eq!(json["findings"][0]["place"]["span"]["line"], 7);
    assert_eq!(json["waived"][0]["owner"], "a <b>");
}

#[test]
fn sarif_points_at_the_line_and_suppresses_what_is_waived() {
    let sarif: Value =
        serde_json::from_str(&render(&verdict(Vec::new()), ReportFormat::Sarif)).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    let region = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(region["region"]["startLine"], 7);
    assert_eq!(region["artifactLocation"]["uri"], "a%20b/go.sum");
    assert_eq!(results[2]["suppressions"][0]["kind"], "external");
}

#[test]
fn sarif_says_how_bad_a_rule_is_and_where_the_repository_begins() {
    let sarif: Value =
        serde_json::from_str(&render_below("services/a/", ReportFormat::Sarif)).unwrap();
    let location = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    let uri = &location["artifactLocation"]["uri"];
    assert_eq!(uri, "services/a/a%20b/go.sum");
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    let properties = |id: &str| {
        let rule = rules.iter().find(|rule| rule["id"] == id);
        rule.unwrap()["properties"].clone()
    };
    let conflict = properties("lock/sum-conflict");
    assert_eq!(conflict["security-severity"], "7.5");
    assert_eq!(conflict["tags"], serde_json::json!(["security", "lock"]));
    assert!(properties("fresh/too-young")["security-severity"].is_null());
    let github = render_below("services/a/", ReportFormat::Github);
    assert!(
        github.contains("::error file=services/a/a b/go.sum,"),
        "{github}"
    );
    let text = render_below("services/a/", ReportFormat::Text(false));
    assert!(text.starts_with("a b/go.sum:7:1: "), "{text}");
}

#[test]
fn sarif_is_cut_to_what_is_taken_in_with_what_blocks_first_and_says_so() {
    let rules = [&TOO_YOUNG, &SUM_CONFLICT];
    let of = |count: usize, message: &str| {
        let one = |at: usize| {
            let place = FindingPlace::at("go.sum", FileSpan::in_line(1, 1, 1));
            let subject = format!("example.com/m{at}@v1.0.0");
            Finding::new(rules[at % 2], place, subject, message)
        };
        let found = (0..count).map(one).collect();
        let policy = GatePolicy::default();
        GateVerdict::of(&policy, "p.toml", found, Vec::new(), date(2026, 11, 26))
    };
    let sarif = |verdict: &GateVerdict| {
        let text = render(verdict, ReportFormat::Sarif);
        assert!(text.len() < 10_000_000, "{}", text.len());
        let sarif: Value = serde_json::from_str(&text).unwrap();
        let run = &sarif["runs"][0];
        let notes = &run["invocations"][0]["toolExecutionNotifications"];
        let note = notes[0]["message"]["text"].as_str().unwrap_or_default();
        (run["results"].as_array().unwrap().clone(), note.to_owned())
    };
    let (few, note) = sarif(&of(5_000, "m"));
    assert_eq!((few.len(), &*note), (5_000, ""));
    let (more, note) = sarif(&of(5_001, "m"));
    assert_eq!(more.len(), 5_001);
    assert!(note.contains("GitHub shows 5000"), "{note}");
    let (cut, note) = sarif(&of(30_000, "m"));
    assert!(cut.len() > 15_000 && cut.len() < 30_000, "{}", cut.len());
    let left_out = format!("{} of 30000 results were left out", 30_000 - cut.len());
    assert!(note.starts_with(&left_out), "{note}");
    let first = cut.iter().take(15_000);
    assert!(first.clone().all(|one| one["level"] == "error"));
    let (long, _) = sarif(&of(5_000, &"x".repeat(10_000)));
    assert!(long.len() > 1_000);
}

#[test]
fn what_is_the_same_in_several_files_is_said_once_with_all_of_them() {
    let one = |file: &str| {
        Finding::new(
            &SUM_CONFLICT,
            FindingPlace::file(file),
            "",
            "nobody could say",
        )
    };
    let found = vec![one("a/go.mod"), one("b/go.mod"), one("go.mod")];
    let policy = GatePolicy::default();
    let verdict = GateVerdict::of(&policy, "p.toml", found, Vec::new(), date(2026, 11, 26));
    let text = render(&verdict, ReportFormat::Text(false));
    assert_eq!(text.matches("nobody could say").count(), 1, "{text}");
    assert!(text.contains("    also: b/go.mod, go.mod\n"), "{text}");
    assert!(text.contains("lock       blocked   3 findings"), "{text}");

    let many = (0..30).map(|at| one(&format!("{at}/go.mod"))).collect();
    let verdict = GateVerdict::of(&policy, "p.toml", many, Vec::new(), date(2026, 11, 26));
    let text = render(&verdict, ReportFormat::Text(false));
    assert!(text.contains(" and 9 more\n"), "{text}");
}

#[test]
fn annotations_cannot_be_broken_out_of() {
    let text = render(&verdict(Vec::new()), ReportFormat::Github);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with(
        "::error file=a b/go.sum,line=7,endLine=7,col=1,endColumn=21,title=lock/sum-conflict::two"
    ));
    assert!(lines[0].contains("\"more\"\\u{a}::x%0Anext: "), "{text}");
    assert!(lines[1].contains("100%25 young, new"));
}

/// What a terminal, the runner of a workflow, a parser of XML or a reader would obey.
const HOSTILE: [&str; 14] = [
    "\u{1b}[2J",
    "\u{7}",
    "x\r::error::y",
    "x\n::error file=a::y",
    "x\n##[error]y",
    "x\u{85}::error::y",
    "x\u{2028}::error::y",
    "\u{202e}x\u{2066}",
    "\u{200b}\u{feff}\u{e0041}",
    "::error::y",
    " ::set-output name=x::y",
    "##vso[task.setvariable variable=x]y",
    "]]></system-out><failure/><!--",
    "\u{0}\u{ffff}",
];

/// A verdict and facts of which every text is one word.
fn all_of(word: &str) -> (GateVerdict, Vec<String>) {
    let place = || FindingPlace::file(word);
    let found = |rule| {
        Finding::new(rule, place(), word, word)
            .advise(word)
            .beside(place(), word)
    };
    let waiver = format!(
        "[[waiver]]\nrule = \"allowed/module-denied\"\nowner = {0}\nreason = {0}\nuntil = 2026-12-31\n",
        toml::Value::from(format!("{word}.")),
    );
    let policy = GatePolicy::parse("p.toml", waiver.as_bytes(), &rules::all()).unwrap();
    let found = vec![
        found(&SUM_CONFLICT),
        found(&TOO_YOUNG),
        found(&MODULE_DENIED),
    ];
    let unreadable = vec![UnreadableInput::new(place(), word)];
    let verdict = GateVerdict::of(&policy, word, found, unreadable, date(2026, 11, 26));
    (verdict, vec![word.to_owned()])
}

#[test]
fn nobody_obeys_a_word_of_the_checkout_in_any_form() {
    let formats = [
        ReportFormat::Text(false),
        ReportFormat::Json,
        ReportFormat::Sarif,
        ReportFormat::Github,
        ReportFormat::Gitlab,
        ReportFormat::Junit,
    ];
    for word in HOSTILE {
        let (verdict, facts) = all_of(word);
        for format in formats {
            let report = GateReport {
                version: "1.2.3",
                directory: word,
                prefix: word,
                rules: &rules::all(),
                verdict: &verdict,
                facts: &facts,
                change: None,
            };
            let text = report.render(format);
            for line in text.split('\n') {
                let own = ["::error file=", "::warning file="];
                let is_own =
                    format == ReportFormat::Github && own.iter().any(|own| line.starts_with(own));
                assert!(
                    is_own || !line.trim_start().starts_with("::"),
                    "{word:?}: {line}"
                );
                assert!(!line.contains("##"), "{word:?}: {line}");
                assert!(!line.chars().any(finding::is_obeyed), "{word:?}: {line:?}");
            }
            let lines = text.lines().count();
            if format == ReportFormat::Github {
                assert_eq!(lines, 3, "{word:?}: a line for each: {text}");
            }
            if format == ReportFormat::Junit {
                assert!(!text.contains("]]>"), "{word:?}: {text}");
            }
        }
    }
}

#[test]
fn a_fingerprint_stays_when_lines_move() {
    let at = |line| {
        let place = FindingPlace::at("go.sum", FileSpan::in_line(line, 1, 5));
        super::fingerprint(&Finding::new(&SUM_CONFLICT, place, "m", "two"))
    };
    assert_eq!(at(3), at(99));
}

#[test]
fn unreadable_input_is_an_error_in_every_form() {
    let unreadable = vec![UnreadableInput::new(
        FindingPlace::file("go.sum"),
        "half a <file>",
    )];
    let verdict = verdict(unreadable);
    let text = render(&verdict, ReportFormat::Text(false));
    assert!(
        text.ends_with("gate: stopped, exit 10; some of the input could not be read\n"),
        "{text}"
    );
    assert!(!text.contains("passed"), "{text}");
    assert!(
        render(&verdict, ReportFormat::Junit).contains("<error message=\"half a &lt;file&gt;\">")
    );
    assert!(
        render(&verdict, ReportFormat::Github)
            .starts_with("::error file=go.sum,title=unreadable::half")
    );
    let gitlab: Value = serde_json::from_str(&render(&verdict, ReportFormat::Gitlab)).unwrap();
    assert_eq!(gitlab[0]["severity"], "blocker");
    let sarif: Value = serde_json::from_str(&render(&verdict, ReportFormat::Sarif)).unwrap();
    assert_eq!(
        sarif["runs"][0]["invocations"][0]["executionSuccessful"],
        false
    );
}
