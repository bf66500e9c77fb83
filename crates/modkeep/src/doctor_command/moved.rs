//! Where a module went that is no longer where it was.
//!
//! `go` has asked the same sources already, so asking them again reveals nothing new; still it is
//! done only if it was asked for, or somebody watches. Nothing is changed.

use super::{machine, print_json, untold};
use crate::{exit_status::PROBLEM, failure::Failure, output, wiring};
use doctor::{
    DiagnosisReason, ReasonKind,
    moved::{MoveAdvice, MoveSearch, render_search, search},
    probe::SystemNetwork,
};
use gomod::{path::ModulePath, version::Version};
use std::process::ExitCode;

/// A module, and the version of it that is wanted.
pub(crate) type MovedModule = (ModulePath, Option<Version>);

/// Causes of a module that moved or is gone.
const LOST: [&str; 6] = [
    "path/moved",
    "path/case",
    "http/404",
    "vcs/no-repository",
    "discovery/no-meta-tag",
    "version/unknown-revision",
];

/// `MODULE` or `MODULE@VERSION`.
pub(crate) fn parse(text: &str) -> Result<MovedModule, String> {
    let (path, version) = match text.split_once('@') {
        Some((path, version)) => (path, Some(version)),
        None => (text, None),
    };
    let path = ModulePath::parse(path).map_err(|error| error.to_string())?;
    let version = version.map(Version::parse).transpose();
    Ok((path, version.map_err(|error| error.to_string())?))
}

/// The module that a reason says is gone.
pub(super) fn lost(reason: &DiagnosisReason) -> Option<MovedModule> {
    let ReasonKind::Cause(cause) = reason.what else {
        return None;
    };
    let subject = reason
        .subjects
        .first()
        .filter(|_| LOST.contains(&cause.id))?;
    parse(subject).ok()
}

pub(super) fn look_for(
    module: &ModulePath,
    version: Option<&Version>,
    as_json: bool,
) -> Result<ExitCode, Failure> {
    let Some((environment, netrc)) = machine::settings()? else {
        output::error("go cannot be run, so it is not known whom it asks");
        return Ok(untold());
    };
    let tls = machine::tls()?;
    let found = wiring::run(search(
        module,
        version,
        &environment,
        &netrc,
        &SystemNetwork,
        &tls,
    ))?;
    if as_json {
        print_json(&found);
    } else {
        output::text(&render_search(&found));
    }
    Ok(exit_code(&found))
}

/// 0 if there is something to do or nothing to be done, 1 if nobody has it, 2 if that is open.
fn exit_code(found: &MoveSearch) -> ExitCode {
    match found.advice.first() {
        Some(MoveAdvice::Nobody { .. }) => ExitCode::from(PROBLEM),
        Some(MoveAdvice::Open { .. }) | None => untold(),
        Some(_) => ExitCode::SUCCESS,
    }
}

#[cfg(test)]
mod tests {
    use super::{lost, parse};

    fn lost_in(text: &str) -> Option<String> {
        let diagnosis = doctor::classify(text);
        let (path, version) = lost(diagnosis.top()?)?;
        Some(format!(
            "{path} {}",
            version.map_or(String::new(), |version| version.to_string())
        ))
    }

    #[test]
    fn a_message_tells_which_module_is_gone() {
        for (text, expected) in [
            (
                "go: example.com/a@v1.0.0: reading https://proxy.example.com/example.com/a/@v/v1.0.0.mod: 404 Not Found",
                Some("example.com/a v1.0.0"),
            ),
            (
                "go: example.com/a@v1.0.0: parsing go.mod:\n\tmodule declares its path as: example.com/b\n\t        but was required as: example.com/a",
                Some("example.com/a v1.0.0"),
            ),
            (
                "go: example.com/a@v1.0.0: reading https://proxy.example.com/example.com/a/@v/v1.0.0.mod: 403 Forbidden",
                None,
            ),
            ("nothing at all", None),
        ] {
            assert_eq!(lost_in(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_modules_and_versions_are_looked_for() {
        assert!(parse("example.com/a").is_ok() && parse("example.com/a@v1.2.3").is_ok());
        for wrong in [
            "",
            "a",
            "example.com/a@",
            "example.com/a@latest",
            "example.com/a b",
            "@v1.0.0",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
