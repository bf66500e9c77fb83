//! Bytes that begin as a zip.
//!
//! A whole zip is read entry by entry, so that one damaged entry is seen as one. A zip whose
//! directory cannot be read is either cut or broken: cut if its last bytes are not an end record by
//! any stretch, broken if they nearly are one. The difference matters, because a cut zip is a
//! transfer that ended early, and a broken one is not.

use super::{CopyFindings, CopySubject, MAX_ENTRIES, SeekableBytes, flip, scan::ByteScan, text};
use crate::copy::{ByteShape, EntryFacts, TextRewrite};
use gomod::ArtifactKind;
use gomod::sumhash::{self, H1};
use gomod::zip::{PackedEntry, SurveyedEntry, ZipError, survey_zip};
use sha2::{Digest, Sha256};
use std::io;

/// The largest content that is looked at as text: 1 MiB is more than any source file that a person
/// wrote.
const MAX_TEXT_ENTRY: u64 = 1 << 20;

/// Length of an end record without comment; Go writes none.
const END_LENGTH: usize = 22;
const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";

/// Most flipped bits with which a signature is still taken for one. The zip's other signatures are two
/// bits away and more.
const MISREAD_BITS: u32 = 1;

/// Where the name is in a local header, and where its length.
const LOCAL_NAME: usize = 30;
const LOCAL_NAME_LENGTH: usize = 26;

/// What is collected of the entries.
#[derive(Debug, Default)]
struct ZipEntries {
    facts: Vec<EntryFacts>,
    /// Digests of contents before a rewriting, with the number of the entry.
    undone: Vec<(TextRewrite, usize, [u8; 32])>,
    /// The damaged entries' places, of the first two.
    damaged: Vec<(usize, Option<PackedEntry>, u64)>,
    damages: usize,
    is_too_many: bool,
}

pub(super) fn describe(
    bytes: &mut dyn SeekableBytes,
    subject: CopySubject<'_>,
    findings: &mut CopyFindings,
) -> io::Result<()> {
    let mut entries = ZipEntries::default();
    match survey_zip(&mut *bytes, MAX_TEXT_ENTRY, |entry| entries.take(&entry)) {
        Ok(()) if entries.is_too_many => many(bytes, findings)?,
        Ok(()) => whole(bytes, subject, entries, findings)?,
        Err(ZipError::Io(error)) => return Err(error),
        Err(ZipError::Refused(_)) => {
            let of = first_name(&findings.scan.head).and_then(prefix);
            findings.shape = match end(&findings.scan) {
                Some(end) => ByteShape::BrokenZip {
                    of,
                    moved: end.moved,
                },
                None => ByteShape::CutZip { of },
            };
        }
    }
    if subject.artifact.kind != ArtifactKind::Zip {
        // A zip in the place of a go.mod: its hash as a zip says nothing there.
        findings.h1 = None;
        findings.rewrites.clear();
    }
    Ok(())
}

/// More entries than are listed: only their hash.
fn many(bytes: &mut dyn SeekableBytes, findings: &mut CopyFindings) -> io::Result<()> {
    let of = first_name(&findings.scan.head).and_then(prefix);
    let h1 = match sumhash::h1_of_zip(bytes) {
        Ok(h1) => Some(h1),
        Err(ZipError::Io(error)) => return Err(error),
        Err(ZipError::Refused(_)) => None,
    };
    findings.h1 = h1;
    findings.shape = ByteShape::Zip {
        of,
        damaged: usize::from(h1.is_none()),
    };
    Ok(())
}

fn whole(
    bytes: &mut dyn SeekableBytes,
    subject: CopySubject<'_>,
    entries: ZipEntries,
    findings: &mut CopyFindings,
) -> io::Result<()> {
    findings.h1 = entries.h1();
    findings.rewrites = entries.rewrites();
    if let ([(number, Some(packed), size)], 1) = (entries.damaged.as_slice(), entries.damages) {
        let hash = |digest| entries.h1_with(*number, digest);
        findings.flip = flip::in_entry(bytes, *packed, *size, subject.known, hash)?;
    }
    findings.shape = ByteShape::Zip {
        of: entries.prefix(),
        damaged: entries.damages,
    };
    findings.entries = entries.facts;
    Ok(())
}

// === impl ZipEntries ===

impl ZipEntries {
    fn take(&mut self, entry: &SurveyedEntry<'_>) {
        let number = self.facts.len();
        if number >= MAX_ENTRIES {
            self.is_too_many = true;
            return;
        }
        if entry.problem.is_some() {
            self.damages += 1;
            if self.damaged.len() < 2 {
                self.damaged.push((number, entry.packed, entry.size));
            }
        }
        let content = entry.content.filter(|content| text::is_text(content));
        if let Some(content) = content {
            let undone = text::OF_A_TREE.into_iter().filter_map(|rewrite| {
                let before = text::undo(rewrite, content)?;
                Some((rewrite, number, Sha256::digest(before).into()))
            });
            self.undone.extend(undone);
        }
        self.facts.push(EntryFacts {
            name: entry.name.to_vec(),
            begin: entry.begin,
            end: entry.end,
            digest: entry.digest,
            plain: content.map(|content| Sha256::digest(text::plain(content)).into()),
            problem: entry.problem.as_ref().map(ToString::to_string),
        });
    }

    /// The hash, if every entry is sound and there is a file only once.
    fn h1(&self) -> Option<H1> {
        let mut names: Vec<&[u8]> = self.facts.iter().map(|entry| &*entry.name).collect();
        names.sort_unstable();
        let twice = names
            .array_windows()
            .any(|[left, right]| left == right && !left.ends_with(b"/"));
        let sound = self.damages == 0 && !twice;
        sound.then(|| self.h1_of(|_| None)).flatten()
    }

    /// The hash with another content in one entry, which may be the only damaged one.
    fn h1_with(&self, number: usize, digest: [u8; 32]) -> Option<H1> {
        self.h1_of(|other| (other == number).then_some(digest))
    }

    fn h1_of(&self, instead: impl Fn(usize) -> Option<[u8; 32]>) -> Option<H1> {
        let lines: Option<Vec<(&[u8], [u8; 32])>> = self
            .facts
            .iter()
            .enumerate()
            .map(|(number, entry)| Some((&*entry.name, instead(number).or(entry.digest)?)))
            .collect();
        lines.map(sumhash::h1_of_digests)
    }

    /// The hash before each rewriting that was possible in any entry.
    fn rewrites(&self) -> Vec<(TextRewrite, H1)> {
        if self.damages > 0 {
            return Vec::new();
        }
        let before = |rewrite: TextRewrite| {
            let mut digests = vec![None; self.facts.len()];
            let undone = self.undone.iter().filter(|(other, ..)| *other == rewrite);
            let mut is_possible = false;
            for (_, number, digest) in undone {
                is_possible = true;
                if let Some(slot) = digests.get_mut(*number) {
                    *slot = Some(*digest);
                }
            }
            let h1 = self.h1_of(|number| digests.get(number).copied().flatten());
            h1.filter(|_| is_possible).map(|h1| (rewrite, h1))
        };
        text::OF_A_TREE.into_iter().filter_map(before).collect()
    }

    /// `MODULE@VERSION` if the name of every sound entry begins with it.
    fn prefix(&self) -> Option<String> {
        let mut sound = self.facts.iter().filter(|entry| entry.problem.is_none());
        let first = sound.clone().next().or(self.facts.first())?;
        let first = prefix(&first.name)?;
        let all = sound.all(|entry| {
            let rest = entry.name.strip_prefix(first.as_bytes());
            rest.is_some_and(|rest| rest.starts_with(b"/"))
        });
        all.then_some(first)
    }
}

/// `MODULE@VERSION` in front of a name: up to the first slash behind the first `@`.
fn prefix(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    let at = name.find('@')?;
    let slash = name.get(at..)?.find('/')?;
    name.get(..at + slash).map(str::to_owned)
}

/// The name in the first local header.
fn first_name(head: &[u8]) -> Option<&[u8]> {
    let length = head.get(LOCAL_NAME_LENGTH..)?.first_chunk()?;
    let length = usize::from(u16::from_le_bytes(*length));
    head.get(LOCAL_NAME..)?.get(..length)
}

/// The end record, or what was one before a few bits of it were changed; `None` if the zip is cut.
fn end(scan: &ByteScan) -> Option<EndSummary> {
    let tail = scan.tail.as_slice();
    let mut signatures = tail.array_windows::<4>();
    if let Some(at) = signatures.rposition(|found| *found == END_SIGNATURE) {
        let record = tail.get(at..)?;
        let begin = scan.size - record.len() as u64;
        // A tool for text may have stretched the record itself.
        let undone = text::undo(TextRewrite::LfBecameCrlf, record);
        let undone = undone.filter(|undone| undone.len() == END_LENGTH);
        let record = undone.as_deref().unwrap_or(record).first_chunk()?;
        return Some(EndSummary::new(record, begin));
    }
    let at = tail.len().checked_sub(END_LENGTH)?;
    let last = tail.get(at..)?.first_chunk::<4>()?;
    (misread_bits(*last) <= MISREAD_BITS).then_some(EndSummary { moved: 0 })
}

/// What an end record tells of a broken zip.
struct EndSummary {
    /// How far the record is behind where it says that it is.
    moved: u64,
}

// === impl EndSummary ===

impl EndSummary {
    fn new(record: &[u8; END_LENGTH], begin: u64) -> Self {
        let field = |at: usize| {
            let bytes = record.get(at..).and_then(<[u8]>::first_chunk);
            u64::from(bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes)))
        };
        // Size and offset of the directory, which ends where the record begins.
        let declared = field(12) + field(16);
        Self {
            moved: begin.saturating_sub(declared),
        }
    }
}

fn misread_bits(signature: [u8; 4]) -> u32 {
    (u32::from_le_bytes(signature) ^ u32::from_le_bytes(END_SIGNATURE)).count_ones()
}
