//! What a zip is made of: files that somebody else can list and open.
//!
//! A directory, a version-control archive or memory can be behind it; the rules of what goes in
//! do not care.

use std::io::{self, Read};

/// What kind of thing a path is. Links are not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A plain file.
    Regular,
    /// A directory; lists need not have any.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A device, pipe, socket or the like.
    Irregular,
}

/// A file that may become an entry of a zip.
pub trait SourceFile {
    /// Its slash-separated path below the module's root, as bytes: nobody has checked it yet.
    fn path(&self) -> &[u8];

    /// What it is.
    fn kind(&self) -> FileKind;

    /// Bytes of its content; a file that turns out longer is an error.
    fn size(&self) -> u64;

    /// Opens its content; asked of plain files only.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened.
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;
}

/// A file in memory, such as a `LICENSE` taken from the root of a repository.
#[derive(Debug, Clone)]
pub struct MemoryFile {
    path: Vec<u8>,
    content: Vec<u8>,
}

/// Whether the zip of a module in a subdirectory of a repository takes the `LICENSE` of the
/// repository's root along: if it has none of this exact name itself.
///
/// The rule is the `go` command's, not that of Go's zip package. `files` are all of the module,
/// before any is left out, relative to the subdirectory. The root's file is taken only if its name
/// is exactly `LICENSE` and it has at most [`MAX_LICENSE`](super::limits::MAX_LICENSE) bytes;
/// if there is none, the zip goes without.
pub fn inherits_root_license<F: SourceFile>(subdirectory: &str, files: &[F]) -> bool {
    !subdirectory.is_empty() && files.iter().all(|file| file.path() != b"LICENSE")
}

// === impl MemoryFile ===

impl MemoryFile {
    /// A plain file with this content.
    pub fn new(path: impl Into<Vec<u8>>, content: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            content: content.into(),
        }
    }
}

impl SourceFile for MemoryFile {
    fn path(&self) -> &[u8] {
        &self.path
    }

    fn kind(&self) -> FileKind {
        FileKind::Regular
    }

    fn size(&self) -> u64 {
        self.content.len() as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.content.as_slice()))
    }
}

impl<F: SourceFile + ?Sized> SourceFile for Box<F> {
    fn path(&self) -> &[u8] {
        (**self).path()
    }

    fn kind(&self) -> FileKind {
        (**self).kind()
    }

    fn size(&self) -> u64 {
        (**self).size()
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        (**self).open()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_subdirectory_without_a_license_inherits_one() {
        let with = [MemoryFile::new("LICENSE", "")];
        let without = [
            MemoryFile::new("license", ""),
            MemoryFile::new("a/LICENSE", ""),
        ];
        assert!(inherits_root_license("sub", &without));
        assert!(!inherits_root_license("sub", &with));
        assert!(!inherits_root_license("", &without));
    }
}
