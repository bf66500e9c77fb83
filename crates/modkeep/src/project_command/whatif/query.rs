//! The version that a query stands for, as `go get` resolves it.
//!
//! A version that was named is taken as it is, retracted or not; only what go.mod excludes is
//! refused. Whatever is *chosen* is neither excluded nor retracted. `upgrade` and `patch` look from
//! the selected version on and never go below it, nor back in time from a pseudo-version. A branch or
//! a commit is asked of the sources by its name, and they say which version it is.

use super::versions::{ModuleVersions, is_excluded};
use gomod::{
    ModulePath, Version,
    info::VersionInfo,
    modfile::ModFile,
    mvs::ModuleSelection,
    pseudo::PseudoVersion,
    query::{Query, QuerySelector},
    version::canonical,
};

/// What a query is resolved in.
pub(super) struct QueryResolver<'a> {
    pub(super) versions: &'a mut ModuleVersions,
    /// The main module's go.mod.
    pub(super) main: &'a ModFile,
    /// What is selected now.
    pub(super) before: &'a ModuleSelection,
}

// === impl QueryResolver ===

impl QueryResolver<'_> {
    /// The version; nothing for `none`. Why there is none, in words.
    pub(super) async fn resolve(
        &mut self,
        module: &ModulePath,
        query: &Query,
    ) -> Result<Option<Version>, String> {
        let path = module.as_str();
        let found = match query {
            Query::None => return self.without(path).await.map(|()| None),
            Query::Exact(version) => {
                if is_excluded(path, version.as_str(), self.main) {
                    return Err(format!("{path}@{version} is excluded by go.mod"));
                }
                Ok(version.clone())
            }
            Query::Revision(name) => self.revision(module, query, name).await,
            _ => self.choose(module, query).await,
        };
        let found = found.map(Some);
        found.map_err(|why| self.with_hint(path, &why))
    }

    /// A module that is in the graph can be done without. Of another one it is asked whether there
    /// is such a module at all, so that a misspelt path is not said to change nothing.
    async fn without(&mut self, path: &str) -> Result<(), String> {
        if self.before.version(path).is_some() {
            return Ok(());
        }
        let known = self.versions.list(path).await.map(|_| ());
        known.map_err(|why| self.with_hint(path, &why))
    }

    async fn revision(
        &mut self,
        module: &ModulePath,
        query: &Query,
        name: &str,
    ) -> Result<Version, String> {
        let path = module.as_str();
        let escaped = query.info_name().map_err(|error| error.to_string())?;
        let mut info = self.versions.info(module, &escaped).await?;
        // Build metadata make no other version: a tag may be without them.
        if info.is_none()
            && let Some(version) = canonical(name).and_then(|text| Version::parse(&text).ok())
        {
            info = self.versions.info(module, &version.escaped()).await?;
        }
        let info = info.ok_or_else(|| format!("{path}@{name}: no source knows this revision"))?;
        let is_allowed = self.versions.allows(path, &info.version, self.main).await?;
        if !is_allowed {
            let version = info.version;
            return Err(format!(
                "{path}@{name} is {version}, which is retracted or excluded"
            ));
        }
        Ok(info.version)
    }

    async fn choose(&mut self, module: &ModulePath, query: &Query) -> Result<Version, String> {
        let path = module.as_str();
        let current = self.before.version(path);
        let current = current.and_then(|version| Version::parse(version).ok());
        let selector = query.selector(module, current.as_ref());
        let selector = selector.map_err(|error| format!("{path}@{query}: {error}"))?;
        let no_match = || format!("{path}@{query}: no version matches");
        let selector = selector.ok_or_else(no_match)?;
        // Whatever is in use may stay, retracted or not.
        let current = current.filter(|_| matches!(query, Query::Upgrade | Query::Patch));
        let candidates = self.candidates(path, current.as_ref()).await?;
        let chosen = self.versions.select(module, &selector, &candidates).await?;
        let chosen = match chosen {
            Some(version) => Some(version),
            None => self.tip(module, &selector).await?,
        };
        match (chosen, current) {
            (Some(chosen), Some(current)) => self.not_back(module, chosen, current).await,
            (chosen, current) => chosen.or(current).ok_or_else(no_match),
        }
    }

    /// What may be chosen from: listed or replaced, and allowed.
    async fn candidates(
        &mut self,
        path: &str,
        current: Option<&Version>,
    ) -> Result<Vec<Version>, String> {
        let mut candidates = Vec::new();
        let replaced = self.main.replace.iter().map(|line| &line.old);
        let replaced = replaced.filter(|old| old.path == path);
        let replaced: Vec<_> = replaced
            .filter_map(|old| Version::parse(&old.version).ok())
            .collect();
        let listed = self.versions.list(path).await?.to_vec();
        for version in listed.into_iter().chain(replaced) {
            let is_current = current == Some(&version);
            if is_current || self.versions.allows(path, &version, self.main).await? {
                candidates.push(version);
            }
        }
        Ok(candidates)
    }

    /// The newest commit, for queries that may fall back on it.
    async fn tip(
        &mut self,
        module: &ModulePath,
        selector: &QuerySelector,
    ) -> Result<Option<Version>, String> {
        if !selector.may_use_latest() {
            return Ok(None);
        }
        let Some(info) = self.versions.tip(module).await? else {
            return Ok(None);
        };
        let path = module.as_str();
        let allowed = self.versions.allows(path, &info.version, self.main);
        let is_allowed = allowed.await? && selector.allows(&info.version);
        Ok(is_allowed.then_some(info.version))
    }

    /// From a pseudo-version nothing leads to what was there before it: a commit of a branch may be
    /// lower than the newest release and yet be what is wanted.
    async fn not_back(
        &self,
        module: &ModulePath,
        chosen: Version,
        current: Version,
    ) -> Result<Version, String> {
        let pseudo = PseudoVersion::parse(current.as_str()).ok();
        let Some(since) = pseudo.and_then(|pseudo| pseudo.time().ok()) else {
            return Ok(chosen);
        };
        let info = self.versions.info(module, &chosen.escaped()).await?;
        let made = info.as_ref().and_then(made_at);
        let is_older = made.is_some_and(|made| made.as_str() < since.digits());
        Ok(if is_older { current } else { chosen })
    }

    /// A reason, and the module that was probably meant where a package was named.
    fn with_hint(&self, path: &str, why: &str) -> String {
        let list = self.before.build_list();
        let modules = list.iter().map(|selected| selected.module.path.as_str());
        let holds = |module: &&str| {
            let rest = path.strip_prefix(module);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        match modules.filter(holds).max_by_key(|module| module.len()) {
            Some(module) => format!("{why}\nif it is a package of {module}, name the module"),
            None => why.to_owned(),
        }
    }
}

/// When a version was made, in UTC, as digits from the year to the second.
fn made_at(info: &VersionInfo) -> Option<String> {
    let made: jiff::Timestamp = info.time.as_deref()?.parse().ok()?;
    Some(made.strftime("%Y%m%d%H%M%S").to_string())
}
