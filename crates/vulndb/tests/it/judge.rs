//! Judge: every rule finds its case, and nothing beside it.

use crate::support::{entry, source};
use finding::{FileSpan, Finding, FindingPlace};
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use vulndb::{
    ExaminationInput, ImportReach, ReachabilityReport, SourceOrigin, VulnerabilityDatabase, judge,
};

const MODULE: &str = "example.com/a";
const TODAY: Date = date(2026, 5, 25);

/// What is to be judged, with the parts that most tests do not care about.
struct Case {
    entries: Vec<Value>,
    origin: SourceOrigin,
    modules: Vec<(&'static str, &'static str)>,
    report: Option<String>,
    imported: ImportReach,
    days: Option<u32>,
    today: Date,
}

impl Case {
    fn new(entries: &[Value], modules: &[(&'static str, &'static str)]) -> Self {
        Self {
            entries: entries.to_vec(),
            origin: SourceOrigin::Public,
            modules: modules.to_vec(),
            report: None,
            imported: ImportReach::Unasked,
            days: Some(7),
            today: TODAY,
        }
    }

    fn fixed() -> Self {
        let events = [("introduced", "0"), ("fixed", "1.2.0")];
        Self::new(&[entry("GO-1", MODULE, &events)], &[(MODULE, "v1.0.0")])
    }

    fn judge(&self) -> Vec<Finding> {
        let sources = vec![source("go", self.origin, &self.entries)];
        let database = VulnerabilityDatabase::merge(sources).unwrap();
        let report = self.report.as_ref();
        let reachability = report.map(|text| ReachabilityReport::parse(text.as_bytes()).unwrap());
        judge(&ExaminationInput {
            examined: &database.examine(self.modules.iter().copied()).unwrap(),
            reachability: reachability.as_ref(),
            imported: &|_| self.imported.clone(),
            raise: &|hit, version| format!("go get {}@{version}", hit.module),
            policy_file: "gate.toml",
            place: &|module| match module {
                MODULE => FindingPlace::at("go.mod", FileSpan::in_line(5, 2, 20)),
                _ => FindingPlace::file("go.mod"),
            },
            days: self.days,
            today: self.today,
        })
    }

    fn rules(&self) -> Vec<&'static str> {
        let findings = self.judge();
        findings.iter().map(|finding| finding.rule.id).collect()
    }
}

fn report(level: &str, frame: &Value) -> String {
    report_of("2026-05-20T16:03:47Z", level, frame)
}

fn report_of(database: &str, level: &str, frame: &Value) -> String {
    let config = json!({"config": {
        "protocol_version": "v1.0.0",
        "scan_level": level,
        "db_last_modified": database,
    }});
    let finding = json!({"finding": {"osv": "GO-1", "trace": [frame]}});
    format!("{config}\n{finding}")
}

#[test]
fn a_vulnerability_with_a_fix_says_which_and_where() {
    let judgement = Case::fixed().judge();
    let [finding] = &judgement[..] else {
        panic!("{judgement:?}")
    };
    assert_eq!(finding.rule.id, "vulnerable/fixed-upstream");
    assert_eq!(finding.place.to_string(), "go.mod:5:2");
    assert_eq!(finding.subject, "example.com/a@v1.0.0");
    let message = "example.com/a@v1.0.0 has GO-1: GO-1 in short; fixed in v1.2.0";
    assert_eq!(finding.message, message);
    assert_eq!(finding.next(), "Run `go get example.com/a@v1.2.0`.");
}

#[test]
fn a_version_without_the_vulnerability_is_found_fault_with_by_nobody() {
    let mut case = Case::fixed();
    case.modules = vec![(MODULE, "v1.2.0"), ("example.com/b", "v1.0.0")];
    assert_eq!(case.rules(), [""; 0]);
}

#[test]
fn a_vulnerability_without_a_fix_is_another_case() {
    let unfixed = entry("GO-1", MODULE, &[("introduced", "0")]);
    let case = Case::new(&[unfixed], &[(MODULE, "v1.0.0")]);
    assert_eq!(case.rules(), ["vulnerable/unfixed"]);
    let message = &case.judge()[0].message;
    assert!(
        message.ends_with("; not fixed in any known version"),
        "{message}"
    );
}

#[test]
fn the_standard_library_and_the_go_command_are_releases() {
    for module in ["stdlib", "toolchain"] {
        let events = [("introduced", "0"), ("fixed", "1.21.3")];
        let case = Case::new(&[entry("GO-1", module, &events)], &[(module, "go1.21.2")]);
        let judgement = case.judge();
        assert_eq!(judgement[0].rule.id, "vulnerable/go-release");
        let next = judgement[0].next();
        assert!(next.contains("`go get toolchain@go1.21.3`"), "{next}");
    }
}

#[test]
fn what_calls_tell_decides_the_rule() {
    let required = json!({"module": MODULE, "version": "v1.0.0"});
    let mut imported = required.clone();
    imported["package"] = json!("example.com/a/b");
    let mut called = imported.clone();
    called["function"] = json!("Do");
    for (level, frame, rule) in [
        ("symbol", &called, "vulnerable/called"),
        ("symbol", &imported, "vulnerable/not-called"),
        ("symbol", &required, "vulnerable/not-called"),
        ("package", &imported, "vulnerable/fixed-upstream"),
        ("package", &required, "vulnerable/not-called"),
        ("module", &required, "vulnerable/fixed-upstream"),
    ] {
        let mut case = Case::fixed();
        case.report = Some(report(level, frame));
        assert_eq!(case.rules(), [rule], "{level} {frame}");
    }
    for (frame, rule) in [
        (&called, "vulnerable/called"),
        (&imported, "vulnerable/fixed-upstream"),
    ] {
        let mut case = Case::fixed();
        case.report = Some(report_of("2026-05-20T16:03:46Z", "symbol", frame));
        assert_eq!(
            case.rules(),
            [rule],
            "a report that is older than the entry"
        );
    }
    let mut of_another_version = Case::fixed();
    of_another_version.modules = vec![(MODULE, "v1.1.0")];
    of_another_version.report = Some(report("symbol", &imported));
    assert_eq!(of_another_version.rules(), ["vulnerable/fixed-upstream"]);
}

#[test]
fn what_imports_tell_decides_where_calls_do_not() {
    let package = || "example.com/a/b".to_owned();
    let told = [
        (ImportReach::Unasked, "vulnerable/fixed-upstream", ""),
        (
            ImportReach::By { package: package() },
            "vulnerable/fixed-upstream",
            "; example.com/a/b is imported",
        ),
        (
            ImportReach::Unknown {
                why: "a zip is not to be had".to_owned(),
            },
            "vulnerable/fixed-upstream",
            "; whether example.com/a/b is imported is not known: a zip is not to be had",
        ),
        (
            ImportReach::Beside {
                package: package(),
                by: "tests".to_owned(),
            },
            "vulnerable/not-built",
            "; example.com/a/b is imported by tests",
        ),
        (
            ImportReach::Nowhere,
            "vulnerable/not-imported",
            "; nothing imports example.com/a/b",
        ),
    ];
    for (imported, rule, words) in told {
        let mut case = Case::fixed();
        case.entries[0]["affected"][0]["ecosystem_specific"] =
            json!({"imports": [{"path": "example.com/a/b"}]});
        case.imported = imported;
        let found = &case.judge()[0];
        assert_eq!(found.rule.id, rule);
        let end = format!("fixed in v1.2.0{words}");
        assert!(found.message.ends_with(&end), "{}", found.message);
        // A report that looked closer, at the same code, goes before.
        let called =
            json!({"module": MODULE, "version": "v1.0.0", "package": package(), "function": "Do"});
        case.report = Some(report("symbol", &called));
        assert_eq!(case.rules(), ["vulnerable/called"]);
    }
}

#[test]
fn one_command_ends_all_that_a_version_of_the_module_ends() {
    let early = entry("GO-1", MODULE, &[("introduced", "0"), ("fixed", "1.2.0")]);
    let late = entry("GO-2", MODULE, &[("introduced", "0"), ("fixed", "1.4.0")]);
    let never = entry("GO-3", MODULE, &[("introduced", "0")]);
    let case = Case::new(&[early, late, never], &[(MODULE, "v1.0.0")]);
    let found = case.judge();
    let command = "Run `go get example.com/a@v1.4.0`: it ends all 2 vulnerabilities of example.com/a that a version fixes.";
    assert_eq!([found[0].next(), found[1].next()], [command; 2]);
    let next = found[2].next();
    assert!(
        next.starts_with("No version of example.com/a fixes GO-3: "),
        "{next}"
    );
}

#[test]
fn a_version_that_is_none_is_never_a_pass() {
    let mut case = Case::fixed();
    case.modules = vec![(MODULE, "(devel)"), ("example.com/b", "(devel)")];
    assert_eq!(case.rules(), ["vulnerable/version-unknown"]);
}

#[test]
fn old_data_is_found_on_the_first_day_that_is_too_late() {
    let mut case = Case::fixed();
    case.modules = Vec::new();
    // The data is of 2026-05-20.
    for (today, days, rules) in [
        (date(2026, 5, 27), Some(7), vec![]),
        (date(2026, 5, 28), Some(7), vec!["vulnerable/data-old"]),
        (date(2036, 5, 28), None, vec![]),
        (date(2026, 5, 19), Some(7), vec![]),
        (date(2026, 5, 18), Some(7), vec!["vulnerable/data-old"]),
    ] {
        (case.today, case.days) = (today, days);
        assert_eq!(case.rules(), rules, "{today}");
    }
}

#[test]
fn advisories_of_ones_own_do_not_stand_for_public_data() {
    let mut case = Case::fixed();
    (case.origin, case.modules) = (SourceOrigin::Private, Vec::new());
    let judgement = case.judge();
    assert_eq!(judgement[0].rule.id, "vulnerable/data-old");
    let message = &judgement[0].message;
    assert_eq!(message, "there is no public vulnerability database");
}

#[test]
fn every_rule_is_of_this_step_and_named_once() {
    let ids: std::collections::BTreeSet<&str> = vulndb::RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), vulndb::RULES.len());
    assert!(ids.iter().all(|id| id.starts_with("vulnerable/")));
    assert!(vulndb::MILD.iter().all(|rule| ids.contains(rule.id)));
}
