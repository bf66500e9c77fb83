//! Rules about budgets.

use finding::{Rule, Step};

/// A requirement that brings in too much.
pub static TOO_HEAVY: Rule = Rule {
    id: "minimal/weight",
    step: Step::Minimal,
    title: "a direct requirement alone brings in more than the budget",
    why: "All of it is downloaded, verified and watched for vulnerabilities for the sake of one requirement.",
    next: "See `modkeep tidy-report`, and whether a smaller module or a few lines do the same.",
};

/// What a requirement is for is not known.
pub static USAGE_UNKNOWN: Rule = Rule {
    id: "minimal/usage-unknown",
    step: Step::Minimal,
    title: "what requirements are for could not be looked at",
    why: "Packages that cannot be read may need a requirement that seems unused.",
    next: "Have the files of all modules fetched, with `go mod download` through modkeep.",
};

/// Over budget.
pub static TOO_MANY_MODULES: Rule = Rule {
    id: "minimal/modules",
    step: Step::Minimal,
    title: "more modules than the budget",
    why: "Each module is somebody else's code that has to be trusted, fetched and kept up to date.",
    next: "See with `modkeep tidy-report` which requirement brings most, and do without one.",
};

/// Over budget.
pub static TOO_MANY_DIRECT: Rule = Rule {
    id: "minimal/direct",
    step: Step::Minimal,
    title: "more direct requirements than the budget",
    why: "Each direct requirement is a decision that somebody has to keep making.",
    next: "See with `modkeep tidy-report` what little is used of each, and do without one.",
};

/// Over budget.
pub static TOO_DEEP: Rule = Rule {
    id: "minimal/depth",
    step: Step::Minimal,
    title: "a module is further away than the budget",
    why: "What comes through many hands is updated late and known to nobody here.",
    next: "See with `modkeep why MODULE` what brings it.",
};
