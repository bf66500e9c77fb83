//! Own: a checksum database of the site's own, as `go` and as auditors ask it.
//!
//! A lookup of a private version that has no record yet captures what the record needs, the go.mod
//! and the zip, and the capture writes it. One of a public version is copied: the record is proven
//! in the public database first, and its lines are taken as they are. What we downloaded ourselves
//! is never hashed for it, so go.sum stays what it would be without us, to the byte.

use super::{CHECKPOINT, proven::parse};
use crate::{
    answer::{Answer, Freshness, Media, Origin},
    context::Context,
    own::Served,
    refusal::Refusal,
    resource::Fetching,
};
use bytes::Bytes;
use codes::Code;
use gomod::{Artifact, ArtifactKind, ModulePath, Version};
use protocol::Evidence;
use std::{sync::Arc, time::Duration};
use store::{
    Key, VersionProof,
    own::{OwnHead, OwnRecord, go_sum_lines},
};
use tlog::{resource, tile::Tile};

// === impl Context ===

impl Context {
    /// Answers a request below `sumdb/` for a database of our own.
    pub(super) async fn own_answer(
        self: &Arc<Self>,
        served: &Arc<Served>,
        path: &str,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        if path == "supported" {
            return Ok(self.text(Bytes::new(), Origin::Memory));
        }
        self.refuse_halted(served).await?;
        match path {
            "latest" => return Ok(self.newest(self.own_head(served).await?.note.clone())),
            CHECKPOINT => {
                let head = self.own_head(served).await?;
                return Ok(self.newest(head.checkpoint.clone()));
            }
            _ => {}
        }
        if let Some(subject) = path.strip_prefix("lookup/") {
            return self.own_lookup(served, subject, fetching).await;
        }
        let bytes = self.own_file(served, path).await?;
        let bytes = bytes
            .ok_or_else(|| Refusal::new(Code::NotFoundHere, "the database has no such tile yet"))?;
        Ok(Answer {
            media: Media::Octets,
            freshness: Freshness::Immutable,
            ..self.text(bytes, Origin::Store)
        })
    }

    /// A tile in either of its spellings.
    async fn own_file(&self, served: &Served, path: &str) -> Result<Option<Bytes>, Refusal> {
        let database = &served.database;
        let bytes = match (path.parse::<Tile>(), path.parse()) {
            (Ok(tile), _) | (_, Ok(resource::Resource::Tile(tile))) => database.tile(tile).await,
            (_, Ok(resource::Resource::Entries(bundle))) => database.entries(bundle).await,
            _ => Ok(None),
        };
        bytes.map_err(|error| self.store_failure(error))
    }

    async fn own_lookup(
        self: &Arc<Self>,
        served: &Arc<Served>,
        subject: &str,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let (module, version) = parse(subject)?;
        let found = served.database.find(&module, &version).await;
        let (record, origin) = match found.map_err(|error| self.store_failure(error))? {
            Some(record) => (record, Origin::Store),
            None if fetching == Fetching::Never => {
                return Err(Refusal::not_kept(&format!(
                    "the record of {module}@{version}"
                )));
            }
            None => {
                let record = self.new_record(served, &module, &version).await?;
                (record, Origin::Computed)
            }
        };
        let head = self.own_head_with(served, record.number).await?;
        if self.verifier.is_unlogged(&module) {
            self.vouch(served, (&module, &version), &record, &head)
                .await?;
        }
        let text = [record.record().to_text().as_bytes(), &head.note].concat();
        Ok(self.newest_from(text.into(), origin))
    }

    /// Appends the record of a version that has none.
    async fn new_record(
        self: &Arc<Self>,
        served: &Arc<Served>,
        module: &ModulePath,
        version: &Version,
    ) -> Result<OwnRecord, Refusal> {
        let name = served.database.name();
        let settled = served.database.settle().await;
        if let Some(halt) = settled.map_err(|error| self.store_failure(error))? {
            return Err(self.halted(served, &halt).await);
        }
        let is_active = self
            .own
            .active()
            .is_some_and(|active| Arc::ptr_eq(active, served));
        if !is_active {
            return Err(Refusal::new(Code::OwnSumdbRetired, name));
        }
        let (text, source) = if self.verifier.is_unlogged(module) {
            self.captured_lines(module, version).await?
        } else if self.own.has_public() {
            self.proven_lines(module, version).await?
        } else {
            let facts = format!("{name} has no {module}@{version}");
            return Err(Refusal::new(Code::OwnSumdbScope, facts));
        };
        let appended = served.database.append(module, version, &text, &source);
        appended.await.map_err(|error| self.store_failure(error))
    }

    /// The lines of a private version, which is captured for them. The capture may have written its
    /// record already; then that one stays.
    async fn captured_lines(
        self: &Arc<Self>,
        module: &ModulePath,
        version: &Version,
    ) -> Result<(String, String), Refusal> {
        let artifact = |kind| Artifact {
            module: module.clone(),
            version: version.clone(),
            kind,
        };
        let (go_mod, zip) = (artifact(ArtifactKind::Mod), artifact(ArtifactKind::Zip));
        // One after the other: the zip is held against the go.mod.
        let kept = self.captured(&go_mod).await?;
        let go_mod_h1 = self.hash_of(&go_mod, &kept).await?;
        let kept = self.captured(&zip).await?;
        let zip_h1 = self.hash_of(&zip, &kept).await?;
        let lines = go_sum_lines(module, version, &zip_h1, &go_mod_h1);
        Ok((lines, kept.source.clone()))
    }

    /// The lines of a public version, as the public database proves them.
    async fn proven_lines(
        &self,
        module: &ModulePath,
        version: &Version,
    ) -> Result<(String, String), Refusal> {
        let off = || Refusal::new(Code::OwnSumdbScope, "no public database is verified here");
        let records = self.verifier.records().ok_or_else(off)?;
        let vouched = records.record(module, version).await;
        let vouched = vouched.map_err(|unproven| unproven.refusal)?;
        records
            .keep(&vouched)
            .await
            .map_err(|error| self.store_failure(error))?;
        Ok((
            vouched.record().text.clone(),
            vouched.evidence().to_string(),
        ))
    }

    /// Keeps the proof of a private version's record, unless there is one, and lets its captures say
    /// so.
    pub(crate) async fn vouch(
        &self,
        served: &Served,
        (module, version): (&ModulePath, &Version),
        record: &OwnRecord,
        head: &OwnHead,
    ) -> Result<(), Refusal> {
        let failed = |error| self.store_failure(error);
        let database = &served.database;
        let kept = self.store.proof(module, version, database.name()).await;
        if kept.map_err(failed)?.is_some() {
            return Ok(());
        }
        let file = database.proof(record, head).await.map_err(failed)?;
        let proof = VersionProof {
            module: module.clone(),
            version: version.clone(),
            database: database.name().to_owned(),
            record: record.number,
            file: file.to_string(),
            evidence: Evidence::checksum_database(database.name(), record.number),
        };
        let captures = [ArtifactKind::Mod, ArtifactKind::Zip].map(|kind| {
            Key::Artifact(Artifact {
                module: module.clone(),
                version: version.clone(),
                kind,
            })
        });
        let proven = self.store.prove(proof, captures.to_vec()).await;
        proven.map_err(failed)?;
        for capture in captures {
            self.hot.forget(&capture.path());
        }
        Ok(())
    }

    fn newest(&self, bytes: Bytes) -> Answer {
        self.newest_from(bytes, Origin::Store)
    }

    /// An answer that the next one may replace: nobody may hold it back, for a client that was
    /// shown a newer head elsewhere must not be shown an older one.
    fn newest_from(&self, bytes: Bytes, origin: Origin) -> Answer {
        Answer {
            freshness: Freshness::For(Duration::ZERO),
            ..self.text(bytes, origin)
        }
    }
}
