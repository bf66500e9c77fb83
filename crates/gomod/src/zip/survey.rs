//! What is left of a zip that is not the one it should be.
//!
//! [`check_zip`](super::check_zip) stops at the first damaged byte, because it decides whether a zip
//! may be served. Whoever has to explain *why* a zip is wrong needs the opposite: every entry by
//! itself, so that one damaged entry among a thousand sound ones is seen as exactly that. Nothing
//! that is learnt here makes a zip servable.
//!
//! The directory must be sound: without it nothing says what the entries are, and guessing them from
//! the front is what hostile zips hope for. Bounds are those of [`super`]; content is handed over
//! one entry at a time, up to the size the caller asks for.

use super::end::find_directory;
use super::format::STORED;
use super::front::{SalvagedEntry, survey_contents};
use super::limits::MAX_ZIP_FILE;
use super::listing::{ZipEntry, ZipListing};
use super::problem::{ZipError, ZipProblem, ZipProblems};
use std::io::{Read, Seek};

/// One entry, read by itself.
#[derive(Debug)]
pub struct SurveyedEntry<'a> {
    /// Its whole name, as the zip has it: nobody has checked it.
    pub name: &'a [u8],
    /// Where it begins in the zip.
    pub begin: u64,
    /// Where the next one begins, or the directory.
    pub end: u64,
    /// Declared bytes of its content.
    pub size: u64,
    /// Its data in the zip; `None` if its local header is not sound.
    pub packed: Option<PackedEntry>,
    /// The SHA-256 of its content, if that could be unpacked; also when its checksum says otherwise.
    pub digest: Option<[u8; 32]>,
    /// Its content, if it could be unpacked and is not larger than asked for.
    pub content: Option<&'a [u8]>,
    /// What is wrong with it.
    pub problem: Option<ZipProblem>,
}

/// Where the data of an entry is, and what should come out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackedEntry {
    /// Where it begins in the zip.
    pub begin: u64,
    /// Its bytes in the zip.
    pub length: u64,
    /// Whether it is the content itself; else it is deflated.
    pub is_stored: bool,
    /// The CRC-32 that its content should have.
    pub checksum: u32,
}

/// Reads every entry of any zip by itself, in the order of their data; contents of at most
/// `largest` bytes are handed over.
///
/// # Errors
///
/// When the zip has no sound directory, when its contents would be larger than a module's may be,
/// or when the bytes cannot be read.
pub fn survey_zip<R: Read + Seek>(
    mut zip: R,
    largest: u64,
    mut visit: impl FnMut(SurveyedEntry<'_>),
) -> Result<(), ZipError> {
    let directory = find_directory(&mut zip)?;
    let mut ignored = ZipProblems::default();
    let mut listing = ZipListing::read(&mut zip, directory, String::new(), &mut ignored)?;
    let sizes = listing.entries().iter().map(|entry| u64::from(entry.size));
    if sizes.sum::<u64>() > MAX_ZIP_FILE {
        return Err(ZipProblem::TotalSize.into());
    }
    listing.sort_by_offset();
    let copied = |entry: &ZipEntry| u64::from(entry.size) <= largest;
    let visit = |entry: &ZipEntry, end: u64, survived: SalvagedEntry, content: Option<&[u8]>| {
        visit(SurveyedEntry {
            name: listing.name(entry),
            begin: entry.offset.into(),
            end,
            size: entry.size.into(),
            packed: survived.data.map(|begin| PackedEntry {
                begin,
                length: entry.compressed.into(),
                is_stored: entry.method == STORED,
                checksum: entry.checksum,
            }),
            digest: survived.digest,
            content,
            problem: survived.problem,
        });
    };
    survey_contents(&mut zip, directory, &listing, copied, visit)
}

#[cfg(test)]
mod tests {
    use super::{SurveyedEntry, survey_zip};
    use crate::sumhash::{h1_of_digests, h1_of_zip};
    use crate::zip::{MemoryFile, ZipProblem, create_zip};
    use crate::{ModulePath, Version};
    use std::io::Cursor;

    fn zip() -> Vec<u8> {
        let module = ModulePath::parse("example.com/a").unwrap();
        let version = Version::parse("v1.0.0").unwrap();
        let files = [
            MemoryFile::new("go.mod", "module example.com/a\n"),
            MemoryFile::new("a.go", "package a\n".repeat(50)),
            MemoryFile::new("b.go", "package b // some more words\n"),
        ];
        let mut bytes = Vec::new();
        create_zip(&mut bytes, &module, &version, &files).unwrap();
        bytes
    }

    fn survey(bytes: &[u8], mut visit: impl FnMut(SurveyedEntry<'_>)) -> usize {
        let mut count = 0;
        survey_zip(Cursor::new(bytes), 100, |entry| {
            count += 1;
            visit(entry);
        })
        .unwrap();
        count
    }

    #[test]
    fn the_digests_of_a_sound_zip_make_its_hash_and_small_contents_are_handed_over() {
        let bytes = zip();
        let mut lines = Vec::new();
        survey(&bytes, |entry| {
            assert_eq!(entry.problem, None);
            assert_eq!(entry.content.is_some(), entry.size <= 100);
            lines.push((entry.name.to_vec(), entry.digest.unwrap()));
        });
        let borrowed = lines
            .iter()
            .map(|(name, digest)| (name.as_slice(), *digest));
        assert_eq!(
            h1_of_digests(borrowed),
            h1_of_zip(Cursor::new(&bytes)).unwrap()
        );
    }

    #[test]
    fn a_damaged_entry_does_not_hide_the_others() {
        let sound = zip();
        let mut places = Vec::new();
        survey(&sound, |entry| places.push(entry.packed.unwrap()));
        for (number, place) in places.iter().enumerate() {
            let mut bytes = sound.clone();
            let middle = usize::try_from(place.begin + place.length / 2).unwrap();
            bytes[middle] ^= 0x10;
            let mut wrong = Vec::new();
            let count = survey(&bytes, |entry| wrong.push(entry.problem.is_some()));
            assert_eq!(count, 3);
            let expected: Vec<bool> = (0..3).map(|at| at == number).collect();
            assert_eq!(wrong, expected);
        }
    }

    #[test]
    fn a_local_header_that_lies_is_told() {
        let mut bytes = zip();
        // The first byte of the first local header's name.
        bytes[30] ^= 1;
        let mut problems = Vec::new();
        survey(&bytes, |entry| problems.extend(entry.problem));
        assert!(matches!(
            problems.as_slice(),
            [ZipProblem::Disagreement { .. }]
        ));
    }
}
