//! The policy in the documentation is one that is accepted, and says what the words beside it say.

use finding::GateStep;
use gate::ignore::IgnoreFile;
use gate::policy::{GatePolicy, StepMode};
use gate::rules;

const GUIDE: &str = include_str!("../../../docs/gate.md");

#[test]
fn the_policy_in_the_guide_is_accepted() {
    let block = GUIDE.split("```toml\n").nth(1).unwrap();
    let source = block.split("```").next().unwrap();
    let policy = GatePolicy::parse("guide", source.as_bytes(), &rules::all()).unwrap();
    assert_eq!(policy.steps.of(GateStep::Minimal), StepMode::Block);
    assert_eq!(policy.minimal.modules, Some(300));
    assert_eq!(policy.fresh.days, 7);
    assert_eq!(policy.waivers.len(), 2);
    assert_eq!(policy.allowed.licences.denied, ["AGPL-3.0"]);
}

#[test]
fn the_exceptions_in_the_guide_count() {
    let block = GUIDE.split("```toml\n").nth(2).unwrap();
    let source = block.split("```").next().unwrap();
    let read = IgnoreFile::parse("guide", source.as_bytes()).unwrap();
    assert_eq!((read.waivers.len(), read.findings.len()), (1, 0));
}

#[test]
fn the_guide_has_the_exit_code_and_the_default_of_each_step() {
    for step in GateStep::ALL {
        let row = GUIDE
            .lines()
            .find(|line| line.starts_with(&format!("| `{step}` |")));
        let mode = match GatePolicy::default().steps.of(step) {
            StepMode::Off => "off",
            StepMode::Warn => "warns",
            StepMode::Block => "blocks",
        };
        let end = format!("| {} | {mode} |", gate::verdict::exit_code(step));
        assert!(
            row.is_some_and(|row| row.ends_with(&end)),
            "{step}: {row:?}"
        );
    }
}
