//! Writing: what the reader accepts, and nothing else.
//!
//! The manifest's size stands in front of it and is known at its end, so its header is written
//! last, which takes a target that can seek. Everything behind it was announced in it: the sizes
//! are known before a byte of an artifact is read, and what was announced must come.

use crate::{
    digest::{Digest, DigestHasher},
    manifest::{
        BundleHeader, BundleVersion, CHECKSUM, CLOSING, LINE_LIMIT, MANIFEST, OPENING_LIMIT,
    },
    ustar::{self, BLOCK},
};
use std::io::{self, Seek, SeekFrom, Write};

/// A bundle in the making.
#[derive(Debug)]
pub struct BundleWriter<W> {
    out: W,
    /// The hash of the file that is being written, and how many bytes it has and shall have.
    hasher: DigestHasher,
    written: u64,
    announced: u64,
    /// Whether a version was written to the manifest.
    has_versions: bool,
}

/// Why a bundle cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The target failed.
    #[error("a bundle cannot be written")]
    Io(#[from] io::Error),
    /// What is to be written has no place in a bundle.
    #[error("{0}")]
    Unfit(String),
}

// === impl BundleWriter ===

impl<W: Write + Seek> BundleWriter<W> {
    /// Begins a bundle, and its manifest, at the beginning of `out`.
    pub fn begin(out: W, opening: &BundleHeader) -> Result<Self, WriteError> {
        let mut writer = Self {
            out,
            hasher: DigestHasher::default(),
            written: 0,
            announced: u64::MAX,
            has_versions: false,
        };
        writer.out.write_all(&[0; BLOCK])?;
        let line = opening.line();
        if line.len() > OPENING_LIMIT {
            return Err(WriteError::Unfit("too much about databases".to_owned()));
        }
        writer.put(line.as_bytes())?;
        Ok(writer)
    }

    /// Adds a version to the manifest. They must come in the order of escaped module path and
    /// escaped version.
    pub fn version(&mut self, version: &BundleVersion) -> Result<(), WriteError> {
        version.check().map_err(WriteError::Unfit)?;
        let comma = if self.has_versions { ",\n" } else { "" };
        let line = version.line();
        if line.len() > LINE_LIMIT {
            let path = version.artifacts.first().map(|item| &*item.path);
            let what = format!("{}: too much about it", path.unwrap_or_default());
            return Err(WriteError::Unfit(what));
        }
        self.put(comma.as_bytes())?;
        self.put(line.as_bytes())?;
        self.has_versions = true;
        Ok(())
    }

    /// Ends the manifest.
    pub fn end_manifest(&mut self) -> Result<(), WriteError> {
        let newline = if self.has_versions { "\n" } else { "" };
        self.put(newline.as_bytes())?;
        self.put(CLOSING.as_bytes())?;
        let size = self.written;
        self.announced = size;
        let digest = self.finish_entry()?;
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header(MANIFEST, size)?)?;
        self.out.seek(SeekFrom::End(0))?;
        let checksum = format!("{digest}  {MANIFEST}\n");
        self.whole(CHECKSUM, checksum.as_bytes()).map(drop)
    }

    /// Writes a small file.
    pub fn whole(&mut self, path: &str, content: &[u8]) -> Result<Digest, WriteError> {
        self.begin_entry(path, content.len() as u64)?;
        self.put(content)?;
        self.finish_entry()
    }

    /// Begins a file of this size.
    pub fn begin_entry(&mut self, path: &str, size: u64) -> Result<(), WriteError> {
        self.out.write_all(&header(path, size)?)?;
        self.announced = size;
        Ok(())
    }

    /// Writes a piece of the file.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.hasher.update(bytes);
        self.written += bytes.len() as u64;
        self.out.write_all(bytes)?;
        Ok(())
    }

    /// Writes zeros for what is missing of the file: it cannot be what it should be any more, and
    /// the rest shall still be looked at.
    pub fn fill(&mut self) -> Result<(), WriteError> {
        static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
        while let Some(missing) = self
            .announced
            .checked_sub(self.written)
            .filter(|left| *left > 0)
        {
            let step = usize::try_from(missing)
                .unwrap_or(ZEROS.len())
                .min(ZEROS.len());
            self.put(ZEROS.get(..step).unwrap_or_default())?;
        }
        Ok(())
    }

    /// Ends the file; gives the hash of what was written.
    pub fn finish_entry(&mut self) -> Result<Digest, WriteError> {
        if self.written != self.announced {
            return Err(WriteError::Unfit(format!(
                "{} bytes came where {} were announced",
                self.written, self.announced
            )));
        }
        let padding = self.written.next_multiple_of(BLOCK as u64) - self.written;
        let zeros = [0; BLOCK];
        let padding = usize::try_from(padding).unwrap_or_default();
        self.out
            .write_all(zeros.get(..padding).unwrap_or_default())?;
        self.written = 0;
        Ok(std::mem::take(&mut self.hasher).finish())
    }

    /// Ends the bundle, and gives the target back.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn header(path: &str, size: u64) -> Result<Vec<u8>, WriteError> {
    let unfit = || WriteError::Unfit(format!("{path}: no path and size for a bundle"));
    ustar::encode(path, size).ok_or_else(unfit)
}
