//! Sums: a go.sum held against what the checksum databases say, line by line.
//!
//! The same records that vouch for captures answer here, so a line that was proven once is proven
//! again without asking anybody, and what is learned here is kept for a time when nobody can be
//! asked. Private modules are held against the site's own database, or nothing is said of them: no
//! other is asked (L7). Each line gets an answer; none is left out because another could not be told.

use crate::{
    records::ProvenRecord,
    verification::{ProofAuthority, Verification},
};
use bytes::Bytes;
use codes::Code;
use futures_util::{StreamExt as _, stream};
use gomod::{
    Artifact, ArtifactKind, ModulePath, Version,
    gosum::{self, GoSumLine, HashSubject},
};
use inspection::{FileReader, panicked};
use jiff::Timestamp;
use protocol::Refusal;
use serde::{Deserialize, Serialize};
use store::Key;

/// The largest go.sum that is compared, in bytes. The largest of known projects have one.
pub const LARGEST: usize = 8 << 20;

/// Lines looked up at a time: as many as a database is asked at once by anyone else.
const AT_A_TIME: usize = 64;

/// What is known of a go.sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// The checksum database that was asked; none where none is configured.
    pub database: Option<String>,
    /// Records that the database has, as of the newest head that was seen.
    pub size: Option<u64>,
    /// Of each line, in order.
    pub lines: Vec<Line>,
}

/// What is known of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Module path.
    pub module: String,
    /// Version.
    pub version: String,
    /// What the database says of its hash.
    #[serde(flatten)]
    pub told: LogStatement,
    /// Number of the version's record in the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// When this site captured the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
}

/// What the database says of a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "lowercase")]
pub enum LogStatement {
    /// The same, proven.
    Same,
    /// Another, proven.
    Other {
        /// The hash that is logged.
        logged: String,
    },
    /// It has no record of the version.
    Absent,
    /// A private module without a record in a database of our own: nobody is asked.
    Private,
    /// Nobody can say.
    Unknown {
        /// Why.
        why: String,
    },
}

// === impl Verification ===

impl Verification {
    /// Holds a go.sum against what the checksum databases say.
    pub async fn sums(&self, reader: &FileReader, list: Bytes) -> Result<Sums, Refusal> {
        let read = reader.read(list, |list| gosum::parse(list)).await;
        let read = read
            .ok_or_else(panicked)?
            .map_err(|error| Refusal::new(Code::MalformedRequest, error.to_string()))?;
        let lines = stream::iter(read.entries)
            .map(|entry| self.line(entry))
            .buffered(AT_A_TIME)
            .collect()
            .await;
        let (mut database, mut size) = (None, None);
        if let Some(records) = self.verifier.records() {
            database = Some(records.name().to_owned());
            size = records.latest().await.ok().map(|latest| latest.head.size);
        }
        Ok(Sums {
            database,
            size,
            lines,
        })
    }

    async fn line(&self, entry: GoSumLine) -> Line {
        let mut line = Line {
            module: entry.path.clone(),
            version: entry.version.clone(),
            told: LogStatement::Private,
            record: None,
            first_seen: None,
        };
        match artifact(&entry) {
            Ok(artifact) => {
                (line.told, line.record) = self.told(&artifact, &entry.hash).await;
                let kept = self.store.find(&Key::Artifact(artifact)).await;
                line.first_seen = kept.ok().flatten().map(|kept| kept.first_seen);
            }
            Err(why) => line.told = LogStatement::Unknown { why },
        }
        line
    }

    async fn told(&self, artifact: &Artifact, hash: &str) -> (LogStatement, Option<u64>) {
        if self.is_logged_here(artifact) {
            let logged = self.own_hash(artifact).await;
            let told = logged.map_or(LogStatement::Private, |logged| {
                compare(&logged.to_string(), hash)
            });
            return (told, None);
        }
        let records = match self.verifier.voucher(artifact) {
            ProofAuthority::Database(records) => records,
            ProofAuthority::Nobody(protocol::Evidence::Private) => {
                return (LogStatement::Private, None);
            }
            ProofAuthority::Nobody(_) => {
                let why = "no checksum database is asked here".to_owned();
                return (LogStatement::Unknown { why }, None);
            }
        };
        match records.record(&artifact.module, &artifact.version).await {
            Ok(vouched) => {
                if let Err(error) = records.keep(&vouched).await {
                    tracing::warn!(%error, "a proof could not be kept");
                }
                (agree(artifact, &vouched, hash), Some(vouched.record().id))
            }
            Err(unproven) if unproven.is_absent() => (LogStatement::Absent, None),
            Err(unproven) => {
                let why = unproven.refusal.facts();
                (LogStatement::Unknown { why }, None)
            }
        }
    }
}

fn artifact(entry: &GoSumLine) -> Result<Artifact, String> {
    let module = ModulePath::parse(&entry.path).map_err(|error| error.to_string())?;
    let version = Version::parse(&entry.version).map_err(|error| error.to_string())?;
    let kind = match entry.subject {
        HashSubject::Zip => ArtifactKind::Zip,
        HashSubject::GoMod => ArtifactKind::Mod,
    };
    Ok(Artifact {
        module,
        version,
        kind,
    })
}

/// A record may have several hashes of a file, of which one is enough.
fn agree(artifact: &Artifact, vouched: &ProvenRecord, hash: &str) -> LogStatement {
    let mut logged = vouched.hashes(artifact).peekable();
    let first = logged.peek().map(|first| (*first).to_owned());
    match first {
        _ if logged.any(|logged| logged == hash) => LogStatement::Same,
        Some(logged) => LogStatement::Other { logged },
        None => LogStatement::Absent,
    }
}

fn compare(logged: &str, hash: &str) -> LogStatement {
    if logged == hash {
        return LogStatement::Same;
    }
    LogStatement::Other {
        logged: logged.to_owned(),
    }
}
