//! Causes around the version of `go` itself.

use super::{Cause, RemedyKind, decisive, remedy, run, telling};

pub(super) static TOO_OLD: Cause = Cause {
    id: "toolchain/too-old",
    title: "a newer go is required",
    why: "The go line of a go.mod is a lower bound, and GOTOOLCHAIN does not let this go fetch a newer one.",
    next: "Install that release, allow go to fetch it, or take an older version of the module.",
    common: true,
    patterns: &[
        decisive("{module}@{version} requires go >= {required} (running go {running}"),
        decisive("{module}@{version} (in {...}) requires go >= {required} (running go {running}"),
        decisive("{file} requires go >= {required} (running go {running}"),
        decisive("go.mod requires go >= {required} (running go {running}"),
        decisive("listed in go.work file requires go >= {required}"),
        telling("requires go >= {required} (running go {running}"),
    ],
    remedies: &[remedy(
        RemedyKind::Environment,
        "go env -w GOTOOLCHAIN=auto",
        "go fetches and verifies the toolchain that is needed; GOTOOLCHAIN of the environment goes first",
    )],
};

pub(super) static NOT_AVAILABLE: Cause = Cause {
    id: "toolchain/not-available",
    title: "this toolchain is not to be had",
    why: "No such release for this system, or no source has golang.org/toolchain: many proxies leave it out.",
    next: "Write the full release, as in go1.26.0; have the proxy pass golang.org/toolchain on; or install the release by hand.",
    common: true,
    patterns: &[
        decisive("download {toolchain} for {word}: toolchain not available"),
        decisive("toolchain not available"),
        decisive("no releases found for go >= {required}"),
    ],
    remedies: &[remedy(
        RemedyKind::Environment,
        "go env -w GOTOOLCHAIN=local",
        "the installed go is used, and modules that want a newer one are refused",
    )],
};

pub(super) static DOWNLOAD: Cause = Cause {
    id: "toolchain/download",
    title: "the toolchain cannot be downloaded",
    why: "go.mod asks for a newer go than the installed one, and fetching it from the proxy failed.",
    next: "What failed is in the message, as for any module; or install the release by hand and set GOTOOLCHAIN=local.",
    common: true,
    patterns: &[
        decisive("download {toolchain}: golang.org/toolchain@{version}: reading {url}: {status}"),
        decisive("download {toolchain}: golang.org/toolchain@{version}: Get \"{url}\": {...}"),
        decisive("download {toolchain}: golang.org/toolchain@{version}: verifying module: {...}"),
        decisive("download {toolchain}: golang.org/toolchain@{version}: {...}"),
        telling("golang.org/toolchain@{version}: module lookup disabled by GOPROXY=off"),
    ],
    remedies: &[remedy(
        RemedyKind::Environment,
        "go env -w GOTOOLCHAIN=local",
        "the installed go is used, and modules that want a newer one are refused",
    )],
};

pub(super) static LANGUAGE_VERSION: Cause = Cause {
    id: "toolchain/language-version",
    title: "the toolchain is named by a language version",
    why: "go1.N is a language, go1.N.0 the release: since 1.21 the first release ends in .0.",
    next: "Write the full release.",
    common: true,
    patterns: &[decisive(
        "invalid toolchain: {toolchain} is a language version but not a toolchain version",
    )],
    remedies: &[remedy(
        RemedyKind::GoMod,
        "toolchain {toolchain}.0",
        "in go.mod, in place of the present line, if the name came from there",
    )],
};

pub(super) static INVALID: Cause = Cause {
    id: "toolchain/invalid",
    title: "GOTOOLCHAIN or a toolchain line cannot be read",
    why: "It is local, path, auto, a release such as go1.26.0, or a release with +auto or +path.",
    next: "Correct the value; go env -changed says where it is set.",
    common: false,
    patterns: &[
        decisive("invalid GOTOOLCHAIN \"{word}\""),
        decisive("invalid toolchain \"{word}\" in {file}"),
        decisive("invalid minimum toolchain \"{word}\""),
        decisive("{file}:{line}: invalid go version '{word}': must match format"),
        decisive("{file}:{line}: invalid toolchain version '{word}': must match format"),
    ],
    remedies: &[remedy(
        RemedyKind::Environment,
        "go env -u GOTOOLCHAIN",
        "go's default counts again; a variable of the environment still goes first",
    )],
};

pub(super) static NOT_IN_PATH: Cause = Cause {
    id: "toolchain/not-in-path",
    title: "the toolchain is not in the PATH",
    why: "GOTOOLCHAIN ends in +path or is path, so go looks for the release in the PATH and fetches nothing.",
    next: "Install the release under that name, or set GOTOOLCHAIN to RELEASE+auto.",
    common: false,
    patterns: &[decisive("cannot find \"{toolchain}\" in PATH")],
    remedies: &[run(
        "go install golang.org/dl/{toolchain}@latest",
        "installs a small command that then downloads the release",
    )],
};
