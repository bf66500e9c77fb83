//! `JUnit` XML: a suite a step, a case a finding. What only warns has passed, and says so in the
//! case's output; what could not be read is an error of a suite of its own.
//!
//! Escaping and form are `quick-junit`'s. It drops control characters; here each is replaced first,
//! so that a reader sees that something was there.

use super::GateReport;
use crate::{
    policy::StepMode,
    verdict::{FindingVerdict, StepState},
};
use finding::{FindingPlace, GateStep, UnreadableInput};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

pub(super) fn render(report: &GateReport<'_>) -> String {
    let verdict = report.verdict;
    let mut suites = Report::new("modkeep gate");
    if !verdict.unreadable.is_empty() {
        let mut suite = TestSuite::new("input");
        suite.add_test_cases(verdict.unreadable.iter().map(unreadable_case));
        suites.add_test_suite(suite);
    }
    for step in GateStep::ALL {
        if verdict.state(step) != StepState::Off {
            suites.add_test_suite(step_suite(report, step));
        }
    }
    // Writing into memory does not fail, and nothing here has a form that XML lacks.
    suites.to_string().unwrap_or_default()
}

fn step_suite(report: &GateReport<'_>, step: GateStep) -> TestSuite {
    let mut suite = TestSuite::new(step.to_string());
    let findings = report.verdict.findings.iter();
    let of_step = findings.filter(|verdict| verdict.finding.rule.step == step);
    suite.add_test_cases(of_step.map(finding_case));
    if suite.test_cases.is_empty() {
        let mut passed = TestCase::new(step.to_string(), TestCaseStatus::success());
        passed.set_classname(step.to_string());
        suite.add_test_case(passed);
    }
    suite
}

fn finding_case(verdict: &FindingVerdict) -> TestCase {
    let finding = &verdict.finding;
    let (place, message, next) = (&finding.place, &finding.message, finding.next());
    let text = printable(&format!("{place}: {message}\nnext: {next}"));
    let name = format!("{} {}", finding.rule.id, finding.subject);
    if verdict.mode == StepMode::Block {
        let status = non_success(NonSuccessKind::Failure, message, &text);
        return case(name.trim_end(), place, status);
    }
    let mut case = case(name.trim_end(), place, TestCaseStatus::success());
    case.set_system_out(text);
    case
}

fn unreadable_case(unreadable: &UnreadableInput) -> TestCase {
    let text = printable(&unreadable.to_string());
    let status = non_success(NonSuccessKind::Error, &unreadable.problem, &text);
    case("unreadable", &unreadable.place, status)
}

fn non_success(kind: NonSuccessKind, message: &str, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(printable(message)).set_description(text);
    status
}

fn case(name: &str, place: &FindingPlace, status: TestCaseStatus) -> TestCase {
    let file = printable(&place.file);
    let mut case = TestCase::new(printable(name), status);
    case.set_classname(&file);
    case.extra.insert("file".into(), file.into());
    if let Some(span) = place.span {
        case.extra
            .insert("line".into(), span.line.to_string().into());
    }
    case
}

/// Text with a replacement for each character that XML 1.0 may not hold or a terminal would obey.
fn printable(text: &str) -> String {
    let is_plain = |c: char| matches!(c, '\n' | '\t') || !c.is_control();
    let replaced = text.chars().map(|c| match c {
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        c if is_plain(c) => c,
        _ => char::REPLACEMENT_CHARACTER,
    });
    replaced.collect()
}
