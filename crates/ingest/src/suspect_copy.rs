//! Suspect copy: bytes of a source that are not what was asked for, and what is seen of them.

use bytes::Bytes;
use gomod::{Artifact, sumhash::H1};
use inspection::PositionedFile;
use mismatch::{
    AnnouncedFacts, CopyDescription, CopyDifference, CopySource, CopySubject, SourceRole,
};
use std::{
    fs::File,
    io::{self, Cursor, Read, Seek},
};
use store::SealedSpool;
use upstream::{BodyFailure, Download};

/// Bytes that can be looked at again.
#[derive(Debug)]
pub(crate) enum CopyBytes {
    Memory(Bytes),
    File(File, u64),
}

/// A wrong copy.
#[derive(Debug)]
pub struct SuspectCopy {
    /// What is wrong with it.
    pub failure: BodyFailure,
    pub(crate) specimen: CopyDescription,
    copy: CopyBytes,
    pub(crate) logged: Option<H1>,
}

/// Bytes that nobody vouches for.
pub enum RejectedBytes {
    /// A file in memory.
    Small(Bytes),
    /// A file in the spool.
    Sealed(SealedSpool),
}

/// What is known about a copy besides its bytes.
#[derive(Debug, Clone)]
pub struct CopyOrigin {
    /// Who sent it.
    pub source: String,
    pub(crate) announced: Option<u64>,
    pub(crate) logged: Option<H1>,
}

// === impl CopyBytes ===

impl CopyBytes {
    /// A sealed spool's bytes; they stay readable wherever the file goes.
    pub(crate) fn of_sealed(sealed: &SealedSpool) -> io::Result<Self> {
        Ok(Self::File(sealed.file().try_clone()?, sealed.size()))
    }

    fn open(&self) -> Box<dyn CopyReader + '_> {
        match self {
            Self::Memory(bytes) => Box::new(Cursor::new(bytes)),
            Self::File(file, size) => Box::new(PositionedFile::new(file, *size)),
        }
    }
}

/// What copies are read through.
trait CopyReader: Read + Seek {}

impl<R: Read + Seek> CopyReader for R {}

// === impl SuspectCopy ===

impl SuspectCopy {
    /// Describes wrong bytes; blocks.
    pub(crate) fn describe(
        artifact: &Artifact,
        copy: CopyBytes,
        origin: &CopyOrigin,
        failure: BodyFailure,
    ) -> io::Result<Self> {
        let specimen = describe(artifact, &copy, origin)?;
        Ok(Self {
            failure,
            specimen,
            copy,
            logged: origin.logged,
        })
    }

    /// Whether its bytes are those that the database knows.
    pub(crate) fn is_logged(&self) -> bool {
        self.logged.is_some() && self.specimen.h1 == self.logged
    }
}

// === impl CopyOrigin ===

impl CopyOrigin {
    /// What is known of a body before its bytes.
    pub fn of(download: &Download) -> Self {
        let source = download.source.to_string();
        Self {
            source,
            announced: download.length,
            logged: None,
        }
    }
}

/// Describes a copy; blocks.
pub(crate) fn describe(
    artifact: &Artifact,
    copy: &CopyBytes,
    origin: &CopyOrigin,
) -> io::Result<CopyDescription> {
    let source = CopySource {
        name: origin.source.clone(),
        role: SourceRole::Mirror,
    };
    let announced = AnnouncedFacts {
        size: origin.announced,
        sha256: None,
    };
    let known: Vec<H1> = origin.logged.into_iter().collect();
    let subject = CopySubject {
        artifact,
        known: &known,
    };
    mismatch::examine(copy.open(), source, announced, subject)
}

/// Compares a right copy with a wrong one; blocks.
pub(crate) fn compare(
    right: &CopyDescription,
    copy: &CopyBytes,
    bad: &SuspectCopy,
) -> io::Result<CopyDifference> {
    mismatch::compare((right, copy.open()), (&bad.specimen, bad.copy.open()))
}
