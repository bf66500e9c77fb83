//! Verdict: what the findings come to under a policy.

use crate::{
    policy::{GatePolicy, StepMode},
    rules::{WAIVER_EXPIRED, WAIVER_UNUSED},
    waiver::{Waiver, WaiverClaim, WaiverStatus},
};
use finding::{Finding, FindingPlace, GateStep, UnreadableInput};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// Exit code where input could not be read: nobody could tell.
pub const COULD_NOT_TELL: u8 = 2;

/// A finding and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingVerdict {
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
    /// What it does: [`StepMode::Warn`] or [`StepMode::Block`].
    pub mode: StepMode,
}

/// A finding that somebody answers for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaivedFinding {
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Until when.
    pub until: String,
    /// What is claimed of a vulnerability.
    #[serde(skip)]
    pub status: WaiverClaim,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// It was not taken.
    Off,
    /// Nothing was found, but something could not be read, so nobody can tell.
    Unknown,
    /// Nothing was found.
    Passed,
    /// Something was found that stops nothing.
    Warned,
    /// Something was found that stops the change.
    Blocked,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateVerdict {
    /// How each step ended.
    pub steps: BTreeMap<&'static str, StepState>,
    /// What was found, in the order of the steps, what stops the change first.
    pub findings: Vec<FindingVerdict>,
    /// What was found and is answered for.
    pub waived: Vec<WaivedFinding>,
    /// What could not be read.
    pub unreadable: Vec<UnreadableInput>,
}

// === impl GateVerdict ===

impl GateVerdict {
    /// Judges what was found. `policy_file` is where waivers stand, for findings about them.
    pub fn of(
        policy: &GatePolicy,
        policy_file: &str,
        findings: Vec<Finding>,
        unreadable: Vec<UnreadableInput>,
        today: Date,
    ) -> Self {
        let mut used = vec![false; policy.waivers.len()];
        let (mut judged, mut excused) = (Vec::new(), Vec::new());
        let mut late = Vec::new();
        for finding in findings {
            if policy.mode(finding.rule) == StepMode::Off {
                continue;
            }
            match excuse(policy, &finding, &mut used) {
                Some(waiver) if waiver.standing(today) == WaiverStatus::Valid => {
                    excused.push(WaivedFinding::new(finding, waiver));
                }
                Some(waiver) => {
                    late.push(about(&WAIVER_EXPIRED, policy_file, waiver));
                    judged.push(finding);
                }
                None => judged.push(finding),
            }
        }
        late.dedup();
        let idle = policy.waivers.iter().zip(&used).filter(|(_, used)| !**used);
        late.extend(idle.map(|(waiver, _)| about(&WAIVER_UNUSED, policy_file, waiver)));
        judged.extend(late);
        let mut findings: Vec<FindingVerdict> = judged
            .into_iter()
            .map(|finding| FindingVerdict {
                mode: policy.mode(finding.rule),
                finding,
            })
            .filter(|judged| judged.mode != StepMode::Off)
            .collect();
        findings.sort_by(|one, other| {
            let key = |judged: &FindingVerdict| {
                (judged.finding.rule.step, std::cmp::Reverse(judged.mode))
            };
            key(one)
                .cmp(&key(other))
                .then_with(|| one.finding.place.cmp(&other.finding.place))
        });
        let is_whole = unreadable.is_empty();
        let steps = GateStep::ALL.map(|step| {
            let state = match state(policy, step, &findings) {
                StepState::Passed if !is_whole => StepState::Unknown,
                state => state,
            };
            (step.name(), state)
        });
        Self {
            steps: steps.into(),
            findings,
            waived: excused,
            unreadable,
        }
    }

    /// How a step ended.
    pub fn state(&self, step: GateStep) -> StepState {
        let state = self.steps.get(step.name()).copied();
        state.unwrap_or(StepState::Off)
    }

    /// The exit code: that of the first step that stops the change ([`exit_code`]), whatever else could
    /// not be read; 2 where nobody could tell; 0 where it may pass.
    pub fn exit_code(&self) -> u8 {
        let blocked = GateStep::ALL
            .into_iter()
            .find(|step| self.state(*step) == StepState::Blocked);
        match blocked {
            Some(step) => exit_code(step),
            None if self.unreadable.is_empty() => 0,
            None => COULD_NOT_TELL,
        }
    }
}

/// What the gate exits with where this step is the first that stops a change.
pub const fn exit_code(step: GateStep) -> u8 {
    match step {
        GateStep::Lock => 10,
        GateStep::Minimal => 11,
        GateStep::Vulnerable => 12,
        GateStep::Fresh => 13,
        GateStep::Allowed => 14,
        GateStep::Change => 15,
    }
}

fn state(policy: &GatePolicy, step: GateStep, findings: &[FindingVerdict]) -> StepState {
    if policy.steps.of(step) == StepMode::Off {
        return StepState::Off;
    }
    let of_step = findings
        .iter()
        .filter(|judged| judged.finding.rule.step == step);
    match of_step.map(|judged| judged.mode).max() {
        Some(StepMode::Block) => StepState::Blocked,
        Some(_) => StepState::Warned,
        None => StepState::Passed,
    }
}

/// The most exact waiver for a finding; it is marked as used.
fn excuse<'a>(policy: &'a GatePolicy, finding: &Finding, used: &mut [bool]) -> Option<&'a Waiver> {
    let covering = policy
        .waivers
        .iter()
        .zip(used)
        .filter(|(waiver, _)| waiver.covers(finding));
    let (waiver, used) = covering.max_by_key(|(waiver, _)| waiver.precision())?;
    *used = true;
    Some(waiver)
}

fn about(rule: &'static finding::FindingRule, file: &str, waiver: &Waiver) -> Finding {
    let Waiver { owner, until, .. } = waiver;
    let purpose = waiver.purpose();
    let message = format!("the waiver for {purpose} by {owner}, until {until}");
    let place = waiver.place.clone();
    let place = place.unwrap_or_else(|| FindingPlace::file(file));
    Finding::new(rule, place, waiver.subject.clone(), message)
}

// === impl WaivedFinding ===

impl WaivedFinding {
    fn new(finding: Finding, waiver: &Waiver) -> Self {
        Self {
            finding,
            owner: waiver.owner.clone(),
            reason: waiver.reason.clone(),
            until: waiver.until.to_string(),
            status: waiver.status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{GateVerdict, StepState};
    use crate::{
        policy::GatePolicy,
        rules::{self, MODULE_DENIED, SUM_MISSING, SUM_ORDER, TOO_YOUNG},
    };
    use finding::{Finding, FindingPlace, FindingRule, UnreadableInput};
    use jiff::civil::date;

    fn found(rule: &'static FindingRule) -> Finding {
        Finding::new(
            rule,
            FindingPlace::file("go.mod"),
            "example.com/m@v1.0.0",
            "found",
        )
    }

    fn verdict(policy: &str, findings: &[Finding]) -> GateVerdict {
        let policy = GatePolicy::parse("gate.toml", policy.as_bytes(), &rules::all()).unwrap();
        GateVerdict::of(
            &policy,
            "gate.toml",
            findings.to_vec(),
            Vec::new(),
            date(2026, 11, 26),
        )
    }

    const WAIVER: &str = "[[waiver]]\nrule = \"allowed/module-denied\"\nsubject = \"example.com/m\"\n\
        owner = \"team\"\nreason = \"moving\"\nuntil = ";

    #[test]
    fn the_first_step_that_stops_a_change_gives_the_exit_code() {
        assert_eq!(verdict("", &[]).exit_code(), 0);
        assert_eq!(verdict("", &[found(&TOO_YOUNG)]).exit_code(), 0);
        assert_eq!(verdict("", &[found(&MODULE_DENIED)]).exit_code(), 14);
        let both = [found(&MODULE_DENIED), found(&SUM_MISSING)];
        assert_eq!(verdict("", &both).exit_code(), 10);
        assert_eq!(verdict("[steps]\nlock = \"warn\"\n", &both).exit_code(), 14);
    }

    #[test]
    fn what_could_not_be_read_is_never_a_pass_and_hides_nothing() {
        let policy = GatePolicy::default();
        let judge = |findings: Vec<Finding>| {
            let unreadable = vec![UnreadableInput::new(
                FindingPlace::file("go.sum"),
                "half a file",
            )];
            let today = date(2026, 11, 26);
            GateVerdict::of(&policy, "gate.toml", findings, unreadable, today)
        };
        let nothing_found = judge(Vec::new());
        assert_eq!(nothing_found.exit_code(), 2);
        let states = nothing_found.steps.values();
        assert!(states.copied().all(|state| state == StepState::Unknown));
        let stopped = judge(vec![found(&SUM_MISSING)]);
        assert_eq!(stopped.exit_code(), 10);
        assert_eq!(stopped.steps.get("allowed"), Some(&StepState::Unknown));
        assert_eq!(judge(vec![found(&SUM_ORDER)]).exit_code(), 2);
    }

    #[test]
    fn a_mild_rule_warns_where_its_step_blocks() {
        let verdict = verdict("", &[found(&SUM_ORDER)]);
        assert_eq!(verdict.steps.get("lock"), Some(&StepState::Warned));
        assert_eq!(verdict.exit_code(), 0);
    }

    #[test]
    fn a_waiver_excuses_until_its_last_day_and_is_found_out_after_it() {
        let valid = verdict(&format!("{WAIVER}2026-11-26\n"), &[found(&MODULE_DENIED)]);
        assert_eq!(
            (valid.exit_code(), valid.waived.len(), valid.findings.len()),
            (0, 1, 0)
        );
        let expired = verdict(&format!("{WAIVER}2026-11-25\n"), &[found(&MODULE_DENIED)]);
        let ids: Vec<_> = expired
            .findings
            .iter()
            .map(|judged| judged.finding.rule.id)
            .collect();
        assert_eq!(ids, ["allowed/waiver-expired", "allowed/module-denied"]);
        assert_eq!(expired.exit_code(), 14);
        let unused = verdict(&format!("{WAIVER}2026-12-31\n"), &[]);
        assert_eq!(unused.findings[0].finding.rule.id, "allowed/waiver-unused");
        assert_eq!(unused.exit_code(), 0);
    }
}
