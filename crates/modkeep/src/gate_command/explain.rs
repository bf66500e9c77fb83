//! What each rule looks for, why, and what it does under a policy.

use finding::{FindingRule, GateStep};
use gate::{
    policy::{GatePolicy, StepMode},
    verdict::exit_code,
};
use std::fmt::Write as _;

/// All rules by step, for people.
pub(super) fn text(policy: &GatePolicy, rules: &[&'static FindingRule]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for step in GateStep::ALL {
        let (name, mode) = (step.name(), word(policy.steps.of(step)));
        let _ = writeln!(
            text,
            "{name}: {mode}, exit {} where it blocks",
            exit_code(step)
        );
        for rule in rules.iter().filter(|rule| rule.step == step) {
            let mode = word(policy.mode(rule));
            let _ = writeln!(text, "  {mode:<6}{}: {}", rule.id, rule.title);
            let _ = writeln!(text, "        why: {}", rule.why);
            let _ = writeln!(text, "        next: {}", rule.next);
        }
    }
    text
}

fn word(mode: StepMode) -> &'static str {
    match mode {
        StepMode::Off => "off",
        StepMode::Warn => "warn",
        StepMode::Block => "block",
    }
}
