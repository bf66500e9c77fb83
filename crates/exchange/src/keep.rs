//! Keep: the second look, which keeps.
//!
//! The conclusions of the first look are used, not repeated, for they were about these very bytes:
//! the lines of a batch must have the hash that they had then, and what is copied out must have the
//! hash that stands in its line. Tiles are proven again, which costs little. If the file was changed
//! in between, that is where it ends; what was kept before stays, and was sound.
//!
//! Tiles and heads come first, each capture with its proof behind them: whatever is there after a
//! power cut can be proven, and running the import again completes it.

use crate::{
    admission::{Ground, Witness},
    contents::Contents,
    import::{Import, blob, blocking, places_of},
    log::Logs,
    offline::WritePermission,
    report::{BundleProblem, BundleReport, Stage},
};
use bundle::{BundleArtifact, BundleEntry, Digest, VersionPlaces};
use bytes::Bytes;
use codes::Code;
use futures_util::{StreamExt, stream};
use gomod::{Artifact, ArtifactKind};
use std::sync::Arc;
use store::{Capture, Facts, Key, Provenance, SealedSpool, Store, StoreError, VersionProof};

/// Versions kept at the same time, so that their commits share transactions.
const CONCURRENCY: usize = 8;

/// Bytes per step from the bundle to the spool.
const STEP: u64 = 256 << 10;

/// Keeps what was looked at.
pub(crate) struct Keeper<'k> {
    import: &'k Import<'k>,
    source: &'k str,
}

/// What became of a version.
#[derive(Default)]
struct Kept {
    captured: u64,
    unchanged: u64,
}

/// Why keeping ended.
enum VersionOutcome {
    /// The file is not the one that was looked at.
    Changed(BundleProblem),
    Store(StoreError),
}

// === impl Ended ===

impl<E: Into<StoreError>> From<E> for VersionOutcome {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

// === impl Keeper ===

impl<'k> Keeper<'k> {
    pub(crate) fn new(import: &'k Import<'k>, source: &'k str) -> Self {
        Self { import, source }
    }

    /// Keeps everything, given the hash of each batch's lines.
    pub(crate) async fn run(
        &self,
        digests: Vec<Digest>,
        report: &mut BundleReport,
        progress: &mut impl FnMut(Stage, u64, u64),
    ) -> Result<(), StoreError> {
        let Import {
            contents,
            store,
            admission,
        } = self.import;
        let opened = Logs::open(contents, store, admission, WritePermission::Everything).await?;
        let (logs, problems) = opened;
        report.problems(problems);
        if !report.is_sound() {
            return Ok(());
        }
        let mut cursor = contents.first();
        for digest in digests {
            let (shared, from) = (Arc::clone(contents), cursor.clone());
            let read = blocking(move || {
                let mut cursor = from;
                (shared.batch(&mut cursor), cursor)
            });
            let (batch, next) = read.await?;
            cursor = next;
            if batch.digest != digest || batch.malformed.is_some() {
                report.problem(changed(bundle::MANIFEST, 0));
                return Ok(());
            }
            match self.batch(&logs, &batch.versions, report).await {
                Ok(()) => {}
                Err(VersionOutcome::Store(error)) => return Err(error),
                Err(VersionOutcome::Changed(problem)) => {
                    report.problem(problem);
                    return Ok(());
                }
            }
            if let Some(last) = batch.versions.last() {
                progress(Stage::Keeping, last.end(), contents.reader.length());
            }
        }
        self.import.store.flush().await
    }

    async fn batch(
        &self,
        logs: &Logs,
        versions: &[VersionPlaces],
        report: &mut BundleReport,
    ) -> Result<(), VersionOutcome> {
        let mut witnesses = Vec::new();
        for located in versions {
            let (found, problems) = self.import.witnesses(located).await?;
            if let Some(problem) = problems.into_iter().next() {
                return Err(VersionOutcome::Changed(problem));
            }
            witnesses.push(found);
        }
        let both = versions.iter().zip(&witnesses);
        let places: Vec<_> = both
            .clone()
            .flat_map(|(located, witnesses)| places_of(located, witnesses))
            .collect();
        if let Some(problem) = logs.confirm(&places).await?.into_iter().next() {
            return Err(VersionOutcome::Changed(problem));
        }
        let keeping = both.map(|(located, witnesses)| self.version(located, witnesses));
        let mut keeping = stream::iter(keeping).buffer_unordered(CONCURRENCY);
        while let Some(kept) = keeping.next().await {
            let Kept {
                captured,
                unchanged,
            } = kept?;
            report.captured += captured;
            report.unchanged += unchanged;
        }
        Ok(())
    }

    async fn version(
        &self,
        located: &VersionPlaces,
        witnesses: &[Witness],
    ) -> Result<Kept, VersionOutcome> {
        let mut kept = Kept::default();
        let items = located.version.artifacts().zip(&located.artifacts);
        for ((artifact, item), entry) in items {
            let ground = self.import.admission.ground(&artifact, item, witnesses);
            // It had a ground when it was looked at.
            let ground =
                ground.map_err(|_| VersionOutcome::Changed(changed(&entry.path, entry.at)))?;
            if self.is_kept(&artifact, item, ground).await? {
                kept.unchanged += 1;
            } else {
                self.capture(artifact, item, entry, ground).await?;
                kept.captured += 1;
            }
        }
        Ok(kept)
    }

    /// Whether there is nothing to capture; what vouches for it may still become better.
    async fn is_kept(
        &self,
        artifact: &Artifact,
        item: &BundleArtifact,
        ground: Ground<'_>,
    ) -> Result<bool, StoreError> {
        let key = Key::Artifact(artifact.clone());
        let Some(record) = self.import.store.find(&key).await? else {
            return Ok(false);
        };
        let is_same = record.blob == blob(item);
        if !is_same && artifact.kind != ArtifactKind::Info {
            return Ok(false);
        }
        if let (true, Ground::Witness(witness)) = (is_same && record.evidence.needs_proof(), ground)
        {
            let proof = proof(artifact, witness);
            self.import.store.prove(proof, vec![key]).await?;
        }
        Ok(true)
    }

    async fn capture(
        &self,
        artifact: Artifact,
        item: &BundleArtifact,
        entry: &BundleEntry,
        ground: Ground<'_>,
    ) -> Result<(), VersionOutcome> {
        let sealed = copy(&self.import.contents, self.import.store, entry).await?;
        if sealed.blob() != blob(item) {
            return Err(VersionOutcome::Changed(changed(&entry.path, entry.at)));
        }
        let proof = match ground {
            Ground::Witness(witness) => Some(proof(&artifact, witness)),
            Ground::Claim(_) => None,
        };
        let provenance = Provenance {
            h1: item.h1.clone(),
            source: self.source.to_owned(),
            evidence: ground.evidence(),
            facts: facts(item),
            proof,
            log: None,
        };
        let capture = Capture {
            key: Key::Artifact(artifact),
            sealed,
            provenance,
        };
        self.import.store.commit(capture).await?;
        Ok(())
    }
}

/// What the other side knew, for whoever asks where this comes from.
fn facts(item: &BundleArtifact) -> Facts {
    let BundleArtifact {
        evidence,
        source,
        first_seen,
        ..
    } = item;
    let facts = [
        ("bundle-evidence", evidence),
        ("bundle-source", source),
        ("bundle-first-seen", first_seen),
    ];
    let owned = facts.map(|(name, value)| (name.to_owned(), value.clone()));
    owned.into_iter().collect()
}

fn proof(artifact: &Artifact, witness: &Witness) -> VersionProof {
    VersionProof {
        module: artifact.module.clone(),
        version: artifact.version.clone(),
        database: witness.database.clone(),
        record: witness.record.id,
        file: witness.file.clone(),
        evidence: witness.evidence(),
    }
}

fn changed(entry: &str, at: u64) -> BundleProblem {
    let what = "the bundle was changed while it was read";
    BundleProblem::new(Code::BadBundle, entry, at, what)
}

/// Copies a file of the bundle to the spool.
async fn copy(
    contents: &Arc<Contents>,
    store: &Store,
    entry: &BundleEntry,
) -> Result<SealedSpool, VersionOutcome> {
    let mut spool = store.spool().await?;
    while spool.written() < entry.size {
        let shared = Arc::clone(contents);
        let step = BundleEntry {
            data: entry.data + spool.written(),
            size: STEP.min(entry.size - spool.written()),
            ..entry.clone()
        };
        let read = blocking(move || shared.reader.content(&step, STEP)).await?;
        let bytes = read.map_err(|malformed| VersionOutcome::Changed(malformed.into()))?;
        spool.append(Bytes::from(bytes)).await?;
    }
    Ok(spool.seal().await?)
}
