//! What can be wrong with a zip, each as a type of its own.
//!
//! Names in messages come from the archive: they are cut and escaped, so that a problem is always
//! one line of ASCII.

use super::limits;
use super::names::FileNameError;
use crate::path::MajorMismatch;
use std::fmt;
use std::io;
use thiserror::Error;

/// Most problems that are kept of one zip: enough to see what is wrong, few enough to print. The
/// rest is counted.
const KEPT_PROBLEMS: usize = 100;

/// Most bytes of a name that are shown in a message.
const SHOWN_NAME: usize = 200;

/// Why a zip is not taken.
#[derive(Debug, Error)]
pub enum ZipError {
    /// The bytes could not be read: this says nothing about the zip.
    #[error("cannot read the zip")]
    Io(#[from] io::Error),
    /// The bytes are not a module zip.
    #[error("{0}")]
    Refused(ZipProblems),
}

/// All that is wrong with a zip, in the order in which it was found; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZipProblems {
    kept: Vec<ZipProblem>,
    more: usize,
}

/// The name of an entry for use in a message: one line of printable ASCII of bounded length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownName(String);

/// In which header field the two headers of an entry disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderField {
    /// The entry's name.
    Name,
    /// The flags that change how the entry is read: encryption, patch data, data descriptor, and
    /// the encoding of a name outside ASCII.
    Flags,
    /// The compression method.
    Method,
    /// The checksum of the content.
    Checksum,
    /// The size of the data in the zip.
    CompressedSize,
    /// The size of the content.
    Size,
}

/// One thing that is wrong with a zip.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ZipProblem {
    /// The zip cannot be any module's: path and version do not belong together.
    #[error("{0}")]
    Version(MajorMismatch),
    /// The file is larger than a module zip may be.
    #[error("zip file is too large ({0} bytes, at most {max})", max = limits::MAX_ZIP_FILE)]
    TooLarge(u64),
    /// There is no end-of-directory record, or it is cut.
    #[error("not a zip file: no end-of-directory record")]
    NoDirectory,
    /// Bytes follow the end of the zip; some readers then find another end.
    #[error("{0} bytes follow the end of the zip")]
    TrailingData(u64),
    /// The directory is not where the end record says, directly before it.
    #[error("the directory is not where its end record says")]
    MisplacedDirectory,
    /// The 64-bit and the 32-bit end records do not say the same.
    #[error("the 64-bit end-of-directory record disagrees with the 32-bit one")]
    Zip64Disagreement,
    /// The directory holds something that is not an entry, or a cut one.
    #[error("directory entry {0} is malformed")]
    MalformedEntry(u64),
    /// The directory holds another number of entries than its end record says.
    #[error("the directory has {found} entries, its end record says {declared}")]
    EntryCount {
        /// Entries in the directory.
        found: u64,
        /// Entries by the end record.
        declared: u64,
    },
    /// The name does not begin with `MODULE@VERSION/`.
    #[error("{name}: path does not have prefix {prefix:?}")]
    Prefix {
        /// The entry.
        name: ShownName,
        /// What it must begin with.
        prefix: String,
    },
    /// The name has elements that a path cleaned by Go would not have.
    #[error("{0}: file path is not clean")]
    NotClean(ShownName),
    /// The name is not allowed for a file of a module.
    #[error("{name}: {reason}")]
    Name {
        /// The entry.
        name: ShownName,
        /// What is wrong with its name.
        reason: FileNameError,
    },
    /// The name holds a line break, which no hash can be computed over.
    #[error("{0}: file name has a line break")]
    LineBreak(ShownName),
    /// The name, with the prefix, is longer than a zip can say; only of files that are to be zipped.
    #[error("{0}: file name is longer than 65535 bytes")]
    NameLength(ShownName),
    /// Two names that are the same file where case does not count.
    #[error("case-insensitive file name collision: {first} and {second}")]
    CaseCollision {
        /// The earlier entry.
        first: ShownName,
        /// The later entry.
        second: ShownName,
    },
    /// A path is used as a file and as a directory.
    #[error("{0}: entry is both a file and a directory")]
    FileAndDirectory(ShownName),
    /// A file is there twice.
    #[error("{0}: multiple entries for this file")]
    Duplicate(ShownName),
    /// A go.mod below the root.
    #[error("{0}: go.mod file not in module root directory")]
    NestedGoMod(ShownName),
    /// A go.mod in the root that is not written in lower case.
    #[error("{0}: go.mod files must have lowercase names")]
    GoModCase(ShownName),
    /// The go.mod is larger than allowed.
    #[error("{0}: go.mod file too large (at most {max} bytes)", max = limits::MAX_GO_MOD)]
    GoModSize(ShownName),
    /// The LICENSE is larger than allowed.
    #[error("{0}: LICENSE file too large (at most {max} bytes)", max = limits::MAX_LICENSE)]
    LicenseSize(ShownName),
    /// All files together are larger than allowed.
    #[error("total uncompressed size of module contents too large (at most {max} bytes)", max = limits::MAX_ZIP_FILE)]
    TotalSize,
    /// A directory with content.
    #[error("{0}: directory has content")]
    DirectoryContent(ShownName),
    /// A symbolic link, device or the like by its mode.
    #[error("{0}: not a regular file")]
    Irregular(ShownName),
    /// A compression method other than stored and deflated.
    #[error("{name}: unsupported compression method {method}")]
    Method {
        /// The entry.
        name: ShownName,
        /// Its method's number.
        method: u16,
    },
    /// Encrypted, or a patch to other data.
    #[error("{0}: encrypted or patched data")]
    Encrypted(ShownName),
    /// A second name in an extra field that is not the name of the entry.
    #[error("{0}: another name in an extra field")]
    SecondName(ShownName),
    /// Bytes that belong to no entry.
    #[error("{0}: {1} bytes before this entry belong to no entry")]
    Gap(ShownName, u64),
    /// Bytes between the last entry and the directory.
    #[error("{0} bytes before the directory belong to no entry")]
    GapBeforeDirectory(u64),
    /// An entry begins before the one in front of it has ended.
    #[error("{0}: overlaps another entry")]
    Overlap(ShownName),
    /// No local header where the directory says, or a cut one.
    #[error("{0}: no local header where the directory says")]
    LocalHeader(ShownName),
    /// The local header and the directory do not say the same.
    #[error("{name}: local header and directory disagree about {field}")]
    Disagreement {
        /// The entry.
        name: ShownName,
        /// About what.
        field: HeaderField,
    },
    /// The data descriptor is cut, or does not say what the directory says.
    #[error("{0}: data descriptor disagrees with the directory")]
    Descriptor(ShownName),
    /// The data is not what its compression method makes.
    #[error("{0}: damaged compressed data")]
    Damaged(ShownName),
    /// The compressed data ends before its declared size.
    #[error("{0}: bytes follow the end of the compressed data")]
    Slack(ShownName),
    /// The content is longer or shorter than declared.
    #[error("{0}: content is not of its declared size")]
    Size(ShownName),
    /// The content's checksum is not the declared one.
    #[error("{0}: content does not have its declared checksum")]
    Checksum(ShownName),
}

// === impl ZipError ===

impl From<ZipProblem> for ZipError {
    fn from(problem: ZipProblem) -> Self {
        Self::Refused(problem.into())
    }
}

impl From<ZipProblems> for ZipError {
    fn from(problems: ZipProblems) -> Self {
        Self::Refused(problems)
    }
}

// === impl ZipProblems ===

impl ZipProblems {
    /// The first problems, at most a hundred.
    pub fn kept(&self) -> &[ZipProblem] {
        &self.kept
    }

    /// How many further ones there are.
    pub const fn more(&self) -> usize {
        self.more
    }

    pub(super) fn add(&mut self, problem: ZipProblem) {
        if self.kept.len() < KEPT_PROBLEMS {
            self.kept.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// Fails if there is any problem.
    pub(super) fn into_result(self) -> Result<(), Self> {
        if self.kept.is_empty() {
            Ok(())
        } else {
            Err(self)
        }
    }
}

impl From<ZipProblem> for ZipProblems {
    fn from(problem: ZipProblem) -> Self {
        Self {
            kept: vec![problem],
            more: 0,
        }
    }
}

impl fmt::Display for ZipProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.kept.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

// === impl ShownName ===

impl ShownName {
    pub(super) fn new(name: &[u8]) -> Self {
        let shown = name.get(..SHOWN_NAME).unwrap_or(name);
        let cut = if shown.len() < name.len() { "..." } else { "" };
        Self(format!("{}{cut}", shown.escape_ascii()))
    }
}

impl fmt::Display for ShownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl HeaderField ===

impl fmt::Display for HeaderField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "the name",
            Self::Flags => "the flags",
            Self::Method => "the method",
            Self::Checksum => "the checksum",
            Self::CompressedSize => "the compressed size",
            Self::Size => "the size",
        })
    }
}
