//! Choosing from the versions that a module has.
//!
//! Releases go before pre-releases, whatever their order; `>` and `>=` take the lowest that fits,
//! everything else the highest. `+incompatible` versions count only if they are wanted or if the
//! module has not got a go.mod yet: when the highest compatible version that fits has one, its
//! author means the higher major versions to have paths of their own.
//!
//! Whether that version has a go.mod is the caller's to find out, because it may cost a download:
//! [`QuerySelector::deciding_version`] says which version it is about, if any. Versions that are
//! excluded, retracted or withheld must be left out by the caller before both questions.

use super::{Operator, Query, QueryError};
use crate::{
    path::{self, ModulePath},
    semver,
    version::Version,
};

/// A query, ready to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuerySelector {
    /// How the version's text has to begin.
    prefix: String,
    bound: Option<(Operator, String)>,
    prefer_lower: bool,
    prefer_incompatible: bool,
    may_use_latest: bool,
}

// === impl QuerySelector ===

impl QuerySelector {
    pub(super) fn new(
        query: &Query,
        module: &ModulePath,
        current: Option<&Version>,
    ) -> Result<Option<Self>, QueryError> {
        let mut selector = Self {
            prefix: String::new(),
            bound: None,
            prefer_lower: false,
            prefer_incompatible: current.is_some_and(Version::is_incompatible),
            may_use_latest: false,
        };
        match query {
            Query::Latest => selector.may_use_latest = true,
            Query::Upgrade => selector.not_below(current),
            Query::Patch => {
                let current = current.ok_or(QueryError::NoPatchBase)?;
                let line = semver::major_minor(current.as_str()).unwrap_or_default();
                selector.prefix = format!("{line}.");
                selector.not_below(Some(current));
            }
            Query::Prefix(prefix) => {
                selector.prefix = format!("{prefix}.");
                // `v1.2` is not to match a pre-release of v1.2.0.
                selector.bound(Operator::GreaterOrEqual, prefix, module);
            }
            Query::Comparison(operator, bound) => {
                selector.bound(*operator, bound, module);
                selector.prefer_lower =
                    matches!(operator, Operator::Greater | Operator::GreaterOrEqual);
            }
            Query::None | Query::Exact(_) | Query::Revision(_) => return Ok(None),
        }
        Ok(Some(selector))
    }

    fn not_below(&mut self, current: Option<&Version>) {
        self.bound = current.map(|at| (Operator::GreaterOrEqual, at.as_str().to_owned()));
        self.may_use_latest = current.is_none_or(Version::is_pseudo);
    }

    fn bound(&mut self, operator: Operator, bound: &str, module: &ModulePath) {
        self.bound = Some((operator, bound.to_owned()));
        // Who asks for a major version that the path does not have wants incompatible ones.
        self.prefer_incompatible |= path::check_path_major(bound, module.path_major()).is_err();
    }

    /// Whether a version may be chosen at all.
    pub fn allows(&self, version: &Version) -> bool {
        let fits = |(operator, bound): &(Operator, String)| {
            let order = semver::compare(version.as_str(), bound);
            match operator {
                Operator::Less => order.is_lt(),
                Operator::LessOrEqual => order.is_le(),
                Operator::Greater => order.is_gt(),
                Operator::GreaterOrEqual => order.is_ge(),
            }
        };
        version.as_str().starts_with(&self.prefix) && self.bound.as_ref().is_none_or(fits)
    }

    /// Whether `@latest` may answer the query when nothing can be selected: for `latest`, and for
    /// `upgrade` and `patch` when the current version is unknown or a pseudo-version. The version
    /// it gives has to be [allowed](Self::allows).
    pub const fn may_use_latest(&self) -> bool {
        self.may_use_latest
    }

    /// The version whose go.mod decides whether `+incompatible` versions count. `None` when it
    /// makes no difference.
    pub fn deciding_version<'v>(&self, versions: &'v [Version]) -> Option<&'v Version> {
        if self.prefer_incompatible {
            return None;
        }
        let fitting = self.fitting(versions);
        // Go decides at the first incompatible version that has a compatible one below it.
        let compatible = fitting
            .iter()
            .position(|version| !version.is_incompatible())?;
        let run = fitting
            .iter()
            .skip(compatible)
            .position(|version| version.is_incompatible())?;
        fitting.get(compatible + run - 1).copied()
    }

    /// The chosen version, in whatever order they come. `compatible_has_go_mod` says whether
    /// [`deciding_version`](Self::deciding_version) has a go.mod of its own, not one made up for
    /// it; where there is no such version, it does not matter.
    pub fn select<'v>(
        &self,
        versions: &'v [Version],
        compatible_has_go_mod: bool,
    ) -> Option<&'v Version> {
        let mut fitting = self.fitting(versions);
        if compatible_has_go_mod && let Some(highest) = self.deciding_version(versions) {
            fitting.retain(|version| *version <= highest);
        }
        let mut releases = fitting.iter().filter(|version| !version.is_prerelease());
        let release = if self.prefer_lower {
            releases.next()
        } else {
            releases.next_back()
        };
        let any = if self.prefer_lower {
            fitting.first()
        } else {
            fitting.last()
        };
        release.or(any).copied()
    }

    /// What may be chosen, from the lowest to the highest.
    fn fitting<'v>(&self, versions: &'v [Version]) -> Vec<&'v Version> {
        let mut fitting: Vec<&Version> = versions
            .iter()
            .filter(|version| self.allows(version) && !version.is_pseudo())
            .collect();
        fitting.sort_unstable();
        fitting
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Query, QueryError};
    use crate::{path::ModulePath, version::Version};

    const COMPATIBLE: [&str; 4] = ["v1.0.0", "v1.1.0", "v1.1.1-rc.1", "v1.2.0-rc.1"];

    fn select(
        query: &str,
        versions: &[&str],
        current: Option<&str>,
        go_mod: bool,
    ) -> Option<String> {
        let module = ModulePath::parse("example.com/x").unwrap();
        let versions: Vec<Version> = versions
            .iter()
            .map(|v| Version::parse(v).unwrap())
            .collect();
        let current = current.map(|version| Version::parse(version).unwrap());
        let selector = Query::parse(query)
            .unwrap()
            .selector(&module, current.as_ref());
        let selector = selector.unwrap().unwrap();
        selector.select(&versions, go_mod).map(Version::to_string)
    }

    #[test]
    fn releases_go_before_prereleases() {
        let choose = |query| select(query, &COMPATIBLE, None, true).unwrap_or_default();
        assert_eq!(choose("latest"), "v1.1.0");
        assert_eq!(choose("v1.1"), "v1.1.0");
        assert_eq!(choose("v1.2"), "", "a pre-release of v1.2.0 is below v1.2");
        assert_eq!(choose(">v1.1.0"), "v1.1.1-rc.1");
        assert_eq!(choose(">=v1"), "v1.0.0");
        assert_eq!(choose("<v1.1"), "v1.0.0");
    }

    #[test]
    fn upgrades_and_patches_never_go_below_the_current_version() {
        let choose = |query, current| select(query, &COMPATIBLE, Some(current), true);
        assert_eq!(choose("upgrade", "v1.0.0").as_deref(), Some("v1.1.0"));
        assert_eq!(
            choose("upgrade", "v1.1.1-rc.1").as_deref(),
            Some("v1.2.0-rc.1")
        );
        assert_eq!(choose("patch", "v1.0.0").as_deref(), Some("v1.0.0"));
        assert_eq!(choose("upgrade", "v1.3.0"), None);
        let module = ModulePath::parse("example.com/x").unwrap();
        assert_eq!(
            Query::Patch.selector(&module, None),
            Err(QueryError::NoPatchBase)
        );
    }

    #[test]
    fn a_go_mod_keeps_incompatible_versions_out() {
        let versions = ["v2.0.0+incompatible", "v1.1.0", "v1.0.0"];
        let choose = |query, go_mod| select(query, &versions, None, go_mod).unwrap_or_default();
        assert_eq!(choose("latest", true), "v1.1.0");
        assert_eq!(choose("latest", false), "v2.0.0+incompatible");
        assert_eq!(choose("v2", true), "v2.0.0+incompatible", "asked for");
        let current = Some("v2.0.0+incompatible");
        assert_eq!(
            select("latest", &versions, current, true).as_deref(),
            current
        );
    }
}
