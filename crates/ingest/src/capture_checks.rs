//! Capture checks: what a source sent is read, and has to be proven, before it is kept.
//!
//! First the structure ([`inspection::check`]), then who vouches for the bytes ([`checksumdb`]). What fails
//! is described to whoever walks over the sources, so that another source may be tried.

use crate::metrics::{CaptureKind, IngestMetrics};
use crate::{
    capture_failure::CaptureFailure,
    info_evidence,
    mismatch_investigation::Investigator,
    suspect_copy::{CopyOrigin, RejectedBytes},
};
use bytes::Bytes;
use checksumdb::{CaptureEvidence, Verification};
use gomod::{Artifact, ArtifactKind};
use inspection::{
    FileReader, ZipWorkers,
    check::{self, SmallCheck},
};
use protocol::{PrivacyRules, Refusal};
use std::sync::Arc;
use store::SealedSpool;
use upstream::Waiting;

/// Hears of go.mod files that have come.
pub type GoModListener = Box<dyn Fn(&Artifact, &Bytes) + Send + Sync>;

/// Checks and proves what arrives.
pub struct CaptureChecks {
    pub(crate) verification: Arc<Verification>,
    pub(crate) investigator: Arc<Investigator>,
    pub(crate) reader: Arc<FileReader>,
    pub(crate) workers: ZipWorkers,
    pub(crate) privacy: Arc<PrivacyRules>,
    pub(crate) metrics: IngestMetrics,
    /// Who is told of a go.mod before it is proven.
    pub(crate) go_mods: GoModListener,
}

/// Bytes that may be kept: their `h1:` hash where go.sum knows one for the kind, and why they are
/// trusted.
#[derive(Debug)]
pub struct CheckedCapture {
    /// Its hash.
    pub h1: Option<String>,
    /// Why it is trusted.
    pub grounds: CaptureEvidence,
}

// === impl CaptureChecks ===

impl CaptureChecks {
    /// Begins to look the proof of an artifact's version up, for as long as what is returned is held.
    pub(crate) fn begin_proof(&self, artifact: &Artifact) -> Option<Waiting> {
        let verifier = &self.verification.verifier;
        verifier.ahead(&artifact.module, &artifact.version)
    }

    /// Checks something small.
    pub(crate) async fn small(
        &self,
        artifact: &Artifact,
        bytes: &Bytes,
        origin: &CopyOrigin,
    ) -> Result<CheckedCapture, CaptureFailure> {
        match self.judge_small(artifact, bytes).await {
            Ok(checked) => Ok(checked),
            Err(failure) => {
                let rejected = RejectedBytes::Small(bytes.clone());
                Err(self
                    .reject(artifact, rejected, origin.clone(), failure)
                    .await)
            }
        }
    }

    async fn judge_small(
        &self,
        artifact: &Artifact,
        bytes: &Bytes,
    ) -> Result<CheckedCapture, CaptureFailure> {
        let checked = self.reader.check_small(artifact, bytes).await;
        let SmallCheck { h1, doubt } =
            checked.map_err(|wrong| CaptureFailure::Source(wrong.into()))?;
        if self.verification.verifier.must_wait(artifact) {
            (self.go_mods)(artifact, bytes);
        }
        let hash = h1.as_deref().unwrap_or_default();
        let mut grounds = self.verification.grounds(artifact, hash).await?;
        if let Some(doubt) = doubt.filter(|_| !grounds.evidence.is_proof()) {
            return Err(CaptureFailure::Source(doubt.into()));
        }
        if artifact.kind == ArtifactKind::Info {
            grounds.evidence = info_evidence::evidence(grounds.evidence, bytes);
        }
        Ok(CheckedCapture { h1, grounds })
    }

    /// Checks a sealed zip on a blocking thread, and has it proven; gives it back with what it is.
    pub async fn zip(
        &self,
        artifact: &Artifact,
        sealed: SealedSpool,
        origin: &CopyOrigin,
    ) -> Result<(SealedSpool, CheckedCapture), CaptureFailure> {
        let subject = artifact.clone();
        let judge = move || {
            let verdict = check::zip_hashes(&subject, sealed.file(), sealed.size());
            (sealed, verdict)
        };
        let judged = self.workers.run(judge).await;
        let (sealed, verdict) =
            judged.ok_or_else(|| Refusal::internal("checking the zip ended without a result"))?;
        let grounds = match &verdict {
            Ok(hashes) => self.prove_zip(artifact, hashes).await,
            Err(wrong) => Err(CaptureFailure::Source(wrong.clone().into())),
        };
        match grounds {
            Ok(grounds) => {
                let h1 = verdict.ok().map(|hashes| hashes.h1);
                Ok((sealed, CheckedCapture { h1, grounds }))
            }
            Err(failure) => {
                let rejected = RejectedBytes::Sealed(sealed);
                Err(self
                    .reject(artifact, rejected, origin.clone(), failure)
                    .await)
            }
        }
    }

    async fn prove_zip(
        &self,
        artifact: &Artifact,
        hashes: &check::ZipHashes,
    ) -> Result<CaptureEvidence, CaptureFailure> {
        let go_mod = hashes.go_mod.as_deref();
        self.verification.of_one_piece(artifact, go_mod).await?;
        let grounds = self.verification.grounds(artifact, &hashes.h1).await?;
        Ok(grounds)
    }

    /// What becomes of bytes that were not accepted: where a record says what they should be, they
    /// are a case; else they are thrown away.
    async fn reject(
        &self,
        artifact: &Artifact,
        rejected: RejectedBytes,
        origin: CopyOrigin,
        failure: CaptureFailure,
    ) -> CaptureFailure {
        let CaptureFailure::Source(failure) = failure else {
            return failure;
        };
        let kind = artifact.kind.extension();
        self.metrics
            .rejected
            .get_or_create(&CaptureKind { kind })
            .inc();
        let name = self.privacy.shown(&artifact.module, artifact);
        tracing::warn!(artifact = name, source = origin.source, %failure, "wrong content thrown away");
        match self.verification.logged(artifact).await {
            Some(logged) => {
                let origin = CopyOrigin {
                    logged: Some(logged),
                    ..origin
                };
                let suspected = self
                    .investigator
                    .suspect(artifact, rejected, origin, failure);
                suspected.await
            }
            None => CaptureFailure::Source(failure),
        }
    }
}
