//! Rules about what may be used, and about waivers.

use finding::{FindingRule, GateStep};

/// Forbidden.
pub static MODULE_DENIED: FindingRule = FindingRule {
    id: "allowed/module-denied",
    step: GateStep::Allowed,
    title: "a module that may not be used",
    why: "The policy names it.",
    next: "See with `modkeep why MODULE` what brings it, and do without.",
};

/// Not among those allowed.
pub static MODULE_NOT_LISTED: FindingRule = FindingRule {
    id: "allowed/module-not-listed",
    step: GateStep::Allowed,
    title: "a module that is not among those that may be used",
    why: "The policy lists what may be used, and this is not in it.",
    next: "Ask the policy's owner, or do without.",
};

/// Forbidden licence.
pub static LICENCE_DENIED: FindingRule = FindingRule {
    id: "allowed/licence-denied",
    step: GateStep::Allowed,
    title: "a licence that may not be used",
    why: "The policy names it.",
    next: "See with `modkeep why MODULE` what brings it, and do without, or ask who answers for licences.",
};

/// Not among the licences allowed.
pub static LICENCE_NOT_LISTED: FindingRule = FindingRule {
    id: "allowed/licence-not-listed",
    step: GateStep::Allowed,
    title: "a licence that is not among those that may be used",
    why: "The policy lists the licences that may be used, and this is not in it.",
    next: "Ask who answers for licences.",
};

/// No licence recognised.
pub static LICENCE_UNKNOWN: FindingRule = FindingRule {
    id: "allowed/licence-unknown",
    step: GateStep::Allowed,
    title: "the licence of a module is not known",
    why: "Its zip has no licence file, none that is recognised, or is not kept here. Without a licence nothing may be copied.",
    next: "Look at the module, and write a waiver with what you found.",
};

/// Local replacement.
pub static REPLACED_BY_DIRECTORY: FindingRule = FindingRule {
    id: "allowed/replaced-by-directory",
    step: GateStep::Allowed,
    title: "a module is replaced by a directory",
    why: "Its bytes are in no go.sum and no checksum database, and who depends on this module does not get the replacement.",
    next: "Release the change and require it, or use a go.work that is not committed.",
};

/// Replacement by a module.
pub static REPLACED_BY_MODULE: FindingRule = FindingRule {
    id: "allowed/replaced-by-module",
    step: GateStep::Allowed,
    title: "a module is replaced by another",
    why: "Updates of the original pass it by, and who depends on this module does not get the replacement.",
    next: "Say in a comment why and until when, and drop it as soon as the original can be used.",
};

/// Exclusion.
pub static EXCLUDED: FindingRule = FindingRule {
    id: "allowed/excluded",
    step: GateStep::Allowed,
    title: "a version is excluded",
    why: "It counts in this module only: who depends on it may select that version all the same.",
    next: "Require a later version instead.",
};

/// A waiver whose time is over.
pub static WAIVER_EXPIRED: FindingRule = FindingRule {
    id: "allowed/waiver-expired",
    step: GateStep::Allowed,
    title: "a waiver has expired",
    why: "What it excused is no longer excused.",
    next: "Mend what it was for, or have its owner decide again.",
};

/// A waiver that does not count.
pub static WAIVER_INCOMPLETE: FindingRule = FindingRule {
    id: "allowed/waiver-incomplete",
    step: GateStep::Allowed,
    title: "a waiver lacks what makes it one",
    why: "Without somebody who answers for it, a reason and a last day it would excuse for ever what nobody decided, so it excuses nothing.",
    next: "Add what is missing, or remove it.",
};

/// A waiver that is for nothing.
pub static WAIVER_UNUSED: FindingRule = FindingRule {
    id: "allowed/waiver-unused",
    step: GateStep::Allowed,
    title: "a waiver excuses nothing",
    why: "It would excuse the next finding of its kind without anybody having decided that.",
    next: "Remove it.",
};
