//! Fetch: the bytes of a capture once more, from whoever has them.
//!
//! Nothing that a source says here is remembered: that it does not know a version any more says
//! nothing about one that is kept.

use crate::blob_repairs::RepairParts;
use bytes::Bytes;
use checksumdb::database_files;
use codes::Code;
use gomod::{Artifact, ArtifactKind};
use ingest::{
    CaptureFailure, CheckedCapture, CopyOrigin, RejectedBytes,
    capture_writer::{KeptBefore, mirrored},
};
use inspection::check::Wrong;
use protocol::Refusal;
use store::{CaptureRepair, Key, Record, SealedSpool, Withdrawal};
use upstream::{DatabaseOutcome, Download, Outcome as Offer};

/// What fetching a capture again came to.
pub(super) enum Attempt {
    /// The lost bytes are in their place again.
    Same,
    /// The capture has other bytes that mean the same.
    Replaced,
    /// Nobody has them, for this reason.
    Nothing(String),
}

pub(super) async fn refetch(parts: &RepairParts, record: &Record) -> Attempt {
    let healed = match &record.key {
        Key::Artifact(artifact) => refetch_artifact(parts, artifact, record).await,
        Key::Sumdb { name, path } => refetch_answer(parts, record, name, path).await,
    };
    healed.unwrap_or_else(|lost| Attempt::Nothing(Refusal::from(lost).facts()))
}

async fn refetch_artifact(
    parts: &RepairParts,
    artifact: &Artifact,
    record: &Record,
) -> Result<Attempt, CaptureFailure> {
    let mut walk = parts.walks.begin(artifact)?;
    loop {
        let mut download = match walk.next().await {
            Offer::Found(download) => download,
            Offer::Absent(_) => {
                return Ok(Attempt::Nothing("no source has it any more".to_owned()));
            }
            Offer::Unavailable(outage) => return Err(CaptureFailure::Refused(outage.into())),
        };
        match attempt(parts, artifact, record, &mut download).await {
            Err(CaptureFailure::Source(failure)) => {
                tracing::warn!(source = %download.source, %failure, "no help for a damaged blob");
                walk.reject(failure);
            }
            Err(CaptureFailure::Mismatch(suspect)) => walk.reject(suspect.failure),
            attempted => return attempted,
        }
    }
}

async fn attempt(
    parts: &RepairParts,
    artifact: &Artifact,
    record: &Record,
    download: &mut Download,
) -> Result<Attempt, CaptureFailure> {
    let origin = CopyOrigin::of(download);
    let source = origin.source.clone();
    let sealed = receive(parts, download).await?;
    if sealed.blob() == record.blob {
        put(parts, record, sealed, None, source).await?;
        return Ok(Attempt::Same);
    }
    if artifact.kind != ArtifactKind::Zip || !record.evidence.is_proof() {
        let wrong = other_bytes(record, &sealed);
        let rejected = RejectedBytes::Sealed(sealed);
        let suspected = parts
            .investigator
            .suspect(artifact, rejected, origin, wrong.into());
        return Err(suspected.await);
    }
    // What is wrong is a case of its own already: the damaged file is what is asked about.
    let (sealed, checked) = parts.checks.zip(artifact, sealed, &origin).await?;
    let CheckedCapture { h1, grounds } = checked;
    if h1 != record.h1 || !grounds.evidence.is_proof() {
        return Err(CaptureFailure::Source(other_bytes(record, &sealed).into()));
    }
    put(parts, record, sealed, h1, source).await?;
    Ok(Attempt::Replaced)
}

/// A record of a mirrored database is signed anew with every answer, and its readers check it
/// themselves: where the same bytes cannot be had, it is taken back, and captured as it is now.
async fn refetch_answer(
    parts: &RepairParts,
    record: &Record,
    name: &str,
    path: &str,
) -> Result<Attempt, CaptureFailure> {
    let sources = parts
        .sources
        .of_database(name)
        .map_err(CaptureFailure::Refused)?;
    let mut download = match sources.sumdb(name, path).await {
        DatabaseOutcome::Found(download) => download,
        DatabaseOutcome::Absent(_) | DatabaseOutcome::NotMirrored => {
            return Ok(Attempt::Nothing("no source has it any more".to_owned()));
        }
        DatabaseOutcome::Unavailable(outage) => return Err(CaptureFailure::Refused(outage.into())),
    };
    let source = download.source.to_string();
    let bytes = parts.bodies.receive(&mut download).await?;
    database_files::check(path, &bytes).map_err(|wrong| CaptureFailure::Source(wrong.into()))?;
    let sealed = seal(parts, bytes.clone()).await?;
    if sealed.blob() == record.blob {
        put(parts, record, sealed, None, source).await?;
        return Ok(Attempt::Same);
    }
    let reason = format!(
        "blob {} was damaged, and the same bytes are nowhere",
        record.blob
    );
    let (key, failed) = (&record.key, |error| {
        CaptureFailure::Refused(Refusal::from(error))
    });
    let aside = parts.store.quarantine_damaged(key, record.blob, &reason);
    aside.await.map_err(failed)?;
    let withdrawal = Withdrawal {
        key: key.clone(),
        blob: record.blob,
        by: "scrub".to_owned(),
        reason,
    };
    parts.store.withdraw(withdrawal).await.map_err(failed)?;
    let (provenance, before) = (mirrored(&source), KeptBefore::Nothing);
    parts
        .writer
        .keep_small(key.clone(), bytes, provenance, &before)
        .await?;
    Ok(Attempt::Replaced)
}

async fn put(
    parts: &RepairParts,
    record: &Record,
    sealed: SealedSpool,
    h1: Option<String>,
    source: String,
) -> Result<(), Refusal> {
    let healing = CaptureRepair {
        key: record.key.clone(),
        lost: record.blob,
        sealed,
        h1,
        source,
    };
    let healed = parts.store.repair(healing).await;
    healed
        .map(drop)
        .map_err(|error| parts.alarms.store_failure(error))
}

async fn receive(
    parts: &RepairParts,
    download: &mut Download,
) -> Result<SealedSpool, CaptureFailure> {
    let mut spool = parts.store.spool().await.map_err(Refusal::from)?;
    while let Some(chunk) = download.chunk().await? {
        spool.append(chunk).await.map_err(Refusal::from)?;
    }
    Ok(spool.seal().await.map_err(Refusal::from)?)
}

async fn seal(parts: &RepairParts, bytes: Bytes) -> Result<SealedSpool, Refusal> {
    let mut spool = parts.store.spool().await?;
    spool.append(bytes).await?;
    Ok(spool.seal().await?)
}

fn other_bytes(record: &Record, sealed: &SealedSpool) -> Wrong {
    let summary = format!(
        "it is {}, and {} was kept and lost",
        sealed.blob(),
        record.blob
    );
    Wrong::new(Code::ChecksumMismatch, summary)
}
