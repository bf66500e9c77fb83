//! Own: private modules are held against the records of the site's own database.
//!
//! Their first capture is what is logged, in the transaction that completes the version; from then
//! on the record says what the bytes must be, wherever they come from. A version that lost an
//! artifact is captured again only as it was, and go.mod and zip must be of one piece even before
//! there is a record: a tag that is moved between the two requests would else be logged as a mixture
//! that nobody ever published.

use super::{
    Grounds, PRIVATE,
    alarm::{Alarm, Severity},
    evidence::{self, logged_version},
    is_toolchain,
};
use crate::{capture::Lost, check::Wrong, context::Context, own::Served};
use codes::Code;
use gomod::{Artifact, ArtifactKind, sumhash::H1};
use mismatch::Specimen;
use store::{Key, own::OwnRecord};

/// The hash that a record has of an artifact.
fn hash_in(record: &OwnRecord, artifact: &Artifact) -> Option<String> {
    let (record, version) = (record.record(), logged_version(artifact));
    let mut hashes = record.hashes(artifact.module.as_str(), &version);
    hashes.next().map(str::to_owned)
}

/// The hash that the database has of an artifact.
pub(super) async fn own_hash(served: &Served, artifact: &Artifact) -> Option<H1> {
    let record = served.database.find(&artifact.module, &artifact.version);
    hash_in(&record.await.ok()??, artifact)?.parse().ok()
}

// === impl Context ===

impl Context {
    /// The database of our own that has the record of an artifact, or will.
    pub(crate) fn own_logger(&self, artifact: &Artifact) -> Option<&Served> {
        let module = &artifact.module;
        let logged = artifact.kind != ArtifactKind::Info
            && self.verifier.is_private(module)
            && !is_toolchain(module);
        self.own.active().filter(|_| logged).map(|served| &**served)
    }

    pub(super) async fn own_grounds(
        &self,
        served: &Served,
        artifact: &Artifact,
        h1: &str,
    ) -> Result<Grounds, Lost> {
        let database = &served.database;
        let name = database.name();
        let grounds = |evidence: String| Grounds {
            evidence,
            proof: None,
            log: Some(name.to_owned()),
        };
        let failed = |error| Lost::Ours(self.store_failure(error));
        let record = database.find(&artifact.module, &artifact.version).await;
        let Some(record) = record.map_err(failed)? else {
            return Ok(grounds(PRIVATE.to_owned()));
        };
        if let Some(logged) = hash_in(&record, artifact).filter(|logged| logged != h1) {
            self.count_verification("mismatch");
            let summary = format!("its hash is {h1}, and {name} has {logged}");
            return Err(Lost::Body(
                Wrong::new(Code::ChecksumMismatch, summary).into(),
            ));
        }
        self.count_verification("proven");
        let proof = self.store.proof(&artifact.module, &artifact.version, name);
        Ok(grounds(match proof.await.map_err(failed)? {
            Some(_) => evidence::proven(name, record.number),
            None => PRIVATE.to_owned(),
        }))
    }

    /// Whether a private zip and the go.mod that is kept of its version are of one piece.
    pub(crate) async fn of_one_piece(
        &self,
        artifact: &Artifact,
        go_mod_h1: Option<&str>,
    ) -> Result<(), Lost> {
        let (Some(_), Some(found)) = (self.own_logger(artifact), go_mod_h1) else {
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
        let kept = kept.map_err(|error| Lost::Ours(self.store_failure(error)))?;
        let Some((kept, h1)) = kept.and_then(|kept| Some((kept.clone(), kept.h1?))) else {
            return Ok(());
        };
        if h1 == found {
            return Ok(());
        }
        let (at, source) = (kept.first_seen, kept.source);
        let summary = format!(
            "its go.mod is {found}, but {h1} since {at:.0} from {source}: the tag was moved"
        );
        let alarm = Alarm {
            severity: Severity::P1,
            kind: "tag-moved",
            subject: artifact.escaped_path(),
            detail: summary.clone(),
        };
        alarm.raise(&self.store, &self.metrics).await;
        Err(Lost::Body(
            Wrong::new(Code::CaptureConflict, summary).into(),
        ))
    }

    /// What a client is told of a private version that is not what was first seen.
    pub(crate) async fn own_story(
        &self,
        artifact: &Artifact,
        sent: &Specimen,
    ) -> Option<Vec<String>> {
        let database = &self.own_logger(artifact)?.database;
        let record = database.find(&artifact.module, &artifact.version);
        let record = record.await.ok()??;
        let logged = hash_in(&record, artifact)?;
        let found = sent
            .h1
            .map_or_else(|| "none".to_owned(), |h1| h1.to_string());
        Some(vec![
            format!(
                "{artifact} is not what was first seen: its tag was moved or it was tampered with"
            ),
            format!("first seen: {:.0} from {}", record.at, record.source),
            format!(
                "logged:     {logged} (record {} of {})",
                record.number,
                database.name()
            ),
            format!("sent now:   {found} by {}", sent.source.name),
            "next: publish the change as a new version; what was logged stays".to_owned(),
        ])
    }
}
