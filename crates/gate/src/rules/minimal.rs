//! Rules about budgets.

use finding::{FindingRule, GateStep};

/// A requirement that brings in too much.
pub static TOO_HEAVY: FindingRule = FindingRule {
    id: "minimal/weight",
    step: GateStep::Minimal,
    title: "a direct requirement alone brings in more than the budget",
    why: "All of it is downloaded, verified and watched for vulnerabilities for the sake of one requirement.",
    next: "See `modkeep tidy-report`, and whether a smaller module or a few lines do the same.",
};

/// What a requirement is for is not known.
pub static USAGE_UNKNOWN: FindingRule = FindingRule {
    id: "minimal/usage-unknown",
    step: GateStep::Minimal,
    title: "what requirements are for could not be looked at",
    why: "Packages that cannot be read may need a requirement that seems unused.",
    next: "Have the files of all modules fetched, with `go mod download` through modkeep.",
};

/// Over budget.
pub static TOO_MANY_MODULES: FindingRule = FindingRule {
    id: "minimal/modules",
    step: GateStep::Minimal,
    title: "more modules than the budget",
    why: "Each module is somebody else's code that has to be trusted, fetched and kept up to date.",
    next: "See with `modkeep tidy-report` which requirement brings most, and do without one.",
};

/// Over budget.
pub static TOO_MANY_DIRECT: FindingRule = FindingRule {
    id: "minimal/direct",
    step: GateStep::Minimal,
    title: "more direct requirements than the budget",
    why: "Each direct requirement is a decision that somebody has to keep making.",
    next: "See with `modkeep tidy-report` what little is used of each, and do without one.",
};

/// Over budget.
pub static TOO_DEEP: FindingRule = FindingRule {
    id: "minimal/depth",
    step: GateStep::Minimal,
    title: "a module is further away than the budget",
    why: "What comes through many hands is updated late and known to nobody here.",
    next: "See with `modkeep why MODULE` what brings it.",
};
