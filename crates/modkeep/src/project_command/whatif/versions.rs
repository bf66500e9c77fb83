//! Which versions of a module there are, and what its authors say of them.
//!
//! Both come from the same two answers, the version list and the latest version's go.mod, which are
//! asked for once a module. A module whose list nobody has is not known: that is an error, never an
//! empty list.

use crate::module_checkout::{self, MissingReason};
use gomod::{
    Artifact, ArtifactKind, ModulePath, Version,
    info::{MAX_INFO_SIZE, VersionInfo},
    modfile::{ModFile, auto_quote},
    query::{Query, QuerySelector},
    semver,
};
use project::whatif::verdict;
use std::collections::HashMap;
use upstream::Upstreams;

/// Bytes of a version list that are read.
const MAX_LIST: u64 = 16 << 20;

/// What is known of the versions of modules.
#[derive(Debug)]
pub(super) struct ModuleVersions {
    upstreams: Upstreams,
    known: HashMap<String, VersionList>,
}

/// The versions of one module.
#[derive(Debug)]
struct VersionList {
    /// All that are listed, in their order.
    listed: Vec<Version>,
    /// The go.mod of the latest; nothing if there is none.
    latest: Option<ModFile>,
}

// === impl ModuleVersions ===

impl ModuleVersions {
    pub(super) fn new(upstreams: &Upstreams) -> Self {
        Self {
            upstreams: upstreams.clone(),
            known: HashMap::new(),
        }
    }

    /// The go.mod of a module's latest version, which is where retractions stand.
    pub(super) async fn latest(&mut self, path: &str) -> Result<Option<&ModFile>, String> {
        Ok(self.version_list(path).await?.latest.as_ref())
    }

    /// Every version that is listed, in their order; pseudo-versions are not.
    pub(super) async fn list(&mut self, path: &str) -> Result<&[Version], String> {
        Ok(&self.version_list(path).await?.listed)
    }

    /// The highest version below another that may be chosen: listed, not excluded, not retracted.
    pub(super) async fn before(
        &mut self,
        path: &str,
        version: &str,
        main: &ModFile,
    ) -> Result<Option<String>, String> {
        let known = self.version_list(path).await?;
        let below = known.listed.iter().rev();
        let mut below = below.filter(|listed| semver::compare(listed.as_str(), version).is_lt());
        let allowed = below.find(|listed| known.allows(path, listed.as_str(), main));
        Ok(allowed.map(Version::to_string))
    }

    /// Whether a version may be chosen where nobody named it: not excluded, not retracted.
    pub(super) async fn allows(
        &mut self,
        path: &str,
        version: &Version,
        main: &ModFile,
    ) -> Result<bool, String> {
        let known = self.version_list(path).await?;
        Ok(known.allows(path, version.as_str(), main))
    }

    /// What a selector chooses from these versions.
    pub(super) async fn select(
        &self,
        module: &ModulePath,
        selector: &QuerySelector,
        versions: &[Version],
    ) -> Result<Option<Version>, String> {
        let has_go_mod = match selector.deciding_version(versions) {
            Some(version) => self.has_go_mod(module, version).await?,
            None => false,
        };
        Ok(selector.select(versions, has_go_mod).cloned())
    }

    /// What a name below `@v` stands for; nothing if nobody knows it.
    pub(super) async fn info(
        &self,
        module: &ModulePath,
        escaped: &str,
    ) -> Result<Option<VersionInfo>, String> {
        let path = format!("{}/@v/{escaped}.info", module.escaped());
        self.version_info(&path).await
    }

    /// What the sources call the latest version, where none is listed; nothing if they know none.
    pub(super) async fn tip(&self, module: &ModulePath) -> Result<Option<VersionInfo>, String> {
        let path = format!("{}/@latest", module.escaped());
        self.version_info(&path).await
    }

    async fn version_info(&self, path: &str) -> Result<Option<VersionInfo>, String> {
        let limit = u64::try_from(MAX_INFO_SIZE).unwrap_or(u64::MAX);
        let download = match module_checkout::try_fetch(path, limit, &self.upstreams).await {
            Ok(download) => download,
            Err(MissingReason::Absent(_)) => return Ok(None),
            Err(MissingReason::Unknown(why)) => return Err(why),
        };
        let bytes = download.whole().await.map_err(|error| error.to_string())?;
        let info = VersionInfo::parse(&bytes);
        info.map(Some).map_err(|error| format!("{path}: {error}"))
    }

    /// Whether a version has a go.mod of its own, and not the one line that is made up for it.
    async fn has_go_mod(&self, module: &ModulePath, version: &Version) -> Result<bool, String> {
        let bytes =
            module_checkout::go_mod_bytes(&go_mod(module, version), &self.upstreams).await?;
        let name = auto_quote(module.as_str().as_bytes());
        Ok(bytes != [b"module ", &*name, b"\n"].concat())
    }

    async fn version_list(&mut self, path: &str) -> Result<&VersionList, String> {
        if !self.known.contains_key(path) {
            let known = self.ask(path).await?;
            self.known.insert(path.to_owned(), known);
        }
        let known = self.known.get(path);
        known.ok_or_else(|| format!("{path}: versions unknown"))
    }

    async fn ask(&self, path: &str) -> Result<VersionList, String> {
        let module = ModulePath::parse(path).map_err(|error| error.to_string())?;
        let listed = match module_checkout::try_fetch(
            &module.list_path(),
            MAX_LIST,
            &self.upstreams,
        )
        .await
        {
            Ok(list) => {
                let bytes = list.whole().await.map_err(|error| error.to_string())?;
                versions(&String::from_utf8_lossy(&bytes))
            }
            Err(MissingReason::Absent(why)) => {
                return Err(format!("{path}: there is no module of this path: {why}"));
            }
            Err(MissingReason::Unknown(why)) => return Err(format!("{path}: {why}")),
        };
        let latest = match self.latest_of(&module, &listed).await? {
            Some(version) => {
                let artifact = go_mod(&module, &version);
                Some(module_checkout::go_mod(&artifact, &self.upstreams).await?)
            }
            None => None,
        };
        Ok(VersionList { listed, latest })
    }

    /// What `latest` means before retractions.
    async fn latest_of(
        &self,
        module: &ModulePath,
        listed: &[Version],
    ) -> Result<Option<Version>, String> {
        let selector = Query::Latest.selector(module, None);
        let selector = selector.map_err(|error| error.to_string())?;
        let selected = match &selector {
            Some(selector) => self.select(module, selector, listed).await?,
            None => None,
        };
        match selected {
            Some(version) => Ok(Some(version)),
            None => Ok(self.tip(module).await?.map(|info| info.version)),
        }
    }
}

// === impl VersionList ===

impl VersionList {
    fn allows(&self, path: &str, version: &str, main: &ModFile) -> bool {
        let retracted = |latest: &ModFile| verdict(latest, version).retracted.is_some();
        !is_excluded(path, version, main) && !self.latest.as_ref().is_some_and(retracted)
    }
}

fn go_mod(module: &ModulePath, version: &Version) -> Artifact {
    Artifact {
        module: module.clone(),
        version: version.clone(),
        kind: ArtifactKind::Mod,
    }
}

/// Whether the main module's go.mod excludes a version.
pub(super) fn is_excluded(path: &str, version: &str, main: &ModFile) -> bool {
    let mut lines = main.exclude.iter().map(|line| &line.module);
    lines.any(|module| module.path == path && module.version == version)
}

/// The versions of a list, sorted.
fn versions(list: &str) -> Vec<Version> {
    let words = list
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let versions = words.filter_map(|word| Version::parse(word).ok());
    let mut listed: Vec<Version> = versions.filter(|version| !version.is_pseudo()).collect();
    listed.sort_by(|one, other| semver::compare(one.as_str(), other.as_str()));
    listed
}
