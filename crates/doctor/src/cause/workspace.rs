//! Causes in workspaces: go.work, and the modules that it lists.

use super::{FailureCause, decisive, run, symptom, telling};

const USE: &str = "writes the module into go.work";

pub(super) static NO_MODULES: FailureCause = FailureCause {
    id: "workspace/no-modules",
    title: "go.work lists no module",
    why: "A go.work is in force, and it has no use line, so there is nothing to build.",
    next: "Add the modules with go work use DIRECTORY; or leave the workspace with GOWORK=off.",
    common: false,
    patterns: &[decisive("no modules were found in the current workspace")],
    remedies: &[run(
        "go work use -r .",
        "writes every module below this directory into go.work",
    )],
};

pub(super) static NOT_LISTED: FailureCause = FailureCause {
    id: "workspace/not-listed",
    title: "this module is not in the workspace",
    why: "A go.work in this directory or above is in force, and it does not list the module; a replace or require line does not stand in for that.",
    next: "Add it with go work use, or leave the workspace for this command with GOWORK=off.",
    common: false,
    patterns: &[
        decisive(
            "is contained in a module that is not one of the workspace modules listed in go.work. You can add the module to the workspace using: go work use {target}",
        ),
        decisive(
            "is contained in a module that is not one of the workspace modules listed in go.work",
        ),
        decisive("directory prefix {file} does not contain modules listed in go.work"),
        decisive("outside modules listed in go.work or their selected dependencies"),
        telling("You can add the module to the workspace using: go work use {target}"),
    ],
    remedies: &[
        run("go work use {target}", USE),
        run(
            "go env GOWORK",
            "nothing: it prints which go.work is in force",
        ),
    ],
};

pub(super) static GO_LINE: FailureCause = FailureCause {
    id: "workspace/go-line",
    title: "the go line of go.work is older than that of a module",
    why: "A workspace needs at least the go of every module that it lists.",
    next: "Have go raise the line: go work use, without an argument.",
    common: false,
    patterns: &[
        decisive(
            "listed in go.work file requires go >= {required}, but go.work lists go {listed}; to update it: go work use",
        ),
        decisive("listed in go.work file requires go >= {required}, but go.work"),
        decisive("listed in go.work file requires go >= {required}"),
    ],
    remedies: &[run(
        "go work use",
        "raises the go line of go.work, and drops directories that are gone",
    )],
};

pub(super) static MODULE_GONE: FailureCause = FailureCause {
    id: "workspace/module-missing",
    title: "a module that go.work lists is not there",
    why: "The directory was moved or removed, or go.work was copied from another machine; it is seldom meant to be committed.",
    next: "Correct its use line; go work use -r . writes them anew from what is there.",
    common: false,
    patterns: &[
        decisive(
            "cannot load module {file} listed in go.work file: open {file2}: no such file or directory",
        ),
        decisive(
            "cannot load module listed in go.work file: open {file}: no such file or directory",
        ),
        decisive(
            "cannot load module {file} listed in go.work file: open {...}: The system cannot find",
        ),
        telling("cannot load module {file} listed in go.work file"),
        telling("cannot load module listed in go.work file"),
        symptom("go: open {file}go.mod: no such file or directory"),
    ],
    remedies: &[run(
        "go work use -r .",
        "writes every module below this directory into go.work, and drops what is gone",
    )],
};

pub(super) static MODE: FailureCause = FailureCause {
    id: "workspace/not-allowed",
    title: "this cannot be done inside of a workspace",
    why: "A go.work is in force, and then several modules are built together: flags and commands for a single one are refused.",
    next: "Vendor a workspace with go work vendor; for a command that is about one module leave the workspace with GOWORK=off.",
    common: false,
    patterns: &[
        decisive("cannot be run in workspace mode. Run 'go work vendor' to vendor the workspace"),
        decisive("-mod may only be set to readonly or vendor when in workspace mode"),
        decisive("-mod may only be set to readonly when in workspace mode"),
        decisive("-modfile cannot be used in workspace mode"),
        decisive("cannot be used in workspace mode"),
    ],
    remedies: &[run(
        "go env GOWORK GOFLAGS",
        "nothing: it prints which go.work is in force, and what may set -mod",
    )],
};

pub(super) static VENDOR_INCONSISTENT: FailureCause = FailureCause {
    id: "workspace/vendor-inconsistent",
    title: "vendor does not fit the workspace",
    why: "go.work or a go.mod of the workspace was changed, and the vendor directory beside go.work was not brought up to date.",
    next: "Run go work vendor, and commit the directory.",
    common: false,
    patterns: &[
        decisive("inconsistent vendoring in {file}: {...}go work vendor"),
        decisive("inconsistent vendoring in {file}: {...}go.work"),
        decisive(
            "cannot find module providing package {package}: import lookup disabled by -mod=vendor (Go version in go.work",
        ),
        decisive("lookup disabled by -mod=vendor (Go version in go.work"),
        decisive("cannot query module due to -mod=vendor (Go version in go.work"),
    ],
    remedies: &[run(
        "go work vendor",
        "rewrites the vendor directory of the workspace",
    )],
};

pub(super) static NO_FILE: FailureCause = FailureCause {
    id: "workspace/no-go-work",
    title: "there is no go.work here",
    why: "The command is about a workspace, and neither this directory nor one above it has a go.work; or GOWORK is off.",
    next: "Make one with go work init, or change to the workspace's directory.",
    common: false,
    patterns: &[decisive("no go.work file found")],
    remedies: &[run(
        "go work init",
        "writes a go.work that lists nothing yet",
    )],
};
