//! Reachability: the most that a report says about a vulnerability, and nothing it does not say.

use proptest::prelude::*;
use vulndb::{ReachabilityError, ReachabilityReport, ScanLevel, VulnerabilityReach};

const CONFIG: &str = r#"{"config":{"protocol_version":"v1.0.0","scan_level":"symbol"}}"#;

fn parse(messages: &[&str]) -> ReachabilityReport {
    ReachabilityReport::parse(messages.join("\n").as_bytes()).unwrap()
}

fn finding(trace: &str) -> String {
    format!(r#"{{"finding":{{"osv":"GO-1","fixed_version":"v1.2.0","trace":[{trace}]}}}}"#)
}

const REQUIRED: &str = r#"{"module":"example.com/a","version":"v1.0.0"}"#;
const IMPORTED: &str =
    r#"{"module":"example.com/a","version":"v1.0.0","package":"example.com/a/b"}"#;
const CALLED: &str = r#"{"module":"example.com/a","version":"v1.0.0","package":"example.com/a/b","function":"Do","receiver":"*T","position":{"filename":"b/b.go","offset":1,"line":7,"column":1}},
{"module":"example.com/main","package":"example.com/main","function":"main","position":{"filename":"main.go","offset":9,"line":3,"column":2}}"#;

#[test]
fn the_most_that_is_said_counts() {
    let [required, imported, called] = [REQUIRED, IMPORTED, CALLED].map(finding);
    for order in [
        [&required, &imported, &called],
        [&called, &imported, &required],
    ] {
        let [one, two, three] = order.map(String::as_str);
        let reachability = parse(&[CONFIG, one, two, three]);
        let reach = reachability.of(["CVE-1", "GO-1"], "example.com/a", "v1.0.0");
        let Some(VulnerabilityReach::Called { trace }) = reach else {
            panic!("{reach:?}")
        };
        assert_eq!(trace[0].function, "T.Do");
        assert_eq!(
            (trace[1].file.as_deref(), trace[1].line),
            (Some("main.go"), 3)
        );
    }
    let imported = parse(&[CONFIG, &required, &imported]);
    let package = "example.com/a/b".to_owned();
    let reach = imported.of(["GO-1"], "example.com/a", "v1.0.0");
    assert_eq!(reach, Some(&VulnerabilityReach::Imported { package }));
    let required = parse(&[CONFIG, &required]);
    assert_eq!(
        required.of(["GO-1"], "example.com/a", "v1.0.0"),
        Some(&VulnerabilityReach::Required)
    );
    assert_eq!(required.level(), ScanLevel::Symbol);
}

#[test]
fn of_two_traces_the_shorter_is_kept() {
    let called = finding(CALLED);
    let (sink, _) = CALLED.split_once(",\n").unwrap();
    let short = finding(sink);
    for order in [[&called, &short], [&short, &called]] {
        let [one, two] = order.map(String::as_str);
        let reachability = parse(&[CONFIG, one, two]);
        let reach = reachability.of(["GO-1"], "example.com/a", "v1.0.0");
        assert!(matches!(reach, Some(VulnerabilityReach::Called { trace }) if trace.len() == 1));
    }
}

#[test]
fn the_most_counts_under_whichever_name_it_is_said() {
    let [required, imported] = [REQUIRED, IMPORTED].map(finding);
    let by_another_name = imported.replace("GO-1", "CVE-1");
    let both = parse(&[CONFIG, &required, &by_another_name]);
    let reach = both.of(["GO-1", "CVE-1"], "example.com/a", "v1.0.0");
    assert!(matches!(reach, Some(VulnerabilityReach::Imported { .. })));
}

#[test]
fn what_is_not_talked_about_is_not_known() {
    let reachability = parse(&[CONFIG, &finding(REQUIRED)]);
    assert_eq!(reachability.of(["GO-2"], "example.com/a", "v1.0.0"), None);
    assert_eq!(reachability.of(["GO-1"], "example.com/b", "v1.0.0"), None);
    assert_eq!(reachability.of(["GO-1"], "example.com/a", "v1.0.1"), None);
    let newer = finding(IMPORTED).replace("v1.0.0\",\"package", "v1.0.1\",\"package");
    let both = parse(&[CONFIG, &finding(REQUIRED), &newer]);
    let of = |version| both.of(["GO-1"], "example.com/a", version);
    assert_eq!(of("v1.0.0"), Some(&VulnerabilityReach::Required));
    assert!(matches!(
        of("v1.0.1"),
        Some(VulnerabilityReach::Imported { .. })
    ));
}

#[test]
fn a_go_release_is_the_same_in_either_spelling() {
    let reachability = parse(&[
        CONFIG,
        &finding(r#"{"module":"stdlib","version":"v1.21.3"}"#),
    ]);
    assert!(reachability.of(["GO-1"], "stdlib", "go1.21.3").is_some());
    assert!(reachability.of(["GO-1"], "stdlib", "go1.21.4").is_none());
}

#[test]
fn a_long_trace_keeps_its_ends() {
    let frame = |number: usize| {
        format!(
            r#"{{"module":"example.com/a","version":"v1.0.0","package":"p","function":"F{number}"}}"#
        )
    };
    let frames: Vec<String> = (0..1000).map(frame).collect();
    let reachability = parse(&[CONFIG, &finding(&frames.join(","))]);
    let Some(VulnerabilityReach::Called { trace }) =
        reachability.of(["GO-1"], "example.com/a", "v1.0.0")
    else {
        panic!("not called")
    };
    assert_eq!(trace.len(), vulndb::limits::MAX_FRAMES);
    assert_eq!(trace.first().unwrap().function, "F0");
    assert_eq!(trace.last().unwrap().function, "F999");
}

#[test]
fn what_is_no_report_is_refused() {
    let refused = |text: &str| ReachabilityReport::parse(text.as_bytes()).unwrap_err();
    assert_eq!(refused(""), ReachabilityError::NoConfiguration);
    assert_eq!(
        refused(&finding(REQUIRED)),
        ReachabilityError::NoConfiguration
    );
    let other = CONFIG.replace("v1.0.0", "v2.0.0");
    assert_eq!(
        refused(&other),
        ReachabilityError::Protocol("v2.0.0".to_owned())
    );
    let two = format!("{CONFIG}\n{CONFIG}");
    assert_eq!(refused(&two), ReachabilityError::TwoReports);
    let cut = format!("{CONFIG}\n{}", &finding(REQUIRED)[..40]);
    assert!(matches!(
        refused(&cut),
        ReachabilityError::Malformed { line: 2, .. }
    ));
    let deep = format!("{CONFIG}{}", r#"{"osv":"#.repeat(10_000));
    assert!(matches!(
        refused(&deep),
        ReachabilityError::Malformed { .. }
    ));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        drop(ReachabilityReport::parse(&bytes));
    }

    #[test]
    fn no_damage_makes_it_panic(at in 0..600_usize, byte in any::<u8>()) {
        let mut report = format!("{CONFIG}\n{}\n{}", finding(IMPORTED), finding(CALLED)).into_bytes();
        if let Some(found) = report.get_mut(at) {
            *found = byte;
        }
        drop(ReachabilityReport::parse(&report));
    }
}
