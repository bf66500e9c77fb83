//! Reading: a bundle as its manifest says it is, or the place where it is not.
//!
//! The manifest dictates what has to stand behind it, in which order and how long, so reading is
//! comparing. Whoever reads holds a [`VersionCursor`] of two positions, one in the manifest and one in the
//! files behind it, and gets one version at a time; several cursors may stand in one bundle, and
//! any file can be read again from where its [`BundleEntry`] says that it is. Nothing is held but the
//! first line.
//!
//! The checksum of the manifest is compared when a bundle is opened. It protects from accidents
//! only: who changes a manifest on purpose changes its checksum as well.

use crate::{
    digest::{Digest, DigestHasher},
    manifest::{
        BundleDatabase, BundleHeader, BundleVersion, CHECKSUM, CLOSING, LINE_LIMIT, MANIFEST,
        OPENING_LIMIT, printable,
    },
    source::{ReadAt, fill},
    ustar::{self, BLOCK},
};

/// Bytes hashed in one step.
const STEP: usize = 256 << 10;

/// What ends a line: a comma and a line end.
const LINE_ENDS: usize = 2;

/// Bytes of a line that are read at first; nearly all are shorter.
const LINE_STEP: usize = 4 << 10;

/// Where and why something is no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{entry}, byte {at}: {problem}")]
pub struct MalformedBundle {
    /// Path of the file inside, or what was expected at that place.
    pub entry: String,
    /// Offset in the bundle.
    pub at: u64,
    /// What is wrong there.
    pub problem: String,
}

/// A file in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleEntry {
    /// Its path.
    pub path: String,
    /// Offset of its header.
    pub at: u64,
    /// Offset of its content.
    pub data: u64,
    /// Size of its content.
    pub size: u64,
}

/// A version with the places of its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionPlaces {
    /// Offset of its line in the manifest.
    pub at: u64,
    /// Hash of that line.
    pub digest: Digest,
    /// The line.
    pub version: BundleVersion,
    /// Its proofs, in the order of the line.
    pub proofs: Vec<BundleEntry>,
    /// Its artifacts, in the order of the line.
    pub artifacts: Vec<BundleEntry>,
}

/// Where somebody stands who reads version by version.
#[derive(Debug, Clone)]
pub struct VersionCursor {
    line: u64,
    entry: u64,
    previous: Option<(String, String)>,
}

/// A bundle that is open.
#[derive(Debug)]
pub struct BundleReader<R> {
    source: R,
    length: u64,
    opening: BundleHeader,
    digest: Digest,
    /// From the second line to the end of the manifest.
    lines: (u64, u64),
    /// Behind the checksum.
    entries: u64,
}

/// Whether a file begins like a bundle.
pub fn is_bundle(source: &impl ReadAt) -> bool {
    let mut name = [0; MANIFEST.len() + 1];
    let read = fill(source, &mut name, 0);
    read.is_ok_and(|read| read == name.len())
        && name.strip_suffix(&[0]) == Some(MANIFEST.as_bytes())
}

// === impl VersionPlaces ===

impl VersionPlaces {
    /// Offset of the end of its last file's content.
    pub fn end(&self) -> u64 {
        let last = self.artifacts.last();
        last.map_or(self.at, |entry| entry.data + entry.size)
    }
}

// === impl BundleReader ===

impl<R: ReadAt> BundleReader<R> {
    /// Opens a bundle of `length` bytes: reads the manifest once and compares its checksum.
    pub fn open(source: R, length: u64) -> Result<Self, MalformedBundle> {
        let mut reader = Self {
            source,
            length,
            opening: BundleHeader {
                format: String::new(),
                databases: Vec::new(),
            },
            digest: Digest::of(b""),
            lines: (0, 0),
            entries: 0,
        };
        let manifest = reader.expect(0, MANIFEST)?;
        let checksum_at = reader.behind(&manifest)?;
        reader.digest = reader.digest(&manifest)?;
        let checksum = reader.expect(checksum_at, CHECKSUM)?;
        let wanted = format!("{}  {MANIFEST}\n", reader.digest);
        if reader.content(&checksum, wanted.len() as u64)? != wanted.as_bytes() {
            return Err(malformed(
                CHECKSUM,
                checksum.data,
                format!("the manifest's SHA-256 is {}", reader.digest),
            ));
        }
        reader.entries = reader.behind(&checksum)?;
        let end = manifest.data + manifest.size;
        let line = reader.line(manifest.data, end, OPENING_LIMIT)?;
        let opening = BundleHeader::parse(&line);
        reader.opening = opening.map_err(|problem| malformed(MANIFEST, manifest.data, problem))?;
        reader.lines = (manifest.data + line.len() as u64 + 1, end);
        Ok(reader)
    }

    /// The first line of the manifest.
    pub fn opening(&self) -> &BundleHeader {
        &self.opening
    }

    /// Bytes of the whole file.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The file itself.
    pub fn source(&self) -> &R {
        &self.source
    }

    /// Walks the tiles, in the order of the databases; `see` gets the path below the database's
    /// name, and may say what is wrong with it. Gives the cursor at the first version.
    pub fn tiles(
        &self,
        mut see: impl FnMut(&BundleDatabase, &str, &BundleEntry) -> Result<(), String>,
    ) -> Result<VersionCursor, MalformedBundle> {
        let mut at = self.entries;
        for database in &self.opening.databases {
            let prefix = format!("sumdb/{}/", database.name);
            for number in 0..database.tiles {
                let wanted = || format!("{prefix}tile/... ({} of {})", number + 1, database.tiles);
                let Some(entry) = self.entry(at)? else {
                    return Err(malformed(&wanted(), at, "the bundle ends here"));
                };
                let Some(path) = entry.path.strip_prefix(&prefix) else {
                    return Err(other(&entry, &wanted()));
                };
                see(database, path, &entry)
                    .map_err(|problem| malformed(&entry.path, at, problem))?;
                at = self.behind(&entry)?;
            }
        }
        Ok(VersionCursor {
            line: self.lines.0,
            entry: at,
            previous: None,
        })
    }

    /// The next version; `None` at the end, behind which there is nothing.
    pub fn next(
        &self,
        cursor: &mut VersionCursor,
    ) -> Result<Option<VersionPlaces>, MalformedBundle> {
        let at = cursor.line;
        let wrong = |problem: String| malformed(MANIFEST, at, problem);
        let line = self.line(at, self.lines.1, LINE_LIMIT + LINE_ENDS)?;
        let behind = at + line.len() as u64 + 1;
        if CLOSING.strip_suffix('\n').map(str::as_bytes) == Some(&line) {
            if behind != self.lines.1 {
                return Err(wrong("something stands behind its end".to_owned()));
            }
            return self.end(cursor.entry).map(|()| None);
        }
        // A comma stands between two versions, and there only.
        let is_last = self.lines.1.checked_sub(behind) == Some(CLOSING.len() as u64);
        let (text, comma) = match line.strip_suffix(b",") {
            Some(text) => (text, true),
            None => (&*line, false),
        };
        if comma == is_last {
            return Err(wrong(
                "commas stand between versions, and nowhere else".to_owned(),
            ));
        }
        let version = BundleVersion::parse(text).map_err(wrong)?;
        let order = version.order();
        if cursor.previous.is_some() && cursor.previous >= order {
            return Err(wrong(
                "versions are not in their order, each once".to_owned(),
            ));
        }
        let mut located = VersionPlaces {
            at,
            digest: Digest::of(&line),
            version,
            proofs: Vec::new(),
            artifacts: Vec::new(),
        };
        let mut entry_at = cursor.entry;
        for proof in &located.version.proofs {
            let path = located.version.proof_path(proof);
            located
                .proofs
                .push(self.exactly(&mut entry_at, &path, proof.size)?);
        }
        for item in &located.version.artifacts {
            let entry = self.exactly(&mut entry_at, &item.path, item.size)?;
            located.artifacts.push(entry);
        }
        *cursor = VersionCursor {
            line: behind,
            entry: entry_at,
            previous: order,
        };
        Ok(Some(located))
    }

    /// The content of a small file; refused if it has more than `limit` bytes.
    pub fn content(&self, entry: &BundleEntry, limit: u64) -> Result<Vec<u8>, MalformedBundle> {
        let size = usize::try_from(entry.size).ok();
        let Some(size) = size.filter(|_| entry.size <= limit) else {
            let problem = format!("it has {} bytes, more than {limit}", entry.size);
            return Err(malformed(&entry.path, entry.at, problem));
        };
        self.bytes(&entry.path, entry.data, size)
    }

    /// The hash of a file's content.
    pub fn digest(&self, entry: &BundleEntry) -> Result<Digest, MalformedBundle> {
        let (mut hasher, mut at, mut left) = (DigestHasher::default(), entry.data, entry.size);
        let mut buffer = vec![0; STEP];
        while left > 0 {
            let step = usize::try_from(left).unwrap_or(STEP).min(STEP);
            let step = buffer.get_mut(..step).unwrap_or_default();
            self.exact(&entry.path, step, at)?;
            hasher.update(step);
            at += step.len() as u64;
            left -= step.len() as u64;
        }
        Ok(hasher.finish())
    }

    fn exactly(&self, at: &mut u64, path: &str, size: u64) -> Result<BundleEntry, MalformedBundle> {
        let entry = self.expect(*at, path)?;
        if entry.size != size {
            let problem = format!("it has {} bytes, and {size} in the manifest", entry.size);
            return Err(malformed(path, *at, problem));
        }
        *at = self.behind(&entry)?;
        Ok(entry)
    }

    fn expect(&self, at: u64, path: &str) -> Result<BundleEntry, MalformedBundle> {
        match self.entry(at)? {
            Some(entry) if entry.path == path => Ok(entry),
            Some(entry) => Err(other(&entry, path)),
            None => Err(malformed(path, at, "the bundle ends here")),
        }
    }

    /// The file whose header stands at `at`; `None` where the end mark stands.
    fn entry(&self, at: u64) -> Result<Option<BundleEntry>, MalformedBundle> {
        let first = self.bytes("header", at, BLOCK)?;
        if first.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let wrong = || malformed("header", at, "no header that can stand in a bundle");
        let length = ustar::length(&first).ok_or_else(wrong)?;
        let header = self.bytes("header", at, length)?;
        let header = ustar::decode(&header).ok_or_else(wrong)?;
        let data = at + length as u64;
        if self.length.saturating_sub(data) < header.size {
            let problem = format!("it has {} bytes, and the bundle ends before", header.size);
            return Err(malformed(&header.path, at, problem));
        }
        Ok(Some(BundleEntry {
            path: header.path,
            at,
            data,
            size: header.size,
        }))
    }

    /// The offset behind a file and what fills its last block, which must be zeros.
    fn behind(&self, entry: &BundleEntry) -> Result<u64, MalformedBundle> {
        let end = entry.data + entry.size;
        let next = end.next_multiple_of(BLOCK as u64);
        let padding = usize::try_from(next - end).unwrap_or_default();
        self.zeros(&entry.path, end, padding)?;
        Ok(next)
    }

    fn end(&self, at: u64) -> Result<(), MalformedBundle> {
        const END: usize = 2 * BLOCK;
        self.zeros("end of the bundle", at, END)?;
        if self.length == at + END as u64 {
            Ok(())
        } else {
            let problem = "something stands behind the end";
            Err(malformed("end of the bundle", at + END as u64, problem))
        }
    }

    fn zeros(&self, entry: &str, at: u64, count: usize) -> Result<(), MalformedBundle> {
        let bytes = self.bytes(entry, at, count)?;
        match bytes.iter().position(|byte| *byte != 0) {
            None => Ok(()),
            Some(offset) => Err(malformed(entry, at + offset as u64, "it must be zero")),
        }
    }

    /// The line at `at`, without its end.
    fn line(&self, at: u64, end: u64, limit: usize) -> Result<Vec<u8>, MalformedBundle> {
        let mut step = LINE_STEP;
        loop {
            let rest = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
            let mut line = self.bytes(MANIFEST, at, step.min(rest))?;
            if let Some(length) = line.iter().position(|byte| *byte == b'\n') {
                line.truncate(length);
                return Ok(line);
            }
            if step >= rest {
                return Err(malformed(MANIFEST, at, "the manifest has no end"));
            }
            if step >= limit {
                let problem = format!("a line of more than {limit} bytes");
                return Err(malformed(MANIFEST, at, problem));
            }
            step = (step * 4).min(limit);
        }
    }

    fn bytes(&self, entry: &str, at: u64, count: usize) -> Result<Vec<u8>, MalformedBundle> {
        // Before memory is taken for it.
        if self.length.saturating_sub(at) < count as u64 {
            return Err(malformed(entry, at, "the bundle ends here"));
        }
        let mut bytes = vec![0; count];
        self.exact(entry, &mut bytes, at)?;
        Ok(bytes)
    }

    fn exact(&self, entry: &str, buffer: &mut [u8], at: u64) -> Result<(), MalformedBundle> {
        match fill(&self.source, buffer, at) {
            Ok(read) if read == buffer.len() => Ok(()),
            Ok(read) => Err(malformed(entry, at + read as u64, "the bundle ends here")),
            Err(error) => Err(malformed(entry, at, format!("it cannot be read: {error}"))),
        }
    }
}

fn malformed(entry: &str, at: u64, problem: impl Into<String>) -> MalformedBundle {
    MalformedBundle {
        entry: entry.to_owned(),
        at,
        problem: problem.into(),
    }
}

fn other(found: &BundleEntry, wanted: &str) -> MalformedBundle {
    malformed(
        &found.path,
        found.at,
        format!("it stands where {} belongs", printable(wanted)),
    )
}
