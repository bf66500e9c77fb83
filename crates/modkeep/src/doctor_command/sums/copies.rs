//! Copies: bytes at hand, looked at and held against each other.
//!
//! Reading half a gigabyte and hashing it is no work for the threads that wait for the network.

use super::CandidateHashes;
use doctor::compare::{
    self, HashSource, HashStatement, HashedFile, StatementContent, StatementTable,
};
use gomod::sumhash::H1;
use mismatch::{AnnouncedFacts, CopyDescription, CopyDifference, CopySource, SourceRole};
use std::io::{self, Seek as _};
use tokio::task::spawn_blocking;

/// Bytes of somebody.
#[derive(Debug)]
pub(super) struct CopyBytes {
    pub(super) file: HashedFile,
    pub(super) voice: HashSource,
    bytes: std::fs::File,
    /// How many were announced.
    announced: Option<u64>,
}

/// Bytes that were looked at.
#[derive(Debug)]
pub(super) struct CopyInspection {
    pub(super) held: CopyBytes,
    /// What they are, or why they could not be read.
    pub(super) specimen: Result<CopyDescription, String>,
    pub(super) again: Option<CopyDescription>,
}

/// Looks at all of them.
pub(super) async fn examine(
    copies: Vec<CopyBytes>,
    table: &StatementTable,
    known: &CandidateHashes,
) -> Vec<CopyInspection> {
    let mut seen = Vec::new();
    for held in copies {
        seen.extend(one(held, table, known).await);
    }
    seen
}

/// Looks at one.
pub(super) async fn one(
    held: CopyBytes,
    table: &StatementTable,
    known: &CandidateHashes,
) -> Option<CopyInspection> {
    let artifact = table.artifact(held.file);
    let hashes = known.of(held.file);
    let looked = spawn_blocking(move || {
        let subject = mismatch::CopySubject {
            artifact: &artifact,
            known: &hashes,
        };
        let announced = AnnouncedFacts {
            size: held.announced,
            sha256: None,
        };
        let specimen = mismatch::examine(&held.bytes, held.source(), announced, subject);
        CopyInspection {
            specimen: specimen.map_err(|error| error.to_string()),
            again: None,
            held,
        }
    });
    looked.await.ok()
}

/// Holds every wrong copy against a right one, if there is one, and makes statements of them all.
pub(super) async fn compare(
    copies: Vec<CopyInspection>,
    known: &CandidateHashes,
) -> Vec<HashStatement> {
    let known = known.clone();
    let compared = spawn_blocking(move || {
        let statements = copies.iter().map(|seen| seen.statement(&copies, &known));
        statements.collect()
    });
    compared.await.unwrap_or_default()
}

// === impl CopyBytes ===

impl CopyBytes {
    pub(super) const fn new(
        file: HashedFile,
        voice: HashSource,
        bytes: std::fs::File,
        announced: Option<u64>,
    ) -> Self {
        Self {
            file,
            voice,
            bytes,
            announced,
        }
    }

    fn source(&self) -> CopySource {
        let role = match self.voice {
            HashSource::Proxy { .. } => SourceRole::Mirror,
            _ => SourceRole::Client,
        };
        CopySource {
            name: self.voice.describe(),
            role,
        }
    }
}

// === impl CopyInspection ===

impl CopyInspection {
    /// Whether the log proves something else than these bytes.
    pub(super) fn is_refuted(&self, known: &CandidateHashes) -> bool {
        let is_logged = known.logged.iter().any(|(file, _)| *file == self.held.file);
        is_logged && !self.is_right(known)
    }

    /// Whether these bytes cannot be right: the log says so, or they do themselves.
    pub(super) fn is_wrong(&self, known: &CandidateHashes) -> bool {
        let is_damaged = |specimen: &CopyDescription| !compare::is_whole(specimen);
        self.is_refuted(known) || self.specimen.as_ref().is_ok_and(is_damaged)
    }

    fn is_right(&self, known: &CandidateHashes) -> bool {
        let h1 = self.specimen.as_ref().ok().and_then(|specimen| specimen.h1);
        h1.is_some_and(|h1| known.logged.contains(&(self.held.file, h1)))
    }

    fn statement(&self, all: &[Self], known: &CandidateHashes) -> HashStatement {
        let said = match &self.specimen {
            Err(why) => StatementContent::Nothing(why.clone()),
            Ok(specimen) => {
                let mut copy = compare::InspectedCopy::new(specimen.clone());
                copy.again.clone_from(&self.again);
                if self.is_refuted(known) {
                    let is_meant =
                        |other: &&Self| other.held.file == self.held.file && other.is_right(known);
                    let right = all.iter().find(is_meant);
                    copy.difference = right.and_then(|right| right.difference_of(self).ok()?);
                }
                StatementContent::Copy(Box::new(copy))
            }
        };
        HashStatement {
            file: self.held.file,
            voice: self.held.voice.clone(),
            said,
        }
    }

    /// How a wrong copy differs from this right one.
    fn difference_of(&self, wrong: &Self) -> io::Result<Option<CopyDifference>> {
        let (Ok(good), Ok(bad)) = (&self.specimen, &wrong.specimen) else {
            return Ok(None);
        };
        let (mut good_bytes, mut bad_bytes) = (&self.held.bytes, &wrong.held.bytes);
        good_bytes.rewind()?;
        bad_bytes.rewind()?;
        mismatch::compare((good, good_bytes), (bad, bad_bytes)).map(Some)
    }
}

// === impl Known ===

impl CandidateHashes {
    fn of(&self, file: HashedFile) -> Vec<H1> {
        let meant = self.any.iter().filter(|(of, _)| *of == file);
        meant.map(|(_, hash)| *hash).collect()
    }
}
