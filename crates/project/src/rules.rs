//! What the report on requirements looks for.

use finding::{FindingRule, GateStep};

/// All of them, in the order of the documentation.
pub static RULES: &[&FindingRule] = &[&UNUSED, &ONLY_TESTS, &ONE_BUILD, &TWO_MAJORS];

/// A direct requirement that no package imports.
pub static UNUSED: FindingRule = FindingRule {
    id: "minimal/requirement-unused",
    step: GateStep::Minimal,
    title: "no package imports a direct requirement",
    why: "It is downloaded, verified and watched for vulnerabilities for nothing, and may raise the versions of others.",
    next: "Run `go mod tidy`; what other modules still need it marks `// indirect`.",
};

/// A direct requirement that only tests import.
pub static ONLY_TESTS: FindingRule = FindingRule {
    id: "minimal/requirement-only-tests",
    step: GateStep::Minimal,
    title: "only tests need a direct requirement",
    why: "Everybody who depends on this module selects its version too, although they never build it.",
    next: "Keep it if it is worth that; else move the tests to a nested module or write what they need.",
};

/// A direct requirement that only some builds need.
pub static ONE_BUILD: FindingRule = FindingRule {
    id: "minimal/requirement-only-some-builds",
    step: GateStep::Minimal,
    title: "only some builds need a direct requirement",
    why: "A requirement holds for every build. Who looks for it in another build finds nothing and may take it out.",
    next: "Keep it, and say in a comment which build it is for.",
};

/// A module that is there in two major versions.
pub static TWO_MAJORS: FindingRule = FindingRule {
    id: "minimal/module-two-majors",
    step: GateStep::Minimal,
    title: "two major versions of a module are built",
    why: "Both are downloaded and linked, their types do not mix, and each needs its own updates.",
    next: "Move the imports of the older one to the newer one, or wait for those who require it.",
};
