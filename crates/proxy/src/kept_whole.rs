//! Kept whole: what a list and `@latest` name while nothing can be fetched.
//!
//! A list that was remembered names versions of which nothing is kept. As long as the sources can be
//! asked that is right. In an outage it sends `go get m@latest` to a version that cannot be had, and
//! the command fails although an older one is kept whole. So before an answer is given from memory
//! that names what is not kept, the sources are asked whether they are there
//! ([`upstream::Upstreams::are_there`]). If not, the answer names what is kept whole, and
//! `Modkeep-Source` says so. What is not named is not called absent: who asks for such a version by
//! name is told of the outage (law L3). Where nothing is kept whole the answer stays as it was.
//!
//! A site whose upstream is `off` is in an outage for good, and knows it without asking: it never names
//! what is not kept whole. That is how `go get m@latest` works behind an air gap. Only there is a module
//! of which nothing is whole refused by the list too: nothing will come.
//!
//! Retractions are those of the highest listed version whose go.mod is kept, so that a version its
//! author took back is not the latest here.

use std::collections::BTreeSet;

use bytes::Bytes;
use codes::Code;
use gomod::{ArtifactKind, ModulePath, Version};
use jiff::{SignedDuration, Timestamp};

use crate::{
    answer::Answer,
    revalidation::{Fallback, RecalledAnswer},
    selection,
    versions::{VersionAnswers, covers},
};
use ingest::{AnswerSubject, RememberedAnswer};
use protocol::{Fetching, Media, Origin, Refusal};

/// For how long an answer that names what is not kept is held without asking whether the sources
/// are there.
const HELD: SignedDuration = SignedDuration::from_secs(2);

/// What is listed, and what of it is kept whole.
pub(crate) struct KeptWhole {
    listed: BTreeSet<Version>,
    whole: BTreeSet<Version>,
}

// === impl KeptWhole ===

impl KeptWhole {
    /// Whether everything that is listed is kept whole: then an outage takes nothing away.
    pub(crate) fn is_all(&self) -> bool {
        self.listed.is_subset(&self.whole)
    }

    /// Whether this version is kept whole.
    pub(crate) fn has(&self, version: &Version) -> bool {
        self.whole.contains(version)
    }

    /// What to list of it: versions, else pseudo-versions; nothing where none is kept whole.
    fn to_list(&self) -> BTreeSet<Version> {
        let listed = self.listed.intersection(&self.whole).cloned();
        let versions: BTreeSet<Version> = listed.filter(|version| !version.is_pseudo()).collect();
        if versions.is_empty() {
            return self.whole.clone();
        }
        versions
    }

    fn origin(&self, named: usize) -> Origin {
        Origin::Kept {
            whole: named,
            listed: self.listed.len(),
        }
    }

    /// Until when an answer may be held that was to be held until then.
    pub(crate) fn held(&self, until: Timestamp, now: Timestamp) -> Timestamp {
        let soon = now.checked_add(HELD).unwrap_or(now);
        if self.is_all() {
            until
        } else {
            until.min(soon)
        }
    }
}

// === impl VersionAnswers ===

impl VersionAnswers {
    /// What of a list is kept whole.
    pub(crate) async fn kept_whole(
        &self,
        module: &ModulePath,
        list: Option<&RememberedAnswer>,
    ) -> Result<KeptWhole, Refusal> {
        let kept = self.kept_versions(module).await?;
        let kept = self.retired.listable(module, kept);
        let whole = selection::whole(&kept);
        let text = list.map(|list| self.listable_text(module, list.text()));
        let text = text.unwrap_or_default();
        let pseudo = selection::pseudo_lines(&text).map(|(version, _)| version);
        let mut listed: BTreeSet<Version> = selection::versions(&text, &kept)
            .into_iter()
            .chain(pseudo)
            .collect();
        if listed.is_empty() {
            listed.extend(whole.iter().cloned());
        }
        Ok(KeptWhole { listed, whole })
    }

    /// Whether an answer from memory would send others to sources that are not there.
    pub(crate) async fn is_outage(&self, module: &ModulePath, recalled: &RecalledAnswer) -> bool {
        if let Origin::Upstream(_) = recalled.origin {
            return false;
        }
        match self.sources.of_module(module) {
            Ok(sources) => !sources.are_there().await,
            Err(_) => false,
        }
    }

    /// Recalls an answer; where that takes long, the sources are asked meanwhile whether they are there,
    /// so that nobody waits for one after the other.
    pub(crate) async fn recall_watching(
        &self,
        module: &ModulePath,
        subject: &AnswerSubject,
        fetching: Fetching,
        fallback: Fallback,
    ) -> Result<RecalledAnswer, Refusal> {
        let mut recall = Box::pin(self.revalidation.recall(subject, fetching, fallback));
        let patience = self.ages.refresh_patience / 2;
        if let Ok(recalled) = tokio::time::timeout(patience, recall.as_mut()).await {
            return recalled;
        }
        match self.sources.of_module(module) {
            Ok(sources) => tokio::join!(recall, sources.are_there()).0,
            Err(_) => recall.await,
        }
    }

    /// Refuses where nothing of a module can ever be fetched.
    pub(crate) fn reaches_somebody(&self, module: &ModulePath) -> Result<(), Refusal> {
        if !self.sources.of_module(module)?.reach_nobody() {
            return Ok(());
        }
        let facts = "no version of it is kept with .info, .mod and .zip";
        Err(Refusal::new(Code::LookupOff, facts))
    }

    /// The list where nothing is ever fetched, if anything is kept whole. Where that is pseudo-versions
    /// only it is empty: the go command asks for the latest then.
    pub(crate) fn list_for_good(&self, known: &KeptWhole) -> Option<Answer> {
        let empty = || {
            self.documents
                .changing(Media::Text, known.origin(0), Bytes::new())
        };
        let listed = self.list_of_whole(known);
        listed.or_else(|| (!known.whole.is_empty()).then(empty))
    }

    /// The list of what is kept whole, if anything is.
    pub(crate) fn list_of_whole(&self, known: &KeptWhole) -> Option<Answer> {
        let versions = known.to_list();
        if versions.is_empty() || versions.iter().all(Version::is_pseudo) {
            return None;
        }
        let body = selection::list_body(&versions, "");
        let origin = known.origin(versions.len());
        Some(self.documents.changing(Media::Text, origin, body.into()))
    }

    /// `@latest` of what is kept whole, if anything is.
    pub(crate) async fn latest_of_whole(
        &self,
        module: &ModulePath,
        known: &KeptWhole,
    ) -> Result<Option<Answer>, Refusal> {
        let versions = known.to_list();
        let retractions = self.known_retractions(module, &known.listed).await?;
        let is_retracted =
            |version: &Version| retractions.iter().any(|retract| covers(retract, version));
        let Some(latest) = selection::latest(&versions, is_retracted) else {
            return Ok(None);
        };
        let body = self.info_or_made(module, latest).await?;
        let origin = known.origin(versions.len());
        Ok(Some(self.documents.changing(Media::Json, origin, body)))
    }

    /// The retractions of the highest listed version whose go.mod is kept.
    async fn known_retractions(
        &self,
        module: &ModulePath,
        listed: &BTreeSet<Version>,
    ) -> Result<Vec<gomod::modfile::RetractedRange>, Refusal> {
        let kept = self.kept_versions(module).await?;
        let with_go_mod: BTreeSet<Version> = kept
            .into_iter()
            .filter(|kept| kept.kinds.go_mod && listed.contains(&kept.version))
            .map(|kept| kept.version)
            .collect();
        let Some(highest) = selection::latest(&with_go_mod, |_| false) else {
            return Ok(Vec::new());
        };
        let bytes = self.kept_bytes(module, highest, ArtifactKind::Mod).await?;
        Ok(match bytes {
            Some(bytes) => self.reader.retracted_by(bytes).await,
            None => Vec::new(),
        })
    }
}
