//! Known paths: what a source gave, so what it may be asked for to see whether it is well.
//!
//! Only what it gave fast, since the answer is waited for; and of a few modules rather than one, since
//! that one may be the very module that the source fails at now. Of a go.mod, which never changes, the
//! length is remembered too: a page in its place is no sign of health.

use std::collections::VecDeque;

use crate::{RequestKind, request::RequestPath};

/// Paths that are remembered, each of another module.
const PATHS: usize = 3;

/// The last paths that a source gave, newest first.
#[derive(Debug, Default)]
pub(crate) struct KnownPaths {
    paths: VecDeque<KnownPath>,
}

/// A path that the source gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownPath {
    pub(crate) path: RequestPath,
    /// The length that it must have, where it cannot change and was said.
    pub(crate) length: Option<u64>,
}

// === impl KnownPaths ===

impl KnownPaths {
    /// The source gave this, of that length.
    pub(crate) fn gave(&mut self, path: &RequestPath, length: Option<u64>) {
        if self.paths.front().is_some_and(|known| known.path == *path) {
            return;
        }
        let subject = path.subject();
        self.paths.retain(|known| known.path.subject() != subject);
        self.paths.truncate(PATHS - 1);
        self.paths.push_front(KnownPath {
            path: path.clone(),
            length: length.filter(|_| path.kind() == RequestKind::Mod),
        });
    }

    /// The paths, newest first.
    pub(crate) fn all(&self) -> Vec<KnownPath> {
        self.paths.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{KnownPath, KnownPaths};
    use crate::request::RequestPath;

    fn known(given: &[&str]) -> Vec<String> {
        let mut known = KnownPaths::default();
        for path in given {
            known.gave(&RequestPath::try_new(path).unwrap(), None);
        }
        let paths = known.all();
        let text = |known: &KnownPath| known.path.as_str().to_owned();
        paths.iter().map(text).collect()
    }

    #[test]
    fn the_newest_path_of_each_of_the_last_three_modules_is_known() {
        assert!(known(&[]).is_empty());
        let given = [
            "example.com/a/@v/v1.0.0.mod",
            "example.com/b/@v/v1.0.0.mod",
            "example.com/c/@v/v1.0.0.mod",
            "example.com/b/@v/v2.0.0.mod",
            "example.com/d/@v/v1.0.0.mod",
            "example.com/d/@v/v1.0.0.mod",
        ];
        let wanted = [
            "example.com/d/@v/v1.0.0.mod",
            "example.com/b/@v/v2.0.0.mod",
            "example.com/c/@v/v1.0.0.mod",
        ];
        assert_eq!(known(&given), wanted);
    }
}
