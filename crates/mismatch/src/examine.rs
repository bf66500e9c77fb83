//! Describes one copy of an artifact's bytes.
//!
//! The bytes are streamed: once for size, SHA-256 and counts, then once more by the rules of what
//! they seem to be. Held in memory at a time: one text of at most 16 MiB, or the names and digests of
//! at most [`MAX_ENTRIES`] entries.
//!
//! Hashes that the bytes *should* have are given along. They are not judged here; but with them a
//! single flipped bit can be searched for and proven without a right copy.

mod flip;
mod gunzip;
mod scan;
mod text;
mod text_file;
mod zip_file;

use crate::copy::{
    AnnouncedFacts, BitFlip, ByteShape, CopyDescription, CopySource, EntryFacts, GzipContent,
    TextRewrite,
};
use gomod::{Artifact, modfile, sumhash::H1};
use gunzip::GunzipReader;
use scan::{ByteScan, MagicBytes};
use std::io::{self, Read, Seek};

/// Most entries that are listed one by one. The largest real modules have some ten thousand; of more
/// only the hash is computed.
const MAX_ENTRIES: usize = 1 << 16;

/// Most bytes of a text that is looked into: Go's own limit for a go.mod.
const MAX_TEXT: u64 = modfile::MAX_BYTES as u64;

/// How often gzip is unpacked. Twice happens when a server compresses what is compressed already;
/// more would be a bomb.
const LAYERS: u8 = 2;

/// What the bytes are meant to be.
#[derive(Debug, Clone, Copy)]
pub struct CopySubject<'a> {
    /// The artifact.
    pub artifact: &'a Artifact,
    /// The hashes that somebody says it has: the checksum database, a catalog, a go.sum.
    pub known: &'a [H1],
}

/// A file to read and to seek in.
trait SeekableBytes: Read + Seek {}

impl<R: Read + Seek> SeekableBytes for R {}

/// What is found out about bytes, wherever they come from.
#[derive(Debug)]
struct CopyFindings {
    scan: ByteScan,
    shape: ByteShape,
    h1: Option<H1>,
    entries: Vec<EntryFacts>,
    rewrites: Vec<(TextRewrite, H1)>,
    flip: Option<BitFlip>,
    wrapped: Option<GzipContent>,
}

/// Describes a copy of an artifact.
///
/// # Errors
///
/// Only when the bytes cannot be read; whatever they are, they can be described.
pub fn examine<R: Read + Seek>(
    mut bytes: R,
    source: CopySource,
    announced: AnnouncedFacts,
    subject: CopySubject<'_>,
) -> io::Result<CopyDescription> {
    let findings = describe(&mut bytes, subject, LAYERS)?;
    Ok(CopyDescription {
        source,
        announced,
        size: findings.scan.size,
        sha256: findings.scan.sha256,
        h1: findings.h1,
        shape: findings.shape,
        counts: findings.scan.counts,
        entries: findings.entries,
        rewrites: findings.rewrites,
        wrapped: findings.wrapped,
        flip: findings.flip,
    })
}

fn describe(
    bytes: &mut dyn SeekableBytes,
    subject: CopySubject<'_>,
    layers: u8,
) -> io::Result<CopyFindings> {
    bytes.rewind()?;
    let scan = scan::scan(bytes)?;
    let mut findings = CopyFindings {
        scan,
        shape: ByteShape::Other,
        h1: None,
        entries: Vec::new(),
        rewrites: Vec::new(),
        flip: None,
        wrapped: None,
    };
    match findings.scan.magic() {
        MagicBytes::Zip => zip_file::describe(bytes, subject, &mut findings)?,
        MagicBytes::Gzip => {
            findings.shape = ByteShape::Gzip;
            findings.wrapped = unwrap(bytes, subject, layers);
        }
        MagicBytes::None => text_file::describe(bytes, subject, &mut findings)?,
    }
    Ok(findings)
}

/// Takes off gzip. What cannot be unpacked has nothing inside that could be spoken of.
fn unwrap(
    bytes: &mut dyn SeekableBytes,
    subject: CopySubject<'_>,
    layers: u8,
) -> Option<GzipContent> {
    let layers = layers.checked_sub(1)?;
    let inside = describe(&mut GunzipReader::new(bytes).ok()?, subject, layers).ok()?;
    if let Some(deeper) = inside.wrapped {
        let layers = deeper.layers + 1;
        return Some(GzipContent { layers, ..deeper });
    }
    Some(GzipContent {
        layers: 1,
        size: inside.scan.size,
        sha256: inside.scan.sha256,
        h1: inside.h1,
        shape: inside.shape,
    })
}
