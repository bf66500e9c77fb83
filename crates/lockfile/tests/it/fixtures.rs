//! The lock files in `tests/fixtures`, made by the real tools with `make.sh` there.

use lockfile::{Lockfile, LockfileKind};
use std::{fs, path::PathBuf};

/// A file of the fixtures.
pub(crate) struct Fixture {
    pub(crate) project: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: LockfileKind,
}

const NAMES: [(&str, LockfileKind); 10] = [
    ("npm1.json", LockfileKind::Npm),
    ("npm2.json", LockfileKind::Npm),
    ("npm3.json", LockfileKind::Npm),
    ("yarn1.lock", LockfileKind::Yarn),
    ("yarn3.lock", LockfileKind::Yarn),
    ("yarn4.lock", LockfileKind::Yarn),
    ("pnpm7.yaml", LockfileKind::Pnpm),
    ("pnpm8.yaml", LockfileKind::Pnpm),
    ("pnpm9.yaml", LockfileKind::Pnpm),
    ("pnpm10.yaml", LockfileKind::Pnpm),
];

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = Fixture> {
    let projects = ["site", "workspaces", "sources"].into_iter();
    projects.flat_map(|project| {
        NAMES.into_iter().map(move |(name, kind)| Fixture {
            project,
            name,
            kind,
        })
    })
}

/// One of them.
pub(crate) fn one(project: &str, name: &str) -> Fixture {
    all()
        .find(|fixture| fixture.project == project && fixture.name == name)
        .unwrap()
}

/// The text of a file in the folder of a project.
pub(crate) fn text(project: &str, name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::read_to_string(folder.join(project).join(name)).unwrap()
}

// === impl Fixture ===

impl Fixture {
    pub(crate) fn text(&self) -> String {
        text(self.project, self.name)
    }

    pub(crate) fn read(&self) -> Lockfile {
        self.read_as(&self.text())
    }

    /// Another text in its place.
    pub(crate) fn read_as(&self, text: &str) -> Lockfile {
        lockfile::read(self.kind, self.name, text.as_bytes())
            .unwrap_or_else(|error| panic!("{}: {error}", self.project))
    }
}
