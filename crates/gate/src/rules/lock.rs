//! Rules about lock files of Go, and about lock files that are not there.

use finding::{FindingRule, GateStep};

/// A requirement without the hash of its files.
pub static SUM_MISSING: FindingRule = FindingRule {
    id: "lock/sum-missing",
    step: GateStep::Lock,
    title: "go.sum has no hash for a requirement",
    why: "Whatever a proxy sends first would be trusted, and the build fails where go.mod and go.sum may not be changed.",
    next: "Run `go mod tidy` and commit go.sum.",
};

/// A go.mod of the graph without its hash.
pub static SUM_MISSING_GRAPH: FindingRule = FindingRule {
    id: "lock/sum-missing-graph",
    step: GateStep::Lock,
    title: "go.sum has no hash for a go.mod of the module graph",
    why: "The requirements in it decide which versions are used, and commands that load the graph fail.",
    next: "Run `go mod tidy` and commit go.sum.",
};

/// Two hashes of one thing.
pub static SUM_CONFLICT: FindingRule = FindingRule {
    id: "lock/sum-conflict",
    step: GateStep::Lock,
    title: "go.sum has two hashes for the same thing",
    why: "go accepts whatever matches either line, so one of them lets other bytes in.",
    next: "Find out which line is true with the checksum database, and remove the other.",
};

/// No hash.
pub static SUM_MALFORMED: FindingRule = FindingRule {
    id: "lock/sum-malformed",
    step: GateStep::Lock,
    title: "a hash in go.sum is none",
    why: "Nothing can match it: the build fails with a checksum mismatch.",
    next: "Remove the line, run `go mod download` for the module, and compare what it writes.",
};

/// A hash of an algorithm that go does not know.
pub static SUM_ALGORITHM: FindingRule = FindingRule {
    id: "lock/sum-algorithm",
    step: GateStep::Lock,
    title: "go.sum has a hash of an unknown algorithm",
    why: "go keeps such a line and checks nothing by it.",
    next: "Remove the line and run `go mod tidy`.",
};

/// go.sum not as go writes it.
pub static SUM_ORDER: FindingRule = FindingRule {
    id: "lock/sum-order",
    step: GateStep::Lock,
    title: "go.sum is not sorted as go writes it",
    why: "Something else than go wrote it, or a merge left it so; the next go command rewrites the file.",
    next: "Run `go mod tidy` and commit go.sum.",
};

/// go.mod not as go writes it.
pub static GO_MOD_FORMAT: FindingRule = FindingRule {
    id: "lock/go-mod-format",
    step: GateStep::Lock,
    title: "go.mod is not formatted",
    why: "The next go command rewrites the file, and the change shows up where nobody made it.",
    next: "Run `go mod edit -fmt` and commit go.mod.",
};

/// go.mod does not list what is selected.
pub static GO_MOD_STALE: FindingRule = FindingRule {
    id: "lock/go-mod-stale",
    step: GateStep::Lock,
    title: "go.mod does not say what is selected",
    why: "Another version than the listed one is used, or the build fails with `updates to go.mod needed`.",
    next: "Run `go mod tidy` and commit go.mod and go.sum.",
};

/// Another hash than the log's.
pub static SUM_DIFFERS: FindingRule = FindingRule {
    id: "lock/sum-differs",
    step: GateStep::Lock,
    title: "a hash in go.sum is not the one that the checksum database has",
    why: "Either the line was changed, or whoever wrote it was given other bytes than the rest of the world.",
    next: "Remove the line, run `go mod download` with the checksum database on, and ask where the line came from.",
};

/// No record.
pub static SUM_ABSENT: FindingRule = FindingRule {
    id: "lock/sum-absent",
    step: GateStep::Lock,
    title: "the checksum database knows nothing of a version in go.sum",
    why: "Nobody else was ever given this version, so nothing vouches for its bytes.",
    next: "If the module is private, name it with --private (GOPRIVATE); otherwise ask where the line came from.",
};

/// Not known.
pub static SUM_UNPROVEN: FindingRule = FindingRule {
    id: "lock/sum-unproven",
    step: GateStep::Lock,
    title: "a hash in go.sum could not be compared with the checksum database",
    why: "No proof is kept here and the database could not be asked, so nothing is known of this line.",
    next: "Run again when the database can be reached; once proven, a line stays proven offline.",
};

/// Another hash for the same version.
pub static SUM_CHANGED: FindingRule = FindingRule {
    id: "lock/sum-changed",
    step: GateStep::Lock,
    title: "the change gives a version another hash",
    why: "A version never changes. Either the hash before was wrong, or this one is.",
    next: "Restore the line from the base, and find out who serves the other bytes: `modkeep doctor` compares them with the log.",
};

/// Packages are asked for, and nothing locks them.
pub static LOCK_MISSING: FindingRule = FindingRule {
    id: "lock/lock-missing",
    step: GateStep::Lock,
    title: "a package.json asks for packages and has no lock",
    why: "An install fetches whatever is newest at that moment, and nobody can say what that was.",
    next: "Install and commit the lock; a fixture or template that nobody installs is left out with `[paths] exclude` in the policy.",
};

/// The change takes a lock away.
pub static LOCK_REMOVED: FindingRule = FindingRule {
    id: "lock/lock-removed",
    step: GateStep::Lock,
    title: "the change removes a lock that is still needed",
    why: "From now on an install fetches whatever is newest, and nothing that was locked is compared with anything.",
    next: "Restore the lock, or commit the one of the tool that is used now.",
};

/// A lock that the gate does not read.
pub static LOCK_NOT_READ: FindingRule = FindingRule {
    id: "lock/lock-not-read",
    step: GateStep::Lock,
    title: "a lock file is of a tool whose locks are not read",
    why: "Nothing in it is judged, so it did not pass.",
    next: "Have it reviewed by hand. A policy that sets this rule to \"warn\" says that this is done.",
};
