//! What `modkeep zip` and `modkeep mod hash` say: each command as a function from its inputs to what
//! is printed and whether it succeeded. The binary opens the files and does the printing.

use super::create::{CreateError, create_zip};
use super::problem::ZipError;
use super::{check_zip, dir};
use crate::path::{MajorMismatch, ModulePathError};
use crate::sumhash::{h1_of_go_mod, h1_of_zip};
use crate::version::{self, VersionError};
use crate::{ModulePath, Version};
use std::error::Error;
use std::io::{Read, Seek, Write};
use std::path::Path;
use thiserror::Error;

/// What a command says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZipCommandOutcome {
    /// For standard output; every line ends with a line break.
    pub output: String,
    /// For standard error; likewise.
    pub errors: String,
    /// Exit status 0, else 1.
    pub success: bool,
}

/// Why a text is no `MODULE@VERSION`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TargetError {
    /// There is no `@`.
    #[error("not of the form MODULE@VERSION")]
    Form,
    /// The module path is malformed.
    #[error("malformed module path: {0}")]
    Path(ModulePathError),
    /// The version is malformed.
    #[error("malformed version: {0}")]
    Version(VersionError),
    /// Path and version do not belong together.
    #[error("version does not belong to module: {0}")]
    Mismatch(MajorMismatch),
}

/// Reads `MODULE@VERSION`.
///
/// # Errors
///
/// When either is malformed or they do not belong together.
pub fn parse_target(text: &str) -> Result<(ModulePath, Version), TargetError> {
    let (module, version) = text.split_once('@').ok_or(TargetError::Form)?;
    let module = ModulePath::parse(module).map_err(TargetError::Path)?;
    let version = Version::parse(version).map_err(TargetError::Version)?;
    version::check_agreement(&module, &version).map_err(TargetError::Mismatch)?;
    Ok((module, version))
}

/// `zip hash FILE`: the hash on one line.
pub fn zip_hash<R: Read + Seek>(zip: R) -> ZipCommandOutcome {
    match h1_of_zip(zip) {
        Ok(h1) => ZipCommandOutcome::of_output(format!("{h1}\n")),
        Err(error) => ZipCommandOutcome::of_error(&error),
    }
}

/// `zip check FILE MODULE@VERSION`: nothing, or one line a problem.
pub fn zip_check<R: Read + Seek>(zip: R, target: &str) -> ZipCommandOutcome {
    let (module, version) = match parse_target(target) {
        Ok(target) => target,
        Err(error) => return ZipCommandOutcome::of_error(&error),
    };
    match check_zip(zip, &module, &version) {
        Ok(_) => ZipCommandOutcome::of_output(String::new()),
        Err(ZipError::Refused(problems)) => ZipCommandOutcome {
            output: format!("{problems}\n"),
            errors: String::new(),
            success: false,
        },
        Err(error) => ZipCommandOutcome::of_error(&error),
    }
}

/// `zip create DIR MODULE@VERSION -o FILE`: the hash on one line; what was left out, though it may
/// be missed, on standard error. On failure what was written to `out` is to be thrown away.
pub fn zip_create<W: Write>(directory: &Path, target: &str, out: W) -> ZipCommandOutcome {
    let (module, version) = match parse_target(target) {
        Ok(target) => target,
        Err(error) => return ZipCommandOutcome::of_error(&error),
    };
    let found = match dir::list_files(directory) {
        Ok(found) => found,
        Err(error) => return ZipCommandOutcome::of_error(&error),
    };
    match create_zip(out, &module, &version, &found.files) {
        Ok(created) => {
            let mut outcome = ZipCommandOutcome::of_output(format!("{}\n", created.h1));
            let late = created.selection.omitted.iter();
            let late = late.filter_map(|&(number, omission)| {
                let file = found.files.get(number)?;
                Some((super::SourceFile::path(file), omission))
            });
            let early = found
                .omitted
                .iter()
                .map(|(path, omission)| (&path[..], *omission));
            for (path, omission) in early.chain(late) {
                let line = format!("left out: {}: {omission}\n", path.escape_ascii());
                outcome.errors.push_str(&line);
            }
            outcome
        }
        Err(CreateError::Refused(problems)) => ZipCommandOutcome {
            output: String::new(),
            errors: format!("{problems}\n"),
            success: false,
        },
        Err(error) => ZipCommandOutcome::of_error(&error),
    }
}

/// `mod hash FILE`: the hash on one line.
pub fn mod_hash(content: &[u8]) -> ZipCommandOutcome {
    ZipCommandOutcome::of_output(format!("{}\n", h1_of_go_mod(content)))
}

// === impl ZipCommandOutcome ===

impl ZipCommandOutcome {
    fn of_output(output: String) -> Self {
        Self {
            output,
            errors: String::new(),
            success: true,
        }
    }

    /// The error and its causes on one line, unless it is a list of problems.
    fn of_error(error: &dyn Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text.push('\n');
        Self {
            output: String::new(),
            errors: text,
            success: false,
        }
    }
}
