//! Rules about budgets.

use finding::{Rule, Step};

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
