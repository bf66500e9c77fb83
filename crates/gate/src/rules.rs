//! The rules, in the order of the documentation: the gate's own by step, and those of the crates whose
//! findings it judges.

mod allowed;
mod change;
mod fresh;
mod lock;
mod minimal;
mod vulnerable;

pub use allowed::{
    EXCLUDED, LICENCE_DENIED, LICENCE_NOT_LISTED, LICENCE_UNKNOWN, MODULE_DENIED,
    MODULE_NOT_LISTED, REPLACED_BY_DIRECTORY, REPLACED_BY_MODULE, WAIVER_EXPIRED,
    WAIVER_INCOMPLETE, WAIVER_UNUSED,
};
pub use change::{CAPABILITY_UNKNOWN, LOWERED, NEW_CAPABILITY, NEW_MODULE, POLICY_CHANGED};
pub use fresh::{AGE_UNKNOWN, DEPRECATED, LATEST_UNKNOWN, RETRACTED, TOO_YOUNG};
pub use lock::{
    GO_MOD_FORMAT, GO_MOD_STALE, LOCK_MISSING, LOCK_NOT_READ, LOCK_REMOVED, SUM_ABSENT,
    SUM_ALGORITHM, SUM_CHANGED, SUM_CONFLICT, SUM_DIFFERS, SUM_MALFORMED, SUM_MISSING,
    SUM_MISSING_GRAPH, SUM_ORDER, SUM_UNPROVEN,
};
pub use minimal::{TOO_DEEP, TOO_HEAVY, TOO_MANY_DIRECT, TOO_MANY_MODULES, USAGE_UNKNOWN};
pub use vulnerable::DATA_MISSING;

use finding::{FindingRule, GateStep};

/// The gate's own.
const OWN: &[&FindingRule] = &[
    &SUM_MISSING,
    &SUM_MISSING_GRAPH,
    &SUM_CONFLICT,
    &SUM_MALFORMED,
    &SUM_ALGORITHM,
    &SUM_ORDER,
    &GO_MOD_FORMAT,
    &GO_MOD_STALE,
    &SUM_DIFFERS,
    &SUM_ABSENT,
    &SUM_UNPROVEN,
    &SUM_CHANGED,
    &LOCK_MISSING,
    &LOCK_REMOVED,
    &LOCK_NOT_READ,
    &TOO_MANY_MODULES,
    &TOO_MANY_DIRECT,
    &TOO_DEEP,
    &TOO_HEAVY,
    &USAGE_UNKNOWN,
    &DATA_MISSING,
    &TOO_YOUNG,
    &AGE_UNKNOWN,
    &RETRACTED,
    &DEPRECATED,
    &LATEST_UNKNOWN,
    &MODULE_DENIED,
    &MODULE_NOT_LISTED,
    &LICENCE_DENIED,
    &LICENCE_NOT_LISTED,
    &LICENCE_UNKNOWN,
    &REPLACED_BY_DIRECTORY,
    &REPLACED_BY_MODULE,
    &EXCLUDED,
    &WAIVER_EXPIRED,
    &WAIVER_INCOMPLETE,
    &WAIVER_UNUSED,
    &NEW_MODULE,
    &LOWERED,
    &NEW_CAPABILITY,
    &CAPABILITY_UNKNOWN,
    &POLICY_CHANGED,
];

/// Rules of the gate's own that warn unless the policy names them: what they find is often meant, or
/// not known.
const MILD: &[&FindingRule] = &[
    &SUM_ORDER,
    &GO_MOD_FORMAT,
    &USAGE_UNKNOWN,
    &AGE_UNKNOWN,
    &DEPRECATED,
    &LATEST_UNKNOWN,
    &LICENCE_UNKNOWN,
    &REPLACED_BY_DIRECTORY,
    &REPLACED_BY_MODULE,
    &EXCLUDED,
    &WAIVER_INCOMPLETE,
    &WAIVER_UNUSED,
];

/// All rules that a policy can name.
pub fn all() -> Vec<&'static FindingRule> {
    [OWN, lockfile::RULES, project::RULES, vulndb::RULES].concat()
}

/// Rules about what nobody could say now. Of a change they are never left out because the base has them
/// as well: what is not known was not there before.
const UNKNOWN: &[&FindingRule] = &[
    &SUM_UNPROVEN,
    &USAGE_UNKNOWN,
    &DATA_MISSING,
    &AGE_UNKNOWN,
    &LATEST_UNKNOWN,
    &CAPABILITY_UNKNOWN,
    &lockfile::rules::INTEGRITY_UNPROVEN,
    &vulndb::rules::VERSION_UNKNOWN,
    &vulndb::rules::DATA_OLD,
];

/// Whether findings of a rule say that something is not known.
pub fn is_unknown(rule: &FindingRule) -> bool {
    UNKNOWN.iter().any(|unknown| unknown.id == rule.id)
}

/// How bad findings of a rule can be for whoever runs what is built, on the scale of CVSS from 0 to 10;
/// nothing for rules that are not about security. Dashboards sort by it.
pub fn security_severity(rule: &FindingRule) -> Option<&'static str> {
    let is_about_security = match rule.step {
        GateStep::Lock | GateStep::Vulnerable => true,
        GateStep::Allowed | GateStep::Change => {
            rule.id == NEW_CAPABILITY.id || rule.id == POLICY_CHANGED.id
        }
        GateStep::Minimal | GateStep::Fresh => false,
    };
    let severity = match is_mild(rule) || is_unknown(rule) {
        true => "3.9",
        false if rule.id == vulndb::rules::CALLED.id => "9.0",
        false => "7.5",
    };
    is_about_security.then_some(severity)
}

/// Whether findings of a rule only warn where its step blocks.
pub fn is_mild(rule: &FindingRule) -> bool {
    use project::rules::{ONE_BUILD, ONLY_TESTS, TWO_MAJORS};
    // Tools write a registry under two names into one file, by its name and by that of a mirror.
    let mixed = &lockfile::rules::HOST_MIXED;
    let asked = &lockfile::rules::SOURCE_ASKED;
    let often_meant = [&ONE_BUILD, &ONLY_TESTS, &TWO_MAJORS, mixed, asked];
    let mut mild = MILD.iter().chain(vulndb::MILD).chain(&often_meant);
    mild.any(|mild| mild.id == rule.id)
}
