//! What the upstream was asked, by kind.

use serde::{Deserialize, Serialize};

/// Counts since the last order to forget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    pub(crate) list: u64,
    pub(crate) latest: u64,
    pub(crate) info: u64,
    pub(crate) go_mod: u64,
    pub(crate) zip: u64,
    pub(crate) other: u64,
    /// Bytes of bodies sent, all kinds.
    pub(crate) bytes: u64,
    /// Bytes of zips among them.
    pub(crate) zip_bytes: u64,
    /// Zips that it was asked for and has not: they would have been more bytes.
    pub(crate) absent_zips: u64,
    /// Requests that are open now.
    pub(crate) open: u64,
    /// The most that ever were.
    pub(crate) most_open: u64,
}

/// What a request is for, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    List,
    Latest,
    Info,
    Mod,
    Zip,
    Other,
}

// === impl Kind ===

impl Kind {
    /// The kind of a path; the same for a path with and without its leading slash.
    pub(super) fn of(path: &str) -> Self {
        let Some((_, rest)) = path.rsplit_once("/@") else {
            return Self::Other;
        };
        match (rest, rest.rsplit_once('.')) {
            ("v/list", _) => Self::List,
            ("latest", _) => Self::Latest,
            (_, Some((_, "info"))) => Self::Info,
            (_, Some((_, "mod"))) => Self::Mod,
            (_, Some((_, "zip"))) => Self::Zip,
            _ => Self::Other,
        }
    }
}

// === impl Ledger ===

impl Ledger {
    /// A request has come.
    pub(super) fn enter(&mut self, kind: Kind) {
        let count = match kind {
            Kind::List => &mut self.list,
            Kind::Latest => &mut self.latest,
            Kind::Info => &mut self.info,
            Kind::Mod => &mut self.go_mod,
            Kind::Zip => &mut self.zip,
            Kind::Other => &mut self.other,
        };
        *count += 1;
        self.open += 1;
        self.most_open = self.most_open.max(self.open);
    }

    /// It is not there.
    pub(super) fn miss(&mut self, kind: Kind) {
        self.absent_zips += u64::from(kind == Kind::Zip);
    }

    /// It was answered, or its client has left.
    pub(super) fn leave(&mut self, kind: Kind, bytes: u64) {
        self.open = self.open.saturating_sub(1);
        self.bytes += bytes;
        if kind == Kind::Zip {
            self.zip_bytes += bytes;
        }
    }

    /// Forgets everything but what is open.
    pub(super) fn forget(&mut self) {
        *self = Self {
            open: self.open,
            most_open: self.open,
            ..Self::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_kind_and_by_how_many_are_open() {
        let mut ledger = Ledger::default();
        for path in ["a.b/c/@v/v1.0.0.zip", "/a.b/c/@v/list", "/a.b/c/@latest"] {
            ledger.enter(Kind::of(path));
        }
        ledger.leave(Kind::Zip, 10);
        ledger.enter(Kind::of("/a.b/c/@v/v1.0.0.mod"));
        assert_eq!((ledger.list, ledger.most_open), (1, 3));
        assert_eq!((ledger.zip, ledger.go_mod, ledger.zip_bytes), (1, 1, 10));
        ledger.forget();
        assert_eq!((ledger.list, ledger.open, ledger.most_open), (0, 3, 3));
    }
}
