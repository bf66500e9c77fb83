//! Checkout: the files that the gate reads, found and read within bounds.
//!
//! Go modules and lock files may lie anywhere below the directory. What belongs to others is left
//! alone: vendored code, installed packages, test data, hidden directories, and directories that a
//! link leads to. Names are relative to the directory and have slashes, as reports want them.

use crate::plain_file;
use finding::{Place, Unreadable, is_obeyed};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// How deep below the directory is looked: deeper than people put modules, and no deeper than a name
/// of a file may get.
const DEPTH: usize = 64;

/// Names that cannot be read are listed up to this many; one is enough to stop.
const LISTED: usize = 20;

/// Directories that are looked into at most: a checkout, not a disk.
const DIRECTORIES: usize = 20_000;

/// Directories whose content is somebody else's.
const FOREIGN: [&str; 3] = ["vendor", "node_modules", "testdata"];

/// A directory and what of interest is in it.
#[derive(Debug)]
pub(super) struct Checkout {
    root: PathBuf,
    /// Directories of Go modules, relative; empty for the root.
    pub(super) modules: BTreeSet<String>,
    /// Files of other package managers, relative.
    pub(super) others: BTreeSet<String>,
    /// What could not be looked at.
    pub(super) unreadable: Vec<Unreadable>,
}

// === impl Checkout ===

impl Checkout {
    /// Looks for modules, and for files whose name is `wanted`.
    pub(super) fn find(root: &Path, wanted: impl Fn(&str) -> bool) -> io::Result<Self> {
        let mut checkout = Self {
            root: root.to_owned(),
            modules: BTreeSet::new(),
            others: BTreeSet::new(),
            unreadable: Vec::new(),
        };
        let mut waiting = vec![(String::new(), 0)];
        let mut seen = 0;
        while let Some((directory, depth)) = waiting.pop() {
            seen += 1;
            if seen > DIRECTORIES {
                let why = format!("more than {DIRECTORIES} directories");
                return Err(io::Error::other(why));
            }
            for entry in fs::read_dir(root.join(&directory))? {
                let entry = entry?;
                let kind = entry.file_type()?;
                let name = match name(&entry) {
                    Ok(name) => name,
                    Err(unreadable) => {
                        checkout.cannot_read(&directory, unreadable);
                        continue;
                    }
                };
                let path = join(&directory, &name);
                if kind.is_dir() && is_foreign(&name) {
                } else if kind.is_dir() && depth == DEPTH {
                    let problem = format!("it lies deeper than {DEPTH} directories");
                    checkout.cannot_read("", Unreadable::new(Place::file(path), problem));
                } else if kind.is_dir() {
                    waiting.push((path, depth + 1));
                } else if name == "go.mod" {
                    checkout.modules.insert(directory.clone());
                } else if wanted(&name) {
                    checkout.others.insert(path);
                }
            }
        }
        Ok(checkout)
    }

    fn cannot_read(&mut self, directory: &str, unreadable: Unreadable) {
        if self.unreadable.len() < LISTED {
            let place = Place::file(join(directory, &unreadable.place.file));
            self.unreadable.push(Unreadable {
                place,
                ..unreadable
            });
        }
    }

    /// Reads a file; one that is not there is none.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Unreadable> {
        read_named(&self.root, name)
    }

    /// The directory of a module.
    pub(super) fn path(&self, directory: &str) -> PathBuf {
        self.root.join(directory)
    }
}

/// A name below a directory of the checkout.
pub(super) fn join(directory: &str, name: &str) -> String {
    match directory {
        "" => name.to_owned(),
        directory => format!("{directory}/{name}"),
    }
}

/// The name of an entry. One that a report could only show as something else names no place, and who
/// gave it meant to mislead.
fn name(entry: &fs::DirEntry) -> Result<String, Unreadable> {
    let unreadable = |name: &str, problem: &str| Unreadable::new(Place::file(name), problem);
    let name = entry
        .file_name()
        .into_string()
        .map_err(|name| unreadable(&name.to_string_lossy(), "its name is not UTF-8"))?;
    if name.chars().any(is_obeyed) {
        let problem = "its name has line breaks or other characters that steer what shows it";
        return Err(unreadable(&name, problem));
    }
    Ok(name)
}

fn is_foreign(name: &str) -> bool {
    name.starts_with(['.', '_']) || FOREIGN.contains(&name)
}

/// Reads a file of a checkout by its name; one that is not there is none.
pub(super) fn read_named(root: &Path, name: &str) -> Result<Option<Vec<u8>>, Unreadable> {
    match read_plain(&root.join(name)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Unreadable::new(Place::file(name), error.to_string())),
    }
}

/// Reads a file of the checkout. A link is not followed: whoever wrote the change chose where it leads,
/// and messages show parts of what is read.
fn read_plain(path: &Path) -> io::Result<Vec<u8>> {
    if fs::symlink_metadata(path)?.is_symlink() {
        return Err(io::Error::other("it is a link, which is not followed"));
    }
    plain_file::read(path)
}

/// Reads a file by its path below a directory, through no link.
pub(super) fn read_below(root: &Path, path: &str) -> io::Result<Vec<u8>> {
    for (end, _) in path.match_indices('/') {
        let parent = path.get(..end).unwrap_or_default();
        if fs::symlink_metadata(root.join(parent))?.is_symlink() {
            let why = format!("{parent} is a link, which is not followed");
            return Err(io::Error::other(why));
        }
    }
    read_plain(&root.join(path))
}

#[cfg(test)]
mod tests {
    use super::Checkout;
    use std::fs;
    use tempfile::tempdir;

    #[test]
    fn modules_and_locks_are_found_and_what_belongs_to_others_is_not() {
        let root = tempdir().unwrap();
        for file in [
            "go.mod",
            "web/package-lock.json",
            "tools/go.mod",
            "vendor/example.com/x/go.mod",
            "web/node_modules/left/package-lock.json",
            ".git/go.mod",
            "a/testdata/m/go.mod",
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = Checkout::find(root.path(), |name| name == "package-lock.json").unwrap();
        assert_eq!(Vec::from_iter(&found.modules), ["", "tools"]);
        assert_eq!(Vec::from_iter(&found.others), ["web/package-lock.json"]);
        assert_eq!(found.read("go.sum").unwrap(), None);
        assert!(found.read("web").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_checkout_is_not_followed() {
        let root = tempdir().unwrap();
        let secret = tempdir().unwrap();
        fs::write(secret.path().join("token"), "secret\n").unwrap();
        std::os::unix::fs::symlink(secret.path().join("token"), root.path().join("go.mod"))
            .unwrap();
        std::os::unix::fs::symlink(secret.path(), root.path().join("sub")).unwrap();
        let found = Checkout::find(root.path(), |name| name == "token").unwrap();
        assert!(found.others.is_empty(), "{found:?}");
        let refused = found.read("go.mod").unwrap_err();
        assert!(!refused.problem.contains("secret"), "{refused}");
    }
}
