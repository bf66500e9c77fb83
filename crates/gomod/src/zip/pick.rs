//! Some files of a module's zip, without unpacking the others.
//!
//! For zips that were checked before ([`check_zip`](super::check::check_zip)): each chosen file is held against its
//! header and checksum, and nothing is said about the rest.

use super::end::find_directory;
use super::front::read_chosen;
use super::listing::{ZipEntry, ZipListing};
use super::problem::{ZipError, ZipProblems};
use crate::{ModulePath, Version};
use std::io::{Read, Seek};

/// A file that can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileCandidate<'a> {
    /// Its path below the module's root.
    pub path: &'a str,
    /// Declared bytes of its content; no more is unpacked.
    pub size: u64,
}

/// Hands over the content of the chosen files, in the order of their data in the zip.
///
/// # Errors
///
/// As [`check_zip`](super::check::check_zip), for what the directory and the chosen files can tell.
pub fn pick_files<R: Read + Seek>(
    mut zip: R,
    module: &ModulePath,
    version: &Version,
    chosen: impl Fn(FileCandidate<'_>) -> bool,
    mut visit: impl FnMut(&str, &[u8]),
) -> Result<(), ZipError> {
    let directory = find_directory(&mut zip)?;
    let mut problems = ZipProblems::default();
    let prefix = format!("{module}@{version}/");
    let mut listing = ZipListing::read(&mut zip, directory, prefix, &mut problems)?;
    problems.into_result()?;
    listing.sort_by_offset();
    let path = |entry: &ZipEntry| std::str::from_utf8(listing.name(entry)).unwrap_or_default();
    let is_chosen = |entry: &ZipEntry| {
        let (path, size) = (path(entry), entry.size.into());
        !path.is_empty() && !path.ends_with('/') && chosen(FileCandidate { path, size })
    };
    read_chosen(
        &mut zip,
        directory,
        &listing,
        is_chosen,
        |entry, content| {
            visit(path(entry), content);
        },
    )
}

#[cfg(test)]
mod tests {
    use super::pick_files;
    use crate::zip::{MemoryFile, create_zip};
    use crate::{ModulePath, Version};
    use std::io::Cursor;

    #[test]
    fn chosen_files_are_whole_and_the_others_are_not_unpacked() {
        let files = [
            MemoryFile::new("LICENSE", "free\n"),
            MemoryFile::new("a/big.bin", vec![7; 3 << 20]),
            MemoryFile::new("go.mod", "module example.com/m\n"),
            MemoryFile::new("z.go", "package m\n"),
        ];
        let module = ModulePath::parse("example.com/m").unwrap();
        let version = Version::parse("v1.0.0").unwrap();
        let mut zip = Vec::new();
        create_zip(&mut zip, &module, &version, &files).unwrap();
        let mut found = Vec::new();
        let small = |size: u64| size < 100;
        pick_files(
            Cursor::new(&zip),
            &module,
            &version,
            |file| small(file.size),
            |path, content| found.push((path.to_owned(), content.to_vec())),
        )
        .unwrap();
        found.sort();
        let expected = [
            ("LICENSE", "free\n"),
            ("go.mod", "module example.com/m\n"),
            ("z.go", "package m\n"),
        ];
        let expected = expected.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        assert_eq!(found, expected);
    }
}
