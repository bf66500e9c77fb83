//! Lists the files of a directory for a zip.
//!
//! The only module of this crate that touches a file system, and only when `zip create` is asked
//! for: walking a directory is half of Go's rules for it (which directories are not even looked
//! into), so it belongs beside the other half, and everything else takes lists of files.
//!
//! As in golang.org/x/mod/zip's `CreateFromDir`: directories of version-control systems and of
//! other modules are not entered, links are not followed. The directory itself may be a link.

use super::limits::MAX_GO_MOD;
use super::select::FileOmission;
use super::source::{FileKind, SourceFile};
use super::vendor::VendorRule;
use std::fs::{self, DirEntry, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Directories that are never entered, wherever they are.
const VERSION_CONTROL: [&str; 4] = [".bzr", ".git", ".hg", ".svn"];

/// A plain file in a directory.
#[derive(Debug)]
pub struct DirFile {
    file: PathBuf,
    path: Vec<u8>,
    size: u64,
}

/// What a directory holds.
#[derive(Debug, Default)]
pub struct DirFiles {
    /// The plain files, sorted by path.
    pub files: Vec<DirFile>,
    /// What was left out while walking: paths below the directory, and why.
    pub omitted: Vec<(Vec<u8>, FileOmission)>,
}

/// A directory, or what is in it, that cannot be listed.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot list the directory", directory.display())]
pub struct DirListError {
    /// Which.
    pub directory: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// A directory still to be read, and its path below the root with its final slash.
struct PendingDirectory {
    directory: PathBuf,
    prefix: Vec<u8>,
}

struct DirectoryWalk {
    rule: VendorRule,
    found: DirFiles,
    pending: Vec<PendingDirectory>,
}

/// Lists the files below a directory.
///
/// # Errors
///
/// When a directory that is to be entered cannot be read.
pub fn list_files(root: &Path) -> Result<DirFiles, DirListError> {
    let mut walk = DirectoryWalk {
        rule: vendor_rule(root),
        found: DirFiles::default(),
        pending: vec![PendingDirectory {
            directory: root.to_owned(),
            prefix: Vec::new(),
        }],
    };
    while let Some(next) = walk.pending.pop() {
        walk.directory(&next).map_err(|source| DirListError {
            directory: next.directory,
            source,
        })?;
    }
    let mut found = walk.found;
    found
        .files
        .sort_unstable_by(|left, right| left.path.cmp(&right.path));
    found
        .omitted
        .sort_unstable_by(|left, right| left.0.cmp(&right.0));
    Ok(found)
}

/// The rule by the root's go.mod. As in Go this follows a link, which itself is left out.
fn vendor_rule(root: &Path) -> VendorRule {
    let mut content = Vec::new();
    let read = File::open(root.join("go.mod"))
        .and_then(|file| file.take(MAX_GO_MOD + 1).read_to_end(&mut content));
    match read {
        Ok(_) => VendorRule::of_go_mod(&content),
        Err(_) => VendorRule::Before124,
    }
}

// === impl DirectoryWalk ===

impl DirectoryWalk {
    fn directory(&mut self, next: &PendingDirectory) -> io::Result<()> {
        for entry in fs::read_dir(&next.directory)? {
            self.entry(&entry?, &next.prefix)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &DirEntry, prefix: &[u8]) -> io::Result<()> {
        let name = entry.file_name();
        let mut path = [prefix, name.as_encoded_bytes()].concat();
        let kind = entry.file_type()?;
        if self.rule.is_vendored(&path) {
            self.found.omitted.push((path, FileOmission::Vendored));
        } else if kind.is_dir() {
            if let Some(omission) = closed(entry) {
                self.found.omitted.push((path, omission));
            } else {
                path.push(b'/');
                self.pending.push(PendingDirectory {
                    directory: entry.path(),
                    prefix: path,
                });
            }
        } else if kind.is_file() {
            self.found.files.push(DirFile {
                file: entry.path(),
                path,
                size: entry.metadata()?.len(),
            });
        } else if kind.is_symlink() {
            self.found.omitted.push((path, FileOmission::Symlink));
        } else {
            self.found.omitted.push((path, FileOmission::NotRegular));
        }
        Ok(())
    }
}

/// Why a directory is not entered.
fn closed(directory: &DirEntry) -> Option<FileOmission> {
    if VERSION_CONTROL
        .iter()
        .any(|name| directory.file_name() == *name)
    {
        return Some(FileOmission::VersionControl);
    }
    let go_mod = fs::symlink_metadata(directory.path().join("go.mod"));
    let module = go_mod.is_ok_and(|go_mod| !go_mod.is_dir());
    module.then_some(FileOmission::OtherModule)
}

// === impl DirFile ===

impl SourceFile for DirFile {
    fn path(&self) -> &[u8] {
        &self.path
    }

    fn kind(&self) -> FileKind {
        FileKind::Regular
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(File::open(&self.file)?))
    }
}
