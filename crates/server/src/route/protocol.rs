//! Paths of the module protocol: `MODULE/@latest` and `MODULE/@v/FILE`.

use super::RouteError;
use gomod::{
    Artifact, ArtifactKind, ModulePath, Version,
    escape::{self, EscapeError},
    path::ModulePathError,
    version::check_agreement,
};
use protocol::Resource;

/// Version queries that depend on what the caller already has, or that the protocol answers
/// elsewhere: no proxy answers them as `.info` names.
const CALLER_QUERIES: [&str; 4] = ["latest", "upgrade", "patch", "none"];

pub(crate) fn parse(elements: &[&str]) -> Result<Resource, RouteError> {
    match elements {
        [path @ .., "@latest"] if !path.is_empty() => Ok(Resource::Latest(module(path)?)),
        [path @ .., "@v", "list"] if !path.is_empty() => Ok(Resource::List(module(path)?)),
        [path @ .., "@v", file] if !path.is_empty() => versioned(path, file),
        _ => Err(RouteError::NoSuchPage),
    }
}

/// The module named by escaped path elements.
pub(crate) fn module(elements: &[&str]) -> Result<ModulePath, RouteError> {
    let escaped = elements.join("/");
    ModulePath::unescape(&escaped)
        .map_err(|error| refusal(&error, |why| RouteError::InvalidModulePath(escaped, why)))
}

/// `go` writes every upper-case letter as `!` and the lower-case one. A path that breaks this
/// rule comes from a person or another program, and is told so; a character that no escape could
/// make legal makes an `invalid` name.
fn refusal(error: &ModulePathError, invalid: impl FnOnce(String) -> RouteError) -> RouteError {
    match error {
        ModulePathError::Escape(EscapeError::UpperCase(_)) => RouteError::Malformed(
            "an upper-case letter is not escaped: write ! and the lower-case letter",
        ),
        ModulePathError::Escape(EscapeError::NotALetter(_) | EscapeError::Unfinished) => {
            RouteError::Malformed("a ! is not followed by a lower-case letter")
        }
        error => invalid(error.to_string()),
    }
}

fn versioned(path: &[&str], file: &str) -> Result<Resource, RouteError> {
    let (escaped, kind) = split_file(file).ok_or(RouteError::Malformed(
        "the file is none of list, VERSION.info, VERSION.mod, VERSION.zip",
    ))?;
    let module = module(path)?;
    let name = escape::unescape_version(escaped).map_err(|error| {
        refusal(&error, |why| {
            RouteError::InvalidVersion(escaped.to_owned(), why)
        })
    })?;
    let refused = match Version::parse(&name) {
        Ok(version) => match check_agreement(&module, &version) {
            Ok(()) => {
                return Ok(Resource::Artifact(Artifact {
                    module,
                    version,
                    kind,
                }));
            }
            Err(mismatch) => invalid_version(&name, &mismatch),
        },
        Err(error) => invalid_version(&name, &error),
    };
    // `v2.0.0.info` of a module without `/v2` is a query too: it may mean `v2.0.0+incompatible`.
    if kind == ArtifactKind::Info {
        query(module, name)
    } else {
        Err(refused)
    }
}

fn query(module: ModulePath, query: String) -> Result<Resource, RouteError> {
    if CALLER_QUERIES.contains(&query.as_str()) {
        return Err(RouteError::InvalidVersion(
            query,
            "only the go command can answer this query".to_owned(),
        ));
    }
    Ok(Resource::Query { module, query })
}

fn invalid_version(version: &str, why: &dyn std::fmt::Display) -> RouteError {
    RouteError::InvalidVersion(version.to_owned(), why.to_string())
}

fn split_file(file: &str) -> Option<(&str, ArtifactKind)> {
    let (name, extension) = file.rsplit_once('.')?;
    let kind = ArtifactKind::ALL
        .into_iter()
        .find(|kind| kind.extension() == extension)?;
    (!name.is_empty()).then_some((name, kind))
}
