//! Changes of what is kept: each writes its entry into the journal.

use super::tables::{MemoryTables, version_of};
use crate::{
    blob::BlobId,
    catalog::{
        BlobRepair, BlobReplacement, CaptureRow, EvidenceUpdate, NewCapture, NewPublication,
        VersionOrder,
    },
    error::StoreError,
    journal::{Decision, Facts},
    key::Key,
    publication::PublicationOutcome,
    record::CommitOutcome,
    trust::Withdrawal,
    version_mark::MarkedVersion,
};
use protocol::RecordedEvidence;

// === impl MemoryTables ===

impl MemoryTables {
    pub(super) fn commit(&mut self, new: NewCapture) -> Result<CommitOutcome, StoreError> {
        if let Some((kept, _)) = self.captures.get(&new.path).cloned() {
            if kept.blob == new.blob {
                return Ok(CommitOutcome {
                    record: kept.into_record(new.key)?,
                    fresh: false,
                });
            }
            let (path, kept, offered) = (new.path, kept.blob, new.blob);
            self.write(Decision::Conflict {
                path: path.clone(),
                kept,
                offered,
                source: new.provenance.source,
                quarantined: false,
            });
            return Err(StoreError::Conflict {
                path,
                kept,
                offered,
            });
        }
        let provenance = new.provenance;
        if let Some(proof) = &provenance.proof {
            self.add_proof(proof, &[]);
        }
        let recorded = RecordedEvidence::from(&provenance.evidence);
        let entry = self.write(Decision::Captured {
            path: new.path.clone(),
            blob: new.blob,
            size: new.size,
            h1: provenance.h1.clone(),
            source: provenance.source.clone(),
            evidence: recorded.clone(),
            facts: provenance.facts.clone(),
        });
        let capture = CaptureRow {
            path: new.path,
            blob: new.blob,
            size: new.size,
            h1: provenance.h1,
            source: provenance.source,
            evidence: recorded,
            first_seen: entry.at,
            sequence: entry.sequence,
        };
        self.insert(capture.clone(), provenance.facts);
        if let (Some(database), Key::Artifact(artifact)) = (&provenance.log, &new.key) {
            self.complete_version(database, artifact);
        }
        Ok(CommitOutcome {
            record: capture.into_record(new.key)?,
            fresh: true,
        })
    }

    pub(super) fn repair(&mut self, repair: BlobRepair) -> Result<Option<CaptureRow>, StoreError> {
        let Some(kept) = self.kept(&repair.path, repair.lost).cloned() else {
            return Ok(None);
        };
        if repair.blob != repair.lost && (kept.h1.is_none() || kept.h1 != repair.h1) {
            return Err(StoreError::Conflict {
                path: repair.path,
                kept: repair.lost,
                offered: repair.blob,
            });
        }
        let repaired = CaptureRow {
            blob: repair.blob,
            size: repair.size,
            ..kept.clone()
        };
        if let Some((row, _)) = self.captures.get_mut(&repair.path) {
            *row = repaired.clone();
        }
        self.write(Decision::Repaired {
            path: repair.path,
            lost: repair.lost,
            blob: repair.blob,
            size: repair.size,
            h1: kept.h1,
            source: repair.source,
            evidence: kept.evidence,
        });
        Ok(Some(repaired))
    }

    pub(super) fn replace(&mut self, new: BlobReplacement) -> Option<CaptureRow> {
        if self.kept(&new.path, new.old).is_none() || new.blob == new.old {
            return None;
        }
        let provenance = new.provenance;
        let evidence = RecordedEvidence::from(&provenance.evidence);
        let entry = self.write(Decision::Replaced {
            path: new.path.clone(),
            old: new.old,
            blob: new.blob,
            size: new.size,
            h1: provenance.h1.clone(),
            source: provenance.source.clone(),
            evidence: evidence.clone(),
            by: new.by,
            reason: new.reason,
        });
        let replaced = CaptureRow {
            path: new.path,
            blob: new.blob,
            size: new.size,
            h1: provenance.h1,
            source: provenance.source,
            evidence,
            first_seen: entry.at,
            sequence: entry.sequence,
        };
        self.insert(replaced.clone(), Facts::new());
        Some(replaced)
    }

    pub(super) fn confirm(&mut self, update: EvidenceUpdate) -> bool {
        if self.kept(&update.path, update.blob).is_none() {
            return false;
        }
        self.raise(&update.path, &update.evidence);
        self.write(Decision::Confirmed {
            path: update.path,
            blob: update.blob,
            evidence: RecordedEvidence::from(&update.evidence),
        });
        true
    }

    pub(super) fn withdraw(&mut self, withdrawal: Withdrawal) -> Option<BlobId> {
        let Withdrawal {
            key,
            blob,
            by,
            reason,
        } = withdrawal;
        let path = key.path();
        self.kept(&path, blob)?;
        self.captures.remove(&path);
        if let Some(version) = version_of(&path) {
            let mut paths = self.captures.keys();
            let is_left = paths.any(|other| version_of(other).as_ref() == Some(&version));
            if !is_left {
                self.versions.remove(&version);
            }
        }
        self.write(Decision::Withdrawn {
            path,
            blob,
            by,
            reason,
        });
        Some(blob)
    }

    pub(super) fn order_version(&mut self, order: VersionOrder) -> bool {
        let VersionOrder {
            mark,
            is_set,
            version,
            reason,
        } = order;
        let name = (mark, version.clone());
        if self.marks.contains_key(&name) == is_set {
            return false;
        }
        let entry = self.write(Decision::Event {
            event: mark.event(is_set).to_owned(),
            subject: version.clone(),
            detail: reason.clone(),
        });
        if !is_set {
            self.marks.remove(&name);
        } else if let Some((module, version)) = MarkedVersion::name(&version) {
            let order = MarkedVersion {
                module,
                version,
                at: entry.at,
                sequence: entry.sequence,
                reason,
            };
            self.marks.insert(name, order);
        }
        true
    }

    pub(super) fn publish(
        &mut self,
        publication: NewPublication,
    ) -> Result<PublicationOutcome, StoreError> {
        let kept = |capture: &NewCapture| self.captures.get(&capture.path).map(|(kept, _)| kept);
        let (go_mod, zip) = (kept(&publication.go_mod), kept(&publication.zip));
        let is_info_kept = kept(&publication.info).is_some();
        if let Some(different) = publication.difference(go_mod, zip) {
            self.write(publication.refused(&different));
            return Ok(PublicationOutcome::Different(different));
        }
        if go_mod.is_some() && zip.is_some() && is_info_kept {
            return Ok(PublicationOutcome::Unchanged);
        }
        self.write(publication.published());
        for capture in publication.captures() {
            if !self.captures.contains_key(&capture.path) {
                self.commit(capture)?;
            }
        }
        Ok(PublicationOutcome::Published)
    }
}
