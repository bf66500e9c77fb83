//! The zip of a version: the files of its directory, as the repository would export them.
//!
//! The repository writes a tar file, since that can be read without trusting anything in it: names are bytes,
//! links stay entries, and each content is a range of the file. Which of them belong into the zip, and how, are
//! the rules of [`gomod::zip`]; here is only what `go` adds: the directory in front is cut off, and a module
//! below the root inherits its LICENSE.

use super::{ModuleRepository, location::ModuleLocation};
use crate::{error::VcsError, repository::Commit};
use gomod::{
    ModulePath, Version,
    sumhash::H1,
    zip::{
        CreateError, FileKind, MemoryFile, SourceFile, create_zip, inherits_root_license,
        limits::MAX_LICENSE,
    },
};
use std::{
    fs::File,
    io::{self, BufWriter, Read, Seek as _, Write as _},
    os::unix::fs::FileExt as _,
    path::Path,
};
use tar::{Archive, EntryType};

/// A zip that was written into a file.
#[derive(Debug)]
pub struct ModuleZip {
    /// The file, positioned anywhere.
    pub file: File,
    /// Its length in bytes.
    pub size: u64,
    /// Its hash.
    pub h1: H1,
}

/// A file in a tar file.
struct TarredFile<'a> {
    path: Vec<u8>,
    kind: FileKind,
    offset: u64,
    size: u64,
    archive: &'a File,
}

/// Reads a range of a file.
struct RangeReader<'a> {
    file: &'a File,
    offset: u64,
    left: u64,
}

// === impl ModuleRepository ===

impl ModuleRepository {
    /// Writes the zip of a version into an unnamed file; `scratch` is a directory with room for the tree too.
    ///
    /// # Errors
    /// [`VcsError::Absent`] where it is no version of this module, [`VcsError::Content`] where its tree makes
    /// no zip that `go` would take.
    pub async fn zip(&self, version: &Version, scratch: &Path) -> Result<ModuleZip, VcsError> {
        let (commit, location) = self.located(version).await?;
        let ModuleLocation { directory, .. } = location;
        let tree = tempfile::NamedTempFile::new_in(scratch)
            .map_err(|error| VcsError::local("making a file for a tree", &error))?;
        self.code.archive(&commit, &directory, tree.path()).await?;
        let license = self.root_license(&commit, &directory).await?;
        let (module, version) = (self.module.clone(), version.clone());
        let scratch = scratch.to_owned();
        let written = tokio::task::spawn_blocking(move || {
            write_zip(
                &module,
                &version,
                tree.as_file(),
                &directory,
                license,
                &scratch,
            )
        });
        written
            .await
            .map_err(|_| VcsError::Local("the task that writes a zip is gone".to_owned()))?
    }

    async fn root_license(
        &self,
        commit: &Commit,
        directory: &str,
    ) -> Result<Option<Vec<u8>>, VcsError> {
        if directory.is_empty() {
            return Ok(None);
        }
        self.code.file(commit, "LICENSE", MAX_LICENSE).await
    }
}

fn write_zip(
    module: &ModulePath,
    version: &Version,
    tree: &File,
    directory: &str,
    license: Option<Vec<u8>>,
    scratch: &Path,
) -> Result<ModuleZip, VcsError> {
    let broken = |error: io::Error| VcsError::Content(format!("the exported tree: {error}"));
    let files = listed(tree, directory).map_err(broken)?;
    let inherits = inherits_root_license(directory, &files);
    let mut files: Vec<Box<dyn SourceFile + '_>> = files
        .into_iter()
        .map(|file| Box::new(file) as Box<dyn SourceFile>)
        .collect();
    if let Some(license) = license.filter(|_| inherits) {
        files.push(Box::new(MemoryFile::new("LICENSE", license)));
    }
    let failed = |error: io::Error| VcsError::local("writing a zip", &error);
    let out = tempfile::tempfile_in(scratch).map_err(failed)?;
    let mut target = BufWriter::new(&out);
    let created = create_zip(&mut target, module, version, &files);
    let created = created.map_err(|error| match error {
        CreateError::Write(error) => failed(error),
        CreateError::Read { source, .. } => broken(source),
        refused => VcsError::Content(format!("{module}@{version}: {refused}")),
    })?;
    target.flush().map_err(failed)?;
    drop(target);
    Ok(ModuleZip {
        file: out,
        size: created.size,
        h1: created.h1,
    })
}

/// The files of a directory, with paths below it.
fn listed<'a>(tree: &'a File, directory: &str) -> io::Result<Vec<TarredFile<'a>>> {
    let prefix = match directory {
        "" => String::new(),
        directory => format!("{directory}/"),
    };
    let mut start = tree;
    start.rewind()?;
    let mut archive = Archive::new(start);
    let mut files = Vec::new();
    for entry in archive.entries_with_seek()? {
        let entry = entry?;
        let kind = match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => FileKind::Regular,
            EntryType::Symlink | EntryType::Link => FileKind::Symlink,
            // What is said about the archive as a whole, and directories.
            EntryType::XGlobalHeader | EntryType::Directory => continue,
            _ => FileKind::Irregular,
        };
        let path = entry.path_bytes().into_owned();
        if let Some(path) = path.strip_prefix(prefix.as_bytes()) {
            files.push(TarredFile {
                path: path.to_vec(),
                kind,
                offset: entry.raw_file_position(),
                size: entry.size(),
                archive: tree,
            });
        }
    }
    Ok(files)
}

// === impl TarredFile ===

impl SourceFile for TarredFile<'_> {
    fn path(&self) -> &[u8] {
        &self.path
    }

    fn kind(&self) -> FileKind {
        self.kind
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(RangeReader {
            file: self.archive,
            offset: self.offset,
            left: self.size,
        }))
    }
}

// === impl RangeReader ===

impl Read for RangeReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let buffer = buffer.get_mut(..length).unwrap_or_default();
        let count = self.file.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}
