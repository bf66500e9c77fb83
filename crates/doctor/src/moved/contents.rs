//! Contents: whether two zips hold the same files.
//!
//! The hash of a module's zip covers the module's path, so the hashes of one version under two paths
//! differ although nothing else does. What can be compared are the files, each by name and content.

use gomod::zip::survey_zip;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Cursor;

/// Whether a candidate's files are those of the old path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentComparison {
    /// Every file is the same.
    Same,
    /// These files differ, or only one side has them; of many the first.
    Differ(Vec<String>),
    /// It is not known, and why.
    Unknown(&'static str),
}

/// Differing files that are named.
const MOST_NAMED: usize = 5;

type FileHashes = BTreeMap<Vec<u8>, [u8; 32]>;

// === impl ContentComparison ===

impl ContentComparison {
    /// Compares the zips of one version under two paths, each given as `MODULE@VERSION`.
    pub(super) fn compare(old: (&str, &[u8]), new: (&str, &[u8])) -> Self {
        let (Some(old), Some(new)) = (files(old.0, old.1), files(new.0, new.1)) else {
            return Self::Unknown("one of the zips cannot be read");
        };
        let names = old
            .keys()
            .chain(new.keys().filter(|name| !old.contains_key(*name)));
        let differing = names.filter(|name| old.get(*name) != new.get(*name));
        let first: Vec<String> = differing
            .take(MOST_NAMED)
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect();
        if first.is_empty() {
            Self::Same
        } else {
            Self::Differ(first)
        }
    }

    /// In a few words.
    pub fn words(&self) -> String {
        match self {
            Self::Same => "its files are those of the old path".to_owned(),
            Self::Differ(names) => {
                format!(
                    "its files differ from those of the old path: {}",
                    names.join(", ")
                )
            }
            Self::Unknown(why) => format!("its files were not compared: {why}"),
        }
    }
}

/// The hashes of all files by name; `None` if one of them is damaged or outside the prefix.
fn files(module: &str, zip: &[u8]) -> Option<FileHashes> {
    let prefix = format!("{module}/");
    let mut files = FileHashes::new();
    let mut is_sound = true;
    let surveyed = survey_zip(Cursor::new(zip), 0, |entry| {
        let name = entry.name.strip_prefix(prefix.as_bytes());
        match (name, entry.digest) {
            (Some(name), Some(digest)) if entry.problem.is_none() => {
                is_sound &= files.insert(name.to_vec(), digest).is_none();
            }
            _ => is_sound = false,
        }
    });
    (surveyed.is_ok() && is_sound).then_some(files)
}

#[cfg(test)]
mod tests {
    use super::ContentComparison;
    use testkit::fixture::Module;

    const OLD: &str = "module example.com/old\n";

    fn module(path: &str) -> Module {
        Module::new(path, "v1.0.0").go_mod(OLD)
    }

    fn compare(old: &[u8], new: &[u8]) -> ContentComparison {
        ContentComparison::compare(
            ("example.com/old@v1.0.0", old),
            ("example.com/new@v1.0.0", new),
        )
    }

    #[test]
    fn the_same_files_under_another_path_are_the_same() {
        let (old, new) = (module("example.com/old"), module("example.com/new"));
        assert_ne!(old.h1(), new.h1());
        assert_eq!(compare(&old.zip(), &new.zip()), ContentComparison::Same);
    }

    #[test]
    fn a_file_more_or_less_or_other_is_named() {
        let old = module("example.com/old")
            .file("a.go", "package lib\n")
            .zip();
        for (new, name) in [
            (module("example.com/new"), "a.go"),
            (
                module("example.com/new").file("a.go", "package lib // 2\n"),
                "a.go",
            ),
            (
                module("example.com/new")
                    .file("a.go", "package lib\n")
                    .file("b.go", ""),
                "b.go",
            ),
        ] {
            assert_eq!(
                compare(&old, &new.zip()),
                ContentComparison::Differ(vec![name.to_owned()])
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_the_same() {
        let good = module("example.com/new").zip();
        let mut damaged = good.clone();
        damaged[60] ^= 1;
        for old in [b"".as_slice(), b"<html>", &good, &damaged] {
            assert!(matches!(compare(old, &good), ContentComparison::Unknown(_)));
        }
    }
}
