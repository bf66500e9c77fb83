//! The recommended alerts: each fires when it should, none on a new server that nobody asks.

use crate::{
    metrics::{classic, has_prometheus, promtool},
    site::{Site, module},
};
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Moments of a day at which no alert may fire, as Prometheus writes them.
const MOMENTS: [&str; 4] = ["0m", "11m", "2h", "8h"];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn rules() -> String {
    fs::read_to_string(docs().join("alerts.yml")).unwrap()
}

/// Names of alerts in a file of rules or of tests.
fn alerts(text: &str, key: &str) -> BTreeSet<String> {
    let lines = text.lines().filter_map(|line| {
        let line = line.trim_start().trim_start_matches("- ");
        line.strip_prefix(key)
    });
    lines.map(|name| name.trim().to_owned()).collect()
}

#[test]
fn each_alert_fires_when_it_should() {
    let fired: BTreeSet<String> = ["alerts_test.yml", "alerts_days_test.yml"]
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(docs().join(file)).unwrap();
            let cases = text
                .split("- eval_time:")
                .filter(|case| case.contains("exp_labels:"));
            let named = cases.flat_map(|case| alerts(case, "alertname:"));
            named.collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(fired, alerts(&rules(), "alert:"));
    if !has_prometheus() {
        return;
    }
    promtool(&docs(), &["check", "rules", "alerts.yml"]).assert_ok();
    let tests = ["test", "rules", "alerts_test.yml", "alerts_days_test.yml"];
    promtool(&docs(), &tests).assert_ok();
}

#[test]
fn no_alert_asks_for_a_number_that_a_new_server_does_not_have() {
    let site = Site::with(&[module("a", 10)]);
    let page = classic(&site.server);
    let rules = rules();
    let words = rules.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let names: BTreeSet<&str> = words
        .filter(|word| word.starts_with("modkeep_") || word.starts_with("process_"))
        .collect();
    assert!(names.len() > 10);
    for name in names {
        let is_there = |line: &str| {
            line.starts_with(&format!("{name}{{")) || line.starts_with(&format!("{name} "))
        };
        assert!(page.lines().any(is_there), "{name} is not in\n{page}");
    }
}

/// The numbers of a real server, held for a day, are put before the rules. Times are moved to the
/// beginning of Prometheus's own clock, which starts at 0 in its tests; 0 stays, for it means never.
#[test]
fn no_alert_fires_on_a_new_server_that_nobody_asks() {
    if !has_prometheus() {
        return;
    }
    let site = Site::with(&[module("a", 10)]);
    let mut test = format!(
        "rule_files: ['{}']\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n",
        docs().join("alerts.yml").display()
    );
    let target = "job=\"modkeep\",instance=\"a\"";
    let _ = writeln!(test, "  - {{series: 'up{{{target}}}', values: '1x500'}}");
    for line in classic(&site.server)
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let value: f64 = value.parse().unwrap();
        assert!(value.is_finite(), "{line}");
        // How full the disk of this machine is must not decide.
        let is_disk = series.starts_with("modkeep_data_");
        let value = if is_disk { 1e9 } else { value };
        let is_time = series.contains("_timestamp_seconds") || series.contains("start_time");
        let value = if is_time && value > 0.0 { 1.0 } else { value };
        let series = match series.strip_suffix('}') {
            Some(labelled) => format!("{labelled},{target}}}"),
            None => format!("{series}{{{target}}}"),
        };
        let _ = writeln!(test, "  - {{series: '{series}', values: '{value}x500'}}");
    }
    test.push_str("  alert_rule_test:\n");
    for alert in alerts(&rules(), "alert:") {
        for moment in MOMENTS {
            let _ = writeln!(
                test,
                "  - {{eval_time: {moment}, alertname: {alert}, exp_alerts: []}}"
            );
        }
    }
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("idle.yml"), test).unwrap();
    promtool(directory.path(), &["test", "rules", "idle.yml"]).assert_ok();
}
