//! Rules about what is not known of vulnerabilities; the others are with [`vulndb`].

use finding::{FindingRule, GateStep};

/// No vulnerability data.
pub static DATA_MISSING: FindingRule = FindingRule {
    id: "vulnerable/data-missing",
    step: GateStep::Vulnerable,
    title: "nobody could say what is vulnerable",
    why: "Without data every version looks sound.",
    next: "Run `modkeep vuln update`, or have the server that is asked keep a vulnerability database.",
};
