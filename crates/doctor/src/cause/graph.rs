//! Causes in packages, the module graph, and the files of a module.

use super::{FailureCause, RemedyKind, decisive, remedy, run, standard, symptom, telling};
use crate::parts::MessageParts;

const TIDY: &str = "adds and removes lines of go.mod and go.sum as the source needs";

pub(super) static PACKAGE_GONE: FailureCause = FailureCause {
    id: "package/not-in-module",
    title: "the module has no such package in this version",
    why: "The package was moved or removed, or is misspelt.",
    next: "Look for the package in the module's documentation; if it was removed, require an older version.",
    common: false,
    patterns: &[
        decisive("module {module}@{version} found, but does not contain package {package}"),
        decisive(
            "module {module}@{version} found ({found}), but does not contain package {package}",
        ),
        telling("module {module}@{version} found{rest}, but does not contain package {package}")
            .when(is_not_replaced),
        decisive("main module ({module}) does not contain package {package}"),
        decisive("package {package} is not in the main module ({module})"),
    ],
    remedies: &[run(
        "go list -m -versions {module}",
        "nothing: it lists what there is",
    )],
};

pub(super) static NOT_REQUIRED: FailureCause = FailureCause {
    id: "package/not-required",
    title: "no required module has this package",
    why: "It is imported, but go.mod requires no module that provides it.",
    next: "Run the command that go prints, and commit go.mod and go.sum.",
    common: false,
    patterns: &[
        decisive("no required module provides package {package}; to add it: go get {target}"),
        decisive("no required module provides package {package}"),
        telling("cannot find module providing package {package}"),
        decisive(
            "module {module} provides package {package} and is replaced but not required; to add it: go get {target}",
        ),
        decisive("module {module} provides package {package} and is replaced but not required"),
        telling("{package}: is replaced but not required; to add it: go get {target}"),
    ],
    remedies: &[
        run("go get {target}", "adds the module to go.mod"),
        run(
            "go get {package}",
            "adds the module's newest release to go.mod",
        )
        .when(has_no_target),
    ],
};

pub(super) static AMBIGUOUS: FailureCause = FailureCause {
    id: "package/ambiguous",
    title: "two modules have this package",
    why: "A module was split in two, and old and new are required together.",
    next: "Upgrade the older one to a version from which the package is gone, or exclude it.",
    common: false,
    patterns: &[decisive(
        "ambiguous import: found package {package} in multiple modules: {module} {version} ({...})",
    )],
    remedies: &[run(
        "go get {module}@latest",
        "upgrades, and may take other modules along",
    )],
};

pub(super) static NOT_IN_STD: FailureCause = FailureCause {
    id: "package/not-in-std",
    title: "the standard library has no such package",
    why: "A path without a dot in its first element is the standard library's: a typing error, a local package without its module path, or a package of a newer go.",
    next: "Check the import; local packages are imported with the module path of go.mod before them.",
    common: false,
    patterns: &[
        decisive("package {package} is not in std ({file})").when(standard::is_none),
        // Up to go 1.13.
        decisive(
            "cannot load {package}: malformed module path \"{old}\": missing dot in first path element",
        )
        .when(standard::is_none),
        decisive("package {package} is not in GOROOT ({file})").when(standard::is_none),
    ],
    remedies: &[],
};

pub(super) static CONFLICT: FailureCause = FailureCause {
    id: "graph/conflict",
    title: "another requirement needs a higher version",
    why: "go takes the highest version that anybody requires, and what was asked for is below it.",
    next: "Ask for the version that is required, or lower what requires it too; go mod graph shows who does.",
    common: false,
    patterns: &[
        decisive("{old}@{version} requires {module}@{required}, not {module2}@{asked}"),
        decisive(
            "{old}@{version} indirectly requires {module}@{required}, but {asked} is requested",
        ),
        decisive("{old}@{version} requires {module}@{required}, but {asked} is requested"),
        decisive("{old}@{version} indirectly requires {module}@{required}, not {module2}@{asked}"),
        // Up to go 1.15.
        decisive(
            "inconsistent versions: {old}@{version} requires {module}@{required} (not {module2}@{asked})",
        ),
        telling("inconsistent versions: {old}@{version} requires {module}@{required} {...}"),
    ],
    remedies: &[run(
        "go get {module}@{required}",
        "keeps the version that is needed anyway",
    )],
};

pub(super) static SYNTAX: FailureCause = FailureCause {
    id: "graph/go-mod-syntax",
    title: "go.mod or go.work cannot be read",
    why: "A typing error, what a merge conflict left behind, or a directive of a newer go.",
    next: "Mend the line that the message names.",
    common: false,
    patterns: &[
        // What is wrong at the line may be more than its syntax, and then it is named itself.
        telling("errors parsing go.mod: {file}:{line}: {...}"),
        telling("errors parsing go.work: {file}:{line}: {...}"),
        telling("reading go.work: {file}:{line}: {...}"),
        telling("error loading go.work: {file}:{line}: {...}"),
        telling("error loading go.mod: {file}:{line}: {...}"),
        telling("errors parsing {file2}: {file}:{line}: {...}"),
    ],
    remedies: &[],
};

pub(super) static STALE: FailureCause = FailureCause {
    id: "graph/stale-go-mod",
    title: "go.mod would have to be changed, and that is not allowed here",
    why: "go.mod does not fit the source or its dependencies, and -mod=readonly (the default) forbids to change it.",
    next: "Run go mod tidy on your machine, and commit go.mod and go.sum.",
    common: false,
    patterns: &[
        decisive("updates to go.mod needed, disabled by -mod={mode}"),
        decisive("updates to go.mod needed"),
        decisive(
            "package {package} imports {importer} from implicitly required module; to add missing requirements, run: go get {target}",
        ),
        decisive(
            "package {package} imported from implicitly required module; to add missing requirements, run: go get {target}",
        ),
        decisive("import lookup disabled by -mod={mode}"),
    ],
    remedies: &[run("go mod tidy", TIDY)],
};

pub(super) static VENDOR: FailureCause = FailureCause {
    id: "graph/vendor-mode",
    title: "modules are taken from vendor only",
    why: "-mod=vendor is set, or follows from a vendor directory; nothing is looked up then.",
    next: "Run go mod vendor to bring the directory up to date, or pass -mod=mod for this command; look into GOFLAGS too.",
    common: false,
    patterns: &[
        decisive("module lookup disabled by -mod=vendor"),
        decisive("import lookup disabled by -mod=vendor"),
        decisive("cannot query module due to -mod={mode}"),
        decisive(
            "cannot find module providing package {package}: import lookup disabled by -mod=vendor",
        ),
        decisive("can't compute 'all' using the vendor directory"),
        decisive("can't determine available versions using the vendor directory"),
        decisive("can't determine available upgrades using the vendor directory"),
        decisive("can't match module patterns using the vendor directory"),
        decisive("can't resolve module using the vendor directory"),
        telling("(Use -mod=mod or -mod=readonly to bypass.)"),
    ],
    remedies: &[run(
        "go env GOFLAGS",
        "nothing: it prints what may set -mod",
    )],
};

pub(super) static VENDOR_INCONSISTENT: FailureCause = FailureCause {
    id: "graph/vendor-inconsistent",
    title: "vendor does not fit go.mod",
    why: "go.mod was changed, and the vendor directory was not brought up to date.",
    next: "Run go mod vendor, and commit the directory.",
    common: false,
    patterns: &[
        decisive("inconsistent vendoring in {file}: {...}"),
        telling(
            "is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt",
        ),
        telling("cannot load {package}: open {file}/vendor/{file2}: no such file or directory"),
    ],
    remedies: &[run("go mod vendor", "rewrites the vendor directory")],
};

pub(super) static NO_GO_MOD: FailureCause = FailureCause {
    id: "graph/no-go-mod",
    title: "there is no go.mod here",
    why: "The command needs a module, and neither this directory nor one above it has a go.mod.",
    next: "Change to the module's directory, or make one with go mod init; a command is installed with go install PATH@VERSION.",
    common: false,
    patterns: &[
        decisive("go: go.mod file not found in current directory or any parent directory"),
        // An old go says so of a go.work that lists nothing, too.
        telling("go.mod file not found in current directory or any parent directory"),
        decisive("cannot find main module, but {...}"),
        decisive("cannot find main module"),
        decisive("no modules specified (see 'go help mod download')"),
        decisive(
            "cannot find module providing package {package}: working directory is not part of a module",
        ),
        decisive("working directory is not part of a module"),
        decisive(
            "go.mod file not found in current directory or any parent directory. 'go get' is no longer supported outside a module.",
        ),
        telling("directory prefix {file} does not contain main module"),
    ],
    remedies: &[run(
        "go mod init example.com/NAME",
        "makes a module of this directory, under the path that you write in place of example.com/NAME",
    )],
};

pub(super) static REPLACEMENT_GONE: FailureCause = FailureCause {
    id: "graph/replacement-missing",
    title: "a replacement directory is not there",
    why: "A replace line points to a directory that this machine lacks; such lines are for the author's own machine.",
    next: "Remove the line before committing, or make the directory; for work on several modules use a go.work.",
    common: false,
    patterns: &[
        decisive(
            "{module}@{version} (replaced by {file}): reading {file2}: {...}no such file or directory",
        ),
        decisive("(replaced by {file}): reading {file2}: {...}"),
        decisive("replacement directory {file} does not exist"),
        telling(
            "module {module}@{version} found ({found}, replaced by {file}), but does not contain package {package}",
        ),
        telling("parsing {file}go.mod: open {file2}: no such file or directory"),
        telling("reading {file}go.mod: open {file2}: no such file or directory"),
        telling("reading {file}go.mod: open {file2}: The system cannot find"),
        decisive("replacement path {file} inside the module"),
    ],
    remedies: &[remedy(
        RemedyKind::Command,
        "go mod edit -dropreplace={module}",
        "the module itself is used again in place of the directory; without effect if the line names a version",
    )],
};

pub(super) static CYCLE: FailureCause = FailureCause {
    id: "package/import-cycle",
    title: "packages import each other in a circle",
    why: "Go allows no import cycles; this is no matter of modules.",
    next: "Move what both need into a third package.",
    common: false,
    patterns: &[decisive("import cycle not allowed")],
    remedies: &[],
};

pub(super) static INTERNAL: FailureCause = FailureCause {
    id: "package/internal",
    title: "an internal package of another module is imported",
    why: "What lies below internal may be imported from beside it only.",
    next: "Use the module's public packages; ask its author for what is missing.",
    common: false,
    patterns: &[decisive("use of internal package {package} not allowed")],
    remedies: &[],
};

pub(super) static CASE_COLLISION: FailureCause = FailureCause {
    id: "zip/case-collision",
    title: "two files of the module differ in upper and lower case only",
    why: "Such a module cannot be unpacked on every system, so go refuses it.",
    next: "Use another version, and tell its author.",
    common: true,
    patterns: &[decisive(
        "case-insensitive file name collision: \"{file}\" and \"{file2}\"",
    )],
    remedies: &[],
};

pub(super) static BAD_ZIP_NAME: FailureCause = FailureCause {
    id: "zip/malformed-name",
    title: "a file of the module has a name that is not allowed",
    why: "Some systems cannot keep such a name, so go refuses the module.",
    next: "Use another version, and tell its author.",
    common: false,
    patterns: &[
        decisive("malformed file path \"{file}\": {...}"),
        decisive("unzip {file}: malformed file path"),
    ],
    remedies: &[],
};

pub(super) static UNEXPECTED_FILE: FailureCause = FailureCause {
    id: "zip/unexpected-file",
    title: "the zip holds files of another module",
    why: "Every name in it has to begin with MODULE@VERSION/: the proxy mixed up two zips or built one wrongly.",
    next: "Tell whoever runs the proxy to throw the file away and to fetch it again.",
    common: false,
    patterns: &[
        decisive("zip for {module}@{version} has unexpected file {file}"),
        decisive("unexpected file name {file}"),
        decisive("path does not have prefix \"{file}\""),
        decisive("file path {file} does not have prefix"),
    ],
    remedies: &[],
};

pub(super) static TOO_LARGE: FailureCause = FailureCause {
    id: "zip/too-large",
    title: "the module is larger than go allows",
    why: "A module's files may have 500 MiB together, its go.mod and LICENSE 16 MiB each.",
    next: "Use another version, and tell its author.",
    common: false,
    patterns: &[
        decisive("module source tree too large (max size is {number} bytes)"),
        decisive("module zip file is too large ({number} bytes; limit is {number2} bytes)"),
        telling("total uncompressed size of module contents too large"),
        symptom("go.mod file too large"),
    ],
    remedies: &[],
};

/// Whether go printed no command of its own.
fn has_no_target(parts: &MessageParts) -> bool {
    parts.get("target").is_none()
}

/// Whether the module is its own, and no other that stands in for it.
fn is_not_replaced(parts: &MessageParts) -> bool {
    !parts
        .get("rest")
        .unwrap_or_default()
        .contains("replaced by")
}
