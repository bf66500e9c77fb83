//! The hash of a zip from the hashes of its entries.

use super::end::find_directory;
use super::front::{ZipContents, read_contents};
use super::limits::MAX_ZIP_FILE;
use super::listing::ZipListing;
use super::problem::{ZipError, ZipProblem, ZipProblems};
use crate::sumhash::{DirHashSummary, H1};
use std::io::{Read, Seek};

/// The hash of any zip: see [`crate::sumhash::h1_of_zip`].
pub(crate) fn h1_of_zip<R: Read + Seek>(mut zip: R) -> Result<H1, ZipError> {
    let directory = find_directory(&mut zip)?;
    let mut problems = ZipProblems::default();
    let mut listing = ZipListing::read(&mut zip, directory, String::new(), &mut problems)?;
    listing.sort_by_offset();
    check_names(&listing, &mut problems);
    check_sizes(&listing, &mut problems);
    problems.into_result()?;
    let contents = read_contents(&mut zip, directory, &listing, b"")?;
    Ok(h1_of(&listing, &contents))
}

/// The hash, with the lines in the order of the names' bytes.
pub(super) fn h1_of(listing: &ZipListing, contents: &ZipContents) -> H1 {
    let prefix = listing.prefix().as_bytes();
    let mut summary = DirHashSummary::default();
    for number in order(listing) {
        let number = number as usize;
        let entry = listing.entries().get(number);
        let digest = contents.digests.get(number);
        if let Some((entry, digest)) = entry.zip(digest) {
            summary.line(digest, &[prefix, listing.name(entry)]);
        }
    }
    summary.finish()
}

/// The numbers of the entries in the order of their names' bytes.
fn order(listing: &ZipListing) -> Vec<u32> {
    let name = |&number: &u32| {
        let entry = listing.entries().get(number as usize);
        entry.map_or(&b""[..], |entry| listing.name(entry))
    };
    let mut order: Vec<u32> = (0..).take(listing.entries().len()).collect();
    order.sort_unstable_by(|left, right| name(left).cmp(name(right)));
    order
}

/// All that the hash itself asks of names: no line breaks, and no file twice, of which every
/// reader would take another one. The same directory twice is two equal lines.
fn check_names(listing: &ZipListing, problems: &mut ZipProblems) {
    for entry in listing.entries() {
        if listing.name(entry).contains(&b'\n') {
            problems.add(ZipProblem::LineBreak(listing.shown(entry)));
        }
    }
    for pair in order(listing).array_windows() {
        let &[left, right] = pair;
        let entry = |number: u32| listing.entries().get(number as usize);
        let (Some(left), Some(right)) = (entry(left), entry(right)) else {
            continue;
        };
        let name = listing.name(right);
        if listing.name(left) == name && !listing.is_directory(right) {
            problems.add(ZipProblem::Duplicate(listing.shown(right)));
        }
    }
}

/// No content in directories, and the limit of all that will be unpacked.
pub(super) fn check_sizes(listing: &ZipListing, problems: &mut ZipProblems) {
    let mut total = 0;
    for entry in listing.entries() {
        if !listing.is_directory(entry) {
            total += u64::from(entry.size);
        } else if entry.size > 0 {
            problems.add(ZipProblem::DirectoryContent(listing.shown(entry)));
        }
    }
    if total > MAX_ZIP_FILE {
        problems.add(ZipProblem::TotalSize);
    }
}
