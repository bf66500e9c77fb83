//! What an upstream was asked, and how each answer ended.

use parking_lot::Mutex;

/// What a request is for, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `@v/list`
    List,
    /// `@latest`
    Latest,
    /// `@v/VERSION.info`, queries included.
    Info,
    /// `@v/VERSION.mod`
    Mod,
    /// `@v/VERSION.zip`
    Zip,
    /// Below `sumdb/`.
    Sumdb,
    /// Anything else.
    Other,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is being sent, held or stalled.
    Underway,
    /// It was written in full.
    Sent,
    /// A fault ended it early.
    Broken,
    /// The client went away before its end.
    Left,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The method, as it came.
    pub method: String,
    /// The path without the leading slash, percent-decoded.
    pub path: String,
    /// The request target as it came, with its query string.
    pub target: String,
    /// What it is for.
    pub kind: Kind,
    /// Header names (lower case) and values, in order.
    pub headers: Vec<(String, String)>,
    /// How the answer ended.
    pub outcome: Outcome,
}

/// Every request, in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    /// How often the ledger was cleared: a ticket of an older one marks nothing.
    generation: usize,
    asked: Vec<Asked>,
}

/// Names one request in the ledger.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    generation: usize,
    index: usize,
}

// === impl Kind ===

impl Kind {
    /// The kind of a path without a leading slash.
    pub fn of(path: &str) -> Self {
        if path.starts_with("sumdb/") {
            return Self::Sumdb;
        }
        match path.rsplit_once("/@") {
            Some((_, "latest")) => Self::Latest,
            Some((_, "v/list")) => Self::List,
            Some((_, rest)) if rest.starts_with("v/") => match rest.rsplit_once('.') {
                Some((_, "info")) => Self::Info,
                Some((_, "mod")) => Self::Mod,
                Some((_, "zip")) => Self::Zip,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

// === impl Asked ===

impl Asked {
    /// The first value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

// === impl Ledger ===

impl Ledger {
    pub(super) fn enter(&self, asked: Asked) -> Ticket {
        let mut pages = self.pages.lock();
        pages.asked.push(asked);
        Ticket {
            generation: pages.generation,
            index: pages.asked.len() - 1,
        }
    }

    pub(super) fn close(&self, ticket: Ticket, outcome: Outcome) {
        let mut pages = self.pages.lock();
        if pages.generation == ticket.generation {
            pages.asked[ticket.index].outcome = outcome;
        }
    }

    pub(super) fn snapshot(&self) -> Vec<Asked> {
        self.pages.lock().asked.clone()
    }

    pub(super) fn clear(&self) {
        let mut pages = self.pages.lock();
        pages.generation += 1;
        pages.asked.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_follows_from_the_path() {
        for (path, kind) in [
            ("example.com/a/@v/list", Kind::List),
            ("example.com/a/@latest", Kind::Latest),
            ("example.com/a/@v/v1.0.0.info", Kind::Info),
            ("example.com/a/@v/main.info", Kind::Info),
            ("example.com/a/@v/v1.0.0.mod", Kind::Mod),
            ("example.com/a/@v/v1.0.0.zip", Kind::Zip),
            ("sumdb/example.org/db/supported", Kind::Sumdb),
            ("example.com/a", Kind::Other),
        ] {
            assert_eq!(Kind::of(path), kind, "{path}");
        }
    }
}
