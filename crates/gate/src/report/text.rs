//! Text: one line a finding as compilers write it, with what to do below, and a line a step. What is
//! the same fact in several files is said once, with all of them.

use super::{GateReport, level};
use crate::{
    policy::StepMode,
    verdict::{FindingVerdict, StepState},
};
use finding::{GateStep, RelatedPlace};
use std::{collections::HashMap, fmt::Write as _};

const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const GREEN: &str = "\x1b[32m";
const PLAIN: &str = "\x1b[0m";

/// Places that one line names.
const NAMED: usize = 20;

pub(super) fn render(report: &GateReport<'_>, colours: bool) -> String {
    let paint = |colour: &str, text: &str| {
        if colours {
            format!("{colour}{text}{PLAIN}")
        } else {
            text.to_owned()
        }
    };
    let mut out = String::new();
    let verdict = report.verdict;
    for unreadable in &verdict.unreadable {
        let word = paint(RED, "unreadable");
        line(
            &mut out,
            &format!("{}: {word}: {}", unreadable.place, unreadable.problem),
        );
    }
    for group in groups(&verdict.findings) {
        let finding = &group.first.finding;
        let colour = if group.first.mode == StepMode::Block {
            RED
        } else {
            YELLOW
        };
        let word = paint(colour, level(group.first.mode));
        let (place, message) = (&finding.place, &finding.message);
        let rule = finding.rule.id;
        line(&mut out, &format!("{place}: {word}: {message} [{rule}]"));
        line(&mut out, &format!("    next: {}", finding.next()));
        for related in &finding.related {
            line(
                &mut out,
                &format!("    {}: {}", related.place, related.message),
            );
        }
        if !group.others.is_empty() {
            line(&mut out, &format!("    also: {}", some_of(&group.others)));
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    for step in GateStep::ALL {
        let found = verdict
            .findings
            .iter()
            .filter(|judged| judged.finding.rule.step == step);
        let (word, colour) = match verdict.state(step) {
            StepState::Off => ("off", ""),
            StepState::Unknown => ("unknown", RED),
            StepState::Passed => ("passed", GREEN),
            StepState::Warned => ("warned", YELLOW),
            StepState::Blocked => ("blocked", RED),
        };
        let count = match found.count() {
            0 => String::new(),
            1 => "  1 finding".to_owned(),
            count => format!("  {count} findings"),
        };
        let word = paint(colour, &format!("{word:<8}"));
        line(
            &mut out,
            format!("{:<11}{word}{count}", step.name()).trim_end(),
        );
    }
    for waived in &verdict.waived {
        let (finding, owner) = (&waived.finding, &waived.owner);
        let until = &waived.until;
        line(
            &mut out,
            &format!(
                "waived by {owner} until {until}: {} [{}]",
                finding.message, finding.rule.id
            ),
        );
    }
    report.facts.iter().for_each(|fact| line(&mut out, fact));
    if let Some(change) = report.change {
        let _ = write!(out, "\n{change}");
    }
    line(&mut out, &conclusion(report));
    out
}

/// The first of some places, and how many more there are.
fn some_of(places: &[String]) -> String {
    let named = places.get(..NAMED).unwrap_or(places).join(", ");
    match places.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Findings that are one fact: the first, and the places of the others.
struct FindingGroup<'a> {
    first: &'a FindingVerdict,
    others: Vec<String>,
}

/// What is said in the same words of several places, as one thing that those places have in common.
fn groups(findings: &[FindingVerdict]) -> Vec<FindingGroup<'_>> {
    let mut groups: Vec<FindingGroup<'_>> = Vec::new();
    let mut known: HashMap<(&str, &str, &str, &[RelatedPlace]), usize> = HashMap::new();
    for judged in findings {
        let finding = &judged.finding;
        let said = (
            finding.rule.id,
            &*finding.message,
            finding.next(),
            &*finding.related,
        );
        if let Some(group) = known.get(&said).and_then(|&at| groups.get_mut(at)) {
            group.others.push(finding.place.to_string());
        } else {
            known.insert(said, groups.len());
            groups.push(FindingGroup {
                first: judged,
                others: Vec::new(),
            });
        }
    }
    groups
}

fn conclusion(report: &GateReport<'_>) -> String {
    match report.verdict.exit_code() {
        0 => "gate: passed".to_owned(),
        crate::verdict::COULD_NOT_TELL => "gate: could not tell, exit 2".to_owned(),
        code if report.verdict.unreadable.is_empty() => format!("gate: stopped, exit {code}"),
        code => format!("gate: stopped, exit {code}; some of the input could not be read"),
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}
