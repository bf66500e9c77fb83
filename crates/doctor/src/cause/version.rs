//! Causes in module paths and versions.

use super::{FailureCause, RemedyKind, decisive, remedy, run, telling};
use crate::parts::MessageParts;

pub(super) static MOVED: FailureCause = FailureCause {
    id: "path/moved",
    title: "the module has another name now",
    why: "Its go.mod declares another path than the one it is required under: it was renamed or is a fork.",
    next: "Import it under its new name; or replace it in the main module, where alone replace counts, and tell the author of what requires it.",
    common: false,
    patterns: &[
        decisive(DECLARES_BEHIND).when(is_other_name),
        decisive(DECLARES).when(is_other_name),
        // go 1.11 and 1.12.
        decisive("parsing go.mod: unexpected module path \"{new}\""),
        // What a server of ours adds to an absence.
        decisive("its newest go.mod declares its path as: {new}"),
        telling("the repository {url} has moved to {...}"),
    ],
    remedies: &[
        remedy(
            RemedyKind::Replace,
            "replace {old} => {new} {version}",
            "counts in the main module only, and both names stay in the build",
        ),
        remedy(
            RemedyKind::Import,
            "{old} -> {new}",
            "every import of the old path in your own source, then go mod tidy",
        ),
    ],
};

pub(super) static CASE: FailureCause = FailureCause {
    id: "path/case",
    title: "the module path is spelt in another case",
    why: "Go's paths distinguish upper and lower case, and one module is asked for in two spellings: its own, and another that somebody imports.",
    next: "Import it everywhere as its own go.mod spells it; if a dependency uses the other spelling, upgrade that dependency.",
    common: true,
    patterns: &[
        decisive(DECLARES_BEHIND).when(differs_in_case),
        decisive(DECLARES).when(differs_in_case),
        decisive("case-insensitive import collision: \"{one}\" and \"{other}\""),
    ],
    remedies: &[
        remedy(
            RemedyKind::Import,
            "{old} -> {new}",
            "every import of the old spelling in your own source, then go mod tidy",
        ),
        remedy(
            RemedyKind::Replace,
            "replace {old} => {new} {version}",
            "counts in the main module only, and both spellings stay in the build",
        ),
    ],
};

pub(super) static MAJOR_SUFFIX: FailureCause = FailureCause {
    id: "path/major-suffix",
    title: "the module path lacks its major version, or has one too many",
    why: "From v2 on the major version is the end of a module's path, as in example.com/module/v2.",
    next: "Import the module as it declares itself, with or without /vN.",
    common: false,
    patterns: &[
        decisive(DECLARES_BEHIND).when(differs_in_major),
        decisive(DECLARES).when(differs_in_major),
        decisive(
            "module contains a go.mod file, so module path must match major version (\"{new}\")",
        ),
        decisive(
            "module contains a go.mod file, so major version must be compatible: should be {number}, not {version}",
        ),
        decisive("invalid version: should be {expected}, not {version}"),
    ],
    remedies: &[remedy(
        RemedyKind::Import,
        "{old} -> {new}",
        "every import in your own source, then go mod tidy",
    )],
};

pub(super) static OTHER_MAJOR: FailureCause = FailureCause {
    id: "version/wrong-major",
    title: "path and version disagree about the major version",
    why: "A path that ends in /v2 takes v2 versions only; +incompatible is for modules of v2 and later without a go.mod.",
    next: "Append or drop /vN in the path, or take a version of the path's major version.",
    common: false,
    patterns: &[
        decisive("module path includes a major version suffix, so major version must match"),
        decisive("version \"{version}\" invalid: should be {expected}, not {found}"),
        decisive("+incompatible suffix not allowed: {...}"),
        decisive("version \"{version}\" invalid: {...}major version"),
        decisive("go.mod has post-v1 module path \"{new}\" at revision {revision}"),
        decisive("go.mod has non-{...} module path \"{new}\" at revision {revision}"),
        decisive("module path must match major version"),
        // Up to go 1.15 the proxy is asked first.
        telling("require {module}: reading {url}: {status}").when(is_of_other_major),
    ],
    remedies: &[],
};

pub(super) static UNKNOWN_REVISION: FailureCause = FailureCause {
    id: "version/unknown-revision",
    title: "the repository has no such tag, branch or commit",
    why: "It was never pushed, was deleted, or is spelt differently (tags begin with v); or you may not see it. Up to 1.16 go says so of whatever git failed with, a missing password too.",
    next: "List what there is with go list -m -versions, and ask for one of those.",
    common: false,
    patterns: &[
        telling("{module}@{version}: invalid version: unknown revision {revision}"),
        telling("{module}@{version}: reading {file} at revision {revision}: unknown revision {revision2}"),
        telling("unknown revision {revision}"),
        decisive("ambiguous revision {revision}"),
        telling("reading {url}: 404 Not Found server response: {...}unknown revision {revision}"),
        telling("{module}@{version}: invalid version: no commits"),
    ],
    remedies: &[
        run(
            "go list -m -versions {module}",
            "nothing: it lists what there is",
        )
        .when(is_no_placeholder),
        run(
            "git ls-remote --tags https://{module}",
            "nothing: it shows what git itself says",
        )
        .when(is_on_a_code_host),
        remedy(
            RemedyKind::GoMod,
            "replace {module} => {module} VERSION",
            "v0.0.0 is a placeholder: who requires it replaces it in a go.mod of their own, and replace lines are not inherited; write the version that goes with theirs",
        )
        .when(is_placeholder),
    ],
};

pub(super) static NO_MATCH: FailureCause = FailureCause {
    id: "version/no-match",
    title: "no version matches the query",
    why: "There is none in that range, or the proxy hides those that there are (too young, retracted, forbidden).",
    next: "List what there is with go list -m -versions, and ask for one of those.",
    common: false,
    patterns: &[
        decisive("{module}@{query}: no matching versions for query \"{query2}\""),
        decisive("no matching versions for query \"{query}\""),
    ],
    remedies: &[run(
        "go list -m -versions {module}",
        "nothing: it lists what there is",
    )],
};

pub(super) static DISALLOWED: FailureCause = FailureCause {
    id: "version/disallowed",
    title: "this version cannot be asked of a proxy",
    why: "Branches with a slash and some other names have no place in the proxy protocol.",
    next: "Ask for the commit's hash instead: go get MODULE@HASH.",
    common: false,
    patterns: &[
        decisive("{module}@{version}: invalid version: disallowed version string"),
        decisive("disallowed version string"),
        decisive(
            "{module}@{version}: invalid version: version \"{query}\" invalid: disallowed version string",
        ),
    ],
    remedies: &[],
};

pub(super) static PATCH_WITHOUT_CURRENT: FailureCause = FailureCause {
    id: "version/patch-without-current",
    title: "patch needs a version that is required already",
    why: "@patch means the newest patch of the version in go.mod, and go.mod requires none.",
    next: "Ask for a version, or for @latest.",
    common: false,
    patterns: &[decisive(
        "can't query version \"patch\" of module {module}: no existing version is required",
    )],
    remedies: &[run(
        "go get {module}@latest",
        "adds the newest release to go.mod",
    )],
};

pub(super) static BAD_PSEUDO: FailureCause = FailureCause {
    id: "version/bad-pseudo-version",
    title: "the pseudo-version does not fit its commit",
    why: "It was written by hand, or the repository's history was rewritten.",
    next: "Ask for the commit, and let go write the version: go get MODULE@COMMIT.",
    common: false,
    patterns: &[
        decisive("invalid pseudo-version: {...}"),
        decisive("{module}@{version}: invalid pseudo-version: {...}"),
    ],
    remedies: &[],
};

pub(super) static MALFORMED_PATH: FailureCause = FailureCause {
    id: "path/malformed",
    title: "this cannot be a module path",
    why: "The first element of a path that is fetched has a dot, and only some characters are allowed.",
    next: "Check the spelling; a module on this disk is named with replace, or with go work use.",
    common: false,
    patterns: &[
        decisive("malformed module path \"{old}\": {...}"),
        decisive("malformed import path \"{old}\": {...}"),
        decisive("{file}:{line}: malformed module path \"{old}\": {...}"),
    ],
    remedies: &[],
};

pub(super) static BAD_GO_MOD: FailureCause = FailureCause {
    id: "version/bad-go-mod",
    title: "the dependency's go.mod cannot be read",
    why: "Its author published a broken file, or a directive of a newer go.",
    next: "Use another version, and tell its author.",
    common: false,
    patterns: &[
        telling("{module}@{version}: parsing go.mod: {...}"),
        telling("{module}@{version} (replaced by {...}): parsing go.mod"),
        telling("loading module retractions for {module}@{version}: parsing go.mod: {...}"),
        telling("loading deprecation for {module}: parsing go.mod: {...}"),
    ],
    remedies: &[run(
        "go list -m -versions {module}",
        "nothing: it lists what there is",
    )],
};

pub(super) static NEWEST_BLOCKED: FailureCause = FailureCause {
    id: "version/newest-blocked",
    title: "the newest version's go.mod cannot be had",
    why: "go reads it to learn of retractions and deprecation, whatever version is used, and the proxy refuses that one.",
    next: "The proxy has to hide a version that it refuses from @v/list and @latest; tell whoever runs it.",
    common: false,
    patterns: &[
        telling("loading module retractions for {module}@{version}: {rest}").when(is_refused),
        telling("loading deprecation for {module}: {rest}").when(is_refused),
    ],
    remedies: &[],
};

pub(super) static RETRACTED: FailureCause = FailureCause {
    id: "version/retracted",
    title: "the version was retracted by its author",
    why: "The author says that it should not be used; the build goes on.",
    next: "Switch to a version that is not retracted.",
    common: false,
    patterns: &[telling(
        "warning: {module}@{version}: retracted by module author",
    )],
    remedies: &[run(
        "go get {module}@latest",
        "upgrades, and may take other modules along",
    )],
};

pub(super) static DEPRECATED: FailureCause = FailureCause {
    id: "version/deprecated",
    title: "the module is deprecated",
    why: "Its author says that it is no longer cared for; the build goes on.",
    next: "The message usually names what comes after it.",
    common: false,
    patterns: &[telling("module {module} is deprecated: {...}")],
    remedies: &[],
};

const DECLARES_BEHIND: &str = "{module}@{version}: parsing go.mod: module declares its path as: {new} but was required as: {old}";
const DECLARES: &str = "module declares its path as: {new} but was required as: {old}";

fn differs_in_case(parts: &MessageParts) -> bool {
    names(parts).is_some_and(|(old, new)| old.eq_ignore_ascii_case(new))
}

fn differs_in_major(parts: &MessageParts) -> bool {
    names(parts).is_some_and(|(old, new)| old != new && base(old) == base(new))
}

fn is_other_name(parts: &MessageParts) -> bool {
    !differs_in_case(parts) && !differs_in_major(parts)
}

fn names(parts: &MessageParts) -> Option<(&str, &str)> {
    Some((parts.get("old")?, parts.get("new")?))
}

/// A path without its major version.
fn base(path: &str) -> &str {
    let Some((base, last)) = path.rsplit_once('/') else {
        return path;
    };
    let digits = last.strip_prefix('v').unwrap_or_default();
    let is_major = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_major { base } else { path }
}

/// Whether it is the version of a module that lives in the repository of the one that requires it.
fn is_placeholder(parts: &MessageParts) -> bool {
    parts.get("version") == Some("v0.0.0")
}

fn is_no_placeholder(parts: &MessageParts) -> bool {
    !is_placeholder(parts)
}

/// Whether a URL of a proxy asks for a version that its path cannot have.
fn is_of_other_major(parts: &MessageParts) -> bool {
    let Some((path, version)) = parts.get("url").and_then(|url| url.split_once("/@v/v")) else {
        return false;
    };
    let major = version.split('.').next().unwrap_or_default();
    let suffix = path
        .rsplit('/')
        .next()
        .and_then(|last| last.strip_prefix('v'));
    suffix.is_some_and(|suffix| suffix.parse::<u32>().is_ok() && suffix != major)
}

/// Whether the module's path is that of its repository.
fn is_on_a_code_host(parts: &MessageParts) -> bool {
    let module = parts.get("module").unwrap_or_default();
    let hosts = ["github.com/", "gitlab.com/", "gitee.com/", "bitbucket.org/"];
    hosts.iter().any(|host| module.starts_with(host)) && module.split('/').count() == 3
}

/// Whether the proxy has the file and does not give it. Where it is broken or nobody answers, that is the
/// matter, and not which version it is.
fn is_refused(parts: &MessageParts) -> bool {
    const OTHERS: [&str; 9] = [
        "parsing go.mod",
        "Get \"",
        "Get http",
        ": 5",
        ": 401 ",
        ": 407 ",
        ": 408 ",
        ": 418 ",
        ": 429 ",
    ];
    let rest = parts.get("rest");
    rest.is_some_and(|rest| !OTHERS.iter().any(|other| rest.contains(other)))
}
