//! JSON: one document. Fields stay; new ones may come.

use super::{GateReport, fingerprint};
use serde_json::{Value, json};

pub(super) fn render(report: &GateReport<'_>) -> String {
    let verdict = report.verdict;
    let findings = verdict.findings.iter().map(|judged| {
        let mut value = json!(judged);
        if let Some(fields) = value.as_object_mut() {
            let print = fingerprint(&judged.finding);
            fields.insert("fingerprint".to_owned(), Value::String(print));
            let next = judged.finding.next().to_owned();
            fields.insert("next".to_owned(), Value::String(next));
        }
        value
    });
    let document = json!({
        "version": report.version,
        "directory": report.directory,
        "exit_code": verdict.exit_code(),
        "steps": verdict.steps,
        "findings": findings.collect::<Vec<_>>(),
        "waived": verdict.waived,
        "unreadable": verdict.unreadable,
        "facts": report.facts,
        "change": report.change,
    });
    format!("{document:#}\n")
}
