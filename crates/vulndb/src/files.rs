//! Files: what a source consists of, out of a zip or a directory, before anybody reads it.
//!
//! Only regular files with plain names are taken, and each name once: a second file of a name is
//! what one reader sees and another does not. Everything is bounded before it is unpacked.

use crate::limits::{MAX_FILES, MAX_INDEX, MAX_SOURCE};
use crate::source::{SourceError, SourceProblem};
use gomod::zip::{SurveyedEntry, survey_zip};
use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::path::Path;
use std::{fs, io};

/// One file of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedFile {
    /// Its path below the root, with `/` between its elements.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Files in the making, within bounds.
#[derive(Debug, Default)]
struct FeedFiles {
    files: Vec<FeedFile>,
    names: BTreeSet<String>,
    total: usize,
}

/// The files of a zip, in the order of their data.
pub fn unpack(zip: &[u8]) -> Result<Vec<FeedFile>, SourceError> {
    let mut collected = FeedFiles::default();
    let mut outcome = Ok(());
    let survey = survey_zip(Cursor::new(zip), MAX_INDEX as u64, |entry| {
        if outcome.is_ok() {
            outcome = collected.add_entry(&entry);
        }
    });
    survey.map_err(|error| SourceError::new("", SourceProblem::Zip(error.to_string())))?;
    outcome.map(|()| collected.files)
}

/// The files of a directory and of those in it, one level deep, sorted by name.
pub(crate) fn read_directory(root: &Path) -> Result<Vec<FeedFile>, SourceError> {
    let mut collected = FeedFiles::default();
    collected.add_directory(root, "", true)?;
    Ok(collected.files)
}

/// Reads a whole file of at most `largest` bytes.
pub(crate) fn read_bounded(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path)?;
    file.take(largest.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 <= largest {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::FileTooLarge.into())
    }
}

// === impl FeedFiles ===

impl FeedFiles {
    fn add_entry(&mut self, entry: &SurveyedEntry<'_>) -> Result<(), SourceError> {
        let name = String::from_utf8_lossy(entry.name).into_owned();
        if let Some(problem) = &entry.problem {
            return Err(SourceError::new(
                name,
                SourceProblem::Zip(problem.to_string()),
            ));
        }
        if name.ends_with('/') {
            return Ok(());
        }
        match entry.content {
            Some(content) => self.add(name, content),
            None => Err(SourceError::new(name, SourceProblem::TooLarge)),
        }
    }

    fn add(&mut self, name: String, bytes: &[u8]) -> Result<(), SourceError> {
        if !is_plain(&name) {
            return Err(SourceError::new(name, SourceProblem::Name));
        }
        self.total = self.total.saturating_add(bytes.len());
        if self.total > MAX_SOURCE || self.files.len() >= MAX_FILES {
            return Err(SourceError::new(name, SourceProblem::TooMuch));
        }
        if !self.names.insert(name.clone()) {
            return Err(SourceError::new(name, SourceProblem::Twice));
        }
        let bytes = bytes.to_vec();
        self.files.push(FeedFile { name, bytes });
        Ok(())
    }

    fn add_directory(
        &mut self,
        root: &Path,
        prefix: &str,
        is_root: bool,
    ) -> Result<(), SourceError> {
        let failed =
            |error: io::Error| SourceError::new(prefix, SourceProblem::Io(error.to_string()));
        let entries = fs::read_dir(root).map_err(failed)?;
        let limit = entries.take(MAX_FILES + 1);
        let mut entries = limit.collect::<io::Result<Vec<_>>>().map_err(failed)?;
        if entries.len() > MAX_FILES {
            return Err(SourceError::new(prefix, SourceProblem::TooMuch));
        }
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() && is_root {
                self.add_directory(&entry.path(), &format!("{name}/"), false)?;
            } else if !is_hidden(&name) {
                self.add_file(&entry.path(), name)?;
            }
        }
        Ok(())
    }

    /// A link counts as what it leads to: whoever may put it there may put the file there. What is
    /// no file is not opened: reading a pipe can wait for ever.
    fn add_file(&mut self, path: &Path, name: String) -> Result<(), SourceError> {
        if fs::metadata(path).is_ok_and(|it| !it.is_file()) {
            return Err(SourceError::new(name, SourceProblem::Stray));
        }
        match read_bounded(path, MAX_INDEX as u64) {
            Ok(bytes) => self.add(name, &bytes),
            Err(error) => Err(SourceError::new(name, SourceProblem::Io(error.to_string()))),
        }
    }
}

/// Editors and version control leave such files.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || name.contains("/.")
}

/// At most two elements of letters, digits and `-_.`, none of them only dots.
fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let mut elements = name.split('/');
    name.len() <= 256
        && elements.clone().count() <= 2
        && elements.all(|element| !element.starts_with('.') && !element.is_empty())
        && name.bytes().all(|byte| byte == b'/' || allowed(byte))
}
