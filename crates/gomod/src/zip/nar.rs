//! The hash by which Nix knows a module's files: SHA-256 of the Nix archive of its directory.
//!
//! A Nix archive ("NAR") writes a tree in one way only: entries of a directory in the order of their
//! names' bytes, no dates, no owners, and of the modes only whether a file can be run; the files of a
//! module never can. A zip is in any order, so its contents are laid into a spool first and read from
//! there in the order of the archive. `.DS_Store` is left out, as gomod2nix leaves it out.

use super::limits::MAX_ZIP_FILE;
use super::problem::{ZipError, ZipProblem};
use super::survey::survey_zip;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// The deepest directory.
const MAX_DEPTH: usize = 256;

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
pub enum NarError {
    /// The zip cannot be read.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// An entry cannot be unpacked.
    #[error("{0}")]
    Entry(ZipProblem),
    /// A name that is none below `MODULE@VERSION/`, or one that is a file and a directory.
    #[error("a file has no place in the module")]
    Name,
    /// Deeper than anybody nests directories.
    #[error("directories are nested more than {MAX_DEPTH} deep")]
    Depth,
    /// The spool failed.
    #[error(transparent)]
    Spool(#[from] io::Error),
}

/// A file, by its place in the spool, or a directory.
enum NarNode {
    File { begin: u64, size: u64 },
    Directory(BTreeMap<Vec<u8>, NarNode>),
}

/// The SHA-256 of the Nix archive of a module's files. `prefix` is `MODULE@VERSION/`; `spool` is empty,
/// and takes all contents.
///
/// # Errors
///
/// When the zip is not whole, or the spool fails. Nothing is said about its names but that each is one.
pub fn nar_sha256<R: Read + Seek, S: Read + Write + Seek>(
    zip: R,
    prefix: &str,
    spool: &mut S,
) -> Result<[u8; 32], NarError> {
    let mut root = BTreeMap::new();
    let (mut begin, mut wrong) = (0, None);
    survey_zip(zip, MAX_ZIP_FILE, |entry| {
        if wrong.is_some() || entry.name.ends_with(b"/") {
            return;
        }
        let path = entry.name.strip_prefix(prefix.as_bytes());
        let kept = match (path, entry.content, entry.problem) {
            (_, _, Some(problem)) => Err(NarError::Entry(problem)),
            (None, ..) | (_, None, None) => Err(NarError::Name),
            (Some(path), Some(content), None) => {
                let size = entry.size;
                let file = NarNode::File { begin, size };
                begin += size;
                place(&mut root, path, file).and_then(|()| Ok(spool.write_all(content)?))
            }
        };
        wrong = kept.err();
    })?;
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    let mut archive = NarArchive {
        hash: Sha256::new(),
        spool,
    };
    archive.text(b"nix-archive-1");
    archive.node(&NarNode::Directory(root))?;
    Ok(archive.hash.finalize().into())
}

/// Puts a file where its path says.
fn place(
    root: &mut BTreeMap<Vec<u8>, NarNode>,
    path: &[u8],
    file: NarNode,
) -> Result<(), NarError> {
    let mut parts: Vec<&[u8]> = path.split(|&byte| byte == b'/').collect();
    if parts.len() > MAX_DEPTH {
        return Err(NarError::Depth);
    }
    let name = parts.pop().unwrap_or_default();
    let mut directory = root;
    for part in parts {
        let below = directory.entry(part.to_vec());
        let below = below.or_insert_with(|| NarNode::Directory(BTreeMap::new()));
        directory = match below {
            NarNode::Directory(below) => below,
            NarNode::File { .. } => return Err(NarError::Name),
        };
    }
    match directory.insert(name.to_vec(), file) {
        None => Ok(()),
        Some(_) => Err(NarError::Name),
    }
}

/// An archive that is hashed while it is written.
struct NarArchive<'a, S> {
    hash: Sha256,
    spool: &'a mut S,
}

// === impl NarArchive ===

impl<S: Read + Seek> NarArchive<'_, S> {
    fn node(&mut self, node: &NarNode) -> Result<(), NarError> {
        self.texts(&[b"(", b"type"]);
        match node {
            NarNode::File { begin, size } => {
                self.texts(&[b"regular", b"contents"]);
                self.content(*begin, *size)?;
            }
            NarNode::Directory(entries) => {
                self.text(b"directory");
                for (name, node) in entries {
                    if name.eq_ignore_ascii_case(b".ds_store") {
                        continue;
                    }
                    self.texts(&[b"entry", b"(", b"name", name, b"node"]);
                    self.node(node)?;
                    self.text(b")");
                }
            }
        }
        self.text(b")");
        Ok(())
    }

    fn content(&mut self, begin: u64, size: u64) -> Result<(), NarError> {
        self.hash.update(size.to_le_bytes());
        self.spool.seek(SeekFrom::Start(begin))?;
        let mut piece = [0; 8192];
        let mut left = size;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            let part = piece.get_mut(..wanted).unwrap_or_default();
            self.spool.read_exact(part)?;
            self.hash.update(&*part);
            left -= u64::try_from(wanted).unwrap_or(left);
        }
        self.pad(size);
        Ok(())
    }

    fn texts(&mut self, texts: &[&[u8]]) {
        for text in texts {
            self.text(text);
        }
    }

    fn text(&mut self, text: &[u8]) {
        let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.hash.update(size.to_le_bytes());
        self.hash.update(text);
        self.pad(size);
    }

    /// Everything begins at a multiple of eight bytes.
    fn pad(&mut self, size: u64) {
        let over = usize::try_from(size % 8).unwrap_or(0);
        if over > 0 {
            let zeros = [0; 8];
            self.hash.update(zeros.get(over..).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NarError, nar_sha256};
    use crate::zip::{MemoryFile, create_zip};
    use crate::{ModulePath, Version};
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use std::io::Cursor;

    fn hash(files: &[(&str, &str)]) -> Result<String, NarError> {
        let module = ModulePath::parse("example.com/a").unwrap();
        let version = Version::parse("v1.0.0").unwrap();
        let files: Vec<MemoryFile> = files
            .iter()
            .map(|&(name, content)| MemoryFile::new(name, content))
            .collect();
        let mut zip = Cursor::new(Vec::new());
        create_zip(&mut zip, &module, &version, &files).unwrap();
        let mut spool = Cursor::new(Vec::new());
        let hash = nar_sha256(&mut zip, "example.com/a@v1.0.0/", &mut spool)?;
        Ok(STANDARD.encode(hash))
    }

    #[test]
    fn the_order_of_the_zip_is_not_the_order_of_the_archive() {
        let files = [
            ("go.mod", "module example.com/a\n"),
            ("b/c.go", "package b\n"),
            ("b.go", "package a\n"),
            ("b-1/d.go", "package d\n"),
        ];
        let mut turned = files;
        turned.reverse();
        let first = hash(&files).unwrap();
        // By another program that writes the format. Hashes that gomod2nix published for nine real
        // modules were the same, too.
        assert_eq!(first, "zAvo2vhrme/WIJCL5J1mRA/tYKYPZTgn32PPQBgKyk0=");
        assert_eq!(hash(&turned).unwrap(), first);
        let mut other = files;
        other[2].1 = "package b\n";
        assert_ne!(hash(&other).unwrap(), first);
    }

    #[test]
    fn what_lies_outside_the_module_has_no_place() {
        let module = ModulePath::parse("example.com/a").unwrap();
        let version = Version::parse("v1.0.0").unwrap();
        let mut zip = Cursor::new(Vec::new());
        let files = [MemoryFile::new("go.mod", "module example.com/a\n")];
        create_zip(&mut zip, &module, &version, &files).unwrap();
        let refused = nar_sha256(
            &mut zip,
            "example.com/b@v1.0.0/",
            &mut Cursor::new(Vec::new()),
        );
        assert!(matches!(refused, Err(NarError::Name)), "{refused:?}");
    }
}
