//! Makes the zip of a module.
//!
//! The same files always give the same bytes: entries in the order of their names, no dates, no
//! modes, one level of compression. The form of the entries is that of Go's own writer: deflated,
//! sums in a descriptor behind the data, so nothing is written twice and the target need not seek.
//! Other bytes than Go's, the same `h1:`.

use super::limits::MAX_ZIP_FILE;
use super::problem::{ShownName, ZipProblem, ZipProblems};
use super::records::{EntryRecord, end_records};
use super::select::{FileSelection, select};
use super::source::SourceFile;
use crate::sumhash::{DirHashSummary, H1};
use crate::version;
use crate::{ModulePath, Version};
use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};
use thiserror::Error;

/// Bytes read, and bytes compressed, at a time.
const CHUNK: usize = 64 << 10;

/// A zip that was written.
#[derive(Debug)]
pub struct CreatedZip {
    /// Its hash.
    pub h1: H1,
    /// Its bytes.
    pub size: u64,
    /// What became of each file.
    pub selection: FileSelection,
}

/// Why no zip was made; what was written until then is to be thrown away.
#[derive(Debug, Error)]
pub enum CreateError {
    /// Some files must not be in a zip.
    #[error("{0}")]
    Refused(ZipProblems),
    /// A file could not be read.
    #[error("{name}: cannot read")]
    Read {
        /// Which.
        name: ShownName,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file has become longer since it was listed.
    #[error("{0}: file is larger than its declared size")]
    Grown(ShownName),
    /// The zip could not be written.
    #[error("cannot write the zip")]
    Write(#[source] io::Error),
}

/// The target, and how far it is written.
struct ZipTarget<W> {
    out: W,
    position: u64,
}

/// Compresses into a target.
struct EntryDeflater {
    state: Compress,
    output: Box<[u8]>,
}

/// Writes entries one after the other.
struct ZipWriter<W> {
    target: ZipTarget<W>,
    prefix: String,
    entries: Vec<EntryRecord>,
    summary: DirHashSummary,
    deflater: EntryDeflater,
    input: Box<[u8]>,
}

/// Writes the zip of those of the files that belong into it.
///
/// # Errors
///
/// When a file must not be in a module's zip, cannot be read or has grown, when the zip becomes
/// larger than allowed, or when it cannot be written.
pub fn create_zip<F: SourceFile, W: Write>(
    out: W,
    module: &ModulePath,
    version: &Version,
    files: &[F],
) -> Result<CreatedZip, CreateError> {
    version::check_agreement(module, version).map_err(ZipProblem::Version)?;
    let selection = select(files);
    selection.check()?;
    let mut included: Vec<&F> = selection
        .included
        .iter()
        .filter_map(|&number| files.get(number))
        .collect();
    included.sort_unstable_by(|left, right| left.path().cmp(right.path()));
    let mut writer = ZipWriter::new(out, format!("{module}@{version}/"));
    for file in included {
        writer.file(file)?;
    }
    let (h1, size) = writer.finish()?;
    Ok(CreatedZip {
        h1,
        size,
        selection,
    })
}

// === impl CreateError ===

impl From<ZipProblem> for CreateError {
    fn from(problem: ZipProblem) -> Self {
        Self::Refused(problem.into())
    }
}

impl From<ZipProblems> for CreateError {
    fn from(problems: ZipProblems) -> Self {
        Self::Refused(problems)
    }
}

// === impl ZipTarget ===

impl<W: Write> ZipTarget<W> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), CreateError> {
        self.position += bytes.len() as u64;
        if self.position > MAX_ZIP_FILE {
            return Err(ZipProblem::TooLarge(self.position).into());
        }
        self.out.write_all(bytes).map_err(CreateError::Write)
    }
}

// === impl EntryDeflater ===

impl EntryDeflater {
    fn new() -> Self {
        Self {
            state: Compress::new(Compression::default(), false),
            output: vec![0; CHUNK].into_boxed_slice(),
        }
    }

    /// Compresses a piece; an empty one ends the stream.
    fn put<W: Write>(
        &mut self,
        mut piece: &[u8],
        target: &mut ZipTarget<W>,
    ) -> Result<(), CreateError> {
        let ending = piece.is_empty();
        let flush = if ending {
            FlushCompress::Finish
        } else {
            FlushCompress::None
        };
        loop {
            let before = (self.state.total_in(), self.state.total_out());
            let status = self.state.compress(piece, &mut self.output, flush);
            let status = status.map_err(|error| CreateError::Write(error.into()))?;
            let made = to_usize(self.state.total_out() - before.1);
            target.put(self.output.get(..made).unwrap_or_default())?;
            let used = to_usize(self.state.total_in() - before.0);
            piece = piece.get(used..).unwrap_or_default();
            if ending && status == Status::StreamEnd || !ending && piece.is_empty() {
                return Ok(());
            }
        }
    }
}

fn to_usize(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

// === impl ZipWriter ===

impl<W: Write> ZipWriter<W> {
    fn new(out: W, prefix: String) -> Self {
        Self {
            target: ZipTarget { out, position: 0 },
            prefix,
            entries: Vec::new(),
            summary: DirHashSummary::default(),
            deflater: EntryDeflater::new(),
            input: vec![0; CHUNK].into_boxed_slice(),
        }
    }

    fn file<F: SourceFile>(&mut self, file: &F) -> Result<(), CreateError> {
        let name = [self.prefix.as_bytes(), file.path()].concat();
        if name.len() > usize::from(u16::MAX) {
            return Err(ZipProblem::NameLength(ShownName::new(&name)).into());
        }
        let mut entry = EntryRecord::new(name, self.target.position);
        self.target.put(&entry.local_header())?;
        self.content(file, &mut entry)?;
        self.target.put(&entry.descriptor())?;
        self.entries.push(entry);
        Ok(())
    }

    /// Copies the content and fills in its sums.
    fn content<F: SourceFile>(
        &mut self,
        file: &F,
        entry: &mut EntryRecord,
    ) -> Result<(), CreateError> {
        let name = || ShownName::new(file.path());
        let failed = |source| CreateError::Read {
            name: name(),
            source,
        };
        let mut reader = file.open().map_err(failed)?;
        let begin = self.target.position;
        let (mut hash, mut checksum, mut size) = (Sha256::new(), Crc::new(), 0_u64);
        self.deflater.state.reset();
        loop {
            let length = read_some(&mut reader, &mut self.input).map_err(failed)?;
            let piece = self.input.get(..length).unwrap_or_default();
            size += length as u64;
            if size > file.size() {
                return Err(CreateError::Grown(name()));
            }
            hash.update(piece);
            checksum.update(piece);
            self.deflater.put(piece, &mut self.target)?;
            if piece.is_empty() {
                break;
            }
        }
        entry.set_sums(checksum.sum(), self.target.position - begin, size);
        let digest = hash.finalize().into();
        self.summary.line(&digest, &[entry.name()]);
        Ok(())
    }

    /// Writes the directory, and answers with hash and size of the zip.
    fn finish(mut self) -> Result<(H1, u64), CreateError> {
        let offset = self.target.position;
        for entry in &self.entries {
            self.target.put(&entry.central_header())?;
        }
        let end = end_records(self.entries.len() as u64, offset, self.target.position);
        self.target.put(&end)?;
        self.target.out.flush().map_err(CreateError::Write)?;
        Ok((self.summary.finish(), self.target.position))
    }
}

/// Reads what comes; nothing only at the end.
fn read_some(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zip::MemoryFile;

    fn create(files: &[MemoryFile]) -> Result<CreatedZip, CreateError> {
        let module = ModulePath::parse("a.b/c").expect("valid");
        let version = Version::parse("v1.0.0").expect("valid");
        create_zip(Vec::new(), &module, &version, files)
    }

    #[test]
    fn a_name_that_no_header_can_hold_is_refused() {
        let fits = "a".repeat(usize::from(u16::MAX) - "a.b/c@v1.0.0/".len());
        assert!(create(&[MemoryFile::new(fits.clone(), "")]).is_ok());
        let refused = create(&[MemoryFile::new(fits + "a", "")]);
        assert!(matches!(refused, Err(CreateError::Refused(_))));
    }

    #[test]
    fn the_order_of_the_files_does_not_matter() {
        let [first, second] = ["a.go", "b.go"].map(|path| MemoryFile::new(path, path));
        let forward = create(&[first.clone(), second.clone()])
            .map(|zip| zip.h1)
            .ok();
        assert!(forward.is_some());
        assert_eq!(forward, create(&[second, first]).map(|zip| zip.h1).ok());
    }
}
