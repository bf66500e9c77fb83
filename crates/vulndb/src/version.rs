//! Version: what is in use, as a semantic version.
//!
//! Modules have semantic versions already. The standard library and the toolchain have those of Go
//! releases, which are not: `go1.21`, `go1.21rc2`, `go1.20-pre4`. The mapping is that of the stock
//! client. Where it says "no idea, so not affected" (a build from source, a vendor's suffix), here
//! is an error: whoever asks has to decide, and nobody takes it for a pass.

use gomod::semver;

/// The pretended modules of the standard library and of the go command.
const RELEASES: [&str; 2] = ["stdlib", "toolchain"];

/// A version that cannot be held against ranges.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[error("{module}: {version:?} is neither a version nor a Go release")]
pub struct UnknownVersion {
    /// The module.
    pub module: String,
    /// What was said to be its version.
    pub version: String,
}

/// Whether a module is the standard library or the toolchain.
pub(crate) fn is_release(module: &str) -> bool {
    RELEASES.contains(&module)
}

/// The semantic version, with its `v`.
pub(crate) fn semantic(module: &str, version: &str) -> Result<String, UnknownVersion> {
    let found = if is_release(module) && !version.starts_with('v') {
        of_release(version)
    } else {
        semver::is_valid(version).then(|| version.to_owned())
    };
    found.ok_or_else(|| UnknownVersion {
        module: module.to_owned(),
        version: version.to_owned(),
    })
}

/// A version as people write it: for a Go release `go1.21.3`, which is `go1.20` where the patch is
/// the first of a release before 1.21.
pub(crate) fn printable_version(module: &str, semantic: &str) -> String {
    let release = semantic.strip_prefix('v').filter(|_| is_release(module));
    let Some(release) = release else {
        return semantic.to_owned();
    };
    if let Some((numbers, prerelease)) = release.split_once('-') {
        let numbers = numbers.strip_suffix(".0").unwrap_or(numbers);
        return format!("go{numbers}{}", prerelease.replace('.', ""));
    }
    let minor = release.split('.').nth(1).and_then(|text| text.parse().ok());
    match release.strip_suffix(".0") {
        Some(short) if minor.is_some_and(|minor: u32| minor < 21) => format!("go{short}"),
        _ => format!("go{release}"),
    }
}

/// The semantic version of a Go release, `go1.21.3` or, as go.mod has it, `1.21.3`. What stands
/// behind a space names experiments that were switched on.
fn of_release(name: &str) -> Option<String> {
    let name = name.split_ascii_whitespace().next()?;
    let name = name.strip_prefix("go").unwrap_or(name);
    if name == "1" {
        return Some("v1.0.0".to_owned());
    }
    let number_end = name.find(|letter: char| letter != '.' && !letter.is_ascii_digit());
    let (numbers, suffix) = name.split_at(number_end.unwrap_or(name.len()));
    let dots = numbers.bytes().filter(|&byte| byte == b'.').count();
    let numbers = match dots {
        1 => format!("{numbers}.0"),
        2 => numbers.to_owned(),
        _ => return None,
    };
    let version = format!("v{numbers}{}", prerelease(suffix)?);
    // Go 1.0 was called go1; "go1.0" is nothing.
    (name != "1.0" && semver::is_valid(&version)).then_some(version)
}

fn prerelease(suffix: &str) -> Option<String> {
    if suffix.is_empty() {
        return Some(String::new());
    }
    let kind = ["beta", "rc", "-pre"]
        .into_iter()
        .find(|kind| suffix.starts_with(kind))?;
    let number = suffix.strip_prefix(kind)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("-{}.{number}", kind.trim_start_matches('-')))
}

#[cfg(test)]
mod tests {
    use super::{printable_version, semantic};

    #[test]
    fn a_go_release_has_a_semantic_version() {
        for (release, version) in [
            ("go1", "v1.0.0"),
            ("go1.21", "v1.21.0"),
            ("1.21.3", "v1.21.3"),
            ("go1.21rc2", "v1.21.0-rc.2"),
            ("go1.20-pre4", "v1.20.0-pre.4"),
            ("go1.21.3 X:loopvar", "v1.21.3"),
            ("v1.21.3", "v1.21.3"),
        ] {
            assert_eq!(semantic("stdlib", release).unwrap(), version);
        }
    }

    #[test]
    fn a_go_release_is_shown_as_it_is_called() {
        for (version, release) in [
            ("v1.21.3", "go1.21.3"),
            ("v1.21.0", "go1.21.0"),
            ("v1.20.0", "go1.20"),
            ("v1.21.0-rc.2", "go1.21rc2"),
        ] {
            assert_eq!(printable_version("stdlib", version), release);
            assert_eq!(printable_version("example.com/a", version), version);
        }
    }

    #[test]
    fn what_is_no_version_is_never_a_pass() {
        for release in [
            "",
            "go1.0",
            "go1.21-corp",
            "devel go1.27",
            "go1.2.3.4",
            "go1.21rc",
        ] {
            assert!(semantic("toolchain", release).is_err(), "{release}");
        }
        for version in ["", "(devel)", "1.2.3", "go1.2.3", "latest"] {
            assert!(semantic("example.com/a", version).is_err(), "{version}");
        }
    }
}
