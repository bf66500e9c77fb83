//! Checkout: the files that the gate reads, found and read within bounds.
//!
//! Go modules and lock files may lie anywhere below the directory; what is left out is the
//! [scope](gate::scope)'s to say, and is counted. A directory that a link leads to is not entered.
//! Names are relative to the directory and have slashes, as reports want them. What cannot be looked
//! at is named, and hides nothing else.

use crate::plain_file;
use finding::{FindingPlace, UnreadableInput, is_obeyed};
use gate::{
    inventory::{Inventory, join},
    scope::{CheckoutScope, ScopeExclusion},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// How deep below the directory is looked: deeper than people put modules, and no deeper than a name
/// of a file may get.
const DEPTH: usize = 64;

/// Names that cannot be read are listed up to this many; one is enough to stop.
const LISTED: usize = 20;

/// Directories that are looked into at most: a checkout, not a disk.
const DIRECTORIES: usize = 100_000;

/// Directories that a note names.
const NAMED: usize = 5;

/// The files of one state of a checkout: on disk, or at a commit.
pub trait CheckoutFiles {
    /// Those that decide about dependencies.
    fn inventory(&self) -> &Inventory;

    /// Reads a file; one that is not there is none.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, UnreadableInput>;
}

/// A directory and what of interest is in it.
#[derive(Debug)]
pub struct Checkout {
    root: PathBuf,
    inventory: Inventory,
    /// What could not be looked at.
    pub unreadable: Vec<UnreadableInput>,
    foreign: Vec<String>,
    excluded: Vec<String>,
}

/// A directory that is to be looked into.
struct PendingDirectoryScan {
    path: String,
    depth: usize,
}

// === impl Checkout ===

impl Checkout {
    /// Looks for what decides about dependencies, within a scope. What cannot be read below the
    /// directory is named and passed over; the directory itself has to be one.
    pub fn find(root: &Path, scope: &CheckoutScope) -> io::Result<Self> {
        fs::read_dir(root)?;
        let mut checkout = Self {
            root: root.to_owned(),
            inventory: Inventory::default(),
            unreadable: Vec::new(),
            foreign: Vec::new(),
            excluded: Vec::new(),
        };
        let mut waiting = vec![PendingDirectoryScan {
            path: String::new(),
            depth: 0,
        }];
        let mut seen = 0;
        while let Some(directory) = waiting.pop() {
            seen += 1;
            if seen > DIRECTORIES {
                let problem =
                    format!("more than {DIRECTORIES} directories; not all were looked into");
                checkout.cannot_read(&directory.path, &problem);
                break;
            }
            if let Err(error) = checkout.look_into(&directory, scope, &mut waiting) {
                checkout.cannot_read(&directory.path, &error.to_string());
            }
        }
        checkout.foreign.sort_unstable();
        checkout.excluded.sort_unstable();
        Ok(checkout)
    }

    fn look_into(
        &mut self,
        directory: &PendingDirectoryScan,
        scope: &CheckoutScope,
        waiting: &mut Vec<PendingDirectoryScan>,
    ) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join(&directory.path))? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let path = match name(&entry) {
                Ok(name) => join(&directory.path, &name),
                Err(unreadable) => {
                    let path = join(&directory.path, &unreadable.place.file);
                    self.cannot_read(&path, &unreadable.problem);
                    continue;
                }
            };
            let exclusion = if kind.is_dir() {
                scope.directory(&path)
            } else {
                scope.file(&path)
            };
            match exclusion {
                Some(ScopeExclusion::Git) => {}
                Some(ScopeExclusion::Foreign) => self.foreign.push(path),
                Some(ScopeExclusion::Policy) => self.excluded.push(path),
                None if !kind.is_dir() => self.inventory.add(&path),
                None if directory.depth == DEPTH => {
                    let problem = format!("it lies deeper than {DEPTH} directories");
                    self.cannot_read(&path, &problem);
                }
                None => waiting.push(PendingDirectoryScan {
                    path,
                    depth: directory.depth + 1,
                }),
            }
        }
        Ok(())
    }

    fn cannot_read(&mut self, path: &str, problem: &str) {
        if self.unreadable.len() < LISTED {
            let file = if path.is_empty() { "." } else { path };
            let unreadable = UnreadableInput::new(FindingPlace::file(file), problem);
            self.unreadable.push(unreadable);
        }
    }

    /// The directory of a module.
    pub fn path(&self, directory: &str) -> PathBuf {
        self.root.join(directory)
    }

    /// What a reader should know of what was left out.
    pub fn notes(&self) -> Vec<String> {
        let lists = [
            ("not judged, installed or vendored code", &self.foreign),
            ("not judged, excluded by the policy", &self.excluded),
        ];
        let lists = lists.into_iter().filter(|(_, paths)| !paths.is_empty());
        lists
            .map(|(why, paths)| format!("{why}: {}", some_of(paths)))
            .collect()
    }
}

impl CheckoutFiles for Checkout {
    fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Through no link: the folders that a lock names are chosen by whoever wrote it.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, UnreadableInput> {
        content_or_problem(name, read_below(&self.root, name))
    }
}

/// The first of some paths, and how many more there are.
fn some_of(paths: &[String]) -> String {
    let named: Vec<&str> = paths.iter().take(NAMED).map(String::as_str).collect();
    let more = match paths.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", named.join(", "))
}

/// The name of an entry. One that a report could only show as something else names no place, and who
/// gave it meant to mislead.
fn name(entry: &fs::DirEntry) -> Result<String, UnreadableInput> {
    let unreadable =
        |name: &str, problem: &str| UnreadableInput::new(FindingPlace::file(name), problem);
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

/// Reads a file of a checkout by its name; one that is not there is none.
pub fn read_named(root: &Path, name: &str) -> Result<Option<Vec<u8>>, UnreadableInput> {
    content_or_problem(name, read_plain(&root.join(name)))
}

fn content_or_problem(
    name: &str,
    read: io::Result<Vec<u8>>,
) -> Result<Option<Vec<u8>>, UnreadableInput> {
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(UnreadableInput::new(
            FindingPlace::file(name),
            error.to_string(),
        )),
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
pub fn read_below(root: &Path, path: &str) -> io::Result<Vec<u8>> {
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
    use super::{Checkout, CheckoutFiles as _};
    use gate::scope::CheckoutScope;
    use std::fs;
    use tempfile::tempdir;

    #[test]
    fn everything_is_found_and_what_is_left_out_is_named() {
        let root = tempdir().unwrap();
        for file in [
            "go.mod",
            ".github/actions/x/package-lock.json",
            "tools/go.mod",
            "vendor/example.com/x/go.mod",
            "web/node_modules/left/package-lock.json",
            ".git/go.mod",
            "a/testdata/m/go.mod",
            "_b/go.mod",
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let scope = CheckoutScope::without(&["testdata".to_owned()]).unwrap();
        let found = Checkout::find(root.path(), &scope).unwrap();
        let inventory = found.inventory();
        assert_eq!(Vec::from_iter(&inventory.modules), ["", "_b", "tools"]);
        let lock = ".github/actions/x/package-lock.json";
        assert_eq!(Vec::from_iter(&inventory.locks), [lock]);
        let notes = [
            "not judged, installed or vendored code: vendor, web/node_modules",
            "not judged, excluded by the policy: a/testdata",
        ];
        assert_eq!(found.notes(), notes);
        assert_eq!(found.read("go.sum").unwrap(), None);
        assert!(found.read("tools").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_checkout_is_not_followed() {
        let root = tempdir().unwrap();
        let secret = tempdir().unwrap();
        fs::write(secret.path().join("go.sum"), "secret\n").unwrap();
        fs::write(secret.path().join("yarn.lock"), "secret\n").unwrap();
        std::os::unix::fs::symlink(secret.path().join("go.sum"), root.path().join("go.mod"))
            .unwrap();
        std::os::unix::fs::symlink(secret.path(), root.path().join("sub")).unwrap();
        let found = Checkout::find(root.path(), &CheckoutScope::default()).unwrap();
        assert!(found.inventory().locks.is_empty(), "{found:?}");
        let refused = found.read("go.mod").unwrap_err();
        assert!(!refused.problem.contains("secret"), "{refused}");
    }
}
