//! Requirements: what a go.mod makes `go` load next, and nothing else of it.

use gomod::{
    Artifact, ArtifactKind, ModulePath, Version,
    modfile::{self, ParseMode},
    mvs::compare_go,
};
use std::{cmp::Ordering, sync::Arc};

/// A module at a version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Module {
    pub(crate) path: ModulePath,
    pub(crate) version: Version,
}

/// What selection needs of the go.mod of a dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Requirements {
    /// Whether its go line supports graph pruning: then what it requires is loaded for it alone,
    /// and not what that requires in turn.
    pub(crate) prunes: bool,
    /// What it requires, in the order of the file.
    pub(crate) requires: Arc<[Module]>,
}

/// The first Go version whose go.mod files support graph pruning
/// (<https://go.dev/ref/mod#graph-pruning>).
const PRUNING: &str = "1.17";

/// The largest go.mod that is read ahead from. Fewer than one in a thousand is larger, and the
/// reading takes a tenth of a millisecond up to here.
const LARGEST: usize = 64 * 1024;

/// The most requirements that are followed; the largest public go.mod files have a few thousand.
const MOST: usize = 4096;

// === impl Module ===

impl Module {
    /// A module and version as they stand in go.mod or go.sum, if Go would accept them.
    pub(crate) fn read(path: &str, version: &str) -> Option<Self> {
        let path = ModulePath::parse(path).ok()?;
        let version = Version::parse(version).ok()?;
        gomod::version::check_agreement(&path, &version).ok()?;
        Some(Self { path, version })
    }

    /// The module that an artifact belongs to.
    pub(crate) fn of(artifact: &Artifact) -> Self {
        Self {
            path: artifact.module.clone(),
            version: artifact.version.clone(),
        }
    }

    /// One of its artifacts.
    pub(crate) fn artifact(&self, kind: ArtifactKind) -> Artifact {
        Artifact {
            module: self.path.clone(),
            version: self.version.clone(),
            kind,
        }
    }
}

// === impl Requirements ===

impl Requirements {
    /// Reads a go.mod as `go` reads those of dependencies. What cannot be read requires nothing:
    /// this only guesses.
    pub(crate) fn read(go_mod: &[u8]) -> Self {
        if go_mod.len() > LARGEST {
            return Self::none();
        }
        modfile::parse(go_mod, ParseMode::Lax).map_or_else(|_| Self::none(), |file| Self::of(&file))
    }

    fn of(file: &modfile::ModFile) -> Self {
        let requires = file.require.iter().take(MOST);
        Self {
            prunes: prunes(file),
            requires: requires
                .filter_map(|line| Module::read(&line.module.path, &line.module.version))
                .collect(),
        }
    }

    fn none() -> Self {
        Self {
            prunes: true,
            requires: [].into(),
        }
    }
}

/// Whether the go line of a go.mod supports graph pruning.
pub(crate) fn prunes(file: &modfile::ModFile) -> bool {
    let go = file.go.as_ref();
    go.is_some_and(|go| compare_go(&go.version, PRUNING) != Ordering::Less)
}

#[cfg(test)]
mod tests {
    use super::Requirements;

    #[test]
    fn a_go_line_below_1_17_and_none_at_all_do_not_prune() {
        for (go, prunes) in [
            ("", false),
            ("go 1.16\n", false),
            ("go 1.17\n", true),
            ("go 1.9\n", false),
            ("go 1.24.0\n", true),
        ] {
            let go_mod = format!("module example.com/a\n{go}require example.com/b v1.0.0\n");
            let read = Requirements::read(go_mod.as_bytes());
            assert_eq!((read.prunes, read.requires.len()), (prunes, 1), "{go}");
        }
    }

    #[test]
    fn what_go_would_not_accept_is_not_followed() {
        let go_mod =
            "module example.com/a\ngo 1.20\nrequire (\n\texample.com/b v2.0.0\n\tnodot v1.0.0\n)\n";
        assert!(Requirements::read(go_mod.as_bytes()).requires.is_empty());
        assert!(Requirements::read(b"\xff{").requires.is_empty());
    }
}
