//! Whether a zip is the zip of a module at a version.
//!
//! First the names and declared sizes of the whole directory, so that all that is wrong with them
//! is reported at once; then, only if nothing is, one pass over the data.

use super::collide::{PathCollision, ZipPath, find_collisions};
use super::end::find_directory;
use super::front::read_contents;
use super::hash::{check_sizes, h1_of};
use super::limits::{MAX_GO_MOD, MAX_LICENSE};
use super::listing::{ZipEntry, ZipListing};
use super::names;
use super::problem::{ZipError, ZipProblem, ZipProblems};
use crate::sumhash::H1;
use crate::version;
use crate::{ModulePath, Version};
use std::io::{Read, Seek};

/// A zip that is the zip of a module, and what was learnt on the way.
#[derive(Debug)]
pub struct CheckedZip {
    h1: H1,
    go_mod: Option<Vec<u8>>,
    listing: ZipListing,
}

/// A file in a checked zip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedFile<'a> {
    /// Its path below the module's root.
    pub path: &'a str,
    /// Bytes of its content.
    pub size: u64,
}

/// Checks a whole zip and computes its hash in the same pass.
///
/// The reader is read three times forward: its end, its directory, its data. Memory: two buffers
/// of some hundred KiB, the directory's names, some 64 bytes an entry, and the go.mod.
///
/// # Errors
///
/// [`ZipError::Io`] says nothing about the zip; [`ZipError::Refused`] lists what is wrong with it.
pub fn check_zip<R: Read + Seek>(
    mut zip: R,
    module: &ModulePath,
    version: &Version,
) -> Result<CheckedZip, ZipError> {
    version::check_agreement(module, version).map_err(ZipProblem::Version)?;
    let directory = find_directory(&mut zip)?;
    let mut problems = ZipProblems::default();
    let prefix = format!("{module}@{version}/");
    let mut listing = ZipListing::read(&mut zip, directory, prefix, &mut problems)?;
    check_names(&listing, &mut problems);
    check_sizes(&listing, &mut problems);
    problems.into_result()?;
    listing.sort_by_offset();
    let contents = read_contents(&mut zip, directory, &listing, b"go.mod")?;
    Ok(CheckedZip {
        h1: h1_of(&listing, &contents),
        go_mod: contents.copy,
        listing,
    })
}

/// The names in a zip, read from its directory alone: milliseconds, whatever the zip's size.
///
/// For zips that were checked before; nothing is said about their content.
#[derive(Debug)]
pub struct ZipNames {
    listing: ZipListing,
}

/// Reads the names in a module's zip.
///
/// # Errors
///
/// As [`check_zip`], for what the directory alone can tell.
pub fn list_zip<R: Read + Seek>(
    mut zip: R,
    module: &ModulePath,
    version: &Version,
) -> Result<ZipNames, ZipError> {
    let directory = find_directory(&mut zip)?;
    let mut problems = ZipProblems::default();
    let prefix = format!("{module}@{version}/");
    let listing = ZipListing::read(&mut zip, directory, prefix, &mut problems)?;
    problems.into_result()?;
    Ok(ZipNames { listing })
}

// === impl ZipNames ===

impl ZipNames {
    /// The files' paths below the module's root, without directories.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let name = |entry| std::str::from_utf8(self.listing.name(entry)).ok();
        let paths = self.listing.entries().iter().filter_map(name);
        paths.filter(|path| !path.is_empty() && !path.ends_with('/'))
    }
}

// === impl CheckedZip ===

impl CheckedZip {
    /// The hash of the zip, as go.sum lists it under the version.
    pub const fn h1(&self) -> H1 {
        self.h1
    }

    /// The content of the go.mod in the module's root; `None` if there is none.
    pub fn go_mod(&self) -> Option<&[u8]> {
        self.go_mod.as_deref()
    }

    /// The files, without directories, in the order of their data in the zip.
    pub fn files(&self) -> impl Iterator<Item = CheckedFile<'_>> {
        self.listing.entries().iter().filter_map(|entry| {
            let path = std::str::from_utf8(self.listing.name(entry)).ok()?;
            let file = !path.is_empty() && !path.ends_with('/');
            file.then_some(CheckedFile {
                path,
                size: entry.size.into(),
            })
        })
    }
}

fn check_names(listing: &ZipListing, problems: &mut ZipProblems) {
    let mut order = Vec::new();
    for (number, entry) in (0..).zip(listing.entries()) {
        match check_name(listing, entry) {
            Ok(()) if listing.name(entry).is_empty() => {}
            Ok(()) => order.push(number),
            Err(problem) => problems.add(problem),
        }
    }
    let place = |number: u32| {
        let entry = listing.entries().get(number as usize)?;
        let name = std::str::from_utf8(listing.name(entry)).ok()?;
        Some(ZipPath {
            path: name.strip_suffix('/').unwrap_or(name),
            is_directory: name.ends_with('/'),
        })
    };
    find_collisions(&mut order, place, |collision, first, second| {
        let shown = |number: u32| {
            let entry = listing.entries().get(number as usize);
            entry.map(|entry| listing.shown(entry))
        };
        if let Some((first, second)) = shown(first).zip(shown(second)) {
            problems.add(match collision {
                PathCollision::Case => ZipProblem::CaseCollision { first, second },
                PathCollision::FileAndDirectory => ZipProblem::FileAndDirectory(second),
                PathCollision::Duplicate => ZipProblem::Duplicate(second),
            });
        }
    });
}

/// The rules for a single entry's name and size.
fn check_name(listing: &ZipListing, entry: &ZipEntry) -> Result<(), ZipProblem> {
    let name = listing.name(entry);
    let shown = || listing.shown(entry);
    if name.is_empty() {
        return Ok(());
    }
    let path = name.strip_suffix(b"/").unwrap_or(name);
    if !names::is_clean(path) {
        return Err(ZipProblem::NotClean(shown()));
    }
    names::check_file_path(path).map_err(|reason| ZipProblem::Name {
        name: shown(),
        reason,
    })?;
    if names::is_directory(name) {
        return Ok(());
    }
    if names::is_go_mod(path) {
        if path.contains(&b'/') {
            return Err(ZipProblem::NestedGoMod(shown()));
        }
        if path != b"go.mod" {
            return Err(ZipProblem::GoModCase(shown()));
        }
    }
    match path {
        b"go.mod" if u64::from(entry.size) > MAX_GO_MOD => Err(ZipProblem::GoModSize(shown())),
        b"LICENSE" if u64::from(entry.size) > MAX_LICENSE => Err(ZipProblem::LicenseSize(shown())),
        _ => Ok(()),
    }
}
