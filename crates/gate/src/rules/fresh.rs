//! Rules about age and withdrawal.

use finding::{FindingRule, GateStep};

/// A version that nobody has known for long.
pub static TOO_YOUNG: FindingRule = FindingRule {
    id: "fresh/too-young",
    step: GateStep::Fresh,
    title: "a version is younger than the policy allows",
    why: "Hijacked releases are mostly found within days; whoever waits is not among the first to run them.",
    next: "Use the version before, wait, or write a waiver if it fixes something that hurts now.",
};

/// Age not known.
pub static AGE_UNKNOWN: FindingRule = FindingRule {
    id: "fresh/age-unknown",
    step: GateStep::Fresh,
    title: "the age of a version is not known",
    why: "Its author's own dates prove nothing, and nobody trustworthy has seen it long enough ago.",
    next: "Let it be fetched here and wait, or let the rule pass in the policy.",
};

/// Taken back.
pub static RETRACTED: FindingRule = FindingRule {
    id: "fresh/retracted",
    step: GateStep::Fresh,
    title: "a version was retracted by its author",
    why: "Its author says that it should not be used.",
    next: "Use the newest version that is not retracted: `go get MODULE@latest`.",
};

/// Given up.
pub static DEPRECATED: FindingRule = FindingRule {
    id: "fresh/deprecated",
    step: GateStep::Fresh,
    title: "a module is deprecated",
    why: "Its author says that it is no longer looked after, and mostly where to go instead.",
    next: "Move to what the author names.",
};

/// Retraction not known.
pub static LATEST_UNKNOWN: FindingRule = FindingRule {
    id: "fresh/latest-unknown",
    step: GateStep::Fresh,
    title: "whether a version is retracted is not known",
    why: "Retractions stand in the go.mod of the newest version, which is not kept here and could not be fetched.",
    next: "Run again when the sources can be reached.",
};
