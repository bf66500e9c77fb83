//! What is looked for in the light of known vulnerabilities.
//!
//! A vulnerability of a module is a case of exactly one rule, the one that says most about it: if
//! calls were looked into, whether it is called; if imports were, whether what is built imports it;
//! else whether there is a way out.

use finding::{FindingRule, GateStep};

/// All of them, in the order of the documentation.
pub static RULES: &[&FindingRule] = &[
    &CALLED,
    &NOT_CALLED,
    &NOT_IMPORTED,
    &NOT_BUILT,
    &FIXED,
    &UNFIXED,
    &GO_RELEASE,
    &VERSION_UNKNOWN,
    &DATA_OLD,
];

/// Rules that warn unless the policy names them: what they find harms nobody yet.
pub static MILD: &[&FindingRule] = &[&NOT_CALLED, &NOT_IMPORTED, &NOT_BUILT];

/// The code calls what is vulnerable.
pub static CALLED: FindingRule = FindingRule {
    id: "vulnerable/called",
    step: GateStep::Vulnerable,
    title: "vulnerable code is called",
    why: "govulncheck found a way from this project's code into the vulnerable function: whoever controls its input may be able to exploit it.",
    next: "Upgrade to a fixed version; until there is one, take the call out or guard what reaches it.",
};

/// Calls were looked into, and none goes there.
pub static NOT_CALLED: FindingRule = FindingRule {
    id: "vulnerable/not-called",
    step: GateStep::Vulnerable,
    title: "a module is vulnerable where nothing calls it",
    why: "govulncheck found no way from this project's code into the vulnerable functions. The next change may bring one, and calls by reflection are not seen.",
    next: "Upgrade to a fixed version with the next change of dependencies.",
};

/// No package that has it is imported.
pub static NOT_IMPORTED: FindingRule = FindingRule {
    id: "vulnerable/not-imported",
    step: GateStep::Vulnerable,
    title: "a module is vulnerable in packages that nothing imports",
    why: "Neither this project's packages nor its tests and tools reach a package that has the vulnerability, on any system and with any build tag, so no build contains it. The next import may.",
    next: "Upgrade to a fixed version with the next change of dependencies.",
};

/// What has it is imported by what no plain build contains.
pub static NOT_BUILT: FindingRule = FindingRule {
    id: "vulnerable/not-built",
    step: GateStep::Vulnerable,
    title: "a module is vulnerable in packages that no plain build contains",
    why: "Only tests, tools, files behind build tags, or builds for other systems than `vulnerable.systems` of the policy reach it: nobody is given it, but it may run on developers' machines and in continuous integration.",
    next: "Upgrade to a fixed version with the next change of dependencies; name the systems that are built for in the policy, if this is one.",
};

/// There is a fixed version.
pub static FIXED: FindingRule = FindingRule {
    id: "vulnerable/fixed-upstream",
    step: GateStep::Vulnerable,
    title: "a module has a known vulnerability that is fixed in a later version",
    why: "How to attack it is public, and so is the way out.",
    next: "Upgrade to the fixed version; `govulncheck` tells whether the code that is vulnerable is called.",
};

/// There is none.
pub static UNFIXED: FindingRule = FindingRule {
    id: "vulnerable/unfixed",
    step: GateStep::Vulnerable,
    title: "a module has a known vulnerability and no version fixes it",
    why: "How to attack it is public, and no later version of the module helps.",
    next: "Find out with `govulncheck` whether it is called; replace the module, or waive the finding until a day.",
};

/// The standard library or the go command.
pub static GO_RELEASE: FindingRule = FindingRule {
    id: "vulnerable/go-release",
    step: GateStep::Vulnerable,
    title: "the Go release has a known vulnerability",
    why: "The standard library goes into every binary, and the go command runs on every machine that builds it.",
    next: "Build with a Go release that fixes it: set `toolchain` in go.mod, and upgrade the builders.",
};

/// Not known which version is in use.
pub static VERSION_UNKNOWN: FindingRule = FindingRule {
    id: "vulnerable/version-unknown",
    step: GateStep::Vulnerable,
    title: "a module has known vulnerabilities, but its version is none",
    why: "Nobody can tell whether this version has them.",
    next: "Use a released version of the module, or a Go release as it is published.",
};

/// The data are too old to rely on.
pub static DATA_OLD: FindingRule = FindingRule {
    id: "vulnerable/data-old",
    step: GateStep::Vulnerable,
    title: "the vulnerability database is too old",
    why: "What was found since is missing from it, so that nothing found means little.",
    next: "Import the database again, and find out why that did not happen by itself.",
};
