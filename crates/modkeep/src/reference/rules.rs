//! A page for each rule of the gate, and the list of them.

use super::GENERATED;
use crate::gate_command;
use finding::{FindingRule, GateStep};
use gate::{
    policy::{GatePolicy, StepMode},
    verdict::exit_code,
};
use std::fmt::Write as _;

/// `docs/rules/`: names below `docs/` and pages.
pub fn rule_pages() -> Vec<(String, String)> {
    let rules = gate_command::rules();
    let pages = rules.iter().map(|rule| (name(rule), page(rule)));
    let list = ("rules/README.md".to_owned(), list(&rules));
    std::iter::once(list).chain(pages).collect()
}

fn name(rule: &FindingRule) -> String {
    format!("rules/{}.md", rule.id.replace('/', "-"))
}

fn list(rules: &[&FindingRule]) -> String {
    let mut page = format!(
        "{GENERATED}# Rules of the gate\n\n\
         `modkeep gate --explain` prints them with what each does under a policy.\n"
    );
    // Writing to a string cannot fail.
    for step in GateStep::ALL {
        let code = exit_code(step);
        let _ = writeln!(
            page,
            "\n## {step}\n\nExit code {code} where it is the first step that blocks.\n\n\
             | Rule | What is wrong | By default |\n|---|---|---|"
        );
        for rule in rules.iter().filter(|rule| rule.step == step) {
            let (id, title, mode) = (rule.id, rule.title, by_default(rule));
            let file = id.replace('/', "-");
            let _ = writeln!(page, "| [`{id}`]({file}.md) | {title} | {mode} |");
        }
    }
    page
}

fn page(rule: &FindingRule) -> String {
    let FindingRule {
        id,
        step,
        title,
        why,
        next,
    } = rule;
    let (mode, code) = (by_default(rule), exit_code(*step));
    format!(
        "{GENERATED}# {id}\n\n\
         Found where {title}.\n\n\
         Step `{step}`, exit code {code} where that blocks first. By default it {mode}.\n\n\
         ## Why it matters\n\n{why}\n\n\
         ## What to do\n\n{next}\n\n\
         ## In the policy\n\n\
         Another mode for this rule, or an exception that somebody answers for:\n\n\
         ```toml\n\
         [rules]\n\
         \"{id}\" = \"warn\"\n\n\
         [[waiver]]\n\
         rule = \"{id}\"\n\
         subject = \"example.com/module\"\n\
         owner = \"team@example.com\"\n\
         reason = \"why it may stay for now\"\n\
         until = 2027-01-31\n\
         ```\n"
    )
}

fn by_default(rule: &FindingRule) -> &'static str {
    match GatePolicy::default().mode(rule) {
        StepMode::Off => "is off",
        StepMode::Warn => "warns",
        StepMode::Block => "blocks",
    }
}
