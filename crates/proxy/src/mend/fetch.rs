//! Fetch: the bytes of a capture once more, from whoever has them.
//!
//! Nothing that a source says here is remembered: that it does not know a version any more says
//! nothing about one that is kept.

use super::Context;
use crate::{
    capture::{self, Lost},
    check::Wrong,
    inquiry::{Caught, Inquiry, Seen},
    refusal::Refusal,
    sumdb,
};
use bytes::Bytes;
use codes::Code;
use gomod::{Artifact, ArtifactKind};
use store::{Healing, Key, Record, SealedSpool, Withdrawal};
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

pub(super) async fn heal(context: &Context, record: &Record) -> Attempt {
    let healed = match &record.key {
        Key::Artifact(artifact) => heal_artifact(context, artifact, record).await,
        Key::Sumdb { name, path } => heal_answer(context, record, name, path).await,
    };
    healed.unwrap_or_else(|lost| Attempt::Nothing(Refusal::from(lost).facts()))
}

async fn heal_artifact(
    context: &Context,
    artifact: &Artifact,
    record: &Record,
) -> Result<Attempt, Lost> {
    let mut walk = capture::walk(context, artifact)?;
    loop {
        let mut download = match walk.next().await {
            Offer::Found(download) => download,
            Offer::Absent(_) => {
                return Ok(Attempt::Nothing("no source has it any more".to_owned()));
            }
            Offer::Unavailable(outage) => return Err(Lost::Ours(outage.into())),
        };
        match attempt(context, artifact, record, &mut download).await {
            Err(Lost::Body(failure)) => {
                tracing::warn!(source = %download.source, %failure, "no help for a damaged blob");
                walk.reject(failure);
            }
            Err(Lost::Wrong(suspect)) => walk.reject(suspect.failure),
            attempted => return attempted,
        }
    }
}

async fn attempt(
    context: &Context,
    artifact: &Artifact,
    record: &Record,
    download: &mut Download,
) -> Result<Attempt, Lost> {
    let seen = Seen::of(download);
    let source = seen.source.clone();
    let sealed = receive(context, download).await?;
    if sealed.blob() == record.blob {
        put(context, record, sealed, None, source).await?;
        return Ok(Attempt::Same);
    }
    if artifact.kind != ArtifactKind::Zip || !record.evidence.is_proof() {
        let wrong = other_bytes(record, &sealed);
        let caught = Caught::Sealed(sealed);
        return Err(context.suspect(artifact, caught, seen, wrong.into()).await);
    }
    // What is wrong is a case of its own already: the damaged file is what is asked about.
    let mut closed = Inquiry::new(artifact, capture::walk(context, artifact)?);
    let (sealed, found) = capture::prove_zip(context, artifact, sealed, seen, &mut closed).await?;
    if found.h1 != record.h1 || !found.evidence.is_proof() {
        return Err(Lost::Body(other_bytes(record, &sealed).into()));
    }
    put(context, record, sealed, found.h1, source).await?;
    Ok(Attempt::Replaced)
}

/// A record of a mirrored database is signed anew with every answer, and its readers check it
/// themselves: where the same bytes cannot be had, it is taken back, and captured as it is now.
async fn heal_answer(
    context: &Context,
    record: &Record,
    name: &str,
    path: &str,
) -> Result<Attempt, Lost> {
    let sources = context.database_sources(name).map_err(Lost::Ours)?;
    let mut download = match sources.sumdb(name, path).await {
        DatabaseOutcome::Found(download) => download,
        DatabaseOutcome::Absent(_) | DatabaseOutcome::NotMirrored => {
            return Ok(Attempt::Nothing("no source has it any more".to_owned()));
        }
        DatabaseOutcome::Unavailable(outage) => return Err(Lost::Ours(outage.into())),
    };
    let source = download.source.to_string();
    let bytes = capture::collect(context, &mut download).await?;
    sumdb::check(path, &bytes).map_err(|wrong| Lost::Body(wrong.into()))?;
    let sealed = seal(context, bytes.clone()).await?;
    if sealed.blob() == record.blob {
        put(context, record, sealed, None, source).await?;
        return Ok(Attempt::Same);
    }
    let reason = format!(
        "blob {} was damaged, and the same bytes are nowhere",
        record.blob
    );
    let (key, failed) = (&record.key, |error| Lost::Ours(Refusal::from(error)));
    let aside = context.store.set_aside(key, record.blob, &reason);
    aside.await.map_err(failed)?;
    let withdrawal = Withdrawal {
        key: key.clone(),
        blob: record.blob,
        by: "scrub".to_owned(),
        reason,
    };
    context.store.withdraw(withdrawal).await.map_err(failed)?;
    capture::keep_small(context, key.clone(), bytes, capture::mirrored(&source)).await?;
    Ok(Attempt::Replaced)
}

async fn put(
    context: &Context,
    record: &Record,
    sealed: SealedSpool,
    h1: Option<String>,
    source: String,
) -> Result<(), Refusal> {
    let healing = Healing {
        key: record.key.clone(),
        lost: record.blob,
        sealed,
        h1,
        source,
    };
    let healed = context.store.heal(healing).await;
    healed
        .map(drop)
        .map_err(|error| context.store_failure(error))
}

async fn receive(context: &Context, download: &mut Download) -> Result<SealedSpool, Lost> {
    let mut spool = context.store.spool().await.map_err(Refusal::from)?;
    while let Some(chunk) = download.chunk().await? {
        spool.append(chunk).await.map_err(Refusal::from)?;
    }
    Ok(spool.seal().await.map_err(Refusal::from)?)
}

async fn seal(context: &Context, bytes: Bytes) -> Result<SealedSpool, Refusal> {
    let mut spool = context.store.spool().await?;
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
