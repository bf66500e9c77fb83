//! Checksum databases, mirrored: `sumdb/NAME/{supported,latest,lookup/...,tile/...}`.
//!
//! A lookup and a full tile of an honest database never change. Whether it is honest nobody here
//! knows, so they are remembered with their age, for much longer than what may change: after a day
//! the source is asked again, and while it cannot be asked they are given as they are (L11). With each
//! record the tiles are remembered that a client needs to check it ([`provable`]), and of tiles that
//! are not full the widest form ([`partial`]).
//!
//! Nothing of that is proven: the client does it itself, and finds a lying mirror out. The one
//! database that this site verifies is served from what was proven ([`ProvenAnswers`]); what is not is passed
//! on and not kept.

mod partial;
mod provable;

use crate::{
    answer::Answer,
    artifacts::ArtifactAnswers,
    revalidation::{Fallback, Revalidation},
    versions::Documents,
};
use checksumdb::{
    HostedAnswers, ProvenAnswers, database_files::is_permanent, database_tile as tile,
};
use codes::Code;
use ingest::{AnswerAges, AnswerMemory, AnswerSubject, ModuleSources};
use protocol::{
    Clock, Fetching, Freshness, Media, Origin, PrivacyRules, Refusal, Resource,
    database_path::CHECKPOINT,
};
use std::sync::Arc;
use store::{CachedAnswerClass, Key};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

/// Answers what is asked of checksum databases.
pub(crate) struct SumdbAnswers {
    pub(crate) hosted: HostedAnswers,
    pub(crate) proven: ProvenAnswers,
    pub(crate) mirrored: Arc<MirroredAnswers>,
    pub(crate) privacy: Arc<PrivacyRules>,
    pub(crate) sources: ModuleSources,
}

/// Answers of databases that nobody here verifies: passed through, and remembered with their age.
pub(crate) struct MirroredAnswers {
    pub(crate) answers: Arc<AnswerMemory>,
    pub(crate) revalidation: Arc<Revalidation>,
    pub(crate) artifacts: Arc<ArtifactAnswers>,
    pub(crate) documents: Documents,
    pub(crate) ages: AnswerAges,
    pub(crate) clock: Clock,
    /// Where what is behind an answer runs.
    pub(crate) background: TaskTracker,
    /// Room for keeping the proofs of records.
    pub(crate) proofs: Semaphore,
}

/// How many records' proofs are completed at once: one after the other, so that the largest log
/// seen grows in order, and the source is spared.
pub(crate) const PROOFS_AT_ONCE: usize = 1;

// === impl SumdbAnswers ===

impl SumdbAnswers {
    /// Answers a request below `sumdb/`.
    pub(crate) async fn answer(
        &self,
        name: &str,
        path: &str,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        if let Some(database) = self.hosted.named(name) {
            let answer = self.hosted.answer(database, path, fetching).await?;
            return Ok(answer.into());
        }
        self.keep_private(name, path)?;
        if let Some(records) = self.proven.verification.verifier.database(name) {
            if let Some(answer) = self.proven.answer(records, path, fetching).await? {
                return Ok(answer.into());
            }
            return self.mirrored.passed_on(name, path, fetching).await;
        }
        match tile::partial(path) {
            Some((full, width)) if !tile::is_data(path) => {
                self.mirrored
                    .partial_tile(name, full, width, fetching)
                    .await
            }
            _ if is_permanent(path) => self.mirrored.record(name, path, fetching).await,
            _ => self.mirrored.changing(name, path, fetching).await,
        }
    }

    /// A lookup of a module that is kept from databases goes to none but our own, or one that is private
    /// itself (law L7).
    fn keep_private(&self, name: &str, path: &str) -> Result<(), Refusal> {
        if path == CHECKPOINT || path.parse::<tlog::resource::LogResource>().is_ok() {
            return Err(Refusal::new(Code::NotFoundHere, path));
        }
        self.sources.of_database(name)?;
        match path.strip_prefix("lookup/") {
            Some(lookup)
                if self.privacy.is_unlogged_lookup(lookup)
                    && !self.privacy.is_private_name(name) =>
            {
                Err(Refusal::new(Code::PrivateName, "its name stays here"))
            }
            _ => Ok(()),
        }
    }
}

// === impl MirroredAnswers ===

impl MirroredAnswers {
    /// A lookup or a full tile, remembered with its age.
    async fn record(
        self: &Arc<Self>,
        name: &str,
        path: &str,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let subject = subject(name, path);
        let mark = self.documents.responses.mark(&subject.path);
        let recalled = match self
            .revalidation
            .recall(&subject, fetching, Fallback::None)
            .await
        {
            Ok(recalled) => recalled,
            Err(refusal) => return self.captured_before(name, path, fetching, refusal).await,
        };
        if path.starts_with("lookup/") && matches!(recalled.origin, Origin::Upstream(_)) {
            self.start_proving(name, &recalled.answer.body);
        }
        let resource = resource(name, path);
        Ok(self
            .documents
            .recalled(&subject.path, mark, resource, media(path), recalled))
    }

    /// What an earlier release, or an import, kept for ever serves an outage, and nothing else.
    async fn captured_before(
        self: &Arc<Self>,
        name: &str,
        path: &str,
        fetching: Fetching,
        refusal: Refusal,
    ) -> Result<Answer, Refusal> {
        let key = Key::Sumdb {
            name: name.to_owned(),
            path: path.to_owned(),
        };
        if fetching == Fetching::Allowed && refusal.status < 500 {
            return Err(refusal);
        }
        let Ok(Some(answer)) = self.artifacts.kept(&key).await else {
            return Err(refusal);
        };
        Ok(Answer {
            origin: Origin::Stale,
            freshness: Freshness::For(self.ages.list_max_age),
            ..answer
        })
    }

    /// A tile of the verified database that could not be proven: the client proves it for itself, and
    /// it is not kept.
    async fn passed_on(
        self: &Arc<Self>,
        name: &str,
        path: &str,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let subject = subject(name, path);
        if fetching == Fetching::Never {
            return Err(Refusal::not_kept(&subject.path));
        }
        let answer = self.revalidation.ask_unremembered(&subject).await?;
        if !answer.is_known() {
            return Err(answer.absence());
        }
        let origin = Origin::Upstream(answer.source.clone());
        Ok(self
            .documents
            .changing(media(path), origin, answer.body.clone()))
    }

    async fn changing(
        self: &Arc<Self>,
        name: &str,
        path: &str,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let subject = subject(name, path);
        let mark = self.documents.responses.mark(&subject.path);
        let recalled = self
            .revalidation
            .recall(&subject, fetching, Fallback::None)
            .await?;
        let resource = resource(name, path);
        Ok(self
            .documents
            .recalled(&subject.path, mark, resource, media(path), recalled))
    }
}

/// An answer of a database as it is remembered.
fn subject(name: &str, path: &str) -> AnswerSubject {
    AnswerSubject {
        class: CachedAnswerClass::Sumdb,
        path: format!("sumdb/{name}/{path}"),
        module: None,
    }
}

fn resource(name: &str, path: &str) -> Resource {
    Resource::Sumdb {
        name: name.to_owned(),
        path: path.to_owned(),
    }
}

fn media(path: &str) -> Media {
    if path.starts_with("tile/") {
        Media::Octets
    } else {
        Media::Text
    }
}
