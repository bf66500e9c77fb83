//! Causes around hashes: go.sum and the checksum database.

use super::{FailureCause, RemedyKind, decisive, remedy, run, symptom, telling};
use crate::parts::MessageParts;

pub(super) static GO_SUM_MISMATCH: FailureCause = FailureCause {
    id: "sum/go-sum-mismatch",
    title: "the module is not the one that go.sum recorded",
    why: "The tag was moved, the line in go.sum is wrong, or somebody on the way changes the bytes. The checksum database tells which.",
    next: "Do not delete the line yet: compare with the checksum database first, as below. If it agrees with go.sum, the proxy's bytes are wrong.",
    common: true,
    patterns: &[
        decisive(
            "verifying {module}@{version}: checksum mismatch downloaded: {downloaded} go.sum: {expected}",
        ),
        decisive(
            "verifying {module}@{version}: checksum mismatch downloaded: {downloaded} go.work.sum: {expected}",
        ),
        telling("This download does NOT match an earlier download recorded in go.sum."),
    ],
    remedies: &[run(
        "cd $(mktemp -d) && GOMODCACHE=$PWD/cache go mod download -json {module}@{version}",
        "nothing: from an empty directory it asks proxy and checksum database without your go.sum",
    )],
};

pub(super) static DATABASE_MISMATCH: FailureCause = FailureCause {
    id: "sum/database-mismatch",
    title: "the module is not the one that the checksum database recorded",
    why: "The proxy sends other bytes than everybody else got: a damaged or changed copy, or a tag that was moved after the fact.",
    next: "Do not use these bytes. Try another proxy; tell whoever runs this one; if all agree, ask the author for a new tag.",
    common: true,
    patterns: &[
        decisive(
            "{module}@{version}: verifying module: checksum mismatch downloaded: {downloaded} {database}: {expected}",
        ),
        decisive(
            "{module}@{version}: verifying go.mod: checksum mismatch downloaded: {downloaded} {database}: {expected}",
        ),
        decisive(
            "verifying {module}@{version}: checksum mismatch downloaded: {downloaded} {database}: {expected}",
        )
        .when(is_database),
        telling("This download does NOT match the one reported by the checksum server."),
    ],
    remedies: &[],
};

pub(super) static DATABASE_LACKS_LINE: FailureCause = FailureCause {
    id: "sum/database-lacks-line",
    title: "the checksum database's answer has no line for this version",
    why: "The database or its mirror is faulty or hostile.",
    next: "Do not go on with this mirror; ask the database itself, and tell whoever runs the mirror.",
    common: false,
    patterns: &[
        decisive("checksum missing from sumdb response"),
        telling("The checksum server does not recognize this module"),
    ],
    remedies: &[],
};

pub(super) static NOT_IN_DATABASE: FailureCause = FailureCause {
    id: "sum/not-in-database",
    title: "the checksum database does not know this version",
    why: "It cannot read the repository: the module is private, or the version does not exist. Its name has been told to the database.",
    next: "For a private module name its prefix in GONOSUMDB, or in GOPRIVATE if it is also fetched directly; for a public one check the version.",
    common: true,
    patterns: &[
        telling(
            "{module}@{version}: verifying module: {module2}@{version2}: reading {url}: 404 Not Found",
        ),
        telling(
            "{module}@{version}: verifying go.mod: {module2}@{version2}: reading {url}: 404 Not Found",
        ),
        telling(
            "{module}@{version}: verifying module: {module2}@{version2}: reading {url}: 410 Gone",
        ),
        telling(
            "{module}@{version}: verifying go.mod: {module2}@{version2}: reading {url}: 410 Gone",
        ),
        // go 1.13 to 1.15.
        telling("verifying {module}@{version}: {module2}@{version2}: reading {url}: 404 Not Found"),
        telling("verifying {module}@{version}: {module2}@{version2}: reading {url}: 410 Gone"),
    ],
    remedies: &[remedy(
        RemedyKind::Environment,
        "go env -w GONOSUMDB={module}",
        "for a private module only: its hashes are then kept by go.sum alone; it replaces the present list",
    )],
};

pub(super) static DATABASE_UNREACHABLE: FailureCause = FailureCause {
    id: "sum/database-unreachable",
    title: "the checksum database cannot be asked",
    why: "The module arrived, but nothing can prove it: the database or the proxy that passes it on failed.",
    next: "Run again; in a closed network use a proxy that mirrors the database, or a database of your own in GOSUMDB.",
    common: true,
    patterns: &[
        decisive(
            "{module}@{version}: verifying module: {module2}@{version2}: Get \"{url}\": {...}",
        ),
        decisive(
            "{module}@{version}: verifying go.mod: {module2}@{version2}: Get \"{url}\": {...}",
        ),
        decisive(
            "{module}@{version}: verifying module: {module2}@{version2}: reading {url}: {status}",
        )
        .when(is_outage),
        decisive(
            "{module}@{version}: verifying go.mod: {module2}@{version2}: reading {url}: {status}",
        )
        .when(is_outage),
        decisive("verifying {module}@{version}: {module2}@{version2}: Get \"{url}\": {...}"),
        decisive("verifying {module}@{version}: {module2}@{version2}: reading {url}: {status}")
            .when(is_outage),
    ],
    remedies: &[run(
        "curl -sSi '{url}'",
        "nothing: it shows the whole response",
    )],
};

pub(super) static DATABASE_OFF: FailureCause = FailureCause {
    id: "sum/database-off",
    title: "toolchains are verified, but the checksum database is off",
    why: "go runs no downloaded toolchain without a proof, and GOSUMDB=off leaves none.",
    next: "Remove GOSUMDB=off, or install that go by hand.",
    common: true,
    patterns: &[
        decisive("checksum database disabled by GOSUMDB=off"),
        decisive("verifying module: checksum database disabled by GOSUMDB=off"),
    ],
    remedies: &[remedy(
        RemedyKind::Environment,
        "go env -u GOSUMDB",
        "verification is on again for all modules; name private ones in GONOSUMDB",
    )],
};

pub(super) static CONFIGURATION: FailureCause = FailureCause {
    id: "sum/configuration",
    title: "GOSUMDB is not a setting that go can read",
    why: "go knows sum.golang.org and sum.golang.google.cn by name; any other database is NAME+HASH+KEY. A mirror's name, or NAME+https://..., is none: mirrors in GOPROXY pass the database on by themselves.",
    next: "Look at the value. If it names a mirror or a URL, unset it, as below; if it is a database of your own, copy its whole line again: modkeep env prints it there.",
    common: false,
    patterns: &[
        decisive("invalid GOSUMDB: {...}"),
        decisive("missing GOSUMDB"),
        decisive("invalid sumdb name (must be host[/path])"),
        telling("verifying {module}@{version}: malformed verifier id"),
        telling("malformed verifier id"),
    ],
    remedies: &[
        remedy(
            RemedyKind::Environment,
            "go env -u GOSUMDB",
            "go's own database is used again; a variable of the environment has to be unset where it is set; not for a database of your own",
        ),
        run("go env GOSUMDB", "nothing: it prints the setting"),
    ],
};

pub(super) static FORK: FailureCause = FailureCause {
    id: "sum/fork",
    title: "the checksum database has told two histories",
    why: "Two signed heads of it contradict each other: an attack, or a database that was rebuilt under its old name.",
    next: "Keep the evidence; do not delete the state in GOPATH/pkg/sumdb. Report both heads to whoever runs the database.",
    common: false,
    patterns: &[
        decisive("go.sum database server misbehavior detected!"),
        telling("proof of misbehavior:"),
    ],
    remedies: &[],
};

pub(super) static BAD_TILES: FailureCause = FailureCause {
    id: "sum/bad-tiles",
    title: "the checksum database's answer cannot be believed",
    why: "A mirror has stale or torn tiles, or a head that is newer than they are; or the key is another one.",
    next: "Run again; tell whoever mirrors the database.",
    common: false,
    patterns: &[
        decisive("downloaded inconsistent tile"),
        decisive("cannot authenticate record data in server response"),
        decisive("verifying {module}@{version}: initializing sumdb.Client: {...}"),
        decisive("reading tree note: {...}"),
        telling("invalid signature for key {word}"),
        telling("note has no verifiable signatures"),
    ],
    remedies: &[],
};

pub(super) static UNKNOWN_ALGORITHM: FailureCause = FailureCause {
    id: "sum/unknown-algorithm",
    title: "go.sum has a hash that go does not know",
    why: "Another tool or a newer go wrote the line; it proves nothing to this go.",
    next: "Have go write the line again: go mod download.",
    common: false,
    patterns: &[
        decisive("warning: verifying {module}@{version}: unknown hashes in go.sum"),
        telling("unknown hashes in go.sum"),
    ],
    remedies: &[run(
        "go mod download {module}@{version}",
        "adds the line that go knows",
    )],
};

pub(super) static MALFORMED: FailureCause = FailureCause {
    id: "sum/malformed",
    title: "go.sum has a line that is no line of a go.sum",
    why: "Usually what a merge conflict left behind: each line is module, version, hash.",
    next: "Look at the line; remove conflict markers, keep the lines of both sides, then run go mod tidy.",
    common: false,
    patterns: &[decisive(
        "malformed go.sum: {file}:{line}: wrong number of fields {number}",
    )],
    remedies: &[],
};

pub(super) static MISSING: FailureCause = FailureCause {
    id: "sum/missing",
    title: "go.sum lacks a line that the build needs",
    why: "Something was added or upgraded without the lines for go.sum, or they were not committed.",
    next: "Run the command, and commit go.sum with go.mod.",
    common: false,
    patterns: &[
        decisive(
            "missing go.sum entry for module providing package {package} (imported by {importer}); to add: go get {target}",
        ),
        decisive(
            "missing go.sum entry for module providing package {package}; to add: go mod download {target}",
        ),
        decisive("missing go.sum entry for module providing package {package}"),
        decisive("missing go.sum entry needed to verify package {package}"),
        decisive(
            "{module}@{version}: missing go.sum entry for go.mod file; to add it: go mod download {target}",
        ),
        decisive("{module}@{version}: missing go.sum entry; to add it: go mod download {target}"),
        decisive("{module}@{version}: missing go.sum entry"),
        symptom("missing go.sum entry"),
    ],
    remedies: &[run(
        "go mod tidy",
        "adds and removes lines of go.mod and go.sum as the source needs",
    )],
};

pub(super) static STALE: FailureCause = FailureCause {
    id: "sum/stale",
    title: "go.sum would have to be changed, and that is not allowed here",
    why: "go.mod and go.sum do not fit together, and -mod=readonly (the default) forbids to change them.",
    next: "Run go mod tidy on your machine, and commit both files.",
    common: false,
    patterns: &[
        decisive("updates to go.sum needed, disabled by -mod={mode}"),
        decisive("updates to go.sum needed"),
    ],
    remedies: &[run(
        "go mod tidy",
        "adds and removes lines of go.mod and go.sum as the source needs",
    )],
};

pub(super) static CACHE_CHANGED: FailureCause = FailureCause {
    id: "sum/cache-changed",
    title: "the module cache was changed after the download",
    why: "Somebody or something edited files in the module cache, or the disk is failing.",
    next: "Find out who writes there (an editor, a debugging session), then have it downloaded again.",
    common: false,
    patterns: &[
        decisive("{module} {version}: dir has been modified ({file})"),
        decisive("{module} {version}: zip has been modified ({file})"),
        decisive("{module} {version}: missing ziphash"),
    ],
    remedies: &[run(
        "go clean -modcache",
        "everything is downloaded again, by all projects of this user",
    )],
};

/// Whether the line that disagrees is the checksum database's, and not that of a file.
fn is_database(parts: &MessageParts) -> bool {
    let name = parts.get("database").unwrap_or_default();
    !name.ends_with("go.sum") && !name.ends_with("go.work.sum")
}

/// Whether the answer leaves open whether the database knows the version.
fn is_outage(parts: &MessageParts) -> bool {
    let status = parts.get("status").unwrap_or_default();
    !status.starts_with("404") && !status.starts_with("410")
}
