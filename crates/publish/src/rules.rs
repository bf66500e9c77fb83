//! Rules: which modules and versions may be published at all. Pure.
//!
//! A name that is not private belongs to a repository that everybody can read, and what is published here
//! under it would be one module for us and another one for the rest of the world.

use codes::Code;
use gomod::{ModulePath, Version, pattern::ModulePatterns, version::check_agreement};
use protocol::{PrivacyRules, Refusal, is_toolchain};

/// Whether a module may be published here; `patterns` names which, in place of the private ones.
pub(crate) fn check_module(
    module: &ModulePath,
    privacy: &PrivacyRules,
    patterns: Option<&ModulePatterns>,
) -> Result<(), Refusal> {
    let is_ours = match patterns {
        Some(patterns) => patterns.matches(module.as_str()),
        None => privacy.is_private(module),
    };
    if is_ours && !is_toolchain(module) {
        return Ok(());
    }
    Err(Refusal::new(Code::NotPublishedHere, module.to_string()))
}

/// Whether a version may be published for a module.
pub(crate) fn check_version(
    module: &ModulePath,
    version: &Version,
    allows_pseudo: bool,
) -> Result<(), Refusal> {
    let refuse = |why: &str| {
        let facts = format!("{module}@{version}: {why}");
        Err(Refusal::new(Code::UnpublishableVersion, facts))
    };
    if let Err(mismatch) = check_agreement(module, version) {
        return refuse(&mismatch.to_string());
    }
    if version.is_pseudo() && !allows_pseudo {
        return refuse("it names a commit, not a release");
    }
    if version.is_incompatible() {
        if matches!(version.major(), "v0" | "v1") {
            return refuse("+incompatible is for major versions from v2 on");
        }
        if !module.path_major().is_empty() {
            return refuse("+incompatible is for module paths without a major version");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check_module, check_version};
    use gomod::{ModulePath, Version, pattern::ModulePatterns};
    use protocol::PrivacyRules;

    fn module(text: &str) -> ModulePath {
        ModulePath::parse(text).unwrap()
    }

    #[test]
    fn what_is_private_is_published_here_or_what_is_named() {
        let private = ModulePatterns::parse("*.corp.example");
        let privacy = PrivacyRules::new(private.clone(), private, false);
        let other = ModulePatterns::parse("example.com/ours");
        for (path, by_default, by_name) in [
            ("git.corp.example/a", true, false),
            ("example.com/ours/b", false, true),
            ("example.com/theirs", false, false),
            ("golang.org/toolchain", false, false),
        ] {
            let module = module(path);
            assert_eq!(
                check_module(&module, &privacy, None).is_ok(),
                by_default,
                "{path}"
            );
            let named = check_module(&module, &privacy, Some(&other));
            assert_eq!(named.is_ok(), by_name, "{path}");
        }
        let all = ModulePatterns::parse("golang.org");
        let toolchain = check_module(&module("golang.org/toolchain"), &privacy, Some(&all));
        assert!(toolchain.is_err(), "nobody publishes Go itself");
    }

    #[test]
    fn a_version_agrees_with_its_path_and_is_no_commit() {
        for (path, version, is_right) in [
            ("a.example/m", "v0.1.0", true),
            ("a.example/m", "v1.2.3-rc.1", true),
            ("a.example/m", "v2.0.0", false),
            ("a.example/m", "v2.0.0+incompatible", true),
            ("a.example/m", "v1.0.0+incompatible", false),
            ("a.example/m/v2", "v2.0.0", true),
            ("a.example/m/v2", "v1.0.0", false),
            ("a.example/m/v2", "v2.0.0+incompatible", false),
            ("gopkg.in/m.v3", "v3.1.0", true),
            ("a.example/m", "v0.0.0-20240101000000-abcdefabcdef", false),
        ] {
            let version = Version::parse(version).unwrap();
            let checked = check_version(&module(path), &version, false);
            assert_eq!(checked.is_ok(), is_right, "{path}@{version}");
        }
        let pseudo = Version::parse("v0.0.0-20240101000000-abcdefabcdef").unwrap();
        assert!(check_version(&module("a.example/m"), &pseudo, true).is_ok());
    }
}
