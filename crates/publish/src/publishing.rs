//! Publishing: what may be published, and the one step that makes it so.

use crate::{
    metrics::PublishMetrics, publisher_name::PublisherName, rules, tags::TagLookup,
    turns::PublicationTurns, zip_contents::ModuleZipContents,
};
use alarm::AlarmLog;
use bytes::Bytes;
use checksumdb::Verification;
use codes::Code;
use gomod::{Artifact, ModulePath, Version, info::VersionInfo, pattern::ModulePatterns};
use ingest::Blocklist;
use inspection::ZipWorkers;
use jiff::Timestamp;
use memory::{MemoryCache, ResponseCache, VerifiedBlobs};
use protocol::{Clock, PrivacyRules, Refusal, RefusalText};
use std::sync::Arc;
use store::{DiskRoom, KeptHashes, PublicationOutcome, SealedSpool, Store, VersionPublication};

/// What an operator may choose about publishing.
#[derive(Debug, Clone, Default)]
pub struct PublishOptions {
    /// Modules that may be published, in the grammar of GOPRIVATE; the private ones without it.
    pub modules: Option<ModulePatterns>,
    /// Whether a tag of the version must exist in the module's repository.
    pub require_tag: bool,
    /// Whether pseudo-versions may be published.
    pub allow_pseudo: bool,
    /// Whether retired versions are listed all the same.
    pub list_retired: bool,
}

/// What publishing is made with.
pub struct VersionPublisherParts {
    /// What may be published.
    pub options: PublishOptions,
    /// Where it is kept.
    pub store: Store,
    /// Whose checksum database has its record.
    pub verification: Arc<Verification>,
    /// Which modules are private, and stay out of the log.
    pub privacy: Arc<PrivacyRules>,
    /// What is refused by policy.
    pub blocklist: Arc<Blocklist>,
    /// Who knows of tags.
    pub tags: Arc<dyn TagLookup>,
    /// Room on the disk.
    pub disk: Arc<DiskRoom>,
    /// Where zips are read.
    pub workers: ZipWorkers,
    /// What is kept, within reach.
    pub memory: Arc<MemoryCache>,
    /// Finished answers, of which a publication makes another.
    pub responses: Arc<ResponseCache>,
    /// Which blobs are sound.
    pub verified: Arc<VerifiedBlobs>,
    /// The time of day.
    pub clock: Clock,
    /// What is counted.
    pub metrics: PublishMetrics,
    /// Where failures of the store are told.
    pub alarms: AlarmLog,
}

/// Publishes.
pub struct VersionPublisher {
    options: PublishOptions,
    pub(crate) store: Store,
    verification: Arc<Verification>,
    privacy: Arc<PrivacyRules>,
    blocklist: Arc<Blocklist>,
    tags: Arc<dyn TagLookup>,
    pub(crate) disk: Arc<DiskRoom>,
    workers: ZipWorkers,
    memory: Arc<MemoryCache>,
    responses: Arc<ResponseCache>,
    verified: Arc<VerifiedBlobs>,
    clock: Clock,
    pub(crate) metrics: PublishMetrics,
    pub(crate) alarms: AlarmLog,
    turns: PublicationTurns,
}

/// A version that is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedVersion {
    /// The module.
    pub module: ModulePath,
    /// Its version.
    pub version: Version,
    /// Go's hash of its zip.
    pub h1: String,
    /// Go's hash of its go.mod.
    pub go_mod_h1: String,
    /// Bytes of the zip that was uploaded.
    pub size: u64,
    /// The checksum database of our own that has its record.
    pub database: Option<String>,
    /// Whether it was published now, and not before.
    pub is_new: bool,
}

// === impl VersionPublisher ===

impl VersionPublisher {
    /// Takes its parts.
    pub fn new(parts: VersionPublisherParts) -> Self {
        Self {
            options: parts.options,
            store: parts.store,
            verification: parts.verification,
            privacy: parts.privacy,
            blocklist: parts.blocklist,
            tags: parts.tags,
            disk: parts.disk,
            workers: parts.workers,
            memory: parts.memory,
            responses: parts.responses,
            verified: parts.verified,
            clock: parts.clock,
            metrics: parts.metrics,
            alarms: parts.alarms,
            turns: PublicationTurns::default(),
        }
    }

    pub(crate) fn permit(&self, module: &ModulePath, version: &Version) -> Result<(), Refusal> {
        rules::check_module(module, &self.privacy, self.options.modules.as_ref())?;
        rules::check_version(module, version, self.options.allow_pseudo)?;
        match self.blocklist.refusal_of_version(module, version) {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    pub(crate) async fn publish(
        &self,
        artifact: Artifact,
        sealed: SealedSpool,
        publisher: &PublisherName,
    ) -> Result<PublishedVersion, Refusal> {
        let name = self.privacy.shown(&artifact.module, &artifact);
        let outcome = self.check_and_keep(artifact, sealed, publisher).await;
        match &outcome {
            Ok(version) => {
                self.metrics.count(if version.is_new {
                    "published"
                } else {
                    "unchanged"
                });
                let is_new = version.is_new;
                tracing::info!(artifact = name, %publisher, is_new, "a version was published");
            }
            Err(refusal) => {
                self.metrics.count(outcome_of(refusal));
                let code = refusal.code;
                tracing::info!(artifact = name, %publisher, %code, "a publication was refused");
            }
        }
        outcome
    }

    async fn check_and_keep(
        &self,
        artifact: Artifact,
        sealed: SealedSpool,
        publisher: &PublisherName,
    ) -> Result<PublishedVersion, Refusal> {
        let (subject, size) = (artifact.clone(), sealed.size());
        let read = move || {
            let contents = ModuleZipContents::read(&subject, sealed.file(), sealed.size());
            (sealed, contents)
        };
        let read = self.workers.run(read).await;
        let (sealed, contents) = read.ok_or_else(inspection::panicked)?;
        let contents = contents?;
        let Artifact {
            module, version, ..
        } = artifact;
        if self.options.require_tag && !self.tags.has_tag(&module, &version).await? {
            let facts = format!("{module}@{version}");
            return Err(Refusal::new(Code::TagMissing, facts));
        }
        let path = format!("{}/@v/{}", module.escaped(), version.escaped());
        let _turn = self.turns.take(&path).await;
        let log = self.record(&module, &version, &contents).await?;
        self.verified.received(&sealed);
        let publication = VersionPublication {
            module: module.clone(),
            version: version.clone(),
            info: info(&version, self.clock.now()),
            go_mod: Bytes::from(contents.go_mod.clone()),
            go_mod_h1: contents.go_mod_h1.clone(),
            zip: sealed,
            zip_h1: contents.h1.clone(),
            publisher: publisher.to_string(),
            log: log.clone(),
        };
        let outcome = self.store.publish(publication).await;
        let outcome = outcome.map_err(|error| self.alarms.store_failure(error))?;
        let is_new = match outcome {
            PublicationOutcome::Published => true,
            PublicationOutcome::Unchanged => false,
            PublicationOutcome::Different(kept) => return Err(taken(&kept, &contents)),
        };
        if is_new {
            self.forget(&module, &path);
        }
        Ok(PublishedVersion {
            module,
            version,
            h1: contents.h1,
            go_mod_h1: contents.go_mod_h1,
            size,
            database: log,
            is_new,
        })
    }

    /// The database that takes the record of a version; refuses where it has another one already.
    async fn record(
        &self,
        module: &ModulePath,
        version: &Version,
        contents: &ModuleZipContents,
    ) -> Result<Option<String>, Refusal> {
        let record = self
            .verification
            .publication_record(module, version)
            .await?;
        if let Some(known) = &record.known
            && (known.zip.as_ref() != Some(&contents.h1)
                || known.go_mod.as_ref() != Some(&contents.go_mod_h1))
        {
            return Err(taken(known, contents));
        }
        Ok(record.database)
    }

    /// What was computed or remembered without this version is made anew.
    fn forget(&self, module: &ModulePath, version: &str) {
        for kind in ["info", "mod", "zip"] {
            self.memory.forget(&format!("{version}.{kind}"));
        }
        self.responses.forget(&module.list_path());
        self.responses
            .forget(&format!("{}/@latest", module.escaped()));
    }
}

/// The `.info`: the version, and when it was published.
fn info(version: &Version, now: Timestamp) -> Bytes {
    let seconds = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let info = VersionInfo {
        version: version.clone(),
        time: Some(seconds.to_string()),
    };
    info.to_json().into()
}

pub(crate) fn outcome_of(refusal: &Refusal) -> &'static str {
    match refusal.code {
        Code::VersionTaken => "conflict",
        _ if refusal.status >= 500 => "failed",
        _ => "refused",
    }
}

/// Something else is kept of this version.
fn taken(kept: &KeptHashes, offered: &ModuleZipContents) -> Refusal {
    let none = "nothing".to_owned();
    let (zip, go_mod) = (&kept.zip, &kept.go_mod);
    let lines = vec![
        format!("kept zip: {}", zip.as_ref().unwrap_or(&none)),
        format!("offered zip: {}", offered.h1),
        format!("kept go.mod: {}", go_mod.as_ref().unwrap_or(&none)),
        format!("offered go.mod: {}", offered.go_mod_h1),
        "next: publish the change as a new version; what is kept stays".to_owned(),
    ];
    Refusal {
        text: RefusalText::Lines(lines),
        ..Refusal::new(Code::VersionTaken, "")
    }
}

#[cfg(test)]
mod tests {
    use super::info;
    use gomod::Version;

    #[test]
    fn an_info_has_whole_seconds() {
        let now = "2026-01-02T03:04:05.678Z".parse().unwrap();
        let version = Version::parse("v1.0.0").unwrap();
        assert_eq!(
            info(&version, now),
            r#"{"Version":"v1.0.0","Time":"2026-01-02T03:04:05Z"}"#
        );
    }
}
