//! Classes of requests that a source is judged by.
//!
//! A source is many services behind one name: files from a cache, lists and queries from version
//! control, zips from a bucket, a mirrored checksum database. Any of them may be down or slow while
//! the others are well; so each class has a breaker and a memory of latencies of its own. Finer
//! classes would need more traffic than a small site has before anything is learnt.

use gomod::Version;

use crate::RequestKind;

/// What kind of service of a source a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RequestClass {
    /// `.info` and `.mod` of a version, and whatever is of no known kind.
    Metadata,
    /// `list`, `@latest` and queries (`.info` of what is no canonical version): what changes, and
    /// what a source may have to ask version control for.
    Versions,
    /// Zips.
    Zip,
    /// Checksum databases, mirrored or by their own URL.
    Sumdb,
}

// === impl RequestClass ===

impl RequestClass {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Metadata, Self::Versions, Self::Zip, Self::Sumdb];

    /// The class as a metric label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Versions => "versions",
            Self::Zip => "zip",
            Self::Sumdb => "sumdb",
        }
    }

    /// The class of a request of this kind for this path (escaped, without leading slash).
    pub(crate) fn of(kind: RequestKind, path: &str) -> Self {
        match kind {
            RequestKind::List | RequestKind::Latest => Self::Versions,
            RequestKind::Info if is_query(path) => Self::Versions,
            RequestKind::Info | RequestKind::Mod | RequestKind::Other => Self::Metadata,
            RequestKind::Zip => Self::Zip,
            RequestKind::Sumdb => Self::Sumdb,
        }
    }
}

/// Whether a `.info` path asks for a branch, a revision or a prefix rather than a version.
fn is_query(path: &str) -> bool {
    let name = path.rsplit_once("/@v/").map(|(_, name)| name);
    let Some(escaped) = name.and_then(|name| name.strip_suffix(".info")) else {
        return false;
    };
    let version = gomod::escape::unescape_version(escaped).ok();
    version.is_none_or(|version| Version::parse(&version).is_err())
}

#[cfg(test)]
mod tests {
    use super::RequestClass;
    use crate::request::RequestPath;

    #[test]
    fn queries_are_apart_from_versions() {
        use RequestClass::{Metadata, Sumdb, Versions, Zip};
        for (path, class) in [
            ("example.com/m/@v/v1.0.0.info", Metadata),
            ("example.com/m/@v/v1.0.0-!r!c1.info", Metadata),
            (
                "example.com/m/@v/v0.0.0-20200101000000-abcdefabcdef.info",
                Metadata,
            ),
            ("example.com/m/@v/v1.0.0.mod", Metadata),
            ("example.com/m/@v/main.info", Versions),
            ("example.com/m/@v/v1.info", Versions),
            ("example.com/m/@v/list", Versions),
            ("example.com/m/@latest", Versions),
            ("example.com/m/@v/v1.0.0.zip", Zip),
            (
                "sumdb/sum.golang.org/lookup/example.com/m@v1.0.0.info",
                Sumdb,
            ),
            ("index", Metadata),
        ] {
            assert_eq!(RequestPath::try_new(path).unwrap().class(), class, "{path}");
        }
    }
}
