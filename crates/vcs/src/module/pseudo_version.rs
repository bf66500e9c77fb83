//! What a pseudo-version claims, held against the repository.
//!
//! Without this anybody could name a commit by a version that is higher than all tags, and so have it selected
//! wherever it is required (Go Modules Reference, "Pseudo-versions").

use super::ModuleRepository;
use crate::{error::VcsError, repository::Commit};
use gomod::{
    path::check_path_major,
    pseudo::{PseudoTimestamp, PseudoVersion},
    semver,
    version::INCOMPATIBLE,
};
use std::cmp::Ordering;

// === impl ModuleRepository ===

impl ModuleRepository {
    /// Holds name, time and base of a pseudo-version against its commit.
    ///
    /// # Errors
    /// [`VcsError::Absent`] where one of them is not so.
    pub(super) async fn check_pseudo_version(
        &self,
        commit: &Commit,
        version: &str,
    ) -> Result<(), VcsError> {
        let invalid = |why: String| self.invalid(version, why);
        let plain = version.strip_suffix(INCOMPATIBLE).unwrap_or(version);
        if version == plain {
            check_path_major(version, &self.layout.path_major)
                .map_err(|error| invalid(error.to_string()))?;
        }
        let pseudo = PseudoVersion::parse(plain).map_err(|error| invalid(error.to_string()))?;
        check_name(&pseudo, commit).map_err(invalid)?;
        let base = pseudo.base().map_err(|error| invalid(error.to_string()))?;
        match base {
            Some(base) => self.check_base(commit, version, &base).await,
            None if self.layout.pseudo_major().is_empty()
                && semver::major(version) == Some("v1") =>
            {
                let why = "major version without preceding tag must be v0, not v1";
                Err(invalid(why.to_owned()))
            }
            None => Ok(()),
        }
    }

    /// A version just above a tag needs that tag at an ancestor, and none at the commit itself.
    async fn check_base(&self, commit: &Commit, version: &str, base: &str) -> Result<(), VcsError> {
        let prefix = self.layout.tag_prefix();
        let tag = format!("{prefix}{base}");
        let is_base = |of: &&String| of.strip_prefix(&prefix).unwrap_or(of) == base;
        if let Some(tag) = commit.tags.iter().find(is_base) {
            let why = format!(
                "tag ({tag}) found on revision {} is already canonical, so should not be replaced with a \
                 pseudo-version derived from that tag",
                commit.short
            );
            return Err(self.invalid(version, why));
        }
        let mut seen = None;
        for found in self.code.tags(&tag).await? {
            let name = found.strip_prefix(&prefix).unwrap_or_default();
            if semver::compare(name, base) != Ordering::Equal {
                continue;
            }
            if self.code.descends_from(commit, &found).await? {
                return Ok(());
            }
            seen = Some(found);
        }
        let why = match seen {
            Some(tag) => format!(
                "revision {} is not a descendent of preceding tag ({tag})",
                commit.short
            ),
            None => format!("preceding tag ({tag}) not found"),
        };
        Err(self.invalid(version, why))
    }
}

/// The revision has to be exactly the short name of the commit, and the time its own.
fn check_name(pseudo: &PseudoVersion<'_>, commit: &Commit) -> Result<(), String> {
    let (revision, short) = (pseudo.revision(), commit.short.as_str());
    if revision != short {
        let how = if revision.starts_with(short) {
            "is longer than canonical"
        } else if short.starts_with(revision) {
            "is shorter than canonical"
        } else {
            "does not match short name of revision"
        };
        return Err(format!("revision {how} (expected {short})"));
    }
    let time = pseudo.time().map_err(|error| error.to_string())?;
    let expected = PseudoTimestamp::from_unix_seconds(commit.time);
    if expected.as_ref() == Some(&time) {
        return Ok(());
    }
    let expected = expected.map(|time| time.digits().to_owned());
    Err(format!(
        "does not match version-control timestamp (expected {})",
        expected.unwrap_or_default()
    ))
}
