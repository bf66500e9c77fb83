//! Causes around commands that are installed: `go install COMMAND@VERSION`.

use super::{FailureCause, decisive, run, telling};

pub(super) static VERSION_NEEDED: FailureCause = FailureCause {
    id: "install/version-needed",
    title: "go install needs a version here",
    why: "Outside of a module nothing says which version of the command is meant.",
    next: "Append the version, as in go install PATH@latest; or change into the directory of the module that requires it.",
    common: false,
    patterns: &[
        decisive(
            "'go install' requires a version when current directory is not in a module Try 'go install {target}' to install",
        ),
        decisive(
            "version is required when current directory is not in a module Try 'go install {target}' to install",
        ),
        decisive("version is required when current directory is not in a module"),
    ],
    remedies: &[run(
        "go install {target}",
        "installs the newest release of the command",
    )],
};

pub(super) static REPLACES: FailureCause = FailureCause {
    id: "install/replaces",
    title: "the command's module can be built from its own checkout only",
    why: "Its go.mod has replace or exclude lines. They count in the main module alone, and with go install PATH@VERSION there is none.",
    next: "Clone the repository and build there, or take a release archive of its authors; ask them to drop the lines from go.mod.",
    common: true,
    patterns: &[
        decisive(
            "{package}@{query} (in {module}@{version}): The go.mod file for the module providing named packages contains one or more {word} directives",
        ),
        decisive(
            "{package}@{query}: {module}@{version} The go.mod file for the module providing named packages contains one or more {word} directives",
        ),
        decisive(
            "The go.mod file for the module providing named packages contains one or more {word} directives",
        ),
        telling("It must not contain directives that would cause it to be interpreted differently"),
    ],
    remedies: &[run(
        "git clone https://{module}",
        "then change into the directory and run go install ./...: its replace lines count there",
    )],
};

pub(super) static NO_COMMAND: FailureCause = FailureCause {
    id: "install/not-a-command",
    title: "the package is a library, not a command",
    why: "go install PATH@VERSION and go run build commands; this package is not package main.",
    next: "Add a library to a module with go get; look for the command's own directory, often below cmd/.",
    common: false,
    patterns: &[
        decisive("package {package} is not a main package"),
        decisive("import \"{package}\" is a program, not an importable package"),
        decisive("no main packages to build"),
    ],
    remedies: &[],
};
