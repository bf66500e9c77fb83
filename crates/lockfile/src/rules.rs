//! What is looked for in lock files of npm, yarn and pnpm.

use finding::{FindingRule, GateStep};

/// All of them, in the order of the documentation.
pub static RULES: &[&FindingRule] = &[
    &INTEGRITY_MISSING,
    &INTEGRITY_WEAK,
    &INTEGRITY_MALFORMED,
    &INTEGRITY_CONFLICT,
    &INTEGRITY_CHANGED,
    &INTEGRITY_DIFFERS,
    &INTEGRITY_UNPROVEN,
    &SOURCE_CHANGED,
    &SOURCE_GIT,
    &SOURCE_ARCHIVE,
    &SOURCE_ASKED,
    &SOURCE_OUTSIDE,
    &HOST_NOT_ALLOWED,
    &HOST_FOREIGN,
    &HOST_MIXED,
    &REGISTRY_CHANGED,
    &NOT_HTTPS,
    &NAME_MISMATCH,
    &NAME_IMPOSSIBLE,
    &VERSION_MISMATCH,
    &ASKED_DIFFERS,
    &ENTRY_CHANGED,
    &COMMIT_CHANGED,
    &KEY_DIFFERS,
    &LINK_UNKNOWN,
    &HALVES_DIFFER,
    &NOT_PINNED,
    &DEPENDENCY_MISSING,
    &MANIFEST_MISSING,
    &MANIFEST_DIFFERS,
];

/// An archive without a hash.
pub static INTEGRITY_MISSING: FindingRule = FindingRule {
    id: "lock/integrity-missing",
    step: GateStep::Lock,
    title: "a locked package has no hash",
    why: "Whatever is served under its name and version is installed, and nobody notices that it changed.",
    next: "Remove the entry, install again with the registry that you trust, and commit the lock.",
};

/// A hash that can be forged.
pub static INTEGRITY_WEAK: FindingRule = FindingRule {
    id: "lock/integrity-weak",
    step: GateStep::Lock,
    title: "a locked package has only a hash that can be forged",
    why: "For SHA-1 and MD5 two archives with the same hash can be made, one to be reviewed and one to be served.",
    next: "Remove the entry and install again: package managers of today write SHA-512.",
};

/// What is no hash.
pub static INTEGRITY_MALFORMED: FindingRule = FindingRule {
    id: "lock/integrity-malformed",
    step: GateStep::Lock,
    title: "a hash in the lock is none",
    why: "Package managers skip what they cannot read, or match nothing against it.",
    next: "Remove the entry, install again, and ask where the line came from.",
};

/// Two hashes of one thing.
pub static INTEGRITY_CONFLICT: FindingRule = FindingRule {
    id: "lock/integrity-conflict",
    step: GateStep::Lock,
    title: "one version of a package has two hashes",
    why: "A published version has one archive: one of the hashes lets other bytes in.",
    next: "Find out which hash the registry has, and remove the other entry.",
};

/// Another hash than at the base of a change.
pub static INTEGRITY_CHANGED: FindingRule = FindingRule {
    id: "lock/integrity-changed",
    step: GateStep::Lock,
    title: "the hash of a locked version changed",
    why: "A published version never changes, so either the old hash was wrong or somebody wants other bytes to be installed.",
    next: "Compare both hashes with the registry's before anybody installs from this lock.",
};

/// Another hash than the registry's.
pub static INTEGRITY_DIFFERS: FindingRule = FindingRule {
    id: "lock/integrity-differs",
    step: GateStep::Lock,
    title: "the hash of a locked version is not the one that the registry has",
    why: "Either the lock was changed, or whoever wrote it was given other bytes than others are.",
    next: "Remove the entry, install again, and ask where the line came from.",
};

/// Not known.
pub static INTEGRITY_UNPROVEN: FindingRule = FindingRule {
    id: "lock/integrity-unproven",
    step: GateStep::Lock,
    title: "a hash could not be compared with the registry",
    why: "The registry said nothing of this version, or nothing that can be compared, so nothing is known of the hash.",
    next: "Run again when the registry can be reached; for a version that it does not have, ask where it came from.",
};

/// Another source than at the base of a change.
pub static SOURCE_CHANGED: FindingRule = FindingRule {
    id: "lock/source-changed",
    step: GateStep::Lock,
    title: "a locked version comes from somewhere else than before",
    why: "The same name and version from another host or repository need not be the same code.",
    next: "Ask who moved it and why; if the registry moved, add the new host to those allowed.",
};

/// From git.
pub static SOURCE_GIT: FindingRule = FindingRule {
    id: "lock/source-git",
    step: GateStep::Lock,
    title: "a package comes from git",
    why: "No registry keeps it: it can vanish or be rewritten, and its own scripts run when it is packed.",
    next: "Publish it to a registry and depend on that.",
};

/// An archive of somebody's own.
pub static SOURCE_ARCHIVE: FindingRule = FindingRule {
    id: "lock/source-archive",
    step: GateStep::Lock,
    title: "a package is an archive of the web and not of a registry",
    why: "Its owner can replace or remove it at any time, and no audit knows it by name and version.",
    next: "Publish it to a registry and depend on that, or list its host among those allowed.",
};

/// From git or an archive, as package.json says.
pub static SOURCE_ASKED: FindingRule = FindingRule {
    id: "lock/source-asked",
    step: GateStep::Lock,
    title: "the project itself asks for a package from git or from an archive of the web",
    why: "It can vanish, and no audit knows it by name and version. Who reviews package.json sees the address.",
    next: "Publish it to a registry and depend on that, where it is yours.",
};

/// Not in the checkout.
pub static SOURCE_OUTSIDE: FindingRule = FindingRule {
    id: "lock/source-outside",
    step: GateStep::Lock,
    title: "a package is a file or folder outside of the checkout",
    why: "What is installed depends on the machine, and no review sees it.",
    next: "Move it into the checkout, or publish it to a registry.",
};

/// Not among those allowed.
pub static HOST_NOT_ALLOWED: FindingRule = FindingRule {
    id: "lock/host-not-allowed",
    step: GateStep::Lock,
    title: "a package comes from a host that is not allowed",
    why: "Whoever runs the host decides what is installed, and the policy does not name it.",
    next: "Install from a host that is allowed, or have the policy's owner add this one.",
};

/// Not where the others come from.
pub static HOST_FOREIGN: FindingRule = FindingRule {
    id: "lock/host-foreign",
    step: GateStep::Lock,
    title: "a package comes from a host that nothing else in the lock comes from",
    why: "An address that points elsewhere is how a package is swapped for another one: the hash beside it is of whatever is there.",
    next: "Install it from the same registry. If the host is meant, name it and the others under `[lock] hosts` in the policy, or in the package manager's own configuration.",
};

/// Two hosts throughout.
pub static HOST_MIXED: FindingRule = FindingRule {
    id: "lock/host-mixed",
    step: GateStep::Lock,
    title: "packages of one lock come from two hosts throughout",
    why: "Often it is one registry under two names. The lock alone does not tell that from a swap of many packages.",
    next: "Install from one registry, or name all hosts that are meant under `[lock] hosts` in the policy.",
};

/// Another registry than at the base of a change.
pub static REGISTRY_CHANGED: FindingRule = FindingRule {
    id: "lock/registry-changed",
    step: GateStep::Lock,
    title: "the configuration of the package manager names another registry than before",
    why: "Whatever has no address in the lock, and every package that is added from now on, is fetched from there.",
    next: "Ask who changed it and why; if the registry is meant, name its host under `[lock] hosts` in the policy.",
};

/// Anything but HTTPS.
pub static NOT_HTTPS: FindingRule = FindingRule {
    id: "lock/not-https",
    step: GateStep::Lock,
    title: "a package is fetched without encryption",
    why: "Only HTTPS and SSH show that the right host answers and that nobody on the way changed the answer.",
    next: "Use the https address of the same place.",
};

/// Not the package that it says it is.
pub static NAME_MISMATCH: FindingRule = FindingRule {
    id: "lock/name-mismatch",
    step: GateStep::Lock,
    title: "an entry installs another package than it is named after",
    why: "Code that asks for one package is given another one, without anything in package.json that says so.",
    next: "Remove the entry, install again, and ask where it came from.",
};

/// No name of a registry's.
pub static NAME_IMPOSSIBLE: FindingRule = FindingRule {
    id: "lock/name-impossible",
    step: GateStep::Lock,
    title: "an entry has a name that no registry takes",
    why: "No package can be published under it, so nothing that is fetched by it is what it seems.",
    next: "Remove the entry, install again, and ask where it came from.",
};

/// Something else is locked than is asked for.
pub static ASKED_DIFFERS: FindingRule = FindingRule {
    id: "lock/asked-differs",
    step: GateStep::Lock,
    title: "something else is locked than is asked for",
    why: "Another package, a version outside of the range, or another place than package.json or a package names: whoever reads what is asked for does not see what is installed.",
    next: "Install again. If that changes nothing, say in package.json what is meant (overrides, resolutions).",
};

/// Another commit of the same repository.
pub static COMMIT_CHANGED: FindingRule = FindingRule {
    id: "lock/commit-changed",
    step: GateStep::Lock,
    title: "a repository is locked to another commit than before",
    why: "Other code is installed under the same name. Hosts also serve commits of forks under the address of the original.",
    next: "Look at what is between both commits, and whether the new one is on a branch of the repository itself.",
};

/// An entry whose key says another place than its fields.
pub static KEY_DIFFERS: FindingRule = FindingRule {
    id: "lock/key-differs",
    step: GateStep::Lock,
    title: "an entry comes from another place than its key says",
    why: "Whoever reads the lock sees the key, and what is in the fields is installed.",
    next: "Remove the entry, install again, and ask where it came from.",
};

/// A link to something that is none of the project's packages.
pub static LINK_UNKNOWN: FindingRule = FindingRule {
    id: "lock/link-unknown",
    step: GateStep::Lock,
    title: "a link leads to a folder that nobody names",
    why: "What lies in that folder is installed in the place of a package, and neither workspaces nor a dependency name it.",
    next: "Name the folder in package.json, or remove the entry and install again.",
};

/// Two halves that do not agree.
pub static HALVES_DIFFER: FindingRule = FindingRule {
    id: "lock/halves-differ",
    step: GateStep::Lock,
    title: "the two halves of the lock do not agree",
    why: "npm before 7 reads one half and npm since 7 the other: what is reviewed with one is not what is installed with the other.",
    next: "Install again, and ask where the line came from.",
};

/// An entry that says something else of the same version.
pub static ENTRY_CHANGED: FindingRule = FindingRule {
    id: "lock/entry-changed",
    step: GateStep::Lock,
    title: "the lock says something else of a version than before",
    why: "What a published version needs, runs on and brings along never changes: an entry that was edited can bring in more, or leave something out.",
    next: "Restore the entry from the base and install again; if the project itself changes what packages need (packageExtensions), waive it.",
};

/// Not the version that it says it is.
pub static VERSION_MISMATCH: FindingRule = FindingRule {
    id: "lock/version-mismatch",
    step: GateStep::Lock,
    title: "an entry installs another version than it says",
    why: "Whoever reads or audits the lock looks at one version, and another one is installed.",
    next: "Remove the entry, install again, and ask where it came from.",
};

/// Not one version or commit.
pub static NOT_PINNED: FindingRule = FindingRule {
    id: "lock/not-pinned",
    step: GateStep::Lock,
    title: "an entry does not pin what is installed",
    why: "A range, a tag or a branch means other code tomorrow than it does today.",
    next: "Install again so that one version or a full commit is written.",
};

/// Needed by an entry and not locked.
pub static DEPENDENCY_MISSING: FindingRule = FindingRule {
    id: "lock/dependency-missing",
    step: GateStep::Lock,
    title: "an entry needs something that is not in the lock",
    why: "The lock is not complete: it ends too early, or somebody removed an entry. An install either fails or resolves it anew.",
    next: "Install again, and commit the whole lock.",
};

/// Asked for and not locked.
pub static MANIFEST_MISSING: FindingRule = FindingRule {
    id: "lock/manifest-missing",
    step: GateStep::Lock,
    title: "package.json asks for something that is not in the lock",
    why: "An install either fails or resolves it anew, to whatever is newest at that moment.",
    next: "Install, and commit the lock together with package.json.",
};

/// Another range than the lock was made for.
pub static MANIFEST_DIFFERS: FindingRule = FindingRule {
    id: "lock/manifest-differs",
    step: GateStep::Lock,
    title: "the lock was made for another package.json",
    why: "An install either fails or changes what is locked; and a lock with more than package.json asks for was made by something else.",
    next: "Install, and commit the lock together with package.json.",
};
