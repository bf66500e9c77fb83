//! Deny list: versions that an operator does not want served, whatever is kept or can be had of them.
//!
//! An entry names modules by one glob in the grammar of GOPRIVATE, so `example.com/evil` means that
//! module and all below it. Behind an `@` it may name versions, in the words of Go's version queries:
//!
//! | Written | Means |
//! |---|---|
//! | `example.com/evil` | every version |
//! | `example.com/m@v1.2.3` | this version, with `+incompatible` or without |
//! | `example.com/m@v1.2` | every version that begins so, pre-releases and pseudo-versions with it |
//! | `example.com/m@>=v1.2.0,<v1.2.5` | versions for which all of this is true, in the order of semantic versions |
//!
//! Letters of module paths match whatever their case: hosts such as github.com give the same
//! repository under `Evil` and `evil`, and Go takes those for two modules.
//!
//! What is refused: a malformed glob, which for Go matches nothing, and words that name no versions
//! (`latest`, a branch). Whoever wrote them believes to be protected.

use gomod::{
    ModulePath, Version,
    pattern::ModulePatterns,
    query::{Operator, Query},
    semver,
};
use jiff::Timestamp;
use std::{cmp::Ordering, fmt};

/// What is denied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DenyList {
    entries: Vec<DenyEntry>,
}

/// One entry of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenyEntry {
    /// What it is about.
    pub pattern: DenyPattern,
    /// Why, for whoever is refused.
    pub reason: String,
    /// When it ends, if it does.
    pub until: Option<Timestamp>,
}

/// Modules, and perhaps some of their versions only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenyPattern {
    text: String,
    /// In lower case.
    modules: ModulePatterns,
    versions: VersionSet,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum VersionSet {
    All,
    Exact(Version),
    /// With a dot at its end.
    Prefix(String),
    /// All of them hold.
    Range(Vec<(Operator, String)>),
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DenyPatternError {
    /// There is no module in it.
    #[error("it names no module")]
    NoModule,
    /// Each entry has one glob.
    #[error("it has a comma in the module's glob; write an entry for each")]
    SeveralModules,
    /// Go would ignore it.
    #[error("{0:?} is no glob")]
    NoGlob(String),
    /// What stands behind the `@`.
    #[error(
        "{0:?} names no versions; write v1.2.3, v1.2, or bounds such as >=v1.2.0,<v1.2.5 behind the @"
    )]
    NoVersions(String),
}

// === impl DenyList ===

impl DenyList {
    /// A list with these entries.
    pub fn new(entries: Vec<DenyEntry>) -> Self {
        Self { entries }
    }

    /// Its entries, as they were written.
    pub fn entries(&self) -> &[DenyEntry] {
        &self.entries
    }

    /// Whether nothing is denied.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry that denies a version now.
    pub(crate) fn version(
        &self,
        module: &ModulePath,
        version: &Version,
        now: Timestamp,
    ) -> Option<&DenyEntry> {
        let path = module.as_str().to_ascii_lowercase();
        self.in_force(now).find(|entry| {
            entry.pattern.modules.matches(&path) && entry.pattern.versions.has(version)
        })
    }

    /// The entry that denies every version of a module now.
    pub(crate) fn module(&self, module: &ModulePath, now: Timestamp) -> Option<&DenyEntry> {
        let path = module.as_str().to_ascii_lowercase();
        self.in_force(now).find(|entry| {
            entry.pattern.versions == VersionSet::All && entry.pattern.modules.matches(&path)
        })
    }

    fn in_force(&self, now: Timestamp) -> impl Iterator<Item = &DenyEntry> {
        let ended = move |entry: &&DenyEntry| entry.until.is_none_or(|until| now < until);
        self.entries.iter().filter(ended)
    }
}

// === impl DenyPattern ===

impl DenyPattern {
    /// Reads `GLOB` or `GLOB@VERSIONS`.
    pub fn parse(text: &str) -> Result<Self, DenyPatternError> {
        let (glob, versions) = match text.split_once('@') {
            Some((glob, versions)) => (glob, Some(versions)),
            None => (text, None),
        };
        if glob.trim_matches('/').is_empty() {
            return Err(DenyPatternError::NoModule);
        }
        if glob.contains(',') {
            return Err(DenyPatternError::SeveralModules);
        }
        let modules = ModulePatterns::parse(&glob.to_ascii_lowercase());
        if !modules.malformed().is_empty() || glob.contains(char::is_whitespace) {
            return Err(DenyPatternError::NoGlob(glob.to_owned()));
        }
        let versions = versions.map_or(Ok(VersionSet::All), VersionSet::parse)?;
        Ok(Self {
            text: text.to_owned(),
            modules,
            versions,
        })
    }
}

impl fmt::Display for DenyPattern {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

// === impl VersionSet ===

impl VersionSet {
    fn parse(text: &str) -> Result<Self, DenyPatternError> {
        let wrong = || DenyPatternError::NoVersions(text.to_owned());
        let conditions: Vec<Query> = text
            .split(',')
            .map(|condition| Query::parse(condition.trim()))
            .collect::<Result<_, _>>()
            .map_err(|_| wrong())?;
        match conditions.as_slice() {
            [Query::Exact(version)] => Ok(Self::Exact(version.clone())),
            [Query::Prefix(prefix)] => Ok(Self::Prefix(format!("{prefix}."))),
            bounds => {
                let bound = |query: &Query| match query {
                    Query::Comparison(operator, bound) => Some((*operator, bound.clone())),
                    _ => None,
                };
                let bounds: Option<Vec<_>> = bounds.iter().map(bound).collect();
                bounds.map(Self::Range).ok_or_else(wrong)
            }
        }
    }

    fn has(&self, version: &Version) -> bool {
        let version = version.as_str();
        match self {
            Self::All => true,
            Self::Exact(exact) => semver::compare(version, exact.as_str()).is_eq(),
            Self::Prefix(prefix) => version.starts_with(prefix),
            Self::Range(bounds) => bounds
                .iter()
                .all(|(operator, bound)| holds(semver::compare(version, bound), *operator)),
        }
    }
}

fn holds(order: Ordering, operator: Operator) -> bool {
    match operator {
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
    }
}

#[cfg(test)]
mod tests {
    use super::{DenyEntry, DenyList, DenyPattern};
    use gomod::{ModulePath, Version};
    use jiff::Timestamp;

    fn list(pattern: &str, until: Option<i64>) -> DenyList {
        DenyList::new(vec![DenyEntry {
            pattern: DenyPattern::parse(pattern).unwrap(),
            reason: "it steals".to_owned(),
            until: until.map(|second| Timestamp::from_second(second).unwrap()),
        }])
    }

    fn denies(list: &DenyList, module: &str, version: &str) -> bool {
        let module = ModulePath::parse(module).unwrap();
        let version = Version::parse(version).unwrap();
        list.version(&module, &version, Timestamp::UNIX_EPOCH)
            .is_some()
    }

    #[test]
    fn a_pattern_means_modules_and_versions() {
        const PSEUDO: &str = "v1.2.4-0.20240101000000-abcdefabcdef";
        for (pattern, denied, allowed) in [
            (
                "example.com/evil",
                vec![
                    ("example.com/evil", "v1.0.0"),
                    ("example.com/evil/sub", PSEUDO),
                ],
                vec![("example.com/evils", "v1.0.0"), ("example.com", "v1.0.0")],
            ),
            (
                "*.example.com/m@v1.2.3",
                vec![
                    ("a.example.com/m", "v1.2.3"),
                    ("a.example.com/m/x", "v1.2.3"),
                ],
                vec![
                    ("a.example.com/m", "v1.2.4"),
                    ("a.example.com/m", "v1.2.3-rc.1"),
                ],
            ),
            (
                "example.com/m@v2.0.0",
                vec![("example.com/m", "v2.0.0+incompatible")],
                vec![("example.com/m", "v2.0.1+incompatible")],
            ),
            (
                "example.com/m@v1.2",
                vec![("example.com/m", "v1.2.0"), ("example.com/m", PSEUDO)],
                vec![("example.com/m", "v1.20.0"), ("example.com/m", "v1.3.0")],
            ),
            (
                "example.com/m@>=v1.2.0, <v1.2.5",
                vec![("example.com/m", "v1.2.0"), ("example.com/m", PSEUDO)],
                vec![
                    ("example.com/m", "v1.2.5"),
                    ("example.com/m", "v1.2.0-rc.1"),
                ],
            ),
        ] {
            let list = list(pattern, None);
            for (module, version) in denied {
                assert!(
                    denies(&list, module, version),
                    "{pattern}: {module}@{version}"
                );
            }
            for (module, version) in allowed {
                assert!(
                    !denies(&list, module, version),
                    "{pattern}: {module}@{version}"
                );
            }
        }
    }

    #[test]
    fn the_case_of_letters_is_no_way_around_it() {
        let list = list("github.com/Evil/mod", None);
        assert!(denies(&list, "github.com/evil/MOD", "v1.0.0"));
    }

    #[test]
    fn an_entry_ends() {
        for (until, denied) in [(None, true), (Some(1), true), (Some(0), false)] {
            let list = list("example.com/m", until);
            assert_eq!(denies(&list, "example.com/m", "v1.0.0"), denied);
        }
    }

    #[test]
    fn what_would_deny_nothing_is_refused() {
        for wrong in [
            "",
            "/",
            "@v1.0.0",
            "a,b",
            "a b",
            "[a-",
            "example.com/m@",
            "example.com/m@latest",
            "example.com/m@master",
            "example.com/m@v1.0.0,v1.1.0",
            "example.com/m@>v1",
            "example.com/m@>=v1.0.0,",
            "example.com/m@v1.0.0@v1.1.0",
            "example.com/m@none",
        ] {
            assert!(DenyPattern::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
