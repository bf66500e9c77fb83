//! Zip source: the zip of a version, from a commit, a directory, or a file.

use crate::{
    failure::{Failure, with_causes},
    zip_command::unusable,
};
use checkout::{GitRepository, RevisionError, UncommittedFile};
use codes::Code;
use config::{Environment as _, Process};
use finding::printable_lines;
use gomod::{
    Artifact,
    zip::{CreateError, create_zip, dir},
};
use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    sync::Arc,
};
use vcs::{GitCheckout, GitOptions, ModuleRepository, VcsError};

/// Changed files that are named; of more only the number is told.
const NAMED: usize = 10;

/// The zip of a version in a file.
#[derive(Debug)]
pub(super) struct ModuleFile {
    pub(super) file: File,
    pub(super) size: u64,
    /// What there is to say of how it came about.
    pub(super) notes: Vec<String>,
}

/// The zip of what is at a path.
pub(super) async fn open(
    what: &Path,
    artifact: &Artifact,
    allows_dirty: bool,
) -> Result<ModuleFile, Failure> {
    let metadata = std::fs::metadata(what).map_err(|error| unusable(what, &error))?;
    if !metadata.is_dir() {
        let file = File::open(what).map_err(|error| unusable(what, &error))?;
        return Ok(ModuleFile {
            file,
            size: metadata.len(),
            notes: Vec::new(),
        });
    }
    let is_in_checkout = |directory: &Path| {
        let mut above = directory.ancestors();
        above.any(|directory| directory.join(".git").exists())
    };
    let whole = what
        .canonicalize()
        .map_err(|error| unusable(what, &error))?;
    if is_in_checkout(&whole) {
        of_checkout(&whole, artifact, allows_dirty).await
    } else {
        of_directory(&whole, artifact)
    }
}

async fn of_checkout(
    directory: &Path,
    artifact: &Artifact,
    allows_dirty: bool,
) -> Result<ModuleFile, Failure> {
    let wrong = |error: RevisionError| unusable(directory, &error);
    let repository = GitRepository::open(directory).map_err(wrong)?;
    let uncommitted = repository.uncommitted().map_err(wrong)?;
    let notes = described(&uncommitted);
    if !uncommitted.is_empty() && !allows_dirty {
        return Err(Failure::new(Code::CheckoutDirty, notes.join("\n")));
    }
    let snapshot = repository.snapshot(allows_dirty).map_err(wrong)?;
    let scratch = tempfile::tempdir().map_err(|error| unusable(directory, &error))?;
    let path = Process.variable("PATH").unwrap_or_default();
    let options = GitOptions::new(scratch.path().join("git"), path);
    let failed = |error: VcsError| of_vcs(directory, &error);
    let (objects, hash, time) = (&snapshot.objects, &snapshot.hash, snapshot.time);
    let code = GitCheckout::open(options, objects, hash, time).await;
    let (module, version) = (&artifact.module, &artifact.version);
    // The directory is where the module is, whatever its path says.
    let subdirectory = repository.prefix.trim_end_matches('/');
    let module = ModuleRepository::new(
        module,
        module.as_str(),
        subdirectory,
        Arc::new(code.map_err(failed)?),
    );
    let zip = module.map_err(failed)?.zip(version, scratch.path()).await;
    let zip = zip.map_err(failed)?;
    Ok(ModuleFile {
        file: zip.file,
        size: zip.size,
        notes,
    })
}

fn of_vcs(directory: &Path, error: &VcsError) -> Failure {
    match error {
        VcsError::Absent(_) | VcsError::Content(_) => {
            Failure::new(Code::BadPublication, with_causes(error))
        }
        _ => unusable(directory, error),
    }
}

/// What is not committed, in words.
fn described(uncommitted: &[UncommittedFile]) -> Vec<String> {
    let word = |file: &UncommittedFile| {
        if file.is_untracked {
            "untracked, not published"
        } else {
            "changed"
        }
    };
    let line = |file: &UncommittedFile| {
        let path = printable_lines(&file.path);
        format!("{path}: {}", word(file))
    };
    let mut lines: Vec<String> = uncommitted.iter().take(NAMED).map(line).collect();
    if let Some(more) = uncommitted
        .len()
        .checked_sub(NAMED)
        .filter(|more| *more > 0)
    {
        lines.push(format!("and {more} more"));
    }
    lines
}

fn of_directory(directory: &Path, artifact: &Artifact) -> Result<ModuleFile, Failure> {
    let failed = |error: std::io::Error| unusable(directory, &error);
    let found = dir::list_files(directory).map_err(|error| unusable(directory, &error))?;
    let file = tempfile::tempfile().map_err(failed)?;
    let mut target = BufWriter::new(&file);
    let created = create_zip(
        &mut target,
        &artifact.module,
        &artifact.version,
        &found.files,
    );
    let created = created.map_err(|error| match error {
        CreateError::Refused(problems) => Failure::new(Code::BadPublication, problems.to_string()),
        error => unusable(directory, &with_causes(&error)),
    })?;
    target.flush().map_err(failed)?;
    drop(target);
    let notes = vec!["no git checkout: all files of the directory are published".to_owned()];
    Ok(ModuleFile {
        file,
        size: created.size,
        notes,
    })
}
