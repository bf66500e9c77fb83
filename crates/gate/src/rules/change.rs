//! Rules about what a change brings.

use finding::{FindingRule, GateStep};

/// A module that was not used before.
pub static NEW_MODULE: FindingRule = FindingRule {
    id: "change/new-module",
    step: GateStep::Change,
    title: "the change brings in a module",
    why: "Its code will run with the rights of this program, and somebody has to follow its updates.",
    next: "See who asks for it with `modkeep why MODULE`, and whether it is worth it.",
};

/// A version below that of the base.
pub static LOWERED: FindingRule = FindingRule {
    id: "change/lowered",
    step: GateStep::Change,
    title: "the change lowers a version",
    why: "What was mended since that version is broken again.",
    next: "Say why in the change, or keep the version of the base.",
};

/// Code that can do what it could not do before.
pub static NEW_CAPABILITY: FindingRule = FindingRule {
    id: "change/new-capability",
    step: GateStep::Change,
    title: "a version can do what the one before could not",
    why: "A module that begins to start processes, to speak over the network or to run before `main` is how a taken-over module looks.",
    next: "Read the file that is named, and what else has changed in that version.",
};

/// Code that could not be looked at.
pub static CAPABILITY_UNKNOWN: FindingRule = FindingRule {
    id: "change/capability-unknown",
    step: GateStep::Change,
    title: "what a version can do could not be looked at",
    why: "What is not seen is not harmless.",
    next: "Have the files of both versions fetched, with `go mod download` through modkeep.",
};

/// Another policy.
pub static POLICY_CHANGED: FindingRule = FindingRule {
    id: "change/policy-changed",
    step: GateStep::Change,
    title: "the checkout has another policy than it is judged by",
    why: "A change does not choose what it is judged by. Once a change of the policy is merged, everything after it is judged by the new one.",
    next: "Have whoever owns the policy look at it.",
};
