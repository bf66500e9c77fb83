//! Which versions of a module there are, and what its authors say of them.
//!
//! Both come from the same two answers, the version list and the latest version's go.mod, which are
//! asked for once a module.

use crate::checkout;
use gomod::{Artifact, ArtifactKind, ModulePath, Version, modfile::File, semver};
use project::whatif::verdict;
use std::collections::HashMap;
use upstream::Upstreams;

/// Bytes of a version list that are read.
const MAX_LIST: u64 = 16 << 20;

/// What is known of the versions of modules.
#[derive(Debug)]
pub(super) struct Versions {
    upstreams: Upstreams,
    known: HashMap<String, Known>,
}

/// The versions of one module.
#[derive(Debug)]
struct Known {
    /// All that are listed, in their order.
    listed: Vec<Version>,
    /// The go.mod of the latest; nothing if none is listed.
    latest: Option<File>,
}

// === impl Versions ===

impl Versions {
    pub(super) fn new(upstreams: &Upstreams) -> Self {
        Self {
            upstreams: upstreams.clone(),
            known: HashMap::new(),
        }
    }

    /// The go.mod of a module's latest version, which is where retractions stand.
    pub(super) async fn latest(&mut self, path: &str) -> Result<Option<&File>, String> {
        Ok(self.known(path).await?.latest.as_ref())
    }

    /// The highest version below another that may be chosen: listed, not excluded, not retracted.
    pub(super) async fn before(
        &mut self,
        path: &str,
        version: &str,
        main: &File,
    ) -> Result<Option<String>, String> {
        let known = self.known(path).await?;
        let below = known.listed.iter().rev().map(Version::as_str);
        let below = below.filter(|listed| semver::compare(listed, version).is_lt());
        let is_excluded = |listed: &str| {
            let mut lines = main.exclude.iter().map(|line| &line.module);
            lines.any(|module| module.path == path && module.version == listed)
        };
        let is_retracted = |listed: &str| {
            let latest = known.latest.as_ref();
            latest.is_some_and(|latest| verdict(latest, listed).retracted.is_some())
        };
        let mut allowed = below.filter(|listed| !is_excluded(listed) && !is_retracted(listed));
        Ok(allowed.next().map(str::to_owned))
    }

    async fn known(&mut self, path: &str) -> Result<&Known, String> {
        if !self.known.contains_key(path) {
            let known = ask(path, &self.upstreams).await?;
            self.known.insert(path.to_owned(), known);
        }
        let known = self.known.get(path);
        known.ok_or_else(|| format!("{path}: versions unknown"))
    }
}

async fn ask(path: &str, upstreams: &Upstreams) -> Result<Known, String> {
    let module = ModulePath::parse(path).map_err(|error| error.to_string())?;
    let list = checkout::fetch(&module.list_path(), MAX_LIST, upstreams).await?;
    let bytes = list.whole().await.map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let versions = lines.filter_map(|word| Version::parse(word).ok());
    let mut listed: Vec<Version> = versions.filter(|version| !version.is_pseudo()).collect();
    listed.sort_by(|one, other| semver::compare(one.as_str(), other.as_str()));
    let release = listed.iter().rev().find(|version| !version.is_prerelease());
    let latest = match release.or(listed.last()).cloned() {
        Some(version) => {
            let artifact = Artifact {
                module,
                version,
                kind: ArtifactKind::Mod,
            };
            Some(checkout::go_mod(&artifact, upstreams).await?)
        }
        None => None,
    };
    Ok(Known { listed, latest })
}
