//! Import: the first look, at everything.
//!
//! Versions are taken in batches: their proofs are read, their records looked for in the logs with
//! one reading of tiles, and their artifacts hashed and checked in place, as many at a time as there
//! are cores. A place where the bundle is malformed ends the look, for nothing behind it can be
//! found; any other problem is noted and the look goes on, so that one run tells all of them.

use crate::{
    admission::{Admission, Ground, Objection, Witness},
    contents::{Batch, Contents},
    keep::Keeper,
    log::Logs,
    offline::WritePermission,
    report::{BundleProblem, BundleReport, Intent, Stage},
};
use bundle::{BundleArtifact, BundleEntry, Digest, MalformedBundle, ProofEntry, VersionPlaces};
use codes::Code;
use futures_util::{StreamExt, stream};
use gomod::{Artifact, ArtifactKind};
use inspection::{PositionedFile, check::artifact_within};
use protocol::Evidence;
use std::{fs::File, sync::Arc, thread::available_parallelism};
use store::{BlobId, Key, Store, StoreError};
use tlog::proof_file::LogProof;

/// A bundle being imported.
pub(crate) struct Import<'i> {
    pub(crate) contents: Arc<Contents>,
    pub(crate) store: &'i Store,
    pub(crate) admission: &'i Admission,
}

/// What was found about one artifact.
struct JudgedEntry {
    evidence: Evidence,
    proven_by: Option<String>,
    is_differing: bool,
}

/// Reads a bundle into the store, or only looks at it; `progress` is told how many of the file's
/// bytes are done with. `source` says in each record where it was imported from.
pub async fn import_bundle(
    store: &Store,
    file: File,
    admission: &Admission,
    intent: Intent,
    source: &str,
    mut progress: impl FnMut(Stage, u64, u64),
) -> Result<BundleReport, StoreError> {
    let mut report = BundleReport::default();
    let contents = match blocking(move || Contents::open(file)).await? {
        Ok(contents) => Arc::new(contents),
        Err(malformed) => {
            report.problem(malformed);
            return Ok(report);
        }
    };
    let import = Import {
        contents,
        store,
        admission,
    };
    let digests = import.check(intent, &mut report, &mut progress).await?;
    if report.is_sound() && intent == Intent::Keep {
        let keeper = Keeper::new(&import, source);
        keeper.run(digests, &mut report, &mut progress).await?;
    }
    Ok(report)
}

/// Work that blocks.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| StoreError::Closed)
}

// === impl Import ===

impl Import<'_> {
    /// Looks at everything; gives the hash of each batch's lines.
    async fn check(
        &self,
        intent: Intent,
        report: &mut BundleReport,
        progress: &mut impl FnMut(Stage, u64, u64),
    ) -> Result<Vec<Digest>, StoreError> {
        let writing = match intent {
            Intent::Check => WritePermission::Nothing,
            Intent::Keep => WritePermission::Evidence,
        };
        let opened = Logs::open(&self.contents, self.store, self.admission, writing).await?;
        let (logs, problems) = opened;
        report.problems(problems);
        report.heads = logs.heads();
        let (mut cursor, mut digests) = (self.contents.first(), Vec::new());
        loop {
            let contents = Arc::clone(&self.contents);
            let from = cursor.clone();
            let read = blocking(move || {
                let mut cursor = from;
                (contents.batch(&mut cursor), cursor)
            });
            let (batch, next) = read.await?;
            cursor = next;
            self.check_batch(&logs, &batch, report).await?;
            digests.push(batch.digest);
            let done = batch.versions.last().map(VersionPlaces::end);
            progress(
                Stage::Checking,
                done.unwrap_or(self.contents.reader.length()),
                self.contents.reader.length(),
            );
            let is_last = batch.versions.is_empty();
            if let Some(malformed) = batch.malformed {
                report.problem(malformed);
                return Ok(digests);
            }
            if is_last {
                return Ok(digests);
            }
        }
    }

    async fn check_batch(
        &self,
        logs: &Logs,
        batch: &Batch,
        report: &mut BundleReport,
    ) -> Result<(), StoreError> {
        let mut witnesses = Vec::new();
        for located in &batch.versions {
            let (found, problems) = self.witnesses(located).await?;
            report.problems(problems);
            witnesses.push(found);
        }
        let places = batch.versions.iter().zip(&witnesses);
        let places: Vec<_> = places
            .flat_map(|(located, witnesses)| places_of(located, witnesses))
            .collect();
        report.problems(logs.confirm(&places).await?);
        report.versions += batch.versions.len() as u64;

        let both = batch.versions.iter().zip(&witnesses);
        let artifacts = both.flat_map(|(located, witnesses)| {
            let items = located.version.artifacts().zip(&located.artifacts);
            // What hangs on a proof that failed has its problem there.
            let hangs = |item: &BundleArtifact| {
                let claimed = self.admission.claimed(item);
                let of_claim = |proof: &&ProofEntry| Some(&proof.database) == claimed.as_ref();
                let listed = located.version.proofs.iter().find(of_claim);
                listed.is_some_and(|proof| {
                    let mut sound = witnesses.iter();
                    !sound.any(|witness| witness.database == proof.database)
                })
            };
            let items = items.filter(move |((_, item), _)| !hangs(item));
            items.map(move |((artifact, item), entry)| (artifact, item, entry, witnesses))
        });
        let judging = artifacts.map(|(artifact, item, entry, witnesses)| async move {
            let judged = self.judge(artifact, item, entry, witnesses).await;
            (item, entry, judged)
        });
        let at_once = available_parallelism().map_or(1, usize::from);
        let mut judged = stream::iter(judging).buffered(at_once);
        while let Some((item, entry, judged)) = judged.next().await {
            report.bytes += item.size;
            match judged? {
                Ok(judged) => report.admit(judged),
                Err(problem) => report.problem(problem.at(entry)),
            }
        }
        Ok(())
    }

    /// The records that the proofs of a version prove by themselves. Those of databases that are
    /// not known here count for nothing.
    pub(crate) async fn witnesses(
        &self,
        located: &VersionPlaces,
    ) -> Result<(Vec<Witness>, Vec<BundleProblem>), StoreError> {
        let (mut witnesses, mut problems) = (Vec::new(), Vec::new());
        for (proof, entry) in located.version.proofs.iter().zip(&located.proofs) {
            let (contents, wanted) = (Arc::clone(&self.contents), entry.clone());
            let bytes = blocking(move || contents.reader.content(&wanted, bundle::PROOF_LIMIT));
            let found = bytes.await?.map_err(BundleProblem::from);
            let found = found.and_then(|bytes| {
                self.witness(proof, &bytes)
                    .map_err(|objection| Wrong::from(objection).at(entry))
            });
            match found {
                Ok(witness) => witnesses.extend(witness),
                Err(problem) => problems.push(problem),
            }
        }
        Ok((witnesses, problems))
    }

    fn witness(&self, proof: &ProofEntry, bytes: &[u8]) -> Result<Option<Witness>, Objection> {
        if Digest::of(bytes) != proof.sha256 {
            return Err(another_hash(Digest::of(bytes), proof.sha256));
        }
        let Some(key) = self.admission.key(&proof.database) else {
            return Ok(None);
        };
        let record = LogProof::parse(bytes)
            .and_then(|file| file.record(std::slice::from_ref(key)))
            .map_err(|error| (Code::SumdbUntrusted, error.to_string()))?;
        if record.id != proof.record {
            let what = format!("it is of record {}, not of {}", record.id, proof.record);
            return Err((Code::BadBundle, what));
        }
        // It was parsed, so it is text.
        let file = String::from_utf8_lossy(bytes).into_owned();
        Ok(Some(Witness {
            database: proof.database.clone(),
            record,
            file,
        }))
    }

    async fn judge(
        &self,
        artifact: Artifact,
        item: &BundleArtifact,
        entry: &BundleEntry,
        witnesses: &[Witness],
    ) -> Result<Result<JudgedEntry, Wrong>, StoreError> {
        let (contents, wanted, place) = (Arc::clone(&self.contents), item.clone(), entry.clone());
        let subject = artifact.clone();
        let checked = blocking(move || look(&contents, &subject, &wanted, &place)).await?;
        let h1 = match checked {
            Ok(h1) => h1,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let ground = match self.ground(&artifact, item, witnesses, h1.as_deref()) {
            Ok(ground) => ground,
            Err(objection) => return Ok(Err(objection.into())),
        };
        let judged = JudgedEntry {
            evidence: ground.evidence(),
            proven_by: match ground {
                Ground::Witness(witness) => Some(witness.database.clone()),
                Ground::Claim(_) => None,
            },
            is_differing: false,
        };
        let is_info = artifact.kind == ArtifactKind::Info;
        let kept = self.store.find(&Key::Artifact(artifact)).await?;
        let offered = blob(item);
        Ok(match kept.filter(|kept| kept.blob != offered) {
            None => Ok(judged),
            Some(_) if is_info => Ok(JudgedEntry {
                is_differing: true,
                ..judged
            }),
            Some(kept) => {
                let what = format!("it is kept here as {}, and this is {offered}", kept.blob);
                Err((Code::CaptureConflict, what).into())
            }
        })
    }

    fn ground<'w>(
        &self,
        artifact: &Artifact,
        item: &BundleArtifact,
        witnesses: &'w [Witness],
        h1: Option<&str>,
    ) -> Result<Ground<'w>, Objection> {
        let ground = self.admission.ground(artifact, item, witnesses)?;
        if let (Ground::Witness(witness), Some(h1)) = (ground, h1) {
            witness.vouches(artifact, h1)?;
        }
        Ok(ground)
    }
}

/// What is wrong with a file, wherever it stands.
pub(crate) enum Wrong {
    Objection(Objection),
    Malformed(MalformedBundle),
}

// === impl Wrong ===

impl Wrong {
    pub(crate) fn at(self, entry: &BundleEntry) -> BundleProblem {
        match self {
            Self::Objection((code, what)) => BundleProblem::new(code, &entry.path, entry.at, what),
            Self::Malformed(malformed) => malformed.into(),
        }
    }
}

impl From<Objection> for Wrong {
    fn from(objection: Objection) -> Self {
        Self::Objection(objection)
    }
}

/// Hashes and checks an artifact where it stands. Blocks.
fn look(
    contents: &Contents,
    artifact: &Artifact,
    item: &BundleArtifact,
    entry: &BundleEntry,
) -> Result<Option<String>, Wrong> {
    let found = contents.reader.digest(entry).map_err(Wrong::Malformed)?;
    if found != item.sha256 {
        return Err(another_hash(found, item.sha256).into());
    }
    let content = PositionedFile::within(contents.reader.source(), entry.data, entry.size);
    let h1 = artifact_within(artifact, content)
        .map_err(|wrong| Wrong::Objection((wrong.code, wrong.summary)))?;
    if h1 != item.h1 {
        let what = format!(
            "its Go hash is {}, and {} in the manifest",
            h1.as_deref().unwrap_or("none"),
            item.h1.as_deref().unwrap_or("none")
        );
        return Err((Code::BadBundle, what).into());
    }
    Ok(h1)
}

fn another_hash(found: Digest, wanted: Digest) -> Objection {
    let what = format!("its SHA-256 is {found}, and {wanted} in the manifest");
    (Code::BadBundle, what)
}

pub(crate) fn blob(item: &BundleArtifact) -> BlobId {
    BlobId::from_digest(*item.sha256.as_bytes())
}

/// Each witness of a version with the place of its proof.
pub(crate) fn places_of<'l>(
    located: &'l VersionPlaces,
    witnesses: &'l [Witness],
) -> impl Iterator<Item = (&'l BundleEntry, &'l Witness)> {
    witnesses.iter().filter_map(|witness| {
        let proofs = located.version.proofs.iter();
        let at = proofs
            .clone()
            .position(|proof| proof.database == witness.database)?;
        Some((located.proofs.get(at)?, witness))
    })
}

// === impl BundleReport ===

impl BundleReport {
    fn admit(&mut self, judged: JudgedEntry) {
        let JudgedEntry {
            evidence,
            proven_by,
            is_differing,
        } = judged;
        self.differing += u64::from(is_differing);
        let count = match proven_by {
            Some(database) => self.proven.entry(database),
            None => self.claimed.entry(evidence.to_string()),
        };
        *count.or_default() += 1;
    }
}
