//! The checks of captures, for files that are imported instead of fetched.
//!
//! What comes from a directory is held to the same rules as what comes from a source: an import
//! must not be a way around them.

use checksumdb::database_files;
use inspection::{
    PositionedFile,
    check::{self, Wrong, artifact_within},
};
use std::{fs::File, sync::Arc};
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
            let bytes = check::read(content, check::INFO_LIMIT)?;
            database_files::check(path, &bytes).map(|()| None)
        }
    }
}

fn checked(h1: Option<String>) -> ImportCheck {
    ImportCheck {
        h1,
        evidence: protocol::Evidence::Unverified,
        facts: Facts::new(),
    }
}
