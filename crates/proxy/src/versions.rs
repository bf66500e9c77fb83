//! Versions: `list`, `@latest` and version queries.
//!
//! A source's answer is remembered with its age; [`selection`] says what is made of
//! it and of what is kept here. Where no source can be asked the answer is computed from the catalog
//! alone. A source that refuses only its list (some public proxies do) is treated the same: what is
//! kept is listed.

use crate::{
    answer::{Answer, Body},
    artifacts::ArtifactAnswers,
    metrics::Metrics,
    retired::RetiredVersions,
    revalidation::{Fallback, HOLD_OFF, RecalledAnswer, Revalidation},
    selection,
};
use bytes::Bytes;
use codes::Code;
use gomod::{Artifact, ArtifactKind, ModulePath, Version, info::VersionInfo, modfile};
use ingest::{AnswerAges, AnswerMemory, AnswerSubject, Blocklist, ModuleSources};
use inspection::{FileReader, check};
use jiff::Timestamp;
use memory::{HeldResponse, ResponseCache, ResponseMark};
use protocol::{Clock, Fetching, Freshness, Media, Origin, Refusal, Resource};
use std::{borrow::Cow, sync::Arc};
use store::{BlobId, CachedAnswerClass, Key, Store, StoredVersion};

/// Answers which versions of a module there are.
pub(crate) struct VersionAnswers {
    pub(crate) answers: Arc<AnswerMemory>,
    pub(crate) revalidation: Arc<Revalidation>,
    pub(crate) artifacts: Arc<ArtifactAnswers>,
    pub(crate) blocklist: Arc<Blocklist>,
    pub(crate) retired: Arc<RetiredVersions>,
    pub(crate) sources: ModuleSources,
    pub(crate) documents: Documents,
    pub(crate) reader: Arc<FileReader>,
    pub(crate) store: Store,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) ages: AnswerAges,
    pub(crate) clock: Clock,
}

/// Makes answers of bodies that may change, and holds them while they are fresh; cheap to clone.
#[derive(Clone)]
pub(crate) struct Documents {
    pub(crate) responses: Arc<ResponseCache>,
    pub(crate) ages: AnswerAges,
}

// === impl VersionAnswers ===

impl VersionAnswers {
    /// Answers `MODULE/@v/list`.
    pub(crate) async fn list(
        &self,
        module: &ModulePath,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let subject = list_of(module);
        let mark = self.documents.responses.mark(&subject.path);
        let all = self.kept_versions(module).await?;
        let (is_any_kept, kept) = (!all.is_empty(), self.retired.listable(module, all));
        if is_any_kept && let Err(refusal) = self.reaches_somebody(module) {
            let list = self.answers.find(&subject).await?;
            let whole = self.kept_whole(module, list.as_deref()).await?;
            let all_retired = || {
                self.documents
                    .changing(Media::Text, Origin::Store, Bytes::new())
            };
            let listed = self.list_for_good(&whole);
            let listed = listed.or_else(|| kept.is_empty().then(all_retired));
            return listed.ok_or(refusal);
        }
        let fallback = if is_any_kept {
            Fallback::Some
        } else {
            Fallback::None
        };
        let recalled = self
            .recall_watching(module, &subject, fetching, fallback)
            .await;
        let list = recalled.as_ref().ok().map(|recalled| &*recalled.answer);
        let whole = self.kept_whole(module, list).await?;
        if let (Ok(recalled), true) = (&recalled, fetching != Fetching::Never && !whole.is_all())
            && self.is_outage(module, recalled).await
            && let Some(answer) = self.list_of_whole(&whole)
        {
            return Ok(answer);
        }
        let (body, origin) = match &recalled {
            Ok(recalled) => {
                let text = self.listable_text(module, recalled.answer.text());
                let versions = selection::versions(&text, &kept);
                let body = selection::list_body(&versions, &text);
                (body, recalled.origin.clone())
            }
            Err(refusal) if !is_any_kept => return Err(refusal.clone()),
            Err(_) => {
                let versions = selection::without_a_list(&kept);
                (selection::list_body(&versions, ""), Origin::Computed)
            }
        };
        let answer = self.documents.changing(Media::Text, origin, body.into());
        let until = match recalled {
            Ok(recalled) => recalled.fresh_until,
            Err(_) => self.clock.now().checked_add(HOLD_OFF).ok(),
        };
        if let Some(until) = until {
            let until = whole.held(until, self.clock.now());
            let resource = Resource::List(module.clone());
            self.documents
                .hold(&subject.path, mark, until, resource, &answer);
        }
        Ok(answer)
    }

    /// Answers `MODULE/@latest`.
    pub(crate) async fn latest(
        &self,
        module: &ModulePath,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let subject = AnswerSubject {
            class: CachedAnswerClass::Latest,
            path: format!("{}/@latest", module.escaped()),
            module: Some(module.clone()),
        };
        let is_kept = !self.kept_versions(module).await?.is_empty();
        if is_kept && let Err(refusal) = self.reaches_somebody(module) {
            let list = self.answers.find(&list_of(module)).await?;
            let whole = self.kept_whole(module, list.as_deref()).await?;
            let latest = self.latest_of_whole(module, &whole).await?;
            return latest.ok_or(refusal);
        }
        let fallback = if is_kept {
            Fallback::Some
        } else {
            Fallback::None
        };
        let mark = self.documents.responses.mark(&subject.path);
        let recalled = self
            .recall_watching(module, &subject, fetching, fallback)
            .await;
        let refusal = match recalled {
            Ok(recalled) => {
                return self
                    .latest_recalled(&subject, mark, module, fetching, recalled)
                    .await;
            }
            Err(refusal) => refusal,
        };
        // Only where there is no such file is the list asked for in its place, as by go.
        let fetching = match refusal.status {
            404 | 410 => fetching,
            _ => Fetching::Never,
        };
        if refusal.status >= 500 {
            let list = self.answers.find(&list_of(module)).await?;
            let whole = self.kept_whole(module, list.as_deref()).await?;
            if !whole.is_all()
                && let Some(answer) = self.latest_of_whole(module, &whole).await?
            {
                return Ok(answer);
            }
        }
        match self.computed_latest(module, fetching).await? {
            Some(body) => Ok(self.documents.changing(Media::Json, Origin::Computed, body)),
            None => Err(refusal),
        }
    }

    /// What was remembered as the latest, or in an outage what is kept whole.
    async fn latest_recalled(
        &self,
        subject: &AnswerSubject,
        mark: ResponseMark,
        module: &ModulePath,
        fetching: Fetching,
        mut recalled: RecalledAnswer,
    ) -> Result<Answer, Refusal> {
        let list = self.answers.find(&list_of(module)).await?;
        let whole = self.kept_whole(module, list.as_deref()).await?;
        let named = check::resolved(&recalled.answer.body).ok();
        if let Some(refusal) = self.supersedes(module, named.as_ref()).await? {
            let computed = self.computed_latest(module, fetching).await?;
            let computed = computed.ok_or(refusal)?;
            return Ok(self
                .documents
                .changing(Media::Json, Origin::Computed, computed));
        }
        let is_kept = named.is_some_and(|version| whole.has(&version));
        if !is_kept && fetching != Fetching::Never {
            if self.is_outage(module, &recalled).await
                && let Some(answer) = self.latest_of_whole(module, &whole).await?
            {
                return Ok(answer);
            }
            let now = self.clock.now();
            recalled.fresh_until = recalled.fresh_until.map(|until| whole.held(until, now));
        }
        let resource = Resource::Latest(module.clone());
        Ok(self
            .documents
            .recalled(&subject.path, mark, resource, Media::Json, recalled))
    }

    /// Whether another version is the latest than the one that the sources name: that one is refused or
    /// retired, or a later one was published here. Gives what is said where there is no other.
    async fn supersedes(
        &self,
        module: &ModulePath,
        named: Option<&Version>,
    ) -> Result<Option<Refusal>, Refusal> {
        let Some(named) = named else {
            return Ok(None);
        };
        if let Some(refusal) = self.blocklist.refusal_of_version(module, named) {
            return Ok(Some(refusal));
        }
        let retired = || Refusal::new(Code::VersionsRetired, module.to_string());
        if self.retired.hides(module, named) {
            return Ok(Some(retired()));
        }
        let kept = self.kept_versions(module).await?;
        let kept = self.retired.listable(module, kept);
        let published = selection::published(&kept);
        let newest = selection::latest(published.chain([named]), |_| false);
        Ok((newest != Some(named)).then(retired))
    }

    /// The text of a list without what is refused or retired.
    pub(crate) fn listable_text<'l>(
        &self,
        module: &ModulePath,
        text: Cow<'l, str>,
    ) -> Cow<'l, str> {
        let permitted = self.blocklist.permitted_list(module, text);
        self.retired.listable_text(module, permitted)
    }

    /// Answers `MODULE/@v/QUERY.info` for a query that is no canonical version.
    pub(crate) async fn query(
        &self,
        module: &ModulePath,
        query: &str,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let escaped = gomod::escape::escape_version(query)
            .map_err(|error| Refusal::new(codes::Code::InvalidVersion, error.to_string()))?;
        let subject = AnswerSubject {
            class: CachedAnswerClass::Query,
            path: format!("{}/@v/{escaped}.info", module.escaped()),
            module: Some(module.clone()),
        };
        let mark = self.documents.responses.mark(&subject.path);
        let recalled = self
            .revalidation
            .recall(&subject, fetching, Fallback::None)
            .await?;
        if let Ok(version) = check::resolved(&recalled.answer.body)
            && let Some(refusal) = self.blocklist.refusal_of_version(module, &version)
        {
            return Err(refusal);
        }
        let resource = Resource::Query {
            module: module.clone(),
            query: query.to_owned(),
        };
        Ok(self
            .documents
            .recalled(&subject.path, mark, resource, Media::Json, recalled))
    }

    /// The versions of which something is kept.
    pub(crate) async fn kept_versions(
        &self,
        module: &ModulePath,
    ) -> Result<Vec<StoredVersion>, Refusal> {
        let kept = self.store.kept_versions(module).await;
        let kept = kept.map_err(|error| self.metrics.store_failure(error))?;
        Ok(self.blocklist.permitted_versions(module, kept))
    }

    /// What `latest` means among what is listed, after the retractions that the highest declares;
    /// without any version but pseudo-versions, the newest of these, as for `go`. Where nothing is
    /// known of a list, what is kept is all there is.
    async fn computed_latest(
        &self,
        module: &ModulePath,
        fetching: Fetching,
    ) -> Result<Option<Bytes>, Refusal> {
        let kept = self.kept_versions(module).await?;
        let kept = self.retired.listable(module, kept);
        let subject = list_of(module);
        let listed = if let Some(list) = self.answers.find(&subject).await? {
            Some(list).filter(|list| list.is_known())
        } else {
            let recalled = self
                .revalidation
                .recall(&subject, fetching, Fallback::Some)
                .await;
            recalled.ok().map(|recalled| recalled.answer)
        };
        let mut versions = match &listed {
            Some(list) => selection::versions(&self.listable_text(module, list.text()), &kept),
            None => selection::without_a_list(&kept),
        };
        if versions.is_empty() {
            let text = listed.as_deref();
            let text = text.map(|list| self.listable_text(module, list.text()));
            let text = text.unwrap_or_default();
            if let Some(newest) = selection::newest_pseudo(&text) {
                return self.info_had(module, &newest, fetching).await.map(Some);
            }
            versions.extend(kept.into_iter().map(|kept| kept.version));
        }
        let Some(highest) = selection::latest(&versions, |_| false) else {
            return Ok(None);
        };
        let retractions = self.retractions(module, highest).await;
        let is_retracted =
            |version: &Version| retractions.iter().any(|retract| covers(retract, version));
        let Some(latest) = selection::latest(&versions, is_retracted) else {
            return Ok(None);
        };
        self.info_had(module, latest, fetching).await.map(Some)
    }

    async fn retractions(
        &self,
        module: &ModulePath,
        version: &Version,
    ) -> Vec<modfile::RetractedRange> {
        let bytes = self.kept_bytes(module, version, ArtifactKind::Mod).await;
        match bytes {
            Ok(Some(bytes)) => self.reader.retracted_by(bytes).await,
            Ok(None) | Err(_) => Vec::new(),
        }
    }

    /// The `.info` of a listed version, fetched where it can be had.
    async fn info_had(
        &self,
        module: &ModulePath,
        version: &Version,
        fetching: Fetching,
    ) -> Result<Bytes, Refusal> {
        if fetching != Fetching::Never {
            let info = Artifact {
                module: module.clone(),
                version: version.clone(),
                kind: ArtifactKind::Info,
            };
            // Without it there is one without a time.
            drop(self.artifacts.captured(&info).await);
        }
        self.info_or_made(module, version).await
    }

    /// The kept `.info`, or one without a time, which `go` accepts.
    pub(crate) async fn info_or_made(
        &self,
        module: &ModulePath,
        version: &Version,
    ) -> Result<Bytes, Refusal> {
        match self.kept_bytes(module, version, ArtifactKind::Info).await? {
            Some(bytes) => Ok(bytes),
            None => Ok(VersionInfo {
                version: version.clone(),
                time: None,
            }
            .to_json()
            .into()),
        }
    }

    pub(crate) async fn kept_bytes(
        &self,
        module: &ModulePath,
        version: &Version,
        kind: ArtifactKind,
    ) -> Result<Option<Bytes>, Refusal> {
        let (module, version) = (module.clone(), version.clone());
        self.artifacts
            .kept_small(&Key::Artifact(Artifact {
                module,
                version,
                kind,
            }))
            .await
    }
}

// === impl Documents ===

impl Documents {
    /// A source's answer as it is; held in memory while it is fresh.
    pub(crate) fn recalled(
        &self,
        path: &str,
        mark: ResponseMark,
        resource: Resource,
        media: Media,
        recalled: RecalledAnswer,
    ) -> Answer {
        let answer = self.changing(media, recalled.origin, recalled.answer.body.clone());
        if let Some(until) = recalled.fresh_until {
            self.hold(path, mark, until, resource, &answer);
        }
        answer
    }

    /// Holds an answer whose bytes are at hand, unless something changed since `mark`.
    fn hold(
        &self,
        path: &str,
        mark: ResponseMark,
        until: Timestamp,
        resource: Resource,
        answer: &Answer,
    ) {
        if let Body::Bytes(bytes) = &answer.body {
            let held = HeldResponse {
                resource: Arc::new(resource),
                media: answer.media,
                freshness: answer.freshness,
                hash: answer.hash,
                origin: answer.origin.clone(),
                bytes: bytes.clone(),
                until,
            };
            self.responses.hold(path, mark, held);
        }
    }

    /// An answer that may change.
    pub(crate) fn changing(&self, media: Media, origin: Origin, body: Bytes) -> Answer {
        Answer {
            media,
            freshness: Freshness::For(self.ages.list_max_age),
            hash: Some(BlobId::of(&body)),
            origin,
            evidence: protocol::Evidence::Unclaimed,
            body: Body::Bytes(body),
        }
    }
}

/// Whether a retraction means this version. Bounds that are no versions mean nothing.
pub(crate) fn covers(retract: &modfile::RetractedRange, version: &Version) -> bool {
    match (Version::parse(&retract.low), Version::parse(&retract.high)) {
        (Ok(low), Ok(high)) => low <= *version && *version <= high,
        _ => false,
    }
}

fn list_of(module: &ModulePath) -> AnswerSubject {
    AnswerSubject {
        class: CachedAnswerClass::List,
        path: module.list_path(),
        module: Some(module.clone()),
    }
}
