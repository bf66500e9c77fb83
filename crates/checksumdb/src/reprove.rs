//! Reprove: everything kept is hashed and proven again, from the store and the keys alone.
//!
//! This is what an auditor runs years later: no source and no database is asked, nothing that the
//! catalog claims is believed. A capture that says that a database vouches for it must have bytes
//! whose hash stands in a record that its kept proof proves. What never claimed as much is counted
//! by what it says instead.

use crate::evidence;
use gomod::{Artifact, ArtifactKind, sumhash};
use inspection::check;
use std::collections::BTreeMap;
use store::{Key, Record, Store, StoreError};
use tlog::{note::VerifierKey, proof_file::LogProof};

/// Captures read in one step.
const PAGE: usize = 500;

/// What is to be proven again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only this module.
    pub module: Option<gomod::ModulePath>,
    /// Only this version of it.
    pub version: Option<gomod::Version>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReproofReport {
    /// Artifacts proven, by database.
    pub proven: BTreeMap<String, u64>,
    /// Artifacts that claim no proof, by what they say of themselves.
    pub claimed: BTreeMap<String, u64>,
    /// Artifacts of a database whose key was not given.
    pub unknown: BTreeMap<String, u64>,
    /// Artifacts that are not what their proof is of, or have none: path and problem.
    pub failed: Vec<(String, String)>,
}

/// How one artifact fared.
enum Verdict {
    Proven(String),
    Claimed,
    Unknown(String),
    Failed(String),
}

/// Proves everything that is selected; `progress` is told how many artifacts were looked at.
pub async fn reprove(
    store: &Store,
    keys: &[VerifierKey],
    selection: &Selection,
    mut progress: impl FnMut(u64),
) -> Result<ReproofReport, StoreError> {
    let (mut report, mut after, mut seen) = (ReproofReport::default(), String::new(), 0);
    loop {
        let page = store.captures(&after, PAGE).await?;
        let Some(last) = page.last else {
            return Ok(report);
        };
        after = last;
        for (path, error) in page.unreadable {
            if let Some(Key::Artifact(artifact)) = Key::parse(&path)
                && selection.holds(&artifact)
            {
                report.failed.push((path, unreadable(&error)));
            }
        }
        for record in page.records {
            let Key::Artifact(artifact) = &record.key else {
                continue;
            };
            if !selection.holds(artifact) {
                continue;
            }
            seen += 1;
            let verdict = judge(store, keys, artifact, &record).await?;
            report.add(&record, verdict);
            progress(seen);
        }
    }
}

async fn judge(
    store: &Store,
    keys: &[VerifierKey],
    artifact: &Artifact,
    record: &Record,
) -> Result<Verdict, StoreError> {
    let Some(database) = record.evidence.database() else {
        return Ok(Verdict::Claimed);
    };
    let Some(key) = keys.iter().find(|key| key.name() == database) else {
        return Ok(Verdict::Unknown(database.to_owned()));
    };
    let proof = store
        .proof(&artifact.module, &artifact.version, database)
        .await?;
    let Some(proof) = proof else {
        return Ok(Verdict::Failed("its proof is missing".to_owned()));
    };
    let proven = LogProof::parse(proof.file.as_bytes())
        .and_then(|file| file.record(std::slice::from_ref(key)));
    let logged = match proven {
        Ok(logged) => logged,
        Err(error) => return Ok(Verdict::Failed(format!("its proof does not hold: {error}"))),
    };
    let h1 = match hash(store, artifact, record).await {
        Ok(h1) => h1,
        Err(problem) => return Ok(Verdict::Failed(problem)),
    };
    let version = evidence::logged_version(artifact);
    let holds = logged
        .hashes(artifact.module.as_str(), &version)
        .any(|hash| hash == h1);
    Ok(if holds {
        Verdict::Proven(database.to_owned())
    } else {
        Verdict::Failed(format!(
            "its hash is {h1}, which record {} does not have",
            logged.id
        ))
    })
}

/// Why a capture cannot be judged, with its cause.
fn unreadable(error: &StoreError) -> String {
    use std::error::Error as _;
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

/// The hash of the bytes as they are now.
pub async fn hash(store: &Store, artifact: &Artifact, record: &Record) -> Result<String, String> {
    let failed = |error: StoreError| error.to_string();
    if artifact.kind == ArtifactKind::Mod {
        let bytes = store.read_small(record).await.map_err(failed)?;
        return Ok(sumhash::h1_of_go_mod(&bytes).to_string());
    }
    let blob = store.open_blob(record).await.map_err(failed)?;
    let (file, subject, size) = (
        blob.file().await.map_err(failed)?,
        artifact.clone(),
        record.size,
    );
    let hashed = tokio::task::spawn_blocking(move || check::zip(&subject, &file, size)).await;
    hashed
        .map_err(|error| error.to_string())?
        .map_err(|wrong| wrong.summary)
}

// === impl Selection ===

impl Selection {
    fn holds(&self, artifact: &Artifact) -> bool {
        self.module
            .as_ref()
            .is_none_or(|module| *module == artifact.module)
            && self
                .version
                .as_ref()
                .is_none_or(|version| *version == artifact.version)
    }
}

// === impl ReproofReport ===

impl ReproofReport {
    fn add(&mut self, record: &Record, verdict: Verdict) {
        let count =
            |map: &mut BTreeMap<String, u64>, key: String| *map.entry(key).or_default() += 1;
        match verdict {
            Verdict::Proven(database) => count(&mut self.proven, database),
            Verdict::Claimed => count(&mut self.claimed, record.evidence.to_string()),
            Verdict::Unknown(database) => count(&mut self.unknown, database),
            Verdict::Failed(problem) => self.failed.push((record.key.path(), problem)),
        }
    }

    /// Whether everything is what its proof is of.
    pub fn is_sound(&self) -> bool {
        self.failed.is_empty() && self.unknown.is_empty()
    }
}
