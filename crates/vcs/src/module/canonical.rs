//! Whether a commit may be called by a version, and whether that needs `+incompatible`.

use super::ModuleRepository;
use crate::{error::VcsError, repository::Commit};
use gomod::{
    Version,
    path::check_path_major,
    semver,
    version::{self, INCOMPATIBLE},
};
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// A commit that is about to be given a version.
pub(super) struct RequestedCommit<'a> {
    module: &'a ModuleRepository,
    commit: &'a Commit,
    /// How it was asked for.
    query: Option<&'a str>,
    /// By major version: whether it has no go.mod of its own, so that its versions may be incompatible.
    incompatible: Mutex<BTreeMap<String, bool>>,
}

// === impl RequestedCommit ===

impl<'a> RequestedCommit<'a> {
    pub(super) fn new(
        module: &'a ModuleRepository,
        commit: &'a Commit,
        query: Option<&'a str>,
    ) -> Self {
        Self {
            module,
            commit,
            query,
            incompatible: Mutex::default(),
        }
    }

    /// The version as it is written for this module, if the commit may have it.
    ///
    /// # Errors
    /// [`VcsError::Absent`] where it may not.
    pub(super) async fn canonical(&self, version: &str) -> Result<Version, VcsError> {
        let module = self.module;
        module.locate(self.commit, version).await?;
        let asked = self.query.unwrap_or_default();
        let version = match asked.strip_suffix(INCOMPATIBLE).unwrap_or(asked) {
            plain if plain == version => asked,
            _ => version,
        };
        let base = version.strip_suffix(INCOMPATIBLE).unwrap_or(version);
        let major = &module.layout.path_major;
        let mut written = version.to_owned();
        let mut refusal = None;
        if check_path_major(base, major).is_err() {
            if self.may_be_incompatible(base).await? {
                written = format!("{base}{INCOMPATIBLE}");
            } else {
                refusal = Some(self.major_refusal(base));
            }
        } else if version != base {
            let major = semver::major(version).unwrap_or_default();
            refusal = Some(format!(
                "{INCOMPATIBLE} suffix not allowed: major version {major} is compatible"
            ));
        }
        // What is canonical can be resolved to nothing but itself.
        if version::canonical(asked).is_some_and(|canonical| canonical == asked) {
            let asked_base = asked.strip_suffix(INCOMPATIBLE).unwrap_or(asked);
            if asked_base != base {
                let why = format!("resolves to version {written} ({asked_base} is not a tag)");
                return Err(module.invalid(asked, why));
            }
        }
        if let Some(why) = refusal {
            return Err(module.invalid(&written, why));
        }
        let parsed = written.parse();
        parsed.map_err(|error| module.invalid(&written, error))
    }

    fn major_refusal(&self, base: &str) -> String {
        let layout = &self.module.layout;
        if !layout.path_major.is_empty() {
            return "module path includes a major version suffix, so major version must match"
                .to_owned();
        }
        let path = format!(
            "{}/{}",
            layout.path_prefix,
            semver::major(base).unwrap_or_default()
        );
        format!("module contains a go.mod file, so module path must match major version ({path:?})")
    }

    /// Whether a version of a major above 1 is allowed without `/vN`: a module at the root of the repository,
    /// without a go.mod there or in the directory of that major version. Whoever asks for `+incompatible` in so many
    /// words gets it in spite of the latter: go before 1.18 made such versions, and they stay.
    pub(super) async fn may_be_incompatible(&self, version: &str) -> Result<bool, VcsError> {
        let layout = &self.module.layout;
        if !layout.directory.is_empty() || !layout.path_major.is_empty() {
            return Ok(false);
        }
        let major = semver::major(version).unwrap_or_default();
        let is_explicit = self
            .query
            .is_some_and(|query| query.ends_with(INCOMPATIBLE));
        Ok(self.lacks_go_mod("").await? && (is_explicit || self.lacks_go_mod(major).await?))
    }

    async fn lacks_go_mod(&self, directory: &str) -> Result<bool, VcsError> {
        if let Some(known) = self.incompatible.lock().get(directory) {
            return Ok(*known);
        }
        let go_mod = self.module.go_mod_in(self.commit, directory).await?;
        let lacks = go_mod.is_none();
        self.incompatible.lock().insert(directory.to_owned(), lacks);
        Ok(lacks)
    }
}
