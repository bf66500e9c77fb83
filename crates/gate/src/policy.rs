//! Policy: what each step may stop, written as TOML that a reviewer can read.
//!
//! Every key has a meaning of its own and a default; unknown keys and rules are refused with the
//! place and the nearest known name, because a policy with a typing error protects nobody. There are
//! no expressions: what a rule looks for is in its documentation, and the policy only says how much
//! of it is too much. Any rule that blocks, blocks; the most specific waiver wins; what is unknown
//! has rules of its own.

mod settings;

pub use settings::{ALL_SYSTEMS, Allowed, Fresh, Licences, Locks, Minimal, Paths, Vulnerable};

use crate::{rules, scope::Scope, waiver::Waiver};
use finding::{Place, Rule, Span, Step, Unreadable, nearest};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The largest policy that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// Where a policy is looked for in a checkout.
pub const FILE: &str = "modkeep-gate.toml";

/// What a finding does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing: the step is not taken, the rule not looked at.
    Off,
    /// It is reported.
    Warn,
    /// It is reported, and the change does not pass.
    Block,
}

/// The whole policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Policy {
    /// What each step may stop.
    pub steps: Steps,
    /// Single rules that differ from their step, by id.
    pub rules: BTreeMap<String, Mode>,
    /// What is judged.
    pub paths: Paths,
    /// Lock files.
    pub lock: Locks,
    /// Budgets.
    pub minimal: Minimal,
    /// Vulnerabilities.
    pub vulnerable: Vulnerable,
    /// Age.
    pub fresh: Fresh,
    /// Modules, licences, sources.
    pub allowed: Allowed,
    /// Exceptions.
    #[serde(rename = "waiver")]
    pub waivers: Vec<Waiver>,
}

/// The mode of each step. What is wrong in a lock file, known to be vulnerable or forbidden stops a
/// change unless told otherwise; the others have thresholds that a site has to find first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Steps {
    lock: Mode,
    minimal: Mode,
    vulnerable: Mode,
    fresh: Mode,
    allowed: Mode,
    change: Mode,
}

// === impl Policy ===

impl Policy {
    /// Reads a policy; `rules` are all that there are.
    pub fn parse(file: &str, source: &[u8], rules: &[&Rule]) -> Result<Self, Unreadable> {
        if source.len() > MAX_BYTES {
            let problem = format!("larger than {MAX_BYTES} bytes");
            return Err(Unreadable::new(Place::file(file), problem));
        }
        let text = std::str::from_utf8(source).map_err(|error| {
            let span = Span::of(source, error.valid_up_to(), error.valid_up_to() + 1);
            Unreadable::new(Place::at(file, span), "not UTF-8")
        })?;
        let policy: Self = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or_else(
                || Place::file(file),
                |span| Place::at(file, Span::of(source, span.start, span.end)),
            );
            Unreadable::new(place, error.message())
        })?;
        policy.check(file, source, rules)?;
        Ok(policy)
    }

    /// The same without a step.
    #[must_use]
    pub fn without(self, step: Step) -> Self {
        Self {
            steps: self.steps.with(step, Mode::Off),
            ..self
        }
    }

    /// What findings of a rule do.
    pub fn mode(&self, rule: &Rule) -> Mode {
        let step = self.steps.of(rule.step);
        if step == Mode::Off {
            return Mode::Off;
        }
        let mild = rules::is_mild(rule);
        let unnamed = if mild { step.min(Mode::Warn) } else { step };
        self.rules.get(rule.id).copied().unwrap_or(unnamed)
    }

    /// Which files of the checkout are judged.
    pub fn scope(&self) -> Result<Scope, String> {
        Scope::without(&self.paths.exclude)
    }

    fn check(&self, file: &str, source: &[u8], rules: &[&Rule]) -> Result<(), Unreadable> {
        self.scope()
            .map_err(|problem| Unreadable::new(find(file, source, "exclude"), problem))?;
        let waived = self.waivers.iter().map(|waiver| &waiver.rule);
        let waived = waived.filter(|rule| !rule.is_empty());
        for named in self.rules.keys().chain(waived) {
            if !rules.iter().any(|rule| rule.id == named) {
                let problem = unknown_rule(named, rules);
                return Err(Unreadable::new(find(file, source, named), problem));
            }
        }
        for waiver in &self.waivers {
            waiver.check().map_err(|problem| {
                Unreadable::new(find(file, source, waiver.purpose()), problem)
            })?;
        }
        Ok(())
    }
}

/// Where a word stands first.
fn find(file: &str, source: &[u8], word: &str) -> Place {
    let at = source
        .windows(word.len().max(1))
        .position(|window| window == word.as_bytes());
    at.map_or_else(
        || Place::file(file),
        |at| Place::at(file, Span::of(source, at, at + word.len())),
    )
}

fn unknown_rule(named: &str, rules: &[&Rule]) -> String {
    match nearest(named, rules.iter().map(|rule| rule.id)) {
        Some(id) => format!("there is no rule {named:?}; the nearest is {id:?}"),
        None => format!("there is no rule {named:?}"),
    }
}

// === impl Steps ===

impl Steps {
    /// The mode of a step.
    pub fn of(&self, step: Step) -> Mode {
        match step {
            Step::Lock => self.lock,
            Step::Minimal => self.minimal,
            Step::Vulnerable => self.vulnerable,
            Step::Fresh => self.fresh,
            Step::Allowed => self.allowed,
            Step::Change => self.change,
        }
    }

    /// The same with another mode for one step.
    #[must_use]
    pub fn with(mut self, step: Step, mode: Mode) -> Self {
        let slot = match step {
            Step::Lock => &mut self.lock,
            Step::Minimal => &mut self.minimal,
            Step::Vulnerable => &mut self.vulnerable,
            Step::Fresh => &mut self.fresh,
            Step::Allowed => &mut self.allowed,
            Step::Change => &mut self.change,
        };
        *slot = mode;
        self
    }
}

impl Default for Steps {
    fn default() -> Self {
        Self {
            lock: Mode::Block,
            minimal: Mode::Warn,
            vulnerable: Mode::Block,
            fresh: Mode::Warn,
            allowed: Mode::Block,
            change: Mode::Warn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mode, Policy, rules};
    use finding::Step;

    fn parse(text: &str) -> Result<Policy, String> {
        Policy::parse("modkeep-gate.toml", text.as_bytes(), &rules::all())
            .map_err(|unreadable| unreadable.to_string())
    }

    #[test]
    fn nothing_configured_blocks_what_is_wrong_and_warns_of_the_rest() {
        let policy = parse("").unwrap();
        let modes = Step::ALL.map(|step| policy.steps.of(step));
        assert_eq!(
            modes,
            [
                Mode::Block,
                Mode::Warn,
                Mode::Block,
                Mode::Warn,
                Mode::Block,
                Mode::Warn
            ]
        );
    }

    #[test]
    fn a_rule_may_differ_from_its_step_but_not_from_one_that_is_off() {
        let text = "[rules]\n\"lock/sum-missing\" = \"warn\"\n";
        let policy = parse(text).unwrap();
        assert_eq!(policy.mode(&rules::SUM_MISSING), Mode::Warn);
        let policy = parse(&format!("[steps]\nlock = \"off\"\n{text}")).unwrap();
        assert_eq!(policy.mode(&rules::SUM_MISSING), Mode::Off);
    }

    #[test]
    fn systems_are_those_that_go_knows() {
        let systems = |list: &str| {
            let policy = parse(&format!("[vulnerable]\nsystems = [{list}]\n"));
            policy.map(|policy| policy.vulnerable.systems.len())
        };
        assert_eq!(systems(""), Ok(0));
        assert_eq!(systems("\"linux\", \"windows\""), Ok(2));
        assert_eq!(systems("\"all\""), Ok(1));
        for list in ["\"macos\"", "\"linux\", \"all\""] {
            let refused = systems(list).unwrap_err();
            assert!(refused.starts_with("modkeep-gate.toml:2:11: "), "{refused}");
        }
    }

    #[test]
    fn unknown_names_are_refused_with_their_place_and_the_nearest_known() {
        let error = parse("[rules]\n\"lock/sum-mising\" = \"warn\"\n").unwrap_err();
        assert_eq!(
            error,
            "modkeep-gate.toml:2:2: there is no rule \"lock/sum-mising\"; the nearest is \"lock/sum-missing\""
        );
        let error = parse("[steps]\nlok = \"warn\"\n").unwrap_err();
        assert!(
            error.starts_with("modkeep-gate.toml:2:1: unknown field `lok`"),
            "{error}"
        );
        let error = parse("[paths]\nexclude = [\"a[\"]\n").unwrap_err();
        assert!(
            error.starts_with("modkeep-gate.toml:2:1: \"a[\": "),
            "{error}"
        );
        let error = parse("[steps]\nlock = \"maybe\"\n").unwrap_err();
        assert!(
            error.starts_with("modkeep-gate.toml:2:8: unknown variant"),
            "{error}"
        );
    }
}
