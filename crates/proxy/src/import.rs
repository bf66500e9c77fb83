//! The checks of captures, for files that are imported instead of fetched.
//!
//! What comes from a directory is held to the same rules as what comes from a source: an import
//! must not be a way around them.

use crate::{
    check::{self, Wrong},
    database_files,
    positioned::PositionedFile,
};
use codes::Code;
use gomod::{Artifact, ArtifactKind};
use std::{
    fs::File,
    io::{self, Read},
    sync::Arc,
};
use store::{
    Facts, Key,
    maintenance::{ImportCheck, ImportChecker},
};

/// The checks of a capture as the store's import wants them. Blocks: reads the whole file.
pub fn import_checker() -> ImportChecker {
    Arc::new(|key, file, size| {
        judge(key, file, size)
            .map(checked)
            .map_err(|wrong| wrong.to_string())
    })
}

fn judge(key: &Key, file: &File, size: u64) -> Result<Option<String>, Wrong> {
    let content = PositionedFile::new(file, size);
    match key {
        Key::Artifact(artifact) => artifact_within(artifact, content),
        Key::Sumdb { path, .. } => {
            let bytes = read(content, check::INFO_LIMIT)?;
            database_files::check(path, &bytes).map(|()| None)
        }
    }
}

/// Checks an artifact that is a part of a file; gives its `h1:` hash if go.sum knows one for its
/// kind. Blocks: reads all of it.
pub(crate) fn artifact_within(
    artifact: &Artifact,
    content: PositionedFile<'_>,
) -> Result<Option<String>, Wrong> {
    if artifact.kind == ArtifactKind::Zip {
        return check::zip_within(artifact, content).map(Some);
    }
    let bytes = read(content, check::limit(artifact.kind))?;
    check::small(artifact, &bytes)?.unproven()
}

fn read(content: PositionedFile<'_>, limit: u64) -> Result<Vec<u8>, Wrong> {
    let size = content.size();
    if size > limit {
        return Err(Wrong::new(
            Code::BadInputFile,
            format!("it is {size} bytes, more than {limit}"),
        ));
    }
    let mut bytes = Vec::new();
    let unreadable = |error: io::Error| Wrong::new(Code::BadInputFile, error.to_string());
    content
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

fn checked(h1: Option<String>) -> ImportCheck {
    ImportCheck {
        h1,
        evidence: protocol::Evidence::Unverified,
        facts: Facts::new(),
    }
}
