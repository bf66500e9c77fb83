//! Snapshot: a database as one file, for machines without a network.
//!
//! The file is a line that names the format, the CRC-32 of all that follows, the length of the
//! index, the index as JSON, and the bytes of the files. It is written beside its place, made
//! durable and moved there, so whoever opens it finds the old database or the new one, whole. The
//! checksum tells a damaged disk; whoever may write here may write anything, so it is no
//! signature.
//!
//! Only what was read, checked and merged can be kept: there is no way to keep bytes.

use crate::database::{ContentIndex, VulnerabilityDatabase};
use crate::entry::problem;
use crate::files::read_bounded;
use crate::limits::MAX_KEPT;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The format, and its number.
const MAGIC: &[u8] = b"modkeep vulnerabilities 1\n";

/// The file's name in a directory of data.
const FILE_NAME: &str = "vulnerabilities";

/// A database as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseSnapshot {
    directory: PathBuf,
}

/// Why a database cannot be kept, or be had back.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// The file cannot be read or written.
    #[error("{path}")]
    Io {
        /// The file.
        path: String,
        /// What happened.
        source: io::Error,
    },
    /// Another program wrote it, or another version of this one.
    #[error("{0} is no database of this version; import it again")]
    Format(String),
    /// It is not as it was written.
    #[error("{path} is damaged ({problem}); import it again")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

// === impl DatabaseSnapshot ===

impl DatabaseSnapshot {
    /// In a directory of data, which must exist.
    pub fn in_directory(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.directory.join(FILE_NAME)
    }

    /// Puts a database in the place of the one that is there.
    pub fn replace(&self, database: &VulnerabilityDatabase) -> Result<(), KeptError> {
        let path = self.path();
        write(&self.directory, &path, database).map_err(|source| KeptError::io(&path, source))
    }

    /// The database that is there; nothing if none was ever kept.
    pub fn open(&self) -> Result<Option<VulnerabilityDatabase>, KeptError> {
        let path = self.path();
        let bytes = match read_bounded(&path, MAX_KEPT) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(KeptError::io(&path, error)),
        };
        let shown = path.display().to_string();
        if !bytes.starts_with(MAGIC) {
            return Err(KeptError::Format(shown));
        }
        let database = parse(bytes);
        database.map(Some).map_err(|problem| KeptError::Damaged {
            path: shown,
            problem,
        })
    }
}

// === impl KeptError ===

impl KeptError {
    fn io(path: &Path, source: io::Error) -> Self {
        let path = path.display().to_string();
        Self::Io { path, source }
    }
}

fn write(directory: &Path, path: &Path, database: &VulnerabilityDatabase) -> io::Result<()> {
    let index = serde_json::to_vec(&database.index)?;
    let length = (index.len() as u64).to_le_bytes();
    let sum = checksum(&[&length, &index, &database.bytes]).to_le_bytes();
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    for part in [MAGIC, &sum, &length, &index, &database.bytes] {
        file.write_all(part)?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    std::fs::File::open(directory)?.sync_all()
}

fn checksum(parts: &[&[u8]]) -> u32 {
    let mut sum = flate2::Crc::new();
    for part in parts {
        sum.update(part);
    }
    sum.sum()
}

fn parse(mut bytes: Vec<u8>) -> Result<VulnerabilityDatabase, String> {
    let cut = || "cut off".to_owned();
    let rest = bytes.get(MAGIC.len()..).ok_or_else(cut)?;
    let (sum, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    if checksum(&[rest]) != u32::from_le_bytes(*sum) {
        return Err("wrong checksum".to_owned());
    }
    let (length, rest) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| cut())?;
    let index = rest.get(..length).ok_or_else(cut)?;
    let index: ContentIndex = serde_json::from_slice(index).map_err(|error| problem(&error))?;
    let begin = bytes.len() - rest.len() + length;
    bytes.drain(..begin);
    Ok(VulnerabilityDatabase { index, bytes })
}
