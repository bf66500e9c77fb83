//! Own: private modules are held against the records of the site's own database.
//!
//! Their first capture is what is logged, in the transaction that completes the version; from then
//! on the record says what the bytes must be, wherever they come from. A version that lost an
//! artifact is captured again only as it was, and go.mod and zip must be of one piece even before
//! there is a record: a tag that is moved between the two requests would else be logged as a mixture
//! that nobody ever published.

use crate::{
    capture_evidence::{CaptureEvidence, CaptureObjection},
    evidence::logged_version,
    hosted::HostedDatabase,
    verification::Verification,
};
use alarm::{Alarm, AlarmKind, Severity};
use codes::Code;
use gomod::{Artifact, ArtifactKind, sumhash::H1};
use inspection::check::Wrong;
use mismatch::CopyDescription;
use protocol::{Evidence, is_toolchain};
use store::{Key, StoreError, own::DatabaseRecord};
use upstream::SourceName;

/// The hash that a record has of an artifact.
fn hash_in(record: &DatabaseRecord, artifact: &Artifact) -> Option<String> {
    let (record, version) = (record.record(), logged_version(artifact));
    let mut hashes = record.hashes(artifact.module.as_str(), &version);
    hashes.next().map(str::to_owned)
}

// === impl Verification ===

impl Verification {
    /// Whether a database of our own has the record of an artifact, or will.
    pub(crate) fn is_logged_here(&self, artifact: &Artifact) -> bool {
        let module = &artifact.module;
        self.hosted.is_some()
            && artifact.kind != ArtifactKind::Info
            && self.privacy.is_unlogged(module)
            && !is_toolchain(module)
    }

    /// The record of a version in whichever of our databases has one: also one that takes no more,
    /// or has stopped, for what was once logged stays what the bytes must be.
    async fn own_record(
        &self,
        artifact: &Artifact,
    ) -> Result<Option<(&HostedDatabase, DatabaseRecord)>, StoreError> {
        for served in self.hosted.all() {
            let found = served.database.find(&artifact.module, &artifact.version);
            if let Some(record) = found.await? {
                return Ok(Some((served, record)));
            }
        }
        Ok(None)
    }

    /// The hash that a database of our own has of an artifact.
    pub(crate) async fn own_hash(&self, artifact: &Artifact) -> Option<H1> {
        let (_, record) = self.own_record(artifact).await.ok()??;
        hash_in(&record, artifact)?.parse().ok()
    }

    pub(crate) async fn own_grounds(
        &self,
        artifact: &Artifact,
        h1: &str,
    ) -> Result<CaptureEvidence, CaptureObjection> {
        let active = self.hosted.active();
        let log = active.map(|active| active.database.name().to_owned());
        let grounds = |evidence: Evidence| CaptureEvidence {
            evidence,
            proof: None,
            log,
        };
        let failed = |error| CaptureObjection::Refused(self.alarms.store_failure(error));
        let Some((served, record)) = self.own_record(artifact).await.map_err(failed)? else {
            return Ok(grounds(Evidence::Private));
        };
        let name = served.database.name();
        if let Some(logged) = hash_in(&record, artifact).filter(|logged| logged != h1) {
            self.metrics.verified("mismatch");
            let summary = format!("its hash is {h1}, and {name} has {logged}");
            return Err(CaptureObjection::Wrong(Wrong::new(
                Code::ChecksumMismatch,
                summary,
            )));
        }
        self.metrics.verified("proven");
        let proof = self.store.proof(&artifact.module, &artifact.version, name);
        Ok(grounds(match proof.await.map_err(failed)? {
            Some(_) => Evidence::checksum_database(name, record.number),
            None => Evidence::Private,
        }))
    }

    /// Whether a private zip and the go.mod that is kept of its version are of one piece.
    pub async fn of_one_piece(
        &self,
        artifact: &Artifact,
        go_mod_h1: Option<&str>,
    ) -> Result<(), CaptureObjection> {
        let Some(found) = go_mod_h1.filter(|_| self.is_logged_here(artifact)) else {
            return Ok(());
        };
        let Artifact {
            module, version, ..
        } = artifact.clone();
        let key = Key::Artifact(Artifact {
            module,
            version,
            kind: ArtifactKind::Mod,
        });
        let kept = self.store.find(&key).await;
        let kept =
            kept.map_err(|error| CaptureObjection::Refused(self.alarms.store_failure(error)))?;
        let Some((kept, h1)) = kept.and_then(|kept| Some((kept.clone(), kept.h1?))) else {
            return Ok(());
        };
        if h1 == found {
            return Ok(());
        }
        let (at, source) = (kept.first_seen, SourceName::shown(&kept.source));
        let summary = format!(
            "its go.mod is {found}, but {h1} since {at:.0} from {source}: the tag was moved"
        );
        let alarm = Alarm {
            severity: Severity::P1,
            kind: AlarmKind::TagMoved,
            subject: artifact.escaped_path(),
            detail: summary.clone(),
        };
        self.alarms.raise(alarm).await;
        Err(CaptureObjection::Wrong(Wrong::new(
            Code::CaptureConflict,
            summary,
        )))
    }

    /// What a client is told of a private version that is not what was first seen.
    pub async fn own_story(
        &self,
        artifact: &Artifact,
        sent: &CopyDescription,
    ) -> Option<Vec<String>> {
        if !self.is_logged_here(artifact) {
            return None;
        }
        let (served, record) = self.own_record(artifact).await.ok()??;
        let name = served.database.name();
        let logged = hash_in(&record, artifact)?;
        let found = sent
            .h1
            .map_or_else(|| "none".to_owned(), |h1| h1.to_string());
        // `go` names the artifact; what it shows of a body is short.
        Some(vec![
            format!(
                "first seen: {:.0} from {}, record {} of {name}",
                record.at,
                SourceName::shown(&record.source),
                record.number
            ),
            format!("logged:   {logged}"),
            format!("sent now: {found} by {}", sent.source.name),
            "next: publish the change as a new version; what was logged stays".to_owned(),
        ])
    }
}
