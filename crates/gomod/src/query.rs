//! Version queries: what may stand behind the `@` of `go get` and `go list -m`, and which of them
//! a proxy may be asked.
//!
//! A query is read by its text alone (Go Modules Reference, "Version queries"). Some name one
//! revision; the others choose from the versions there are, which is [`QuerySelector`]'s business and
//! needs the module's path and perhaps the current version.
//!
//! A proxy sees a query as NAME in `NAME.info`. `latest`, `upgrade` and `patch` are refused there:
//! `latest` has an endpoint of its own, the other two depend on a version that the proxy cannot
//! know. Comparisons cannot be spelled there, nor can branches with a slash.

mod selector;

pub use selector::QuerySelector;

use crate::{
    escape,
    path::{ModulePath, ModulePathError},
    semver::Semver,
    version::Version,
};
use std::{fmt, str::FromStr};

/// A version query.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Query {
    /// The highest release, else the highest pre-release, else the tip of the default branch.
    Latest,
    /// As latest, but never below the current version.
    Upgrade,
    /// The highest version with the current version's major and minor number.
    Patch,
    /// No version: the requirement is to go.
    None,
    /// This version.
    Exact(Version),
    /// `v1` or `v1.2`: the highest version that begins so.
    Prefix(String),
    /// The version nearest to the bound on one side of it.
    Comparison(Operator, String),
    /// A branch, a tag, a commit or the beginning of one. A semantic version with build metadata
    /// other than `+incompatible` is one too: it can only be a tag.
    Revision(String),
}

/// How a version is compared with a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `<`: the highest below the bound.
    Less,
    /// `<=`: the highest up to the bound.
    LessOrEqual,
    /// `>`: the lowest above the bound.
    Greater,
    /// `>=`: the lowest from the bound on.
    GreaterOrEqual,
}

/// Why a query is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// There is nothing.
    #[error("empty version query")]
    Empty,
    /// What a comparison compares with is no semantic version.
    #[error("invalid semantic version {bound:?} in range {query:?}")]
    InvalidBound {
        /// The bound.
        bound: String,
        /// The whole query.
        query: String,
    },
    /// `<=v1.2` and `>v1.2`: does `v1.2` mean `v1.2.0` there, or all of `v1.2`?
    #[error("ambiguous semantic version {bound:?} in range {query:?}")]
    AmbiguousBound {
        /// The bound.
        bound: String,
        /// The whole query.
        query: String,
    },
    /// `patch` needs a version to patch.
    #[error("can't query patch without a current version")]
    NoPatchBase,
    /// The query has no place in `NAME.info`.
    #[error("{0:?} cannot be asked of a proxy")]
    Reserved(String),
    /// It cannot be spelled in a protocol path.
    #[error(transparent)]
    Name(#[from] ModulePathError),
}

// === impl Query ===

impl Query {
    /// Reads a query.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        match text {
            "" => Err(QueryError::Empty),
            "latest" => Ok(Self::Latest),
            "upgrade" => Ok(Self::Upgrade),
            "patch" => Ok(Self::Patch),
            "none" => Ok(Self::None),
            _ => match Operator::cut(text) {
                Some((operator, bound)) => Self::comparison(operator, bound, text),
                None => Ok(Self::version_or_revision(text)),
            },
        }
    }

    fn comparison(operator: Operator, bound: &str, query: &str) -> Result<Self, QueryError> {
        let parsed = Semver::parse(bound);
        let (bound, query) = (bound.to_owned(), query.to_owned());
        match parsed {
            None => Err(QueryError::InvalidBound { bound, query }),
            Some(parsed) if parsed.is_short() && operator.is_ambiguous_on_prefixes() => {
                Err(QueryError::AmbiguousBound { bound, query })
            }
            Some(_) => Ok(Self::Comparison(operator, bound)),
        }
    }

    fn version_or_revision(text: &str) -> Self {
        let short = Semver::parse(text).is_some_and(|parsed| parsed.is_short());
        match Version::parse(text) {
            Ok(version) => Self::Exact(version),
            Err(_) if short => Self::Prefix(text.to_owned()),
            Err(_) => Self::Revision(text.to_owned()),
        }
    }

    /// Reads NAME of `NAME.info`, escaped as it stands in the path. `none` is a branch here.
    pub fn from_info_name(escaped: &str) -> Result<Self, QueryError> {
        let name = escape::unescape_version(escaped)?;
        match Self::parse(&name)? {
            Self::Latest | Self::Upgrade | Self::Patch => Err(QueryError::Reserved(name)),
            Self::None => Ok(Self::Revision(name)),
            query => Ok(query),
        }
    }

    /// NAME of `NAME.info`, escaped, if a proxy can be asked this.
    pub fn info_name(&self) -> Result<String, QueryError> {
        match self {
            Self::Exact(version) => Ok(version.escaped()),
            Self::Prefix(name) | Self::Revision(name) => {
                let escaped = escape::escape_version(name)?;
                // A branch that is called `latest` cannot be told from the query.
                Self::from_info_name(&escaped).map(|_| escaped)
            }
            Self::Latest | Self::Upgrade | Self::Patch | Self::None | Self::Comparison(..) => {
                Err(QueryError::Reserved(self.to_string()))
            }
        }
    }

    /// How to choose from the versions of a module; `None` for queries that name a revision or
    /// nothing. `current` is the version in use, if there is one.
    pub fn selector(
        &self,
        module: &ModulePath,
        current: Option<&Version>,
    ) -> Result<Option<QuerySelector>, QueryError> {
        QuerySelector::new(self, module, current)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str("latest"),
            Self::Upgrade => f.write_str("upgrade"),
            Self::Patch => f.write_str("patch"),
            Self::None => f.write_str("none"),
            Self::Exact(version) => version.fmt(f),
            Self::Prefix(text) | Self::Revision(text) => f.write_str(text),
            Self::Comparison(operator, bound) => write!(f, "{}{bound}", operator.as_str()),
        }
    }
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        Self::parse(text)
    }
}

// === impl Operator ===

impl Operator {
    /// The longer spelling first, for one is the beginning of the other.
    const ALL: [Self; 4] = [
        Self::LessOrEqual,
        Self::Less,
        Self::GreaterOrEqual,
        Self::Greater,
    ];

    fn cut(text: &str) -> Option<(Self, &str)> {
        Self::ALL
            .into_iter()
            .find_map(|operator| Some((operator, text.strip_prefix(operator.as_str())?)))
    }

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    const fn is_ambiguous_on_prefixes(self) -> bool {
        matches!(self, Self::LessOrEqual | Self::Greater)
    }
}

#[cfg(test)]
mod tests {
    use super::{Operator, Query, QueryError};

    #[test]
    fn a_query_is_read_by_its_text() {
        let kind = |text| match Query::parse(text).unwrap() {
            Query::Exact(_) => "exact",
            Query::Prefix(_) => "prefix",
            Query::Revision(_) => "revision",
            Query::Comparison(..) => "comparison",
            Query::Latest | Query::Upgrade | Query::Patch | Query::None => "word",
        };
        assert_eq!(
            ["v1.2.3", "v2.0.0+incompatible", "v1.0.0-rc"].map(kind),
            ["exact"; 3]
        );
        assert_eq!(["v1", "v1.2"].map(kind), ["prefix"; 2]);
        assert_eq!(
            ["master", "abcdef", "v1.2.3+meta", "v01", "a/b"].map(kind),
            ["revision"; 5]
        );
        assert_eq!(
            ["<v1.2", ">=v1", "<=v1.2.3", ">v1.0.0-rc"].map(kind),
            ["comparison"; 4]
        );
        assert_eq!(
            ["latest", "upgrade", "patch", "none"].map(kind),
            ["word"; 4]
        );
        for text in ["v1.2.3", "v1", "<=v1.2.3", "latest", "a/b"] {
            assert_eq!(Query::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn each_refusal_names_its_reason() {
        assert_eq!(Query::parse(""), Err(QueryError::Empty));
        let (bound, query) = ("v1.2".to_owned(), "<=v1.2".to_owned());
        assert_eq!(
            Query::parse("<=v1.2"),
            Err(QueryError::AmbiguousBound { bound, query })
        );
        let (bound, query) = ("1.2".to_owned(), ">=1.2".to_owned());
        assert_eq!(
            Query::parse(">=1.2"),
            Err(QueryError::InvalidBound { bound, query })
        );
        assert!(
            Operator::ALL
                .iter()
                .all(|operator| Query::parse(operator.as_str()).is_err())
        );
    }

    #[test]
    fn a_proxy_is_asked_for_names_only() {
        for word in ["latest", "upgrade", "patch"] {
            assert_eq!(
                Query::from_info_name(word),
                Err(QueryError::Reserved(word.to_owned()))
            );
        }
        assert_eq!(
            Query::from_info_name("none"),
            Ok(Query::Revision("none".to_owned()))
        );
        assert_eq!(
            Query::from_info_name("!main"),
            Ok(Query::Revision("Main".to_owned()))
        );
        assert!(matches!(
            Query::from_info_name(">=v1"),
            Err(QueryError::Name(_))
        ));
        assert!(matches!(
            Query::from_info_name("a/b"),
            Err(QueryError::Name(_))
        ));
        assert!(matches!(
            Query::parse("a/b").unwrap().info_name(),
            Err(QueryError::Name(_))
        ));
        assert_eq!(
            Query::parse("Main").unwrap().info_name(),
            Ok("!main".to_owned())
        );
        assert!(
            Query::Comparison(Operator::Less, "v1".to_owned())
                .info_name()
                .is_err()
        );
    }
}
