//! Case: what a damaged blob looks like, and what that comes to, for whoever has to act on it.
//!
//! An alarm says it in a line. Where the damaged bytes can still be read, the examined case goes into
//! the journal as well, beside the right bytes if somebody had them: whether one bit fell over or the
//! file was cut decides whether a disk is replaced or a restore is looked into.

use crate::blob_repairs::{DamagedBlob, RepairOutcome, RepairParts};
use alarm::{Alarm, AlarmKind, Severity};
use gomod::{Artifact, sumhash::H1};
use inspection::PositionedFile;
use mismatch::{
    AnnouncedFacts, CopyDescription, CopySource, CopySubject, KeptRecord, MismatchCase,
    MismatchEvidence, MismatchStage, RetryResult, Sha256Sum, SourceRole, compare, examine,
};
use std::{fs::File, io, sync::Arc};
use store::{BlobId, Key, Record};

/// A copy of the bytes: an open file of this size.
type OpenCopy = (Arc<File>, u64);

// === impl RepairParts ===

impl RepairParts {
    /// Tells what was found and what became of it.
    pub(super) async fn tell(&self, damaged: &DamagedBlob, repaired: &RepairOutcome) {
        let (record, subject) = (&damaged.record, damaged.record.key.path());
        let mut detail = format!("blob {}: {}", record.blob, damaged.damage);
        if let Some(case) = self.examined(damaged, repaired).await {
            let conclusion = &case.conclusion;
            detail = format!("{detail}; {}: {}", conclusion.title, conclusion.why);
            if let Err(error) = self.store.open_case(&subject, &case.to_json()).await {
                tracing::error!(%error, "a case could not be kept");
            }
        }
        let alarm = Alarm {
            severity: Severity::P1,
            kind: AlarmKind::BlobDamaged,
            subject,
            detail: format!("{detail}; {}", repaired.describe()),
        };
        self.alarms.raise(alarm).await;
    }

    async fn examined(
        &self,
        damaged: &DamagedBlob,
        repaired: &RepairOutcome,
    ) -> Option<MismatchCase> {
        let bad = damaged.file.clone()?;
        let Key::Artifact(artifact) = damaged.record.key.clone() else {
            return None;
        };
        let good = if *repaired == RepairOutcome::Healed {
            self.healed_copy(&artifact).await
        } else {
            None
        };
        let record = damaged.record.clone();
        let examined = self
            .workers
            .run(move || conclude(&artifact, &record, &bad, good))
            .await?;
        examined
            .inspect_err(|error| tracing::warn!(%error, "damage could not be examined"))
            .ok()
    }

    async fn healed_copy(&self, artifact: &Artifact) -> Option<(BlobId, String, OpenCopy)> {
        let key = Key::Artifact(artifact.clone());
        let record = self.store.find(&key).await.ok()??;
        let open = self.store.open_blob(&record).await.ok()?.file().await;
        let file = open.ok()?.try_clone().ok()?;
        Some((record.blob, record.source, (Arc::new(file), record.size)))
    }
}

/// Examines both copies and concludes. Blocks: reads all of them.
fn conclude(
    artifact: &Artifact,
    record: &Record,
    bad: &OpenCopy,
    good: Option<(BlobId, String, OpenCopy)>,
) -> io::Result<MismatchCase> {
    let h1 = record.h1.as_deref().and_then(|h1| h1.parse::<H1>().ok());
    let known: Vec<H1> = h1.into_iter().collect();
    let look = |copy: &OpenCopy, source: CopySource, blob: BlobId, size| {
        let announced = AnnouncedFacts {
            size: Some(size),
            sha256: Some(sum(blob)),
        };
        let subject = CopySubject {
            artifact,
            known: &known,
        };
        examine(cursor(copy), source, announced, subject)
    };
    let kept = source("this site's store", SourceRole::Kept);
    let specimen = look(bad, kept, record.blob, record.size)?;
    let mut others = Vec::new();
    if let Some((blob, name, copy)) = good {
        let right = look(&copy, source(&name, SourceRole::Mirror), blob, copy.1)?;
        others.push(beside(right, &copy, &specimen, bad)?);
    }
    let logged = h1.filter(|_| record.evidence.is_proof());
    let evidence = MismatchEvidence {
        logged,
        kept: Some(KeptRecord {
            sha256: sum(record.blob),
            size: Some(record.size),
            h1,
            first_seen: Some(record.first_seen.to_string()),
        }),
        others,
        ..MismatchEvidence::new(artifact.clone(), MismatchStage::OnDisk, specimen)
    };
    Ok(MismatchCase::new(&evidence))
}

fn beside(
    right: CopyDescription,
    good: &OpenCopy,
    wrong: &CopyDescription,
    bad: &OpenCopy,
) -> io::Result<RetryResult> {
    let difference = compare((&right, cursor(good)), (wrong, cursor(bad)))?;
    Ok(RetryResult {
        specimen: right,
        difference: Some(difference),
    })
}

fn cursor(copy: &OpenCopy) -> PositionedFile<'_> {
    PositionedFile::new(&copy.0, copy.1)
}

fn source(name: &str, role: SourceRole) -> CopySource {
    CopySource {
        name: name.to_owned(),
        role,
    }
}

fn sum(blob: BlobId) -> Sha256Sum {
    Sha256Sum::from_bytes(*blob.as_bytes())
}
