//! Pending: what was captured without proof is proven later, or withdrawn.

use crate::{capture_evidence::CaptureObjection, verification::Verification};
use alarm::{Alarm, AlarmKind, Severity};
use gomod::{Artifact, ArtifactKind, sumhash};
use inspection::check;
use protocol::{Evidence, Refusal};
use store::{Key, Record, StoreError, VersionProof, Withdrawal};

/// Captures looked at in one step.
const PAGE: usize = 100;

/// What became of captures that waited for their proof.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProofSettlement {
    /// Proven.
    pub proven: u64,
    /// Withdrawn: they were not what was published.
    pub withdrawn: u64,
    /// Still waiting, because nobody could be asked or has an answer.
    pub waiting: u64,
}

// === impl Verification ===

impl Verification {
    /// Proves what waits for it; ends early where the database cannot be asked.
    pub async fn prove_pending(&self) -> Result<ProofSettlement, StoreError> {
        let mut settled = ProofSettlement::default();
        let mut after = String::new();
        loop {
            let keys = self.store.unproven(&after, PAGE).await?;
            let Some(last) = keys.last() else {
                return Ok(settled);
            };
            after = last.path();
            for key in keys {
                let Some(record) = self.store.find(&key).await? else {
                    continue;
                };
                match self.prove_kept(&record).await {
                    Ok(Some(evidence)) if !evidence.awaits_proof() => settled.proven += 1,
                    Ok(None) => settled.withdrawn += 1,
                    Ok(Some(_)) | Err(_) => {
                        settled.waiting += 1;
                        return Ok(settled);
                    }
                }
            }
        }
    }

    /// Proves one capture; gives what it says of itself from now on, or `None` if it was withdrawn.
    pub(crate) async fn prove_kept(&self, record: &Record) -> Result<Option<Evidence>, Refusal> {
        let Key::Artifact(artifact) = &record.key else {
            return Ok(Some(record.evidence.clone()));
        };
        let h1 = self.hash_of(artifact, record).await?;
        match self.grounds(artifact, &h1).await {
            Ok(grounds) => {
                let path = record.key.path();
                if let Some(proof) = self.proof_of(artifact, grounds.proof) {
                    self.store.prove(proof, vec![record.key.clone()]).await?;
                    self.memory.forget(&path);
                }
                Ok(Some(grounds.evidence))
            }
            Err(CaptureObjection::Wrong(wrong)) => {
                self.withdraw(record, &wrong.summary).await?;
                Ok(None)
            }
            Err(CaptureObjection::Refused(refusal)) => Err(refusal),
        }
    }

    /// The proof to write down: a kept one still has to raise what it vouches for.
    fn proof_of(&self, artifact: &Artifact, fresh: Option<VersionProof>) -> Option<VersionProof> {
        fresh.or_else(|| {
            let records = self.verifier.records.as_ref()?;
            let known = records.known(&artifact.module, &artifact.version)?;
            Some(known.proof())
        })
    }

    /// The `h1:` hash of something kept; its bytes are hashed where the catalog does not say.
    pub async fn hash_of(&self, artifact: &Artifact, record: &Record) -> Result<String, Refusal> {
        if let Some(h1) = &record.h1 {
            return Ok(h1.clone());
        }
        if artifact.kind == ArtifactKind::Mod {
            let bytes = self.store.read_small(record).await?;
            return Ok(sumhash::h1_of_go_mod(&bytes).to_string());
        }
        let file = self.store.open_blob(record).await?.file().await?;
        let (subject, size) = (artifact.clone(), record.size);
        let hashed = self
            .workers
            .run(move || check::zip(&subject, &file, size))
            .await;
        let hashed = hashed.ok_or_else(|| Refusal::internal("hashing ended without a result"))?;
        hashed.map_err(|wrong| Refusal::new(wrong.code, wrong.summary))
    }

    /// Stops serving something that is not what it was taken for.
    pub(crate) async fn withdraw(&self, record: &Record, reason: &str) -> Result<(), Refusal> {
        let path = record.key.path();
        let withdrawal = Withdrawal {
            key: record.key.clone(),
            blob: record.blob,
            by: "verification".to_owned(),
            reason: reason.to_owned(),
        };
        self.store.withdraw(withdrawal).await?;
        self.memory.forget(&path);
        let alarm = Alarm {
            severity: Severity::P1,
            kind: AlarmKind::Withdrawn,
            subject: path,
            detail: reason.to_owned(),
        };
        self.alarms.raise(alarm).await;
        Ok(())
    }
}
