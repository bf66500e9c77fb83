//! The mirror: the journal as plain files.
//!
//! It trails the catalog: a batch of entries is appended after its transaction is durable, never
//! before, so the mirror can be behind the catalog and never ahead of it. Whatever is missing at
//! the end, a torn last line included, is copied from the catalog at the next start. A mirror
//! ahead of its catalog therefore means that the catalog lost something, and the store refuses
//! to run on it.
//!
//! Files are named by the sequence number of their first entry.

use super::JournalEntry;
use crate::{disk, error::StoreError};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// A new file is begun beyond this size: small enough to open in an editor, large enough for tens
/// of thousands of entries.
const FILE_LIMIT: u64 = 16 << 20;

/// How much of the end of the last file is read to find its last line. Longer than any line: in
/// older releases an event held 64 KiB, which JSON can write at most six times as long.
const TAIL: u64 = 1 << 20;

const EXTENSION: &str = "ndjson";

/// The mirror, open for appending.
#[derive(Debug)]
pub(crate) struct JournalMirror {
    directory: PathBuf,
    /// The file being appended to and its length; `None` before the first entry.
    open: Option<(File, u64)>,
    last: u64,
    unsynced: bool,
    /// Whether nobody knows what is in the file since a write to it failed.
    failed: bool,
}

/// One line of the mirror.
pub(crate) struct MirrorLine {
    pub(crate) file: PathBuf,
    pub(crate) number: usize,
    /// `None` if the line is damaged.
    pub(crate) entry: Option<JournalEntry>,
}

// === impl JournalMirror ===

impl JournalMirror {
    /// A mirror of which nothing is known yet.
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            open: None,
            last: 0,
            unsynced: false,
            failed: false,
        }
    }

    /// Sequence number of the last whole entry in the files; 0 if there is none. Reads only.
    pub(crate) fn last_sequence(directory: &Path) -> Result<u64, StoreError> {
        match files(directory)?.pop() {
            None => Ok(0),
            Some((first, path)) => {
                let mut file =
                    File::open(&path).map_err(|error| StoreError::file("opening", &path, error))?;
                let end = tail(&mut file, &path)?.and_then(|(last, _)| last);
                Ok(end.unwrap_or_else(|| first.saturating_sub(1)))
            }
        }
    }

    /// Finds the end of the last file and cuts off a torn line. Returns the last sequence number.
    pub(crate) fn recover(&mut self) -> Result<u64, StoreError> {
        self.open = None;
        self.last = 0;
        self.failed = false;
        let Some((first, path)) = files(&self.directory)?.pop() else {
            return Ok(0);
        };
        let failed = |error| StoreError::file("recovering", &path, error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        let Some((last, end)) = tail(&mut file, &path)? else {
            // Nothing at its end can be read: it is kept for whoever wants to know why, and
            // everything since its beginning is copied from the catalog again.
            let aside = path.with_extension("ndjson.damaged");
            fs::rename(&path, &aside).map_err(failed)?;
            self.last = first.saturating_sub(1);
            return Ok(self.last);
        };
        if file.metadata().map_err(failed)?.len() != end {
            file.set_len(end).map_err(failed)?;
        }
        file.seek(SeekFrom::Start(end)).map_err(failed)?;
        self.last = last.unwrap_or_else(|| first.saturating_sub(1));
        self.open = Some((file, end));
        Ok(self.last)
    }

    /// Sequence number of the last entry that is known to be in the files.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// Whether the next entry to append is `sequence`.
    pub(crate) fn expects(&self, sequence: u64) -> bool {
        self.last + 1 == sequence && !self.failed
    }

    /// Appends whole lines, of which the first has the sequence number `first`.
    pub(crate) fn append(&mut self, first: u64, lines: &[String]) -> Result<(), StoreError> {
        self.failed = true;
        let (mut file, length) = match self.open.take() {
            Some((file, length)) if length < FILE_LIMIT => (file, length),
            full => (self.begin_file(full, first)?, 0),
        };
        let text: String = lines
            .iter()
            .flat_map(|line| [line.as_str(), "\n"])
            .collect();
        file.write_all(text.as_bytes())
            .map_err(|error| StoreError::io("mirroring the journal", error))?;
        self.open = Some((file, length + text.len() as u64));
        self.last = first + (lines.len() as u64).saturating_sub(1);
        self.unsynced = true;
        self.failed = false;
        Ok(())
    }

    /// Makes everything appended durable.
    pub(crate) fn sync(&mut self) -> Result<(), StoreError> {
        if let (true, Some((file, _))) = (self.unsynced, &self.open) {
            file.sync_data()
                .map_err(|error| StoreError::io("syncing the journal's mirror", error))?;
            self.unsynced = false;
        }
        Ok(())
    }

    fn begin_file(&mut self, full: Option<(File, u64)>, first: u64) -> Result<File, StoreError> {
        self.open = full;
        self.sync()?;
        let path = self.directory.join(format!("{first:010}.{EXTENSION}"));
        let file = disk::private().create(true).append(true).open(&path);
        let file = file.map_err(|error| StoreError::file("creating", &path, error))?;
        disk::sync_directory(&self.directory)?;
        Ok(file)
    }
}

/// Every line of every file, in order. Lines that are no UTF-8, too long or fail their check come
/// without an entry.
pub(crate) fn lines(
    directory: &Path,
) -> Result<impl Iterator<Item = Result<MirrorLine, StoreError>>, StoreError> {
    let files = files(directory)?;
    Ok(files.into_iter().flat_map(
        |(_, path)| -> Box<dyn Iterator<Item = Result<MirrorLine, StoreError>>> {
            match File::open(&path) {
                Ok(file) => Box::new(file_lines(BufReader::new(file), path)),
                Err(error) => Box::new(std::iter::once(Err(StoreError::file(
                    "opening", &path, error,
                )))),
            }
        },
    ))
}

fn file_lines(
    mut reader: BufReader<File>,
    file: PathBuf,
) -> impl Iterator<Item = Result<MirrorLine, StoreError>> {
    let mut number = 0;
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        number += 1;
        match read_line(&mut reader, &mut line) {
            Ok(0) => None,
            Ok(_) => {
                let entry = std::str::from_utf8(&line)
                    .ok()
                    .and_then(JournalEntry::from_line);
                Some(Ok(MirrorLine {
                    file: file.clone(),
                    number,
                    entry,
                }))
            }
            Err(error) => Some(Err(StoreError::file("reading", &file, error))),
        }
    })
}

/// Reads up to a line feed. What goes beyond [`TAIL`] bytes is read as further lines, all damaged.
fn read_line(reader: &mut BufReader<File>, line: &mut Vec<u8>) -> io::Result<usize> {
    reader.by_ref().take(TAIL).read_until(b'\n', line)
}

/// The journal's files with the sequence number of their first entry, in order.
fn files(directory: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| StoreError::file("listing", directory, error))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|error| StoreError::file("listing", directory, error))?
            .path();
        let first = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .and_then(|stem| stem.parse().ok());
        if let (Some(first), true) = (
            first,
            path.extension()
                .is_some_and(|extension| extension == EXTENSION),
        ) {
            found.push((first, path));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The last whole entry of a file, and where the file should end: behind that entry's line.
/// `None` if the file is long and its whole end is damaged.
fn tail(file: &mut File, path: &Path) -> Result<Option<(Option<u64>, u64)>, StoreError> {
    let failed = |error| StoreError::file("reading", path, error);
    let length = file.metadata().map_err(failed)?.len();
    let start = length.saturating_sub(TAIL);
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start)).map_err(failed)?;
    file.take(TAIL).read_to_end(&mut bytes).map_err(failed)?;
    // Backwards over torn and damaged lines: after a power cut the end of a file that was not
    // synced may hold zeros. The catalog has those entries, and they are copied from it.
    while let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') {
        bytes.truncate(end);
        let line = bytes
            .rsplit(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        if let Some(entry) = std::str::from_utf8(line)
            .ok()
            .and_then(JournalEntry::from_line)
        {
            return Ok(Some((Some(entry.sequence), start + end as u64 + 1)));
        }
    }
    Ok((start == 0).then_some((None, 0)))
}
