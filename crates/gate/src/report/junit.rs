//! `JUnit` XML: a suite a step, a case a finding. What only warns has passed, and says so in the
//! case's output; what could not be read is an error of a suite of its own.

use super::GateReport;
use crate::{policy::StepMode, verdict::StepState};
use finding::{FindingPlace, GateStep};

pub(super) fn render(report: &GateReport<'_>) -> String {
    let verdict = report.verdict;
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"modkeep gate\">\n",
    );
    if !verdict.unreadable.is_empty() {
        let count = verdict.unreadable.len();
        let head = format!(
            "  <testsuite name=\"input\" tests=\"{count}\" failures=\"0\" errors=\"{count}\">\n"
        );
        out.push_str(&head);
        for unreadable in &verdict.unreadable {
            let body = element("error", &unreadable.problem, &unreadable.to_string());
            out.push_str(&case("unreadable", &unreadable.place, &body));
        }
        out.push_str("  </testsuite>\n");
    }
    for step in GateStep::ALL {
        if verdict.state(step) == StepState::Off {
            continue;
        }
        out.push_str(&suite(report, step));
    }
    out.push_str("</testsuites>\n");
    out
}

fn suite(report: &GateReport<'_>, step: GateStep) -> String {
    let of_step = report
        .verdict
        .findings
        .iter()
        .filter(|judged| judged.finding.rule.step == step);
    let (mut cases, mut failures, mut count) = (String::new(), 0, 0);
    for judged in of_step {
        let finding = &judged.finding;
        let text = format!(
            "{}: {}\nnext: {}",
            finding.place,
            finding.message,
            finding.next()
        );
        let body = if judged.mode == StepMode::Block {
            failures += 1;
            element("failure", &finding.message, &text)
        } else {
            format!("      <system-out>{}</system-out>\n", escape(&text))
        };
        let name = format!("{} {}", finding.rule.id, finding.subject);
        cases.push_str(&case(name.trim_end(), &finding.place, &body));
        count += 1;
    }
    if count == 0 {
        count = 1;
        cases = format!("    <testcase classname=\"{step}\" name=\"{step}\"/>\n");
    }
    format!(
        "  <testsuite name=\"{step}\" tests=\"{count}\" failures=\"{failures}\" errors=\"0\">\n{cases}  </testsuite>\n"
    )
}

fn case(name: &str, place: &FindingPlace, body: &str) -> String {
    let line = place
        .span
        .map_or_else(String::new, |span| format!(" line=\"{}\"", span.line));
    let (name, file) = (escape(name), escape(&place.file));
    format!(
        "    <testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\"{line}>\n{body}    </testcase>\n"
    )
}

fn element(name: &str, message: &str, text: &str) -> String {
    let (message, text) = (escape(message), escape(text));
    format!("      <{name} message=\"{message}\">{text}</{name}>\n")
}

/// Text as XML 1.0 may hold it: marks are escaped, characters that no document may hold replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' | '\t' => escaped.push(character),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                escaped.push(char::REPLACEMENT_CHARACTER);
            }
            c => escaped.push(c),
        }
    }
    escaped
}
