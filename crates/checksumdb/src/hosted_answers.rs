//! Hosted answers: a checksum database of the site's own, as `go` and as auditors ask it.
//!
//! A lookup of a private version that has no record yet captures what the record needs, the go.mod
//! and the zip, and the capture writes it. One of a public version is copied: the record is proven
//! in the public database first, and its lines are taken as they are. What we downloaded ourselves
//! is never hashed for it, so go.sum stays what it would be without us, to the byte.

use crate::{
    database_answer::{DatabaseAnswer, parse},
    hosted::HostedDatabase,
    verification::Verification,
};
use bytes::Bytes;
use codes::Code;
use futures_util::future::BoxFuture;
use gomod::{Artifact, ArtifactKind, ModulePath, Version};
use protocol::{Fetching, Freshness, Media, Origin, Refusal, database_path::CHECKPOINT};
use std::{sync::Arc, time::Duration};
use store::{
    Record,
    own::{DatabaseRecord, go_sum_lines},
};
use tlog::{resource, tile::Tile};

/// Who captures what the record of a private version is made of.
pub trait VersionCaptures: Send + Sync {
    /// What is kept of an artifact; it is fetched if nothing is.
    fn captured<'a>(
        &'a self,
        artifact: &'a Artifact,
    ) -> BoxFuture<'a, Result<Arc<Record>, Refusal>>;
}

/// Answers of the databases that this site hosts.
pub struct HostedAnswers {
    verification: Arc<Verification>,
    captures: Arc<dyn VersionCaptures>,
    /// How long others may keep what says nothing of a head.
    max_age: Duration,
}

// === impl HostedAnswers ===

impl HostedAnswers {
    /// Answers of the databases that this verification hosts.
    pub fn new(
        verification: &Arc<Verification>,
        captures: Arc<dyn VersionCaptures>,
        max_age: Duration,
    ) -> Self {
        Self {
            verification: Arc::clone(verification),
            captures,
            max_age,
        }
    }

    /// The database of this name, if it is one of them.
    pub fn named(&self, name: &str) -> Option<&Arc<HostedDatabase>> {
        self.verification.hosted.named(name)
    }

    fn text(&self, bytes: Bytes, origin: Origin) -> DatabaseAnswer {
        DatabaseAnswer::text(bytes, origin, self.max_age)
    }

    /// Answers a request below `sumdb/` for a database of our own.
    pub async fn answer(
        &self,
        served: &Arc<HostedDatabase>,
        path: &str,
        fetching: Fetching,
    ) -> Result<DatabaseAnswer, Refusal> {
        if path == "supported" {
            return Ok(self.text(Bytes::new(), Origin::Memory));
        }
        self.verification.hosted.refuse_halted(served).await?;
        match path {
            "latest" => {
                return Ok(self.newest(self.verification.hosted.head(served).await?.note.clone()));
            }
            CHECKPOINT => {
                let head = self.verification.hosted.head(served).await?;
                return Ok(self.newest(head.checkpoint.clone()));
            }
            _ => {}
        }
        if let Some(subject) = path.strip_prefix("lookup/") {
            return self.lookup(served, subject, fetching).await;
        }
        let bytes = self.file(served, path).await?;
        let bytes = bytes
            .ok_or_else(|| Refusal::new(Code::NotFoundHere, "the database has no such tile yet"))?;
        Ok(DatabaseAnswer {
            media: Media::Octets,
            freshness: Freshness::Immutable,
            ..self.text(bytes, Origin::Store)
        })
    }

    /// A tile in either of its spellings.
    async fn file(&self, served: &HostedDatabase, path: &str) -> Result<Option<Bytes>, Refusal> {
        let database = &served.database;
        let bytes = match (path.parse::<Tile>(), path.parse()) {
            (Ok(tile), _) | (_, Ok(resource::LogResource::Tile(tile))) => database.tile(tile).await,
            (_, Ok(resource::LogResource::Entries(bundle))) => database.entries(bundle).await,
            _ => Ok(None),
        };
        bytes.map_err(|error| self.verification.alarms.store_failure(error))
    }

    async fn lookup(
        &self,
        served: &Arc<HostedDatabase>,
        subject: &str,
        fetching: Fetching,
    ) -> Result<DatabaseAnswer, Refusal> {
        let (module, version) = parse(subject)?;
        let found = served.database.find(&module, &version).await;
        let (record, origin) =
            match found.map_err(|error| self.verification.alarms.store_failure(error))? {
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
        let head = self
            .verification
            .hosted
            .head_with(served, record.number)
            .await?;
        if self.verification.privacy.is_unlogged(&module) {
            self.verification
                .hosted
                .vouch(served, (&module, &version), &record, &head)
                .await?;
        }
        let text = [record.record().to_text().as_bytes(), &head.note].concat();
        Ok(self.newest_from(text.into(), origin))
    }

    /// Appends the record of a version that has none.
    async fn new_record(
        &self,
        served: &Arc<HostedDatabase>,
        module: &ModulePath,
        version: &Version,
    ) -> Result<DatabaseRecord, Refusal> {
        let name = served.database.name();
        let settled = served.database.settle().await;
        if let Some(halt) =
            settled.map_err(|error| self.verification.alarms.store_failure(error))?
        {
            return Err(self.verification.hosted.halted(served, &halt).await);
        }
        let is_active = self
            .verification
            .hosted
            .active()
            .is_some_and(|active| Arc::ptr_eq(active, served));
        if !is_active {
            return Err(Refusal::new(Code::OwnSumdbRetired, name));
        }
        let (text, source) = if self.verification.privacy.is_unlogged(module) {
            self.captured_lines(module, version).await?
        } else if self.verification.hosted.has_public() {
            self.proven_lines(module, version).await?
        } else {
            let facts = format!("{name} has no {module}@{version}");
            return Err(Refusal::new(Code::OwnSumdbScope, facts));
        };
        let appended = served.database.append(module, version, &text, &source);
        appended
            .await
            .map_err(|error| self.verification.alarms.store_failure(error))
    }

    /// The lines of a private version, which is captured for them. The capture may have written its
    /// record already; then that one stays.
    async fn captured_lines(
        &self,
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
        let kept = self.captures.captured(&go_mod).await?;
        let go_mod_h1 = self.verification.hash_of(&go_mod, &kept).await?;
        let kept = self.captures.captured(&zip).await?;
        let zip_h1 = self.verification.hash_of(&zip, &kept).await?;
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
        let records = self.verification.verifier.records().ok_or_else(off)?;
        let vouched = records.record(module, version).await;
        let vouched = vouched.map_err(|unproven| unproven.refusal)?;
        records
            .keep(&vouched)
            .await
            .map_err(|error| self.verification.alarms.store_failure(error))?;
        let evidence = vouched.evidence().to_string();
        Ok((vouched.record().text.clone(), evidence))
    }

    fn newest(&self, bytes: Bytes) -> DatabaseAnswer {
        self.newest_from(bytes, Origin::Store)
    }

    /// An answer that the next one may replace: nobody may hold it back, for a client that was
    /// shown a newer head elsewhere must not be shown an older one.
    fn newest_from(&self, bytes: Bytes, origin: Origin) -> DatabaseAnswer {
        DatabaseAnswer {
            freshness: Freshness::For(Duration::ZERO),
            ..self.text(bytes, origin)
        }
    }
}
