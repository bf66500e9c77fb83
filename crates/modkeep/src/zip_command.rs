//! `modkeep zip hash|check|create`: files opened and results printed; the rules are `gomod`'s.

use crate::{exit_status::PROBLEM, failure::Failure, output};
use codes::Code;
use finding::{printable, printable_lines};
use gomod::zip::command::{self, ZipCommandOutcome};
use std::{
    fmt,
    fs::File,
    io::{self, BufWriter},
    path::{Path, PathBuf},
    process::ExitCode,
};
use tempfile::NamedTempFile;

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let outcome = match matches.subcommand() {
        Some(("hash", matches)) => command::zip_hash(open(&path(matches, "file"))?),
        Some(("check", matches)) => {
            command::zip_check(open(&path(matches, "file"))?, target(matches))
        }
        Some(("create", matches)) => create(
            &path(matches, "directory"),
            target(matches),
            &path(matches, "output"),
        )?,
        _ => return Ok(ExitCode::from(crate::exit_status::UNUSABLE)),
    };
    Ok(told(&outcome))
}

/// Writes beside the wanted file and moves it into place, so that a failure leaves no half of one.
fn create(directory: &Path, target: &str, file: &Path) -> Result<ZipCommandOutcome, Failure> {
    let parent = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let temporary = beside(parent).map_err(|error| unusable(file, &error))?;
    let outcome = command::zip_create(directory, target, BufWriter::new(temporary.as_file()));
    if outcome.success {
        temporary
            .persist(file)
            .map_err(|error| unusable(file, &error.error))?;
    }
    Ok(outcome)
}

/// A temporary file with the permissions of any other new file: the result is no secret.
pub(crate) fn beside(parent: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(parent)
}

/// Prints what a command says.
pub(crate) fn told(outcome: &ZipCommandOutcome) -> ExitCode {
    output::text(&printable_lines(&outcome.output));
    if !outcome.errors.is_empty() {
        output::error(outcome.errors.trim_end());
    }
    if outcome.success {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(PROBLEM)
    }
}

/// A path argument; clap has made sure of it.
pub(crate) fn path(matches: &clap::ArgMatches, name: &str) -> PathBuf {
    matches
        .get_one::<PathBuf>(name)
        .cloned()
        .unwrap_or_default()
}

fn target(matches: &clap::ArgMatches) -> &str {
    matches
        .get_one::<String>("target")
        .map_or("", String::as_str)
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error: io::Error| unusable(path, &error))
}

/// A file that cannot be used at all.
pub(crate) fn unusable(path: &Path, why: &dyn fmt::Display) -> Failure {
    Failure::new(
        Code::BadInputFile,
        format!("{}: {why}", printable(&path.display().to_string())),
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::beside;
    use std::{fs::File, os::unix::fs::PermissionsExt as _};

    #[test]
    fn a_made_zip_has_the_permissions_of_any_new_file() {
        let directory = tempfile::tempdir().unwrap();
        let ordinary = File::create(directory.path().join("ordinary")).unwrap();
        let made = beside(directory.path()).unwrap();
        let permissions = |file: &File| file.metadata().unwrap().permissions().mode();
        assert_eq!(permissions(made.as_file()), permissions(&ordinary));
    }
}
