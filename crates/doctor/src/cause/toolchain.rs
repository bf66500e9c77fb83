//! Causes around the version of `go` itself.

use super::{FailureCause, RemedyKind, decisive, remedy, run, standard, symptom, telling};
use crate::parts::MessageParts;

pub(super) static TOO_OLD: FailureCause = FailureCause {
    id: "toolchain/too-old",
    title: "a newer go is required",
    why: "A go.mod is written for a newer go than the one that runs: by its go line, a directive that this go does not know, or a new package of the standard library.",
    next: "Install a newer go and run again (go version says which one runs), or take an older version of the module that asks for it.",
    common: true,
    patterns: &[
        decisive("{module}@{version} requires go >= {required} (running go {running}"),
        decisive("{module}@{version} (in {...}) requires go >= {required} (running go {running}"),
        decisive("{file} requires go >= {required} (running go {running}"),
        decisive("go.mod requires go >= {required} (running go {running}"),
        telling("requires go >= {required} (running go {running}"),
        // Up to go 1.20, which knows neither releases in the go line nor the lines that came later.
        decisive("invalid go version '{required}': must match format").when(is_release),
        // Up to go 1.15.
        telling("go.mod:{line}: usage: go 1.23"),
        decisive("unknown directive: toolchain"),
        decisive("unknown directive: godebug"),
        decisive("unknown directive: tool"),
        decisive("unknown directive: ignore"),
        decisive("unknown directive: retract"),
        decisive("unknown block type: godebug"),
        decisive("unknown block type: tool"),
        decisive("unknown block type: ignore"),
        decisive("unknown block type: retract"),
        decisive("go.mod file indicates go {required}, but maximum supported version is {running}"),
        decisive(
            "go.mod file indicates go {required}, but maximum version supported by tidy is {running}",
        ),
        telling("maximum version supported by tidy is {running}"),
        decisive("cannot compile Go {required} code"),
        telling("note: module requires Go {required}"),
        symptom("note: imported by a module that requires go {required}"),
        telling("{package}: build constraints exclude all Go files in {file}").when(standard::is_newer),
        decisive("package {package} is not in GOROOT ({file})").when(standard::is_newer),
        decisive("package {package} is not in std ({file})").when(standard::is_newer),
        decisive("malformed module path \"{package}\": missing dot in first path element")
            .when(standard::is_newer),
        decisive("cannot find package \"{package}\" in").when(standard::is_newer),
    ],
    remedies: &[
        run("go version", "nothing: it prints which go runs"),
        remedy(
            RemedyKind::Environment,
            "go env -w GOTOOLCHAIN=auto",
            "go fetches and verifies the toolchain that is needed; GOTOOLCHAIN of the environment goes first",
        )
        .when(knows_toolchains),
    ],
};

pub(super) static NOT_AVAILABLE: FailureCause = FailureCause {
    id: "toolchain/not-available",
    title: "this toolchain is not to be had",
    why: "No such release for this system, or no source has golang.org/toolchain: many proxies leave it out.",
    next: "Check the go and toolchain lines and GOTOOLCHAIN: is there such a release? If so, have the proxy pass golang.org/toolchain on, or install it by hand.",
    common: true,
    patterns: &[
        decisive("download {toolchain} for {word}: toolchain not available"),
        decisive("toolchain not available"),
        decisive("no releases found for go >= {required}"),
    ],
    remedies: &[run(
        "go list -m -versions go",
        "nothing: it lists the releases that the proxy knows",
    )],
};

pub(super) static DOWNLOAD: FailureCause = FailureCause {
    id: "toolchain/download",
    title: "the toolchain cannot be downloaded",
    why: "go.mod asks for a newer go than the installed one, and fetching it from the proxy failed.",
    next: "What failed is in the message, as for any module. Without a proxy that passes golang.org/toolchain on, install the release by hand.",
    common: true,
    patterns: &[
        decisive("download {toolchain}: golang.org/toolchain@{version}: reading {url}: {status}"),
        decisive("download {toolchain}: golang.org/toolchain@{version}: Get \"{url}\": {...}"),
        decisive("download {toolchain}: golang.org/toolchain@{version}: verifying module: {...}"),
        decisive("download {toolchain}: golang.org/toolchain@{version}: {...}"),
        telling("golang.org/toolchain@{version}: module lookup disabled by GOPROXY=off"),
    ],
    remedies: &[run(
        "go env GOPROXY GOSUMDB GOTOOLCHAIN",
        "nothing: it prints where toolchains come from",
    )],
};

pub(super) static LANGUAGE_VERSION: FailureCause = FailureCause {
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

pub(super) static INVALID: FailureCause = FailureCause {
    id: "toolchain/invalid",
    title: "GOTOOLCHAIN or a toolchain line cannot be read",
    why: "It is local, path, auto, a release such as go1.26.0, or a release with +auto or +path.",
    next: "Correct the value; go env -changed says where it is set.",
    common: false,
    patterns: &[
        decisive("invalid GOTOOLCHAIN \"{word}\""),
        decisive("invalid toolchain \"{word}\" in {file}"),
        decisive("invalid minimum toolchain \"{word}\""),
        decisive("invalid go version '{required}': must match format").when(is_no_release),
        decisive("{file}:{line}: invalid toolchain version '{word}': must match format"),
    ],
    remedies: &[remedy(
        RemedyKind::Environment,
        "go env -u GOTOOLCHAIN",
        "go's default counts again; a variable of the environment still goes first",
    )],
};

pub(super) static NOT_IN_PATH: FailureCause = FailureCause {
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

/// Whether it is a release, or one that is being prepared: `1.21.0`, `1.21rc2`. A go before 1.21
/// takes languages only.
fn is_release(parts: &MessageParts) -> bool {
    let Some(rest) = parts
        .get("required")
        .and_then(|text| text.strip_prefix("1."))
    else {
        return false;
    };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let patch = ["rc", "beta", "."]
        .into_iter()
        .find_map(|word| rest.strip_prefix(word));
    patch.is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit()))
}

fn is_no_release(parts: &MessageParts) -> bool {
    !is_release(parts)
}

/// Whether the go that runs can fetch another one.
fn knows_toolchains(parts: &MessageParts) -> bool {
    let minor = |text: &str| text.split('.').nth(1)?.parse::<u32>().ok();
    parts
        .get("running")
        .and_then(minor)
        .is_some_and(|minor| minor >= 21)
}
