//! Capture: from a source's answer to something kept.
//!
//! Always in this order: receive within a limit, check, make the blob durable, write the catalog
//! row (law L5). What fails a check is thrown away and the walk over the sources is told, so that
//! another source may be tried.

use crate::{
    check::{self, SmallCheck},
    confirm,
    context::Context,
    flight::Outcome,
    inquiry::{Caught, Exhibit, Inquiry, Seen, Suspect},
    kept::Kept,
    metrics::Kind,
    refusal::Refusal,
    remembered::Remembered,
    verify::Grounds,
};
use bytes::{Bytes, BytesMut};
use gomod::{Artifact, ArtifactKind, modfile::MAX_BYTES};
use store::{Capture, Committed, Facts, Key, Provenance, SealedSpool, StoreError};
use tokio::time::Instant;
use upstream::{BodyError, BodyFailure, Download, Outcome as Offer, Walk};

/// Bodies up to this size are collected without asking for room: nearly all are.
const USUAL: usize = 256 * 1024;

/// Why one attempt gave nothing.
#[derive(Debug)]
pub(crate) enum Lost {
    /// The source's fault: another attempt may help.
    Body(BodyFailure),
    /// The source's bytes are not those that the checksum database knows: a case for [`Inquiry`].
    ///
    /// [`Inquiry`]: crate::inquiry::Inquiry
    Wrong(Box<Suspect>),
    /// Ours: no source can help.
    Ours(Refusal),
}

impl From<BodyError> for Lost {
    fn from(error: BodyError) -> Self {
        Self::Body(error.into())
    }
}

impl From<Refusal> for Lost {
    fn from(refusal: Refusal) -> Self {
        Self::Ours(refusal)
    }
}

/// How much the fetching of something small hurries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// A client waits.
    Demand,
    /// Nobody has asked yet: sources may turn it away.
    Ahead,
}

/// How the fetching of something small ended.
#[derive(Debug, Clone)]
pub(crate) struct Captured {
    /// What is kept now, or why nothing is.
    pub(crate) outcome: Outcome,
    /// How it was begun, whoever joined it since.
    pub(crate) urgency: Urgency,
}

impl Captured {
    /// Whether this end says nothing to a client that waits: it may be due to the little importance
    /// with which it was begun.
    pub(crate) fn says_nothing(&self) -> bool {
        let refused = self.outcome.as_ref().err();
        self.urgency == Urgency::Ahead
            && refused.is_some_and(|refusal| !matches!(refusal.status, 404 | 410))
    }

    /// It was not begun, or ended without a result.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        Self {
            outcome: Err(refusal),
            urgency: Urgency::Demand,
        }
    }
}

/// What another flight found out between the caller's look and this one's start: one
/// artifact costs one transfer, and one absence one question.
pub(crate) async fn meanwhile(
    context: &Context,
    artifact: &Artifact,
) -> Result<Option<Kept>, Refusal> {
    if let Some(record) = context.readable(&Key::Artifact(artifact.clone())).await? {
        return Ok(Some(Kept::on_disk(record)));
    }
    match context.recall_refusal(artifact).await {
        Some(refusal) => Err(refusal),
        None => Ok(None),
    }
}

/// A walk over the sources for an artifact; asks nobody yet.
pub(crate) fn walk(context: &Context, artifact: &Artifact) -> Result<Walk, Refusal> {
    context.permitted(artifact)?;
    let walk = context
        .sources(&artifact.module)?
        .walk(&artifact.escaped_path());
    Ok(walk.with_limit(check::limit(artifact.kind)))
}

/// The next body on the walk, or the refusal that its end amounts to.
pub(crate) async fn offered(
    context: &Context,
    artifact: &Artifact,
    walk: &mut Walk,
) -> Result<Download, Refusal> {
    match walk.next().await {
        Offer::Found(download) => {
            if let Some(absence) = walk.absence() {
                let stated = Remembered::of_absence(absence, context.options.clock.now());
                let (module, path) = (&artifact.module, artifact.escaped_path());
                let had = download.source.as_str();
                context.disagree(module, &path, &stated, had).await;
            }
            Ok(download)
        }
        Offer::Absent(absence) => Err(context.remember_absence(artifact, absence).await),
        Offer::Unavailable(outage) => {
            let path = artifact.escaped_path();
            Err(context.outage(&artifact.module, &path, outage).await)
        }
    }
}

/// Fetches, checks and keeps a small artifact, unless somebody else has just done so.
pub(crate) async fn small_once(
    context: &Context,
    artifact: &Artifact,
    urgency: Urgency,
) -> Captured {
    let outcome = match meanwhile(context, artifact).await {
        Ok(Some(kept)) => Ok(kept),
        Ok(None) => small(context, artifact, urgency).await,
        Err(refusal) => Err(refusal),
    };
    Captured { outcome, urgency }
}

async fn small(context: &Context, artifact: &Artifact, urgency: Urgency) -> Outcome {
    context.room_for(0).await?;
    // The record is there by the time the bytes are.
    let _record = context.verifier.ahead(&artifact.module, &artifact.version);
    let mut walk = walk(context, artifact)?;
    if urgency == Urgency::Ahead {
        walk = walk.in_background();
    }
    let mut inquiry = Inquiry::new(artifact, walk);
    loop {
        let mut download = inquiry.next(context).await?;
        match small_attempt(context, artifact, &mut download, &mut inquiry).await {
            Ok(kept) => {
                context.permitted(artifact)?;
                return Ok(kept);
            }
            Err(lost) => inquiry.heed(context, lost)?,
        }
    }
}

async fn small_attempt(
    context: &Context,
    artifact: &Artifact,
    download: &mut Download,
    inquiry: &mut Inquiry,
) -> Result<Kept, Lost> {
    let seen = Seen::of(download);
    let bytes = collect(context, download).await?;
    let (h1, grounds) = match judge_small(context, artifact, &bytes).await {
        Ok(judged) => judged,
        Err(lost) => {
            let caught = Caught::Small(bytes);
            return Err(context.catch(artifact, caught, seen, lost).await);
        }
    };
    if inquiry.is_open() {
        inquiry
            .settle(context, Exhibit::Memory(bytes.clone()), seen.clone())
            .await;
    }
    let provenance = provenance(h1, &seen.source, grounds);
    Ok(keep_small(context, Key::Artifact(artifact.clone()), bytes, provenance).await?)
}

async fn judge_small(
    context: &Context,
    artifact: &Artifact,
    bytes: &Bytes,
) -> Result<(Option<String>, Grounds), Lost> {
    let checked = context.check_small(artifact, bytes).await;
    let SmallCheck { h1, doubt } = checked.map_err(|wrong| Lost::Body(wrong.into()))?;
    if context.verifier.must_wait(artifact) {
        context.prefetch.arrived(artifact, bytes);
    }
    let mut grounds = context
        .grounds(artifact, h1.as_deref().unwrap_or_default())
        .await?;
    if let Some(doubt) = doubt.filter(|_| !grounds.evidence.is_proof()) {
        return Err(Lost::Body(doubt.into()));
    }
    if artifact.kind == ArtifactKind::Info {
        grounds.evidence = confirm::evidence(grounds.evidence, bytes);
    }
    Ok((h1, grounds))
}

/// Receives a whole body into memory; the walk has limited its size.
pub(crate) async fn collect(context: &Context, download: &mut Download) -> Result<Bytes, Lost> {
    let mut body = BytesMut::new();
    let mut room = None;
    while let Some(chunk) = download.chunk().await? {
        if room.is_none() && body.len() + chunk.len() > USUAL {
            room = context.large_bodies.acquire().await.ok();
            // As much as is announced, so that growing does not hold it twice.
            let announced = download.length.unwrap_or_default();
            let announced = usize::try_from(announced)
                .unwrap_or_default()
                .min(MAX_BYTES);
            body.reserve(announced.saturating_sub(body.len()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Keeps small bytes for ever and in memory.
pub(crate) async fn keep_small(
    context: &Context,
    key: Key,
    bytes: Bytes,
    provenance: Provenance,
) -> Result<Kept, Refusal> {
    let path = key.path();
    let started = Instant::now();
    context.replace_unreadable(&key, &bytes, &provenance).await;
    let committed = context
        .store
        .commit_small(key, bytes.clone(), provenance)
        .await;
    let kept = settled(context, committed, started)?;
    let kept = match kept.bytes {
        Some(_) => kept,
        None => Kept {
            bytes: Some(bytes),
            ..kept
        },
    };
    context.hot.put(&path, &kept);
    Ok(kept)
}

/// Checks a sealed zip on a blocking thread, and has it vouched for; gives it back with what is to
/// be written down about it.
pub(crate) async fn prove_zip(
    context: &Context,
    artifact: &Artifact,
    sealed: SealedSpool,
    seen: Seen,
    inquiry: &mut Inquiry,
) -> Result<(SealedSpool, Provenance), Lost> {
    let subject = artifact.clone();
    let judge = move || {
        let verdict = check::zip_hashes(&subject, sealed.file(), sealed.size());
        (sealed, verdict)
    };
    let judged = context.heavily(judge).await;
    let (sealed, verdict) =
        judged.ok_or_else(|| Refusal::internal("checking the zip ended without a result"))?;
    let grounds = match &verdict {
        Ok(hashes) => match context
            .of_one_piece(artifact, hashes.go_mod.as_deref())
            .await
        {
            Ok(()) => context.grounds(artifact, &hashes.h1).await,
            Err(lost) => Err(lost),
        },
        Err(wrong) => Err(Lost::Body(wrong.clone().into())),
    };
    let grounds = match grounds {
        Ok(grounds) => grounds,
        Err(lost) => {
            let caught = Caught::Sealed(sealed);
            return Err(context.catch(artifact, caught, seen, lost).await);
        }
    };
    if inquiry.is_open()
        && let Ok(exhibit) = Exhibit::of_sealed(&sealed)
    {
        inquiry.settle(context, exhibit, seen.clone()).await;
    }
    let h1 = verdict.ok().map(|hashes| hashes.h1);
    Ok((sealed, provenance(h1, &seen.source, grounds)))
}

/// Makes a sealed spool a kept blob.
pub(crate) async fn keep_sealed(
    context: &Context,
    key: Key,
    sealed: SealedSpool,
    provenance: Provenance,
) -> Result<Kept, Refusal> {
    let started = Instant::now();
    let capture = Capture {
        key,
        sealed,
        provenance,
    };
    let committed = context.store.commit(capture).await;
    settled(context, committed, started)
}

fn provenance(h1: Option<String>, source: &str, grounds: Grounds) -> Provenance {
    let Grounds {
        evidence,
        proof,
        log,
    } = grounds;
    Provenance {
        h1,
        source: source.to_owned(),
        evidence,
        facts: Facts::new(),
        proof,
        log,
    }
}

/// What is said of a `.info`, which no log covers.
pub(crate) fn first_seen(
    context: &Context,
    info: &Artifact,
    bytes: &[u8],
    source: &str,
) -> Provenance {
    Provenance {
        source: source.to_owned(),
        evidence: confirm::evidence(context.verifier.promise(info), bytes),
        ..Provenance::default()
    }
}

/// What is said of a record of a database that is passed on unproven.
pub(crate) fn mirrored(source: &str) -> Provenance {
    Provenance {
        source: source.to_owned(),
        evidence: protocol::Evidence::Unverified,
        ..Provenance::default()
    }
}

fn settled(
    context: &Context,
    committed: Result<Committed, StoreError>,
    started: Instant,
) -> Result<Kept, Refusal> {
    context
        .metrics
        .commit_time
        .observe(started.elapsed().as_secs_f64());
    let committed = committed.map_err(|error| context.store_failure(error))?;
    if committed.fresh {
        let kind = kind_of(&committed.record.key);
        context.metrics.captures.get_or_create(&Kind { kind }).inc();
        if let Key::Artifact(artifact) = &committed.record.key {
            // Its version may be one more in the list.
            context.fresh.forget(&artifact.module.list_path());
        }
    }
    Ok(Kept::on_disk(committed.record))
}

fn kind_of(key: &Key) -> &'static str {
    match key {
        Key::Artifact(artifact) => artifact.kind.extension(),
        Key::Sumdb { .. } => "sumdb",
    }
}

impl Context {
    /// What everybody who asks for an artifact that is not kept is told for now, without asking a
    /// source: that it does not exist, or that it was found wrong.
    pub(crate) async fn recall_refusal(&self, artifact: &Artifact) -> Option<Refusal> {
        match self.wrong.recall(artifact, self.options.clock.now()) {
            None => self.recall_absence(artifact).await,
            wrong => wrong,
        }
    }

    /// What becomes of bytes that were not accepted: where a record says what they should be, they
    /// are a case; else they are thrown away.
    async fn catch(&self, artifact: &Artifact, caught: Caught, seen: Seen, lost: Lost) -> Lost {
        let Lost::Body(failure) = lost else {
            return lost;
        };
        let kind = artifact.kind.extension();
        self.metrics.rejected.get_or_create(&Kind { kind }).inc();
        let name = self.shown(&artifact.module, artifact);
        tracing::warn!(artifact = name, source = seen.source, %failure, "wrong content thrown away");
        match self.logged(artifact).await {
            Some(logged) => {
                let seen = Seen {
                    logged: Some(logged),
                    ..seen
                };
                self.suspect(artifact, caught, seen, failure).await
            }
            None => Lost::Body(failure),
        }
    }
}
