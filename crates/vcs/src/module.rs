//! A module in a repository: its versions, `.info`, go.mod and zip by the rules of the `go` command.
//!
//! Two things decide where a module is: the directory that its path names below the root of the repository
//! ([`ModuleLayout`]), and for `/v2` and above whether go.mod lies there or in a directory of that name
//! ([`location`]). The rest follows from tags, which have that directory before them (Go Modules Reference,
//! "Mapping versions to commits"; "Finding a repository for a module path").

mod canonical;
mod layout;
mod location;
mod pseudo_version;
mod retractions;
mod revision;
mod versions;
mod zip;

pub use layout::ModuleLayout;
pub use zip::ModuleZip;

use crate::{
    error::VcsError,
    origin::VersionDocument,
    repository::{CodeRepository, Commit},
};
use gomod::{ModulePath, Version};
use location::ModuleLocation;
use std::sync::Arc;

/// A module and the repository it is in.
#[derive(Clone)]
pub struct ModuleRepository {
    module: ModulePath,
    layout: ModuleLayout,
    code: Arc<dyn CodeRepository>,
}

/// A version of a module, and its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleRevision {
    /// The version that the commit has for this module.
    pub version: Version,
    /// The commit.
    pub commit: Commit,
}

// === impl ModuleRepository ===

impl ModuleRepository {
    /// The module `module` in a repository whose root is `root`, below `subdirectory` if its `go-import` tag
    /// has one.
    ///
    /// # Errors
    /// [`VcsError::Absent`] where the repository cannot contain the module.
    pub fn new(
        module: &ModulePath,
        root: &str,
        subdirectory: &str,
        code: Arc<dyn CodeRepository>,
    ) -> Result<Self, VcsError> {
        Ok(Self {
            module: module.clone(),
            layout: ModuleLayout::new(module, root, subdirectory)?,
            code,
        })
    }

    /// The `.info` of a version, or of the version that a query stands for.
    ///
    /// # Errors
    /// [`VcsError::Absent`] where nothing has that name, or where it is no version of this module.
    pub async fn info(&self, query: &str) -> Result<String, VcsError> {
        Ok(self.document(&self.stat(query).await?))
    }

    /// The `.info` of the newest commit of the default branch.
    ///
    /// # Errors
    /// As [`ModuleRepository::info`].
    pub async fn latest(&self) -> Result<String, VcsError> {
        let commit = self.code.latest().await?;
        Ok(self.document(&self.version_of(commit, None).await?))
    }

    fn document(&self, revision: &ModuleRevision) -> String {
        let ModuleRevision { version, commit } = revision;
        let (system, url) = (self.code.system(), self.code.url());
        VersionDocument::new(version, commit, system, url, &self.layout.directory).to_json()
    }

    /// The go.mod of a version. Where the tree has none it is the one line that `go` makes up.
    ///
    /// # Errors
    /// [`VcsError::Absent`] where it is no version of this module.
    pub async fn go_mod(&self, version: &Version) -> Result<Vec<u8>, VcsError> {
        let (_, location) = self.located(version).await?;
        Ok(location
            .go_mod
            .unwrap_or_else(|| format!("module {}\n", self.module).into_bytes()))
    }

    /// The commit of a version and where the module is in it. What a pseudo-version claims is checked before
    /// anything is taken from it.
    async fn located(&self, version: &Version) -> Result<(Commit, ModuleLocation), VcsError> {
        if version.is_pseudo() {
            self.stat(version.as_str()).await?;
        }
        self.named(version).await
    }

    /// The commit that the name of a version says, and where the module is in it.
    async fn named(&self, version: &Version) -> Result<(Commit, ModuleLocation), VcsError> {
        let commit = self.code.stat(&self.revision(version.as_str())).await?;
        let location = self.locate(&commit, version.as_str()).await?;
        Ok((commit, location))
    }

    /// What a version is called in the repository: the tag, or the commit of a pseudo-version.
    fn revision(&self, version: &str) -> String {
        if let Ok(pseudo) = gomod::pseudo::PseudoVersion::parse(version) {
            return pseudo.revision().to_owned();
        }
        if !gomod::semver::is_valid(version) {
            return version.to_owned();
        }
        let plain = version.strip_suffix(gomod::version::INCOMPATIBLE);
        format!("{}{}", self.layout.tag_prefix(), plain.unwrap_or(version))
    }

    /// That `version` is none of this module, as `go` says it.
    fn invalid(&self, version: &str, why: impl std::fmt::Display) -> VcsError {
        VcsError::Absent(format!("{}@{version}: invalid version: {why}", self.module))
    }
}
