//! SARIF 2.1.0 (OASIS), for dashboards. What is waived is there as suppressed, because a dashboard
//! that never hears of a finding takes it for mended.

use super::{Report, fingerprint, level};
use crate::policy::Mode;
use finding::{Finding, Place};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn render(report: &Report<'_>) -> String {
    let verdict = report.verdict;
    let found = verdict
        .findings
        .iter()
        .map(|judged| result(report, &judged.finding, judged.mode));
    let waived = verdict.waived.iter().map(|waived| {
        let mut value = result(report, &waived.finding, Mode::Warn);
        if let Some(fields) = value.as_object_mut() {
            let why = format!(
                "{}, by {}, until {}",
                waived.reason, waived.owner, waived.until
            );
            let suppression = json!([{ "kind": "external", "justification": why }]);
            fields.insert("suppressions".to_owned(), suppression);
        }
        value
    });
    let results: Vec<Value> = found.chain(waived).collect();
    let notifications: Vec<Value> = verdict
        .unreadable
        .iter()
        .map(|unreadable| {
            json!({
                "level": "error",
                "message": { "text": unreadable.problem },
                "locations": [location(&unreadable.place)],
            })
        })
        .collect();
    let rules: Vec<Value> = report
        .rules
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.title },
                "fullDescription": { "text": rule.why },
                "help": { "text": rule.next },
                "properties": { "tags": [rule.step.name()] },
            })
        })
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "modkeep gate",
                "version": report.version,
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": verdict.unreadable.is_empty(),
                "exitCode": verdict.exit_code(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn result(report: &Report<'_>, finding: &Finding, mode: Mode) -> Value {
    let index = report
        .rules
        .iter()
        .position(|rule| rule.id == finding.rule.id);
    let text = format!("{}. Next: {}", finding.message, finding.next());
    let related: Vec<Value> = finding
        .related
        .iter()
        .map(|related| {
            let mut value = location(&related.place);
            if let Some(fields) = value.as_object_mut() {
                fields.insert("message".to_owned(), json!({ "text": related.message }));
            }
            value
        })
        .collect();
    let mut value = json!({
        "ruleId": finding.rule.id,
        "level": level(mode),
        "message": { "text": text },
        "locations": [location(&finding.place)],
        "partialFingerprints": { "modkeep/v1": fingerprint(finding) },
    });
    if let Some(fields) = value.as_object_mut() {
        if let Some(index) = index {
            fields.insert("ruleIndex".to_owned(), json!(index));
        }
        if !related.is_empty() {
            fields.insert("relatedLocations".to_owned(), json!(related));
        }
    }
    value
}

fn location(place: &Place) -> Value {
    let artifact = json!({ "uri": uri(&place.file), "uriBaseId": "%SRCROOT%" });
    let physical = match place.span {
        None => json!({ "artifactLocation": artifact }),
        Some(span) => json!({
            "artifactLocation": artifact,
            "region": {
                "startLine": span.line,
                "startColumn": span.column,
                "endLine": span.end_line,
                "endColumn": span.end_column,
            },
        }),
    };
    json!({ "physicalLocation": physical })
}

/// What may stand in a path of a URI as it is (RFC 3986); the rest is encoded.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b'+')
    .remove(b'@');

/// A path as a relative URI.
fn uri(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}
