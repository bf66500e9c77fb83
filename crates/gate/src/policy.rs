//! Policy: what each step may stop, written as TOML that a reviewer can read.
//!
//! Every key has a meaning of its own and a default; unknown keys and rules are refused with the
//! place and the nearest known name, because a policy with a typing error protects nobody. There are
//! no expressions: what a rule looks for is in its documentation, and the policy only says how much
//! of it is too much. Any rule that blocks, blocks; the most specific waiver wins; what is unknown
//! has rules of its own.

mod settings;

pub use settings::{
    ALL_SYSTEMS, AgePolicy, AllowPolicy, LicencePolicy, LockPolicy, MinimalPolicy, PathPolicy,
    VulnerabilityPolicy,
};

use crate::{rules, scope::CheckoutScope, waiver::Waiver};
use finding::{FileSpan, FindingPlace, FindingRule, GateStep, UnreadableInput, nearest};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The largest policy that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// Where a policy is looked for in a checkout.
pub const FILE: &str = "modkeep-gate.toml";

/// What a finding does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepMode {
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
pub struct GatePolicy {
    /// What each step may stop.
    pub steps: StepModes,
    /// Single rules that differ from their step, by id.
    pub rules: BTreeMap<String, StepMode>,
    /// What is judged.
    pub paths: PathPolicy,
    /// Lock files.
    pub lock: LockPolicy,
    /// Budgets.
    pub minimal: MinimalPolicy,
    /// Vulnerabilities.
    pub vulnerable: VulnerabilityPolicy,
    /// Age.
    pub fresh: AgePolicy,
    /// Modules, licences, sources.
    pub allowed: AllowPolicy,
    /// Exceptions.
    #[serde(rename = "waiver")]
    pub waivers: Vec<Waiver>,
}

/// The mode of each step. What is wrong in a lock file, known to be vulnerable or forbidden stops a
/// change unless told otherwise; the others have thresholds that a site has to find first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StepModes {
    lock: StepMode,
    minimal: StepMode,
    vulnerable: StepMode,
    fresh: StepMode,
    allowed: StepMode,
    change: StepMode,
}

// === impl GatePolicy ===

impl GatePolicy {
    /// Reads a policy; `rules` are all that there are.
    pub fn parse(
        file: &str,
        source: &[u8],
        rules: &[&FindingRule],
    ) -> Result<Self, UnreadableInput> {
        if source.len() > MAX_BYTES {
            let problem = format!("larger than {MAX_BYTES} bytes");
            return Err(UnreadableInput::new(FindingPlace::file(file), problem));
        }
        let text = std::str::from_utf8(source).map_err(|error| {
            let span = FileSpan::of(source, error.valid_up_to(), error.valid_up_to() + 1);
            UnreadableInput::new(FindingPlace::at(file, span), "not UTF-8")
        })?;
        let policy: Self = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or_else(
                || FindingPlace::file(file),
                |span| FindingPlace::at(file, FileSpan::of(source, span.start, span.end)),
            );
            UnreadableInput::new(place, error.message())
        })?;
        policy.check(file, source, rules)?;
        Ok(policy)
    }

    /// The same without a step.
    #[must_use]
    pub fn without(self, step: GateStep) -> Self {
        Self {
            steps: self.steps.with(step, StepMode::Off),
            ..self
        }
    }

    /// What findings of a rule do.
    pub fn mode(&self, rule: &FindingRule) -> StepMode {
        let step = self.steps.of(rule.step);
        if step == StepMode::Off {
            return StepMode::Off;
        }
        let mild = rules::is_mild(rule);
        let unnamed = if mild { step.min(StepMode::Warn) } else { step };
        self.rules.get(rule.id).copied().unwrap_or(unnamed)
    }

    /// Which files of the checkout are judged.
    pub fn scope(&self) -> Result<CheckoutScope, String> {
        CheckoutScope::without(&self.paths.exclude)
    }

    fn check(
        &self,
        file: &str,
        source: &[u8],
        rules: &[&FindingRule],
    ) -> Result<(), UnreadableInput> {
        self.scope()
            .map_err(|problem| UnreadableInput::new(find(file, source, "exclude"), problem))?;
        let waived = self.waivers.iter().map(|waiver| &waiver.rule);
        let waived = waived.filter(|rule| !rule.is_empty());
        for named in self.rules.keys().chain(waived) {
            if !rules.iter().any(|rule| rule.id == named) {
                let problem = unknown_rule(named, rules);
                return Err(UnreadableInput::new(find(file, source, named), problem));
            }
        }
        for waiver in &self.waivers {
            waiver.check().map_err(|problem| {
                UnreadableInput::new(find(file, source, waiver.purpose()), problem)
            })?;
        }
        Ok(())
    }
}

/// Where a word stands first.
fn find(file: &str, source: &[u8], word: &str) -> FindingPlace {
    let at = source
        .windows(word.len().max(1))
        .position(|window| window == word.as_bytes());
    at.map_or_else(
        || FindingPlace::file(file),
        |at| FindingPlace::at(file, FileSpan::of(source, at, at + word.len())),
    )
}

fn unknown_rule(named: &str, rules: &[&FindingRule]) -> String {
    match nearest(named, rules.iter().map(|rule| rule.id)) {
        Some(id) => format!("there is no rule {named:?}; the nearest is {id:?}"),
        None => format!("there is no rule {named:?}"),
    }
}

// === impl StepModes ===

impl StepModes {
    /// The mode of a step.
    pub fn of(&self, step: GateStep) -> StepMode {
        match step {
            GateStep::Lock => self.lock,
            GateStep::Minimal => self.minimal,
            GateStep::Vulnerable => self.vulnerable,
            GateStep::Fresh => self.fresh,
            GateStep::Allowed => self.allowed,
            GateStep::Change => self.change,
        }
    }

    /// The same with another mode for one step.
    #[must_use]
    pub fn with(mut self, step: GateStep, mode: StepMode) -> Self {
        let slot = match step {
            GateStep::Lock => &mut self.lock,
            GateStep::Minimal => &mut self.minimal,
            GateStep::Vulnerable => &mut self.vulnerable,
            GateStep::Fresh => &mut self.fresh,
            GateStep::Allowed => &mut self.allowed,
            GateStep::Change => &mut self.change,
        };
        *slot = mode;
        self
    }
}

impl Default for StepModes {
    fn default() -> Self {
        Self {
            lock: StepMode::Block,
            minimal: StepMode::Warn,
            vulnerable: StepMode::Block,
            fresh: StepMode::Warn,
            allowed: StepMode::Block,
            change: StepMode::Warn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{GatePolicy, StepMode, rules};
    use finding::GateStep;

    fn parse(text: &str) -> Result<GatePolicy, String> {
        GatePolicy::parse("modkeep-gate.toml", text.as_bytes(), &rules::all())
            .map_err(|unreadable| unreadable.to_string())
    }

    #[test]
    fn nothing_configured_blocks_what_is_wrong_and_warns_of_the_rest() {
        let policy = parse("").unwrap();
        let modes = GateStep::ALL.map(|step| policy.steps.of(step));
        assert_eq!(
            modes,
            [
                StepMode::Block,
                StepMode::Warn,
                StepMode::Block,
                StepMode::Warn,
                StepMode::Block,
                StepMode::Warn
            ]
        );
    }

    #[test]
    fn a_rule_may_differ_from_its_step_but_not_from_one_that_is_off() {
        let text = "[rules]\n\"lock/sum-missing\" = \"warn\"\n";
        let policy = parse(text).unwrap();
        assert_eq!(policy.mode(&rules::SUM_MISSING), StepMode::Warn);
        let policy = parse(&format!("[steps]\nlock = \"off\"\n{text}")).unwrap();
        assert_eq!(policy.mode(&rules::SUM_MISSING), StepMode::Off);
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
