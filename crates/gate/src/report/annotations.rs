//! Annotations: findings beside the changed line of a review.

use super::{GateReport, digest, fingerprint, level};
use crate::policy::StepMode;
use finding::{FileSpan, FindingPlace};
use serde_json::{Value, json};

/// Workflow commands of GitHub Actions, one a line.
pub(super) fn github(report: &GateReport<'_>) -> String {
    let verdict = report.verdict;
    let unreadable = verdict.unreadable.iter().map(|unreadable| {
        command(
            "error",
            &unreadable.place,
            "unreadable",
            &unreadable.problem,
        )
    });
    let findings = verdict.findings.iter().map(|judged| {
        let finding = &judged.finding;
        let text = format!("{}\nnext: {}", finding.message, finding.next());
        command(level(judged.mode), &finding.place, finding.rule.id, &text)
    });
    unreadable.chain(findings).collect()
}

fn command(level: &str, place: &FindingPlace, title: &str, text: &str) -> String {
    let region = place.span.map_or_else(String::new, |span| {
        let FileSpan {
            line,
            column,
            end_line,
            end_column,
        } = span;
        let end = if end_line == line {
            format!(",col={column},endColumn={end_column}")
        } else {
            String::new()
        };
        format!(",line={line},endLine={end_line}{end}")
    });
    let (file, title, text) = (property(&place.file), property(title), data(text));
    format!("::{level} file={file}{region},title={title}::{text}\n")
}

/// Text behind the colons: a line break would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A value before the colons: what ends a value is encoded too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A code quality report of GitLab.
pub(super) fn gitlab(report: &GateReport<'_>) -> String {
    let verdict = report.verdict;
    let unreadable = verdict.unreadable.iter().map(|unreadable| {
        let print = digest([
            "unreadable",
            &unreadable.place.file,
            "",
            &unreadable.problem,
        ]);
        issue(
            "unreadable",
            &unreadable.problem,
            "blocker",
            &print,
            &unreadable.place,
        )
    });
    let findings = verdict.findings.iter().map(|judged| {
        let finding = &judged.finding;
        let severity = match judged.mode {
            StepMode::Block => "critical",
            StepMode::Warn => "minor",
            StepMode::Off => "info",
        };
        let text = format!("{}. Next: {}", finding.message, finding.next());
        issue(
            finding.rule.id,
            &text,
            severity,
            &fingerprint(finding),
            &finding.place,
        )
    });
    let all: Vec<Value> = unreadable.chain(findings).collect();
    format!("{:#}\n", Value::Array(all))
}

fn issue(name: &str, text: &str, severity: &str, fingerprint: &str, place: &FindingPlace) -> Value {
    let begin = place.span.map_or(1, |span| span.line);
    json!({
        "check_name": name,
        "description": text,
        "severity": severity,
        "fingerprint": fingerprint,
        "location": { "path": place.file, "lines": { "begin": begin } },
    })
}
