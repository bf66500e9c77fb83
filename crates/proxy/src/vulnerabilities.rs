//! Vulnerabilities: the kept database of known vulnerabilities, served to the stock client and asked
//! by the gate.
//!
//! The database is one file beside the store, put in place whole by whoever imports it; a running
//! server notices by the file's time and size and reads it anew. Between two looks the database is in
//! memory, so an answer costs a `stat`.

use crate::answer::{Answer, Body};
use bytes::Bytes;
use codes::Code;
use inspection::ZipWorkers;
use parking_lot::Mutex;
use protocol::{Freshness, Media, Origin, Refusal};
use std::{
    fs, io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};
use store::BlobId;
use vulndb::{BuildExamination, DatabaseSnapshot, KeptError, VulnerabilityDatabase};

/// How long others may keep a file of the protocol: the public database tells its own readers as
/// much.
const FRESH: Duration = Duration::from_mins(1);

/// Modules that are asked about at once at most: more than any build list has.
const MOST: usize = 100_000;

/// Answers about known vulnerabilities; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct VulnerabilityAnswers {
    kept: Arc<KeptDatabase>,
    workers: ZipWorkers,
}

/// The kept database, as far as it was read.
#[derive(Debug)]
struct KeptDatabase {
    directory: Option<PathBuf>,
    read: Mutex<Option<ReadDatabase>>,
}

/// A database and the file that it was read from.
#[derive(Debug)]
struct ReadDatabase {
    stamp: FileStamp,
    database: Arc<VulnerabilityDatabase>,
}

/// What differs between two files under the same name.
type FileStamp = (SystemTime, u64);

// === impl KeptDatabase ===

impl KeptDatabase {
    /// The database as it is now.
    fn current(&self) -> Result<Arc<VulnerabilityDatabase>, Refusal> {
        let Some(directory) = &self.directory else {
            return Err(none());
        };
        let kept = DatabaseSnapshot::in_directory(directory);
        let stamp = match stamp(&kept) {
            Ok(stamp) => stamp,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(none()),
            Err(error) => return Err(damaged(&error)),
        };
        let mut read = self.read.lock();
        if let Some(read) = read.as_ref().filter(|read| read.stamp == stamp) {
            return Ok(Arc::clone(&read.database));
        }
        let opened = kept.open().map_err(|error| damaged_file(&error))?;
        let database = Arc::new(opened.ok_or_else(none)?);
        *read = Some(ReadDatabase {
            stamp,
            database: Arc::clone(&database),
        });
        Ok(database)
    }
}

fn stamp(kept: &DatabaseSnapshot) -> io::Result<FileStamp> {
    let metadata = fs::metadata(kept.path())?;
    Ok((metadata.modified()?, metadata.len()))
}

fn none() -> Refusal {
    Refusal::new(Code::NoVulnerabilityData, "none was ever imported")
}

fn damaged(error: &dyn std::error::Error) -> Refusal {
    Refusal::new(Code::VulnerabilityDataDamaged, error.to_string())
}

fn damaged_file(error: &KeptError) -> Refusal {
    damaged(error)
}

// === impl VulnerabilityAnswers ===

impl VulnerabilityAnswers {
    /// Answers from the database kept in a data directory.
    pub(crate) fn new(directory: Option<PathBuf>, workers: &ZipWorkers) -> Self {
        let read = Mutex::default();
        Self {
            kept: Arc::new(KeptDatabase { directory, read }),
            workers: workers.clone(),
        }
    }

    /// The file that the database is kept in, where it may be kept.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        let directory = self.kept.directory.as_ref()?;
        Some(DatabaseSnapshot::in_directory(directory).path())
    }

    /// A file of the vulnerability database's protocol, by its path below the root.
    pub(crate) async fn protocol_file(&self, path: &str) -> Result<Answer, Refusal> {
        let (kept, path) = (Arc::clone(&self.kept), path.to_owned());
        let work = move || {
            let database = kept.current()?;
            let answer = database.answer(&path).ok_or_else(|| {
                Refusal::new(
                    Code::NotFoundHere,
                    "the vulnerability database has no such file",
                )
            })?;
            let media = match answer.content_type {
                "application/json" => Media::Json,
                _ => Media::Octets,
            };
            let bytes = Bytes::from(answer.bytes.into_owned());
            Ok(Answer {
                media,
                freshness: Freshness::For(FRESH),
                hash: Some(BlobId::of(&bytes)),
                origin: Origin::Store,
                evidence: protocol::Evidence::Unclaimed,
                body: Body::Bytes(bytes),
            })
        };
        self.workers
            .run(work)
            .await
            .unwrap_or_else(|| Err(panicked()))
    }

    /// What is known about the modules of a list: a module and a version a line.
    pub(crate) async fn examine(&self, list: &[u8]) -> Result<BuildExamination, Refusal> {
        let wrong = |facts: String| Refusal::new(Code::MalformedRequest, facts);
        let text = String::from_utf8(list.to_vec());
        let text = text.map_err(|error| wrong(error.to_string()))?;
        let kept = Arc::clone(&self.kept);
        let work = move || {
            let mut modules = Vec::new();
            for (number, line) in (1..).zip(text.lines()) {
                let module = line.split_once(' ').ok_or_else(|| {
                    wrong(format!(
                        "line {number}: a module and a version are expected"
                    ))
                })?;
                modules.push(module);
            }
            if modules.len() > MOST {
                return Err(wrong(format!("more than {MOST} lines")));
            }
            let database = kept.current()?;
            database.examine(modules).map_err(|error| damaged(&error))
        };
        self.workers
            .run(work)
            .await
            .unwrap_or_else(|| Err(panicked()))
    }
}

fn panicked() -> Refusal {
    Refusal::internal("asking the vulnerability database ended without a result")
}
