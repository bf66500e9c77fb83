//! The list of a module's versions: those of its tags that are.

use super::{ModuleRepository, retractions::RetractedVersions};
use crate::error::VcsError;
use gomod::{
    path::check_path_major,
    pseudo,
    semver::{self, Semver},
    version::INCOMPATIBLE,
};

// === impl ModuleRepository ===

impl ModuleRepository {
    /// Versions of which there is a tag, in their order; those without a go.mod in the order of theirs behind
    /// them, as `go` lists them.
    ///
    /// # Errors
    /// The repository is not there, or cannot be asked.
    pub async fn versions(&self) -> Result<Vec<String>, VcsError> {
        // Its tags are those of the stable version.
        if self.layout.path_major.ends_with("-unstable") {
            return Ok(Vec::new());
        }
        let prefix = self.layout.tag_prefix();
        let (mut versions, mut incompatible) = (Vec::new(), Vec::new());
        for tag in self.code.tags(&prefix).await? {
            let version = tag.strip_prefix(&prefix).unwrap_or_default();
            let is_canonical = semver::canonical(version).is_some_and(|of| of == version);
            if !is_canonical || pseudo::is_pseudo(version) {
                continue;
            }
            if check_path_major(version, &self.layout.path_major).is_ok() {
                versions.push(version.to_owned());
            } else if self.layout.directory.is_empty() && self.layout.path_major.is_empty() {
                incompatible.push(version.to_owned());
            }
        }
        semver::sort(&mut versions);
        semver::sort(&mut incompatible);
        let more = self.incompatible(versions.last(), &incompatible).await?;
        versions.extend(more);
        Ok(versions)
    }

    /// Which versions of a major above 1 count without a `/vN`: none where the newest below has a go.mod, and
    /// none of a major whose newest has one.
    async fn incompatible(
        &self,
        newest: Option<&String>,
        versions: &[String],
    ) -> Result<Vec<String>, VcsError> {
        if versions.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(newest) = newest
            && self.has_go_mod(newest).await?
        {
            return Ok(Vec::new());
        }
        let mut counted = Vec::new();
        for of_major in versions.chunk_by(|one, other| semver::major(one) == semver::major(other)) {
            if let Some(newest) = of_major.last()
                && !self.has_go_mod(newest).await?
            {
                let marked = of_major
                    .iter()
                    .map(|version| format!("{version}{INCOMPATIBLE}"));
                counted.extend(marked);
            }
        }
        Ok(counted)
    }

    async fn has_go_mod(&self, tag: &str) -> Result<bool, VcsError> {
        let commit = self.code.stat(tag).await?;
        Ok(self.go_mod_in(&commit, "").await?.is_some())
    }

    /// What the newest release retracts. A list or a go.mod that cannot be read retracts nothing, as for `go`.
    pub(super) async fn retractions(&self) -> RetractedVersions {
        let versions = self.versions().await.unwrap_or_default();
        let versions: Vec<&String> = versions
            .iter()
            .take_while(|version| !version.ends_with(INCOMPATIBLE))
            .collect();
        let is_release = |version: &str| {
            Semver::parse(version).is_some_and(|parsed| parsed.prerelease.is_empty())
        };
        let release = versions.iter().rev().find(|version| is_release(version));
        let Some(newest) = release.or(versions.last()) else {
            return RetractedVersions::default();
        };
        let Ok(version) = newest.parse() else {
            return RetractedVersions::default();
        };
        let located = self.named(&version).await.ok();
        let go_mod = located.and_then(|(_, location)| location.go_mod);
        go_mod.map_or_else(RetractedVersions::default, |go_mod| {
            RetractedVersions::of(&go_mod)
        })
    }
}
