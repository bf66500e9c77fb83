//! Export: a bundle of what is kept.
//!
//! The manifest stands in front and is written from the catalog, before the bytes are read. An
//! artifact whose bytes turn out damaged on the way is left out and named: the rest is still looked
//! at, so that all damage is known, and then the bundle is written once more without it.

use crate::{
    carried,
    selection::{BundleSelection, KeptFiles, Walk},
    survey::{Survey, proof_of, voucher},
};
use bundle::{
    BundleArtifact, BundleDatabase, BundleHeader, BundleVersion, BundleWriter, Digest, FORMAT,
    ProofEntry, WriteError,
};
use checksumdb::{cut, reprove};
use codes::Code;
use gomod::{ArtifactKind, pattern::ModulePatterns};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufWriter, Seek as _},
};
use store::{Key, Record, Store, StoreError};
use tlog::note::VerifierKey;
use upstream::{SourceName, Upstreams};

/// Bytes per step from a blob to the bundle.
const STEP: usize = 1 << 20;

/// What is to be exported.
#[derive(Debug, Clone, Default)]
pub struct BundleRequest {
    /// What goes into the bundle.
    pub selection: BundleSelection,
    /// Keys of the databases whose proofs are kept.
    pub keys: Vec<VerifierKey>,
    /// Names of databases that no source may hear, in the grammar of GOPRIVATE.
    pub private: ModulePatterns,
    /// Sizes of heads that the far side has, beside those that earlier bundles carried.
    pub since: Vec<u64>,
}

/// What an export wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BundleExport {
    /// Versions.
    pub versions: u64,
    /// Artifacts.
    pub artifacts: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Artifacts by why they are trusted; proven ones by their database.
    pub evidence: BTreeMap<String, u64>,
    /// Databases and the size of the head that is carried.
    pub heads: Vec<(String, u64)>,
    /// What was left out because it is damaged or cannot be proven, and why.
    pub left_out: BTreeMap<String, String>,
    /// What was asked for and is not kept, or is kept with other bytes than a lock names.
    pub lacking: Vec<String>,
}

/// Why no bundle was written.
#[derive(Debug, thiserror::Error)]
pub enum BundleExportError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file failed, or something has no place in a bundle.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A database vouches whose key was not given.
    #[error("{0} vouches for what is kept, and its key is not known: name it with --key")]
    UnknownKey(String),
    /// A database's tiles are not all kept, and it cannot be asked for them; or they are wrong.
    #[error("{database}: {problem}")]
    Database {
        /// Its name.
        database: String,
        /// What is wrong.
        problem: String,
    },
    /// The far side has a newer head.
    #[error(
        "{database}: the newest head here has {size} records, fewer than {since}; `modkeep store verify` asks for the present one"
    )]
    NotAsNew {
        /// The database's name.
        database: String,
        /// What the far side has.
        since: u64,
        /// What is here.
        size: u64,
    },
    /// Nothing of what was asked for is kept.
    #[error("nothing of that is kept")]
    Nothing,
}

/// A version as it is written.
struct Line {
    version: BundleVersion,
    records: Vec<Record>,
    proofs: Vec<String>,
}

// === impl BundleExportError ===

impl BundleExportError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Store(error) => error.code(),
            Self::Write(_) => Code::StoreUnavailable,
            Self::UnknownKey(_) => Code::BadConfiguration,
            Self::Database { .. } => Code::SumdbUnreachable,
            Self::NotAsNew { .. } => Code::BundleApart,
            Self::Nothing => Code::NotKept,
        }
    }
}

/// Writes a bundle into an empty file; `progress` is told how many artifacts and bytes were written.
/// The file is complete and durable when this returns.
///
/// It is the work of a command that has nothing else to do: writing to the file blocks.
pub async fn export_bundle(
    store: &Store,
    upstreams: &Upstreams,
    request: &BundleRequest,
    file: &File,
    mut progress: impl FnMut(u64, u64),
) -> Result<BundleExport, BundleExportError> {
    let mut survey = Survey::take(store, upstreams, request).await?;
    loop {
        let exporter = Exporter::begin(store, request, &survey, file)?;
        let (done, damaged) = exporter.write(&mut progress).await?;
        if damaged.is_empty() {
            file.sync_all().map_err(WriteError::from)?;
            return finished(store, survey, done).await;
        }
        survey.left_out.extend(damaged);
    }
}

async fn finished(
    store: &Store,
    survey: Survey,
    done: BundleExport,
) -> Result<BundleExport, BundleExportError> {
    let mut heads = Vec::new();
    for (name, log) in &survey.logs {
        // Beside a server it is the server that notes it, see [`note_carried`].
        if !store.is_beside() {
            carried::remember(store, name, log.head.head.size).await?;
        }
        heads.push((name.clone(), log.head.head.size));
    }
    let Survey {
        left_out, lacking, ..
    } = survey;
    Ok(BundleExport {
        heads,
        left_out,
        lacking,
        ..done
    })
}

/// Notes the heads that a bundle carried which another process wrote.
pub async fn note_carried(store: &Store, heads: &[(String, u64)]) -> Result<(), StoreError> {
    for (database, size) in heads {
        carried::remember(store, database, *size).await?;
    }
    Ok(())
}

fn opening(survey: &Survey) -> BundleHeader {
    let seen = survey.logs.iter();
    // Of a database without a head nothing could be proven.
    let seen = seen.filter(|(_, log)| log.head.head.size > 0);
    let databases = seen.map(|(name, log)| BundleDatabase {
        name: name.clone(),
        head: String::from_utf8_lossy(&log.head.note).into_owned(),
        tiles: log.tiles.len() as u64,
    });
    BundleHeader {
        format: FORMAT.to_owned(),
        databases: databases.collect(),
    }
}

struct Exporter<'e> {
    store: &'e Store,
    request: &'e BundleRequest,
    survey: &'e Survey,
    writer: BundleWriter<BufWriter<&'e File>>,
    /// Paths whose bytes are not what the manifest says, and why.
    damaged: BTreeMap<String, String>,
    done: BundleExport,
}

// === impl Exporter ===

impl<'e> Exporter<'e> {
    fn begin(
        store: &'e Store,
        request: &'e BundleRequest,
        survey: &'e Survey,
        file: &'e File,
    ) -> Result<Self, WriteError> {
        file.set_len(0)?;
        let mut target = file;
        target.rewind()?;
        let target = BufWriter::with_capacity(STEP, file);
        Ok(Self {
            store,
            request,
            survey,
            writer: BundleWriter::begin(target, &opening(survey))?,
            damaged: BTreeMap::new(),
            done: BundleExport::default(),
        })
    }

    /// Writes everything; gives what is in the file, and what is damaged in it.
    async fn write(
        mut self,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<(BundleExport, BTreeMap<String, String>), BundleExportError> {
        self.manifest().await?;
        self.tiles().await?;
        self.versions(progress).await?;
        self.writer.finish()?;
        Ok((self.done, self.damaged))
    }

    async fn manifest(&mut self) -> Result<(), BundleExportError> {
        let mut walk = Walk::new(self.store, &self.request.selection);
        while let Some(files) = walk.next().await? {
            let Some(line) = self.line(files).await? else {
                continue;
            };
            self.writer.version(&line.version)?;
            self.done.versions += 1;
        }
        if self.done.versions == 0 {
            return Err(BundleExportError::Nothing);
        }
        Ok(self.writer.end_manifest()?)
    }

    async fn tiles(&mut self) -> Result<(), BundleExportError> {
        for (name, log) in &self.survey.logs {
            for tile in &log.tiles {
                let kept = log.tile(*tile).await?;
                let mut hashes = kept.and_then(|hashes| cut(*tile, &hashes));
                if hashes.is_none() && tile.level() == Some(0) {
                    // A mirror of the whole log keeps its own; the survey has proven them.
                    let mirrored = self.store.mirrored_tile(name, tile.index()).await?;
                    hashes = mirrored.and_then(|hashes| cut(*tile, &hashes));
                }
                let hashes = hashes.ok_or_else(|| BundleExportError::Database {
                    database: name.clone(),
                    problem: format!("{tile} was there a moment ago"),
                })?;
                self.writer
                    .whole(&format!("sumdb/{name}/{tile}"), &hashes)?;
            }
        }
        Ok(())
    }

    async fn versions(
        &mut self,
        progress: &mut impl FnMut(u64, u64),
    ) -> Result<(), BundleExportError> {
        let mut walk = Walk::new(self.store, &self.request.selection);
        while let Some(files) = walk.next().await? {
            let Some(line) = self.line(files).await? else {
                continue;
            };
            for (proof, file) in line.version.proofs.iter().zip(&line.proofs) {
                let path = line.version.proof_path(proof);
                self.writer.whole(&path, file.as_bytes())?;
            }
            for (item, record) in line.version.artifacts.iter().zip(&line.records) {
                self.artifact(item, record).await?;
                progress(self.done.artifacts, self.done.bytes);
            }
        }
        Ok(())
    }

    async fn artifact(
        &mut self,
        item: &BundleArtifact,
        record: &Record,
    ) -> Result<(), BundleExportError> {
        self.writer.begin_entry(&item.path, item.size)?;
        let copied = self.copy(record).await;
        if let Err(BundleExportError::Store(StoreError::CorruptBlob { problem, .. })) = copied {
            self.writer.fill()?;
            self.damaged.insert(item.path.clone(), problem);
            self.writer.finish_entry()?;
            return Ok(());
        }
        copied?;
        let found = self.writer.finish_entry()?;
        if found != item.sha256 {
            let problem = format!("its hash is {found}");
            self.damaged.insert(item.path.clone(), problem);
        }
        self.done.artifacts += 1;
        self.done.bytes += item.size;
        let why = voucher(record).map_or_else(|| record.evidence.to_string(), str::to_owned);
        *self.done.evidence.entry(why).or_default() += 1;
        Ok(())
    }

    async fn copy(&mut self, record: &Record) -> Result<(), BundleExportError> {
        let blob = self.store.open_blob(record).await?;
        let mut offset = 0;
        while offset < record.size {
            let bytes = blob.read_at(offset, STEP).await?;
            offset += bytes.len() as u64;
            self.writer.put(&bytes)?;
        }
        Ok(())
    }

    async fn line(&self, files: KeptFiles) -> Result<Option<Line>, BundleExportError> {
        without(self.store, files, &self.survey.left_out).await
    }
}

/// What is written of a version; `None` if nothing is.
async fn without(
    store: &Store,
    mut files: KeptFiles,
    left_out: &BTreeMap<String, String>,
) -> Result<Option<Line>, BundleExportError> {
    files
        .records
        .retain(|record| !left_out.contains_key(&record.key.path()));
    let (mut records, mut artifacts) = (Vec::new(), Vec::new());
    for record in std::mem::take(&mut files.records) {
        artifacts.push(item(store, &record).await?);
        records.push(record);
    }
    if artifacts.is_empty() {
        return Ok(None);
    }
    let vouching: BTreeSet<String> = records
        .iter()
        .filter_map(voucher)
        .map(str::to_owned)
        .collect();
    let (mut proofs, mut listed) = (Vec::new(), Vec::new());
    for database in vouching {
        let Some(proof) = proof_of(store, &files, &database).await? else {
            continue;
        };
        listed.push(ProofEntry {
            database,
            record: proof.record,
            size: proof.file.len() as u64,
            sha256: Digest::of(proof.file.as_bytes()),
        });
        proofs.push(proof.file);
    }
    let version = BundleVersion {
        proofs: listed,
        artifacts,
    };
    Ok(Some(Line {
        version,
        records,
        proofs,
    }))
}

async fn item(store: &Store, record: &Record) -> Result<BundleArtifact, BundleExportError> {
    Ok(BundleArtifact {
        path: record.key.path(),
        size: record.size,
        sha256: Digest::from_bytes(*record.blob.as_bytes()),
        h1: h1(store, record).await,
        evidence: record.evidence.to_string(),
        source: SourceName::shown(&record.source).to_owned(),
        first_seen: record.first_seen.to_string(),
    })
}

/// Go's hash of a go.mod or a zip; computed where the catalog does not have it. Of bytes that cannot
/// be hashed it is empty; they are found damaged when they are copied.
async fn h1(store: &Store, record: &Record) -> Option<String> {
    let Key::Artifact(artifact) = &record.key else {
        return None;
    };
    if artifact.kind == ArtifactKind::Info {
        return None;
    }
    match &record.h1 {
        Some(h1) => Some(h1.clone()),
        None => Some(
            reprove::hash(store, artifact, record)
                .await
                .unwrap_or_default(),
        ),
    }
}
