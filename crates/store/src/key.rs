//! Keys: the names of what is captured for ever.
//!
//! A key is either an artifact or a permanent answer of a checksum database. Each has exactly one
//! path in the protocol's URL space, and that path is the primary key of the catalog, the word in
//! the journal and the file name in an export: one spelling everywhere, escaped as Go escapes it,
//! so that it is safe on file systems that ignore case.
//!
//! Refused are paths that are not plain and relative: an exported key must never leave the
//! directory it is exported to.

use crate::error::StoreError;
use gomod::{Artifact, ArtifactKind, ModulePath, Version};
use protocol::Resource;
use std::fmt;

/// The longest path of a key, in bytes. Go limits neither paths nor versions; file systems limit
/// a path to 4096 bytes, and an export must fit below some directory.
pub const KEY_PATH_LIMIT: usize = 2048;

/// The longest element of such a path, in bytes: file systems allow no longer file name, so the go
/// command could not cache it, and an export would end at it.
const KEY_ELEMENT_LIMIT: usize = 255;

/// First element of every checksum-database path; no module path can begin with it, because the
/// first element of a module path holds a dot.
const SUMDB: &str = "sumdb";

/// The name of something permanent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// One file of one version of one module.
    Artifact(Artifact),
    /// A permanent answer of a checksum database: a lookup or a full tile.
    Sumdb {
        /// Name of the database; may contain slashes.
        name: String,
        /// Path below the name: `lookup/M@V` or `tile/8/0/001`.
        path: String,
    },
}

// === impl Key ===

impl Key {
    /// The path in the protocol's URL space, escaped: `M/@v/V.mod` or `sumdb/NAME/lookup/...`.
    pub fn path(&self) -> String {
        match self {
            Self::Artifact(artifact) => artifact.escaped_path(),
            Self::Sumdb { name, path } => format!("{SUMDB}/{name}/{path}"),
        }
    }

    /// Reads what [`Key::path`] wrote. `None` for anything that is no permanent path: lists,
    /// queries, `@latest`, partial tiles, tree heads.
    pub fn parse(path: &str) -> Option<Self> {
        if !is_plain(path) {
            return None;
        }
        match path.strip_prefix("sumdb/") {
            Some(rest) => parse_sumdb(rest),
            None => parse_artifact(path).map(Self::Artifact),
        }
    }

    /// The path, if it is one that can be kept.
    pub(crate) fn checked_path(&self) -> Result<String, StoreError> {
        let path = self.path();
        if is_plain(&path) {
            Ok(path)
        } else {
            Err(StoreError::InvalidKey { path })
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

fn parse_artifact(path: &str) -> Option<Artifact> {
    let (module, file) = path.rsplit_once("/@v/")?;
    let (version, extension) = file.rsplit_once('.')?;
    let kind = ArtifactKind::ALL
        .into_iter()
        .find(|kind| kind.extension() == extension)?;
    Some(Artifact {
        module: ModulePath::unescape(module).ok()?,
        version: Version::unescape(version).ok()?,
        kind,
    })
}

fn parse_sumdb(rest: &str) -> Option<Key> {
    let at = ["/lookup/", "/tile/"]
        .iter()
        .filter_map(|mark| rest.find(mark))
        .min()?;
    let (name, path) = (rest.get(..at)?, rest.get(at + 1..)?);
    // A partial tile `tile/H/L/N.p/W` is superseded as the tree grows: not permanent.
    if path.starts_with("tile/") && path.contains(".p/") {
        return None;
    }
    Some(Key::Sumdb {
        name: name.to_owned(),
        path: path.to_owned(),
    })
}

/// Whether `path` is relative, without empty, `.` or `..` elements, and without bytes that some
/// file system or line-based format gives a meaning.
fn is_plain(path: &str) -> bool {
    path.len() <= KEY_PATH_LIMIT
        && path
            .bytes()
            .all(|byte| byte > b' ' && byte != 0x7f && byte != b'\\')
        && path.split('/').all(|element| {
            element.len() <= KEY_ELEMENT_LIMIT && !matches!(element, "" | "." | "..")
        })
}

/// The half-open range of catalog paths below `prefix`, which must end in `/` or `@`: from the
/// prefix itself to the prefix with its last byte raised by one.
pub(crate) fn prefix_range(prefix: &str) -> (String, String) {
    let mut end = prefix.to_owned();
    let last = end.pop().map_or('\u{1}', |last| {
        char::from_u32(last as u32 + 1).unwrap_or(last)
    });
    end.push(last);
    (prefix.to_owned(), end)
}

impl From<&Key> for Resource {
    fn from(key: &Key) -> Self {
        match key {
            Key::Artifact(artifact) => Self::Artifact(artifact.clone()),
            Key::Sumdb { name, path } => Self::Sumdb {
                name: name.clone(),
                path: path.clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, prefix_range};
    use proptest::prelude::*;

    #[test]
    fn permanent_paths_are_keys() {
        for path in [
            "example.com/m/@v/v1.0.0.mod",
            "example.com/m/@v/v1.0.0.info",
            "example.com/m/@v/v0.0.0-20200101000000-0123456789ab.zip",
            "sumdb/sum.golang.org/lookup/example.com/m@v1.0.0",
            "sumdb/db.example.com/with/path/tile/8/0/x001/234",
            "sumdb/sum.golang.org/lookup/example.com/tile/x@v1.0.0",
        ] {
            assert_eq!(
                Key::parse(path).map(|key| key.path()).as_deref(),
                Some(path)
            );
        }
    }

    #[test]
    fn a_database_name_ends_at_the_first_lookup_or_tile() {
        let key = Key::parse("sumdb/a.example/b/lookup/example.com/tile/x@v1.0.0").unwrap();
        let expected = Key::Sumdb {
            name: "a.example/b".into(),
            path: "lookup/example.com/tile/x@v1.0.0".into(),
        };
        assert_eq!(key, expected);
    }

    #[test]
    fn mutable_and_crooked_paths_are_not() {
        for path in [
            "",
            "/",
            "example.com/m/@v/list",
            "example.com/m/@latest",
            "example.com/../@v/v1.0.0.mod",
            "/example.com/m/@v/v1.0.0.mod",
            "example.com//m/@v/v1.0.0.mod",
            "example.com/m/@v/v1.0.0.ziphash",
            "example.com/m\0/@v/v1.0.0.mod",
            "sumdb/sum.golang.org/latest",
            "sumdb/sum.golang.org/supported",
            "sumdb/sum.golang.org/tile/8/0/001.p/5",
            "sumdb/sum.golang.org/lookup/../../x",
            "sumdb/sum.golang.org/lookup/a\\b",
            &format!("example.com/{}/@v/v1.0.0.mod", "m".repeat(256)),
            &format!("example.com/m/@v/v1.0.0-{}.mod", "m".repeat(256)),
        ] {
            assert_eq!(Key::parse(path), None, "{path:?}");
        }
    }

    #[test]
    fn a_prefix_range_holds_what_has_the_prefix_and_nothing_else() {
        let (from, to) = prefix_range("example.com/m/@v/");
        let inside = |text: &str| from.as_str() <= text && text < to.as_str();
        assert!(inside("example.com/m/@v/v1.0.0.mod") && inside("example.com/m/@v/zzz"));
        assert!(
            !inside("example.com/m/@w")
                && !inside("example.com/m/@v")
                && !inside("example.com/m/n/@v/v1.mod")
        );
    }

    proptest! {
        #[test]
        fn any_path_is_a_key_spelled_the_same_or_none(path in "(sumdb/)?[a-z.!/@\\\\]{0,20}(/@v/|/lookup/|/tile/)[a-z0-9./!-]{0,20}") {
            if let Some(key) = Key::parse(&path) {
                prop_assert_eq!(key.path(), path);
            }
        }
    }
}
