//! From a revision to its version: the tag, or a pseudo-version after the newest tag before it.

use super::{ModuleRepository, ModuleRevision, canonical::RequestedCommit};
use crate::{error::VcsError, repository::Commit};
use gomod::{
    path::check_path_major,
    pseudo::{self, PseudoTimestamp},
    semver,
};
use std::cmp::Ordering;

/// A tag read as a version of this module.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TagVersion {
    version: String,
    /// Whether the tag says nothing else.
    is_canonical: bool,
}

// === impl ModuleRepository ===

impl ModuleRepository {
    /// The commit that a version or another query names, and its version.
    ///
    /// # Errors
    /// [`VcsError::Absent`] where nothing has that name, or where it is no version of this module.
    pub async fn stat(&self, query: &str) -> Result<ModuleRevision, VcsError> {
        let commit = match self.code.stat(&self.revision(query)).await {
            Err(VcsError::Absent(why)) => return Err(self.invalid(query, why)),
            commit => commit?,
        };
        self.version_of(commit, Some(query)).await
    }

    /// The version of a commit that was asked for as `query`, or as the newest one.
    pub(super) async fn version_of(
        &self,
        commit: Commit,
        query: Option<&str>,
    ) -> Result<ModuleRevision, VcsError> {
        let requested = RequestedCommit::new(self, &commit, query);
        if let Some(version) = query.filter(|query| pseudo::is_pseudo(query)) {
            let version = requested.canonical(version).await?;
            self.check_pseudo_version(&commit, version.as_str()).await?;
            return Ok(ModuleRevision { version, commit });
        }
        // A tag of this very name, where it can be a version.
        let named = query.filter(|query| commit.tags.contains(&self.revision(query)));
        if let Some(query) = named
            && let Some(tag) = self.tag_version(&self.revision(query))
            && tag.is_canonical
            && let Ok(version) = requested.canonical(&tag.version).await
        {
            return Ok(ModuleRevision { version, commit });
        }
        let version = self.best_version(&requested, &commit, query).await?;
        Ok(ModuleRevision { version, commit })
    }

    async fn best_version(
        &self,
        requested: &RequestedCommit<'_>,
        commit: &Commit,
        query: Option<&str>,
    ) -> Result<gomod::Version, VcsError> {
        let mut base = None;
        let mut usable: Vec<String> = Vec::new();
        for tag in &commit.tags {
            let Some(tag) = self.tag_version(tag) else {
                continue;
            };
            let is_asked = query.is_some_and(|query| {
                semver::is_valid(query) && semver::compare(&tag.version, query) == Ordering::Equal
            });
            if is_asked && tag.is_canonical {
                return requested.canonical(&tag.version).await;
            }
            if is_asked {
                // Equal and not canonical, so it may be ambiguous: it is what a pseudo-version follows.
                base = Some(tag.version.clone());
            }
            if tag.is_canonical {
                usable.push(tag.version);
            }
        }
        if let Some(tag) = self.highest_allowed(requested, usable).await? {
            return requested.canonical(&tag).await;
        }
        if base.is_none() {
            let prefix = self.layout.tag_prefix();
            let before = self.code.tags_before(commit, &prefix).await?;
            let before = before.iter().filter_map(|tag| self.tag_version(tag));
            let before = before.map(|tag| tag.version).collect();
            base = self.highest_allowed(requested, before).await?;
        }
        let Some(time) = PseudoTimestamp::from_unix_seconds(commit.time) else {
            let why = format!("commit {} has no time that a version can name", commit.hash);
            return Err(VcsError::Content(why));
        };
        let major = self.layout.pseudo_major();
        let version = pseudo::build(major, base.as_deref(), &time, &commit.short);
        requested.canonical(&version).await
    }

    /// The highest of these that is of this module's major version, or may be without a go.mod, and is not
    /// retracted.
    async fn highest_allowed(
        &self,
        requested: &RequestedCommit<'_>,
        mut versions: Vec<String>,
    ) -> Result<Option<String>, VcsError> {
        if versions.is_empty() {
            return Ok(None);
        }
        versions.sort_by(|one, other| semver::compare(other, one));
        let retracted = self.retractions().await;
        for version in versions {
            let is_ours = check_path_major(&version, &self.layout.path_major).is_ok()
                || requested.may_be_incompatible(&version).await?;
            if is_ours && !retracted.has(&version) {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    /// What a tag says about a version of this module; nothing where it is one of another directory, of a
    /// pseudo-version, or too short.
    fn tag_version(&self, tag: &str) -> Option<TagVersion> {
        let name = tag.strip_prefix(&self.layout.tag_prefix())?;
        if pseudo::is_pseudo(tag) {
            return None;
        }
        let version = semver::canonical(name)?.into_owned();
        name.starts_with(&version).then(|| TagVersion {
            is_canonical: name == version,
            version,
        })
    }
}
