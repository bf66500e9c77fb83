//! The gate's own rules. Those of package lock files and of vulnerabilities are with their checks.

use finding::{Rule, Step};

/// All of them, in the order of the documentation.
pub const ALL: &[&Rule] = &[
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
    &TOO_MANY_MODULES,
    &TOO_MANY_DIRECT,
    &TOO_DEEP,
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
    &WAIVER_UNUSED,
];

/// Rules that warn unless the policy names them: what they find is often meant, or not known.
pub const MILD: &[&Rule] = &[
    &SUM_ORDER,
    &GO_MOD_FORMAT,
    &AGE_UNKNOWN,
    &DEPRECATED,
    &LATEST_UNKNOWN,
    &LICENCE_UNKNOWN,
    &REPLACED_BY_DIRECTORY,
    &REPLACED_BY_MODULE,
    &EXCLUDED,
    &WAIVER_UNUSED,
];

/// A requirement without the hash of its files.
pub static SUM_MISSING: Rule = Rule {
    id: "lock/sum-missing",
    step: Step::Lock,
    title: "go.sum has no hash for a requirement",
    why: "Whatever a proxy sends first would be trusted, and the build fails where go.mod and go.sum may not be changed.",
    next: "Run `go mod tidy` and commit go.sum.",
};

/// A go.mod of the graph without its hash.
pub static SUM_MISSING_GRAPH: Rule = Rule {
    id: "lock/sum-missing-graph",
    step: Step::Lock,
    title: "go.sum has no hash for a go.mod of the module graph",
    why: "The requirements in it decide which versions are used, and commands that load the graph fail.",
    next: "Run `go mod tidy` and commit go.sum.",
};

/// Two hashes of one thing.
pub static SUM_CONFLICT: Rule = Rule {
    id: "lock/sum-conflict",
    step: Step::Lock,
    title: "go.sum has two hashes for the same thing",
    why: "go accepts whatever matches either line, so one of them lets other bytes in.",
    next: "Find out which line is true with the checksum database, and remove the other.",
};

/// No hash.
pub static SUM_MALFORMED: Rule = Rule {
    id: "lock/sum-malformed",
    step: Step::Lock,
    title: "a hash in go.sum is none",
    why: "Nothing can match it: the build fails with a checksum mismatch.",
    next: "Remove the line, run `go mod download` for the module, and compare what it writes.",
};

/// A hash of an algorithm that go does not know.
pub static SUM_ALGORITHM: Rule = Rule {
    id: "lock/sum-algorithm",
    step: Step::Lock,
    title: "go.sum has a hash of an unknown algorithm",
    why: "go keeps such a line and checks nothing by it.",
    next: "Remove the line and run `go mod tidy`.",
};

/// go.sum not as go writes it.
pub static SUM_ORDER: Rule = Rule {
    id: "lock/sum-order",
    step: Step::Lock,
    title: "go.sum is not sorted as go writes it",
    why: "Something else than go wrote it, or a merge left it so; the next go command rewrites the file.",
    next: "Run `go mod tidy` and commit go.sum.",
};

/// go.mod not as go writes it.
pub static GO_MOD_FORMAT: Rule = Rule {
    id: "lock/go-mod-format",
    step: Step::Lock,
    title: "go.mod is not formatted",
    why: "The next go command rewrites the file, and the change shows up where nobody made it.",
    next: "Run `go mod edit -fmt` and commit go.mod.",
};

/// go.mod does not list what is selected.
pub static GO_MOD_STALE: Rule = Rule {
    id: "lock/go-mod-stale",
    step: Step::Lock,
    title: "go.mod does not say what is selected",
    why: "Another version than the listed one is used, or the build fails with `updates to go.mod needed`.",
    next: "Run `go mod tidy` and commit go.mod and go.sum.",
};

/// Another hash than the log's.
pub static SUM_DIFFERS: Rule = Rule {
    id: "lock/sum-differs",
    step: Step::Lock,
    title: "a hash in go.sum is not the one that the checksum database has",
    why: "Either the line was changed, or whoever wrote it was given other bytes than the rest of the world.",
    next: "Remove the line, run `go mod download` with the checksum database on, and ask where the line came from.",
};

/// No record.
pub static SUM_ABSENT: Rule = Rule {
    id: "lock/sum-absent",
    step: Step::Lock,
    title: "the checksum database knows nothing of a version in go.sum",
    why: "Nobody else was ever given this version, so nothing vouches for its bytes.",
    next: "If the module is private, name it with --private (GOPRIVATE); otherwise ask where the line came from.",
};

/// Not known.
pub static SUM_UNPROVEN: Rule = Rule {
    id: "lock/sum-unproven",
    step: Step::Lock,
    title: "a hash in go.sum could not be compared with the checksum database",
    why: "No proof is kept here and the database could not be asked, so nothing is known of this line.",
    next: "Run again when the database can be reached; once proven, a line stays proven offline.",
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

/// Younger than the policy allows.
pub static TOO_YOUNG: Rule = Rule {
    id: "fresh/too-young",
    step: Step::Fresh,
    title: "a version is younger than the policy allows",
    why: "Hijacked releases are mostly found within days; whoever waits is not among the first to run them.",
    next: "Use the version before, wait, or write a waiver if it fixes something that hurts now.",
};

/// Age not known.
pub static AGE_UNKNOWN: Rule = Rule {
    id: "fresh/age-unknown",
    step: Step::Fresh,
    title: "the age of a version is not known",
    why: "Its author's own dates prove nothing, and nobody trustworthy has seen it long enough ago.",
    next: "Let it be fetched here and wait, or let the rule pass in the policy.",
};

/// Taken back.
pub static RETRACTED: Rule = Rule {
    id: "fresh/retracted",
    step: Step::Fresh,
    title: "a version was retracted by its author",
    why: "Its author says that it should not be used.",
    next: "Use the newest version that is not retracted: `go get MODULE@latest`.",
};

/// Given up.
pub static DEPRECATED: Rule = Rule {
    id: "fresh/deprecated",
    step: Step::Fresh,
    title: "a module is deprecated",
    why: "Its author says that it is no longer looked after, and mostly where to go instead.",
    next: "Move to what the author names.",
};

/// Retraction not known.
pub static LATEST_UNKNOWN: Rule = Rule {
    id: "fresh/latest-unknown",
    step: Step::Fresh,
    title: "whether a version is retracted is not known",
    why: "Retractions stand in the go.mod of the newest version, which is not kept here and could not be fetched.",
    next: "Run again when the sources can be reached.",
};

/// Forbidden.
pub static MODULE_DENIED: Rule = Rule {
    id: "allowed/module-denied",
    step: Step::Allowed,
    title: "a module that may not be used",
    why: "The policy names it.",
    next: "See with `modkeep why MODULE` what brings it, and do without.",
};

/// Not among those allowed.
pub static MODULE_NOT_LISTED: Rule = Rule {
    id: "allowed/module-not-listed",
    step: Step::Allowed,
    title: "a module that is not among those that may be used",
    why: "The policy lists what may be used, and this is not in it.",
    next: "Ask the policy's owner, or do without.",
};

/// Forbidden licence.
pub static LICENCE_DENIED: Rule = Rule {
    id: "allowed/licence-denied",
    step: Step::Allowed,
    title: "a licence that may not be used",
    why: "The policy names it.",
    next: "See with `modkeep why MODULE` what brings it, and do without, or ask who answers for licences.",
};

/// Not among the licences allowed.
pub static LICENCE_NOT_LISTED: Rule = Rule {
    id: "allowed/licence-not-listed",
    step: Step::Allowed,
    title: "a licence that is not among those that may be used",
    why: "The policy lists the licences that may be used, and this is not in it.",
    next: "Ask who answers for licences.",
};

/// No licence recognised.
pub static LICENCE_UNKNOWN: Rule = Rule {
    id: "allowed/licence-unknown",
    step: Step::Allowed,
    title: "the licence of a module is not known",
    why: "Its zip has no licence file, none that is recognised, or is not kept here. Without a licence nothing may be copied.",
    next: "Look at the module, and write a waiver with what you found.",
};

/// Local replacement.
pub static REPLACED_BY_DIRECTORY: Rule = Rule {
    id: "allowed/replaced-by-directory",
    step: Step::Allowed,
    title: "a module is replaced by a directory",
    why: "Its bytes are in no go.sum and no checksum database, and who depends on this module does not get the replacement.",
    next: "Release the change and require it, or use a go.work that is not committed.",
};

/// Replacement by a module.
pub static REPLACED_BY_MODULE: Rule = Rule {
    id: "allowed/replaced-by-module",
    step: Step::Allowed,
    title: "a module is replaced by another",
    why: "Updates of the original pass it by, and who depends on this module does not get the replacement.",
    next: "Say in a comment why and until when, and drop it as soon as the original can be used.",
};

/// Exclusion.
pub static EXCLUDED: Rule = Rule {
    id: "allowed/excluded",
    step: Step::Allowed,
    title: "a version is excluded",
    why: "It counts in this module only: who depends on it may select that version all the same.",
    next: "Require a later version instead.",
};

/// A waiver whose time is over.
pub static WAIVER_EXPIRED: Rule = Rule {
    id: "allowed/waiver-expired",
    step: Step::Allowed,
    title: "a waiver has expired",
    why: "What it excused is no longer excused.",
    next: "Mend what it was for, or have its owner decide again.",
};

/// A waiver that is for nothing.
pub static WAIVER_UNUSED: Rule = Rule {
    id: "allowed/waiver-unused",
    step: Step::Allowed,
    title: "a waiver excuses nothing",
    why: "It would excuse the next finding of its kind without anybody having decided that.",
    next: "Remove it.",
};
