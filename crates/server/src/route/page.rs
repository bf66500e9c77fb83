//! Page path: a path that is no part of the module protocol, in its one spelling.
//!
//! A module path begins with an element that has a dot, so whatever begins with `-`, and a single
//! element without one, can only be a page. Which pages there are is not known here: a new one needs
//! no line in this file. Only the kinds by which requests are counted are closed, for metrics have to be.

use http::{Uri, uri::PathAndQuery};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in an element as it is; the rest is escaped.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'@')
    .remove(b'+');

/// A path that is no part of the module protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagePath {
    path: String,
    kind: &'static str,
}

// === impl PagePath ===

impl PagePath {
    /// The path of these decoded elements, none of which holds a slash.
    pub(super) fn of(elements: &[&str]) -> Self {
        let escaped = elements
            .iter()
            .map(|element| utf8_percent_encode(element, ESCAPED));
        let mut path = String::new();
        for element in escaped {
            path.push('/');
            path.extend(element);
        }
        if path.is_empty() {
            path.push('/');
        }
        Self {
            path,
            kind: kind(elements),
        }
    }

    /// The path of a page as its description has it, parameters and all.
    pub(crate) fn described(path: &str) -> Self {
        let elements: Vec<&str> = path
            .split('/')
            .filter(|element| !element.is_empty())
            .collect();
        Self::of(&elements)
    }

    /// A short name of the kind, for metrics and logs.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// What the log calls it: what stands behind `/-/`, or its kind.
    pub(crate) fn shown(&self) -> &str {
        self.path.strip_prefix("/-/").unwrap_or(self.kind)
    }

    /// What follows the page's own name below `/-/`, where names of modules may stand.
    pub(crate) fn names(&self) -> Option<&str> {
        let (_, names) = self.path.strip_prefix("/-/")?.split_once('/')?;
        Some(names)
    }

    /// The path as the router sees it, with the query as it was sent.
    pub(crate) fn uri(&self, query: Option<&str>) -> Uri {
        let target = match query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        };
        // The path holds only what a path may, and the query came in a request line.
        let target = PathAndQuery::try_from(target);
        target.map_or_else(|_| Uri::default(), Uri::from)
    }
}

/// The kind of a page, by where it stands.
fn kind(elements: &[&str]) -> &'static str {
    match elements {
        ["livez" | "readyz"] => "health",
        ["metrics"] => "metrics",
        ["index"] => "index",
        ["-", "journal", ..] => "journal",
        // What is posted there is answered on the spot, and no file.
        ["-", "vuln", "examine"] => "admin",
        ["-", "vuln", ..] => "vuln",
        ["-", "proof", ..] => "proof",
        ["-", "cases", ..] => "cases",
        ["-", ..] => "admin",
        _ => "page",
    }
}

#[cfg(test)]
mod tests {
    use super::PagePath;

    #[test]
    fn a_path_has_one_spelling_and_the_query_stays() {
        for (elements, query, uri) in [
            (&[][..], None, "/"),
            (&["livez"], None, "/livez"),
            (
                &["-", "refresh", "example.com", "!x"],
                None,
                "/-/refresh/example.com/!x",
            ),
            (
                &["-", "x y", "\u{e9}?#"],
                Some("a=%20b"),
                "/-/x%20y/%C3%A9%3F%23?a=%20b",
            ),
        ] {
            assert_eq!(PagePath::of(elements).uri(query), uri);
        }
    }
}
