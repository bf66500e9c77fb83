//! Standard: what Go's own packages import of each other.
//!
//! A project that imports `net/http` has `crypto/tls` in its builds. The table is generated from the
//! sources of several releases and holds what any of them imports on any system, so that a build of
//! another release has hardly ever more, and nearly always less. A package that is not in it is not
//! known here, which is not the same as not imported.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// A line a package: its path, a colon, and what it imports.
static TABLE: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!("standard/imports.txt").lines();
    let lines = lines.filter_map(|line| line.split_once(':'));
    let read = lines.map(|(path, imports)| (path, imports.split_ascii_whitespace().collect()));
    read.collect()
});

/// Whether a package is known to be one of Go's own.
pub fn is_known(path: &str) -> bool {
    TABLE.contains_key(path)
}

/// These packages and everything that they bring with them. What is not known is left out.
pub fn reached<'a>(roots: impl IntoIterator<Item = &'a str>) -> HashSet<&'static str> {
    let mut reached = HashSet::new();
    let mut open: Vec<&str> = roots.into_iter().collect();
    while let Some(path) = open.pop() {
        if let Some((&path, imports)) = TABLE.get_key_value(path)
            && reached.insert(path)
        {
            open.extend(imports.iter().copied());
        }
    }
    reached
}
