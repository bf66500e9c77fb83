//! SARIF 2.1.0 (OASIS), for dashboards. What is waived is there as suppressed, because a dashboard
//! that never hears of a finding takes it for mended.
//!
//! GitHub refuses a file with more than 25,000 results or more than 10 MB packed, and shows the first
//! 5,000 (its documentation on SARIF support for code scanning). What blocks comes first, what does
//! not fit is cut, and that something was cut is said in the file itself. Bytes are counted before
//! packing, so the file fits with room to spare.

use super::{GateReport, fingerprint, level};
use crate::{policy::StepMode, rules};
use finding::{Finding, FindingPlace, FindingRule};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Results that are taken at most.
const RESULTS: usize = 25_000;

/// Results that are shown at most.
const SHOWN: usize = 5_000;

/// Bytes of results that are written at most.
const BYTES: usize = 9 << 20;

/// Characters of a message that are written at most.
const MESSAGE: usize = 2_000;

pub(super) fn render(report: &GateReport<'_>) -> String {
    let all = results(report);
    let count = all.len();
    let mut bytes = 0;
    let fits = |result: &Value| {
        bytes += result.to_string().len();
        bytes <= BYTES
    };
    let results: Vec<Value> = all.into_iter().take(RESULTS).take_while(fits).collect();
    let mut notifications = unreadable(report);
    notifications.extend(cut(count, results.len()));
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "modkeep gate",
                "version": report.version,
                "rules": report.rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                "%SRCROOT%": { "description": { "text": "the root of the repository" } },
            },
            "invocations": [{
                "executionSuccessful": report.verdict.unreadable.is_empty(),
                "exitCode": report.verdict.exit_code(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    });
    format!("{document}\n")
}

/// Everything that was found, what blocks first and what is waived last.
fn results(report: &GateReport<'_>) -> Vec<Value> {
    let verdict = report.verdict;
    let of_mode = |mode: StepMode| {
        let findings = verdict.findings.iter();
        let findings = findings.filter(move |judged| judged.mode == mode);
        findings.map(move |judged| result(report, &judged.finding, mode))
    };
    let waived = verdict.waived.iter().map(|waived| {
        let mut value = result(report, &waived.finding, StepMode::Warn);
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
    let found = of_mode(StepMode::Block).chain(of_mode(StepMode::Warn));
    found.chain(waived).collect()
}

fn unreadable(report: &GateReport<'_>) -> Vec<Value> {
    let unreadable = report.verdict.unreadable.iter();
    let notifications = unreadable.map(|unreadable| {
        json!({
            "level": "error",
            "message": { "text": unreadable.problem },
            "locations": [location(&unreadable.place)],
        })
    });
    notifications.collect()
}

/// What a reader must know who does not see everything.
fn cut(all: usize, written: usize) -> Option<Value> {
    let text = if written < all {
        format!(
            "{} of {all} results were left out, so that the file can be taken in: at most {RESULTS} \
             results, and {BYTES} bytes of them. What blocks comes first.",
            all - written
        )
    } else if written > SHOWN {
        format!("There are {written} results; GitHub shows {SHOWN}. What blocks comes first.")
    } else {
        return None;
    };
    Some(json!({ "level": "warning", "message": { "text": text } }))
}

fn described(rule: &FindingRule) -> Value {
    let mut properties = json!({ "tags": [rule.step.name()] });
    if let Some(severity) = rules::security_severity(rule) {
        properties = json!({
            "tags": ["security", rule.step.name()],
            "security-severity": severity,
        });
    }
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": { "text": rule.next },
        "properties": properties,
    })
}

fn result(report: &GateReport<'_>, finding: &Finding, mode: StepMode) -> Value {
    let index = report
        .rules
        .iter()
        .position(|rule| rule.id == finding.rule.id);
    let text = format!("{}. Next: {}", shortened(&finding.message), finding.next());
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

fn shortened(message: &str) -> String {
    match message.char_indices().nth(MESSAGE) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()),
        None => message.to_owned(),
    }
}

fn location(place: &FindingPlace) -> Value {
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
