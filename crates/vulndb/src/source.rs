//! Source: one database as somebody publishes it, read whole or not at all.
//!
//! Two layouts are known. That of the **Go vulnerability database** has `index/db.json`, which
//! dates it, `index/vulns.json`, which lists it, and `ID/….json`; what the list names must be there
//! and as old as the list says, and nothing else may, so that half a copy is noticed. The **flat**
//! one of OSV's `all.zip` has `….json` and nothing else; it is as old as its newest entry, for want
//! of anything better. In both a file is named by the id of its entry.
//!
//! Entries compressed beside the plain ones (`.json.gz`), as mirrors have them, are left aside.

use crate::answer::{DATABASE_INDEX, ENTRY_DIRECTORY, ENTRY_INDEX, MODULE_INDEX};
use crate::entry::{EntryError, EntryId, OsvEntry, OsvTime, problem};
use crate::files::{FeedFile, read_directory, unpack};
use crate::limits::{MAX_FILES, MAX_INDEX, MAX_SOURCE};
use crate::mend::mend;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// A database, read.
#[derive(Debug, Clone)]
pub struct DatabaseSource {
    pub(crate) name: String,
    pub(crate) origin: SourceOrigin,
    pub(crate) modified: Option<OsvTime>,
    pub(crate) entries: Vec<RawEntry>,
    pub(crate) mended: Vec<EntryId>,
}

/// Whose database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceOrigin {
    /// Everybody's: it has to be renewed, and is too old at some point.
    Public,
    /// The company's own: it may be empty, and is as old as it is.
    Private,
}

/// Why a source is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", prefix(.file))]
pub struct SourceError {
    /// The file in it; nothing if the whole is meant.
    pub file: String,
    /// What is wrong.
    pub problem: SourceProblem,
}

/// What is wrong with a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceProblem {
    /// It cannot be read.
    #[error("{0}")]
    Io(String),
    /// The zip is damaged, or reads differently from the front and from the back.
    #[error("bad zip: {0}")]
    Zip(String),
    /// A file is larger than [`MAX_INDEX`].
    #[error("larger than {MAX_INDEX} bytes")]
    TooLarge,
    /// More than [`MAX_FILES`] files, or more than [`MAX_SOURCE`] bytes.
    #[error("more than {MAX_FILES} files or {MAX_SOURCE} bytes")]
    TooMuch,
    /// A name that no database has.
    #[error("not the name of a file of a vulnerability database")]
    Name,
    /// Two files of one name.
    #[error("there twice")]
    Twice,
    /// A file that belongs to no layout.
    #[error("neither an index nor an entry; unpacked into the wrong directory?")]
    Stray,
    /// An entry that is refused.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The file is named otherwise than its entry.
    #[error("holds {0}")]
    Misnamed(EntryId),
    /// An index that is refused.
    #[error("{line}:{column}: {problem}")]
    Index {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// An index names an entry that is not there, or not of that time.
    #[error("listed in {ENTRY_INDEX} as of {0}, but missing or of another time")]
    Missing(OsvTime),
    /// An entry that the index does not name.
    #[error("not listed in {ENTRY_INDEX}")]
    Unlisted,
    /// There is nothing in it; what is public never is empty.
    #[error("no entries at all")]
    Empty,
}

/// An entry, and the bytes that it was read from.
#[derive(Debug, Clone)]
pub(crate) struct RawEntry {
    pub(crate) entry: OsvEntry,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Deserialize)]
struct SourceIndex {
    modified: OsvTime,
}

#[derive(Deserialize)]
struct ListedModule {
    id: EntryId,
    modified: OsvTime,
}

// === impl DatabaseSource ===

impl DatabaseSource {
    /// Reads a zip in either layout. The name is for people.
    pub fn from_zip(name: &str, origin: SourceOrigin, zip: &[u8]) -> Result<Self, SourceError> {
        Self::from_files(name, origin, unpack(zip)?)
    }

    /// Reads a directory in either layout.
    pub fn from_directory(
        name: &str,
        origin: SourceOrigin,
        root: &Path,
    ) -> Result<Self, SourceError> {
        Self::from_files(name, origin, read_directory(root)?)
    }

    /// Reads files in either layout.
    pub fn from_files(
        name: &str,
        origin: SourceOrigin,
        files: Vec<FeedFile>,
    ) -> Result<Self, SourceError> {
        let has_index = files.iter().any(|file| file.name == DATABASE_INDEX);
        let mut source = Self {
            name: name.to_owned(),
            origin,
            modified: None,
            entries: Vec::new(),
            mended: Vec::new(),
        };
        if has_index {
            source.read_indexed(files)?;
        } else {
            source.read_flat(files)?;
        }
        if source.entries.is_empty() && origin == SourceOrigin::Public {
            Err(SourceError::new("", SourceProblem::Empty))
        } else {
            Ok(source)
        }
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// When it was last changed.
    pub const fn modified(&self) -> Option<OsvTime> {
        self.modified
    }

    /// Entries whose versions are not understood, so that every version is taken to be affected.
    pub fn mended(&self) -> &[EntryId] {
        &self.mended
    }

    fn read_flat(&mut self, files: Vec<FeedFile>) -> Result<(), SourceError> {
        for file in files {
            if !is_packed(&file.name) {
                self.add(file, "")?;
            }
        }
        self.modified = self.entries.iter().map(|read| read.entry.modified).max();
        Ok(())
    }

    fn read_indexed(&mut self, files: Vec<FeedFile>) -> Result<(), SourceError> {
        let mut listed = None;
        for file in files {
            match file.name.as_str() {
                DATABASE_INDEX => self.modified = Some(index::<SourceIndex>(&file)?.modified),
                ENTRY_INDEX => listed = Some(index::<Vec<ListedModule>>(&file)?),
                // It follows from the entries.
                MODULE_INDEX => {}
                name if is_packed(name) => {}
                _ => self.add(file, ENTRY_DIRECTORY)?,
            }
        }
        self.hold_against(listed.unwrap_or_default())
    }

    fn add(&mut self, file: FeedFile, directory: &str) -> Result<(), SourceError> {
        let FeedFile { name, bytes } = file;
        let Some(own) = id_in_name(&name, directory) else {
            return Err(SourceError::new(name, SourceProblem::Stray));
        };
        let read = self.parse(bytes);
        let read = read.map_err(|error| SourceError::new(&*name, error.into()))?;
        if read.entry.id.as_str() != own {
            return Err(SourceError::new(
                &*name,
                SourceProblem::Misnamed(read.entry.id),
            ));
        }
        self.entries.push(read);
        Ok(())
    }

    fn parse(&mut self, bytes: Vec<u8>) -> Result<RawEntry, EntryError> {
        match (OsvEntry::parse(&bytes), self.origin) {
            (Ok(entry), _) => Ok(RawEntry { entry, bytes }),
            (Err(error @ EntryError::Malformed { .. }), SourceOrigin::Public) => {
                let bytes = mend(&bytes).ok_or(error)?;
                let entry = OsvEntry::parse(&bytes)?;
                self.mended.push(entry.id.clone());
                Ok(RawEntry { entry, bytes })
            }
            (Err(error), _) => Err(error),
        }
    }

    fn hold_against(&self, listed: Vec<ListedModule>) -> Result<(), SourceError> {
        let entries = self.entries.iter().map(|read| &read.entry);
        let mut there: BTreeMap<&EntryId, OsvTime> =
            entries.map(|entry| (&entry.id, entry.modified)).collect();
        for ListedModule { id, modified } in listed {
            if there.remove(&id) != Some(modified) {
                return Err(SourceError::new(
                    path(&id),
                    SourceProblem::Missing(modified),
                ));
            }
        }
        match there.pop_first() {
            None => Ok(()),
            Some((id, _)) => Err(SourceError::new(path(id), SourceProblem::Unlisted)),
        }
    }
}

// === impl SourceError ===

impl SourceError {
    pub(crate) fn new(file: impl Into<String>, problem: SourceProblem) -> Self {
        let file = file.into();
        Self { file, problem }
    }
}

fn prefix(file: &str) -> String {
    if file.is_empty() {
        String::new()
    } else {
        // A name out of a hostile zip can hold anything.
        format!("{}: ", file.escape_debug())
    }
}

fn path(id: &EntryId) -> String {
    format!("{ENTRY_DIRECTORY}{id}.json")
}

fn is_packed(name: &str) -> bool {
    name.ends_with(".json.gz")
}

/// The id that a file is named by.
fn id_in_name<'a>(name: &'a str, directory: &str) -> Option<&'a str> {
    let own = name.strip_prefix(directory)?.strip_suffix(".json")?;
    (!own.contains('/')).then_some(own)
}

fn index<'a, T: Deserialize<'a>>(file: &'a FeedFile) -> Result<T, SourceError> {
    serde_json::from_slice(&file.bytes).map_err(|error| {
        let problem = SourceProblem::Index {
            line: error.line(),
            column: error.column(),
            problem: problem(&error),
        };
        SourceError::new(file.name.as_str(), problem)
    })
}
