//! The path of one request, checked before any source sees it.
//!
//! The caller escapes module paths and versions by Go's rules; what arrives here is already a path
//! in URL space. It is checked once more because it is joined to URLs and to directories: nothing
//! in it may climb out of a source's base, start a query, or smuggle a second request line.

use percent_encoding::percent_decode_str;

use crate::RequestClass;

/// Longest path that is sent. Module paths and versions are far shorter in practice, and servers
/// commonly refuse request lines beyond 8 KiB.
const MAX_PATH: usize = 4096;

/// Largest zip that `go` downloads (`MaxZipFile` of golang.org/x/mod/zip).
const MAX_ZIP: u64 = 500 << 20;

/// Largest answer of any other kind: what `go` allows a go.mod (`MaxGoMod` of
/// golang.org/x/mod/zip), and far above any version list or tile.
const MAX_METADATA: u64 = 16 << 20;

/// What kind of thing a path asks for. Metrics, and whatever judges a source by its past, keep
/// these apart: a source may answer lists and fail at zips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RequestKind {
    /// `@v/list`
    List,
    /// `@latest`
    Latest,
    /// `@v/VERSION.info`
    Info,
    /// `@v/VERSION.mod`
    Mod,
    /// `@v/VERSION.zip`
    Zip,
    /// `sumdb/…`, or a checksum database itself
    Sumdb,
    /// Anything else.
    Other,
}

/// A checked path without leading slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestPath {
    text: Box<str>,
    kind: RequestKind,
    class: RequestClass,
}

/// Why a path cannot be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathError {
    #[error("the path is empty or longer than {MAX_PATH} bytes")]
    Length,
    #[error("the path holds a character that must be escaped")]
    Character,
    #[error("the path has an empty element, or one that is . or ..")]
    Element,
    #[error("the path has a wrong percent escape")]
    Escape,
}

// === impl RequestKind ===

impl RequestKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::List,
        Self::Latest,
        Self::Info,
        Self::Mod,
        Self::Zip,
        Self::Sumdb,
        Self::Other,
    ];

    /// The kind as a metric label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Latest => "latest",
            Self::Info => "info",
            Self::Mod => "mod",
            Self::Zip => "zip",
            Self::Sumdb => "sumdb",
            Self::Other => "other",
        }
    }

    /// Largest body, in bytes, that is read unless the caller sets another limit.
    pub const fn default_limit(self) -> u64 {
        match self {
            Self::Zip => MAX_ZIP,
            _ => MAX_METADATA,
        }
    }

    fn of(path: &str) -> Self {
        if path.starts_with("sumdb/") {
            return Self::Sumdb;
        }
        let Some((_, last)) = path.rsplit_once('/') else {
            return Self::Other;
        };
        match last.rsplit_once('.') {
            _ if last == "@latest" => Self::Latest,
            _ if path.ends_with("/@v/list") => Self::List,
            Some((_, "info")) => Self::Info,
            Some((_, "mod")) => Self::Mod,
            Some((_, "zip")) => Self::Zip,
            _ => Self::Other,
        }
    }
}

// === impl RequestPath ===

impl RequestPath {
    pub(crate) fn try_new(path: &str) -> Result<Self, PathError> {
        if path.is_empty() || path.len() > MAX_PATH {
            return Err(PathError::Length);
        }
        if !path.bytes().all(is_path_byte) {
            return Err(PathError::Character);
        }
        path.split('/')
            .try_for_each(|element| decoded(element).map(drop))?;
        let kind = RequestKind::of(path);
        Ok(Self {
            text: path.into(),
            kind,
            class: RequestClass::of(kind, path),
        })
    }

    /// A path below a checksum database's own URL, where no prefix tells its kind.
    pub(crate) fn try_database(path: &str) -> Result<Self, PathError> {
        Ok(Self {
            kind: RequestKind::Sumdb,
            class: RequestClass::Sumdb,
            ..Self::try_new(path)?
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn kind(&self) -> RequestKind {
        self.kind
    }

    pub(crate) fn class(&self) -> RequestClass {
        self.class
    }

    /// What it is about: the module, where it names one.
    pub(crate) fn subject(&self) -> &str {
        self.text
            .split_once("/@")
            .map_or(&*self.text, |(module, _)| module)
    }

    /// The elements, unescaped: file names below a directory. None is empty, `.` or `..`, and none
    /// holds a separator or NUL.
    pub(crate) fn file_names(&self) -> impl Iterator<Item = String> + '_ {
        self.text
            .split('/')
            .filter_map(|element| decoded(element).ok())
    }
}

/// Visible ASCII without what ends a path or means something else to a server or a file system.
/// `!` and `@` are part of Go's escaping and grammar; other bytes are percent-escaped by `go`.
fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'?' | b'#' | b'\\' | b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'^' | b'|'
        )
}

/// One element without its percent escapes, if it is a plain name.
fn decoded(element: &str) -> Result<String, PathError> {
    let escapes_are_whole = element.split('%').skip(1).all(|rest| {
        let mut digits = rest.bytes();
        digits
            .by_ref()
            .take(2)
            .filter(u8::is_ascii_hexdigit)
            .count()
            == 2
    });
    if !escapes_are_whole {
        return Err(PathError::Escape);
    }
    let name = percent_decode_str(element)
        .decode_utf8()
        .map_err(|_| PathError::Escape)?
        .into_owned();
    if matches!(name.as_str(), "" | "." | "..") {
        return Err(PathError::Element);
    }
    if name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\')) {
        return Err(PathError::Character);
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::{PathError, RequestKind, RequestPath};

    #[test]
    fn kinds_are_told_by_the_end_of_the_path() {
        for (path, kind) in [
            ("github.com/!foo/bar/@v/list", RequestKind::List),
            ("github.com/!foo/bar/@latest", RequestKind::Latest),
            ("github.com/!foo/bar/@v/v1.0.0.info", RequestKind::Info),
            (
                "github.com/!foo/bar/@v/v1.0.0+incompatible.mod",
                RequestKind::Mod,
            ),
            ("github.com/!foo/bar/@v/v1.0.0.zip", RequestKind::Zip),
            (
                "sumdb/sum.golang.org/lookup/example.com/m@v1.0.0.zip",
                RequestKind::Sumdb,
            ),
            ("index", RequestKind::Other),
        ] {
            assert_eq!(RequestPath::try_new(path).unwrap().kind(), kind, "{path}");
        }
    }

    #[test]
    fn paths_that_leave_their_base_are_refused() {
        for (path, error) in [
            ("", PathError::Length),
            ("/etc/passwd", PathError::Element),
            ("a//b", PathError::Element),
            ("a/../b", PathError::Element),
            ("a/%2e%2E/b", PathError::Element),
            ("a/.%2e", PathError::Element),
            ("a/%2fb", PathError::Character),
            ("a/%5cb", PathError::Character),
            ("a/%00", PathError::Character),
            ("a\\b", PathError::Character),
            ("a b", PathError::Character),
            ("a\r\nHost: x", PathError::Character),
            ("a?b", PathError::Character),
            ("a#b", PathError::Character),
            ("é", PathError::Character),
            ("a%", PathError::Escape),
            ("a%4", PathError::Escape),
            ("a%zz", PathError::Escape),
            ("a%ff", PathError::Escape),
        ] {
            assert_eq!(RequestPath::try_new(path), Err(error), "{path:?}");
        }
        assert_eq!(
            RequestPath::try_new(&"a".repeat(4097)),
            Err(PathError::Length)
        );
    }

    #[test]
    fn file_names_are_unescaped() {
        let path = RequestPath::try_new("example.com/!m/@v/v1.0.0%2Bincompatible.mod").unwrap();
        let names: Vec<String> = path.file_names().collect();
        assert_eq!(
            names,
            ["example.com", "!m", "@v", "v1.0.0+incompatible.mod"]
        );
    }
}
