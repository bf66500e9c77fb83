//! Locked: whatever asks for packages has a lock, and no change takes it away.
//!
//! Without a lock an install fetches whatever is newest at that moment, so the absence of the file
//! that every other check reads is the first thing to look for. A lock is for the package.json beside
//! it and for the directories that it or its workspace names. A lock that is known and cannot be read
//! here holds what it holds, but nothing of it is judged, and that is said.

use crate::{
    inventory::{Inventory, split},
    rules::{LOCK_MISSING, LOCK_NOT_READ, LOCK_REMOVED},
};
use finding::{Finding, Place};
use std::collections::BTreeSet;

/// What a state of a checkout locks.
#[derive(Debug, Clone, Default)]
pub struct Locked {
    /// Its files.
    pub inventory: Inventory,
    /// Directories whose package.json asks for packages from elsewhere.
    pub asking: BTreeSet<String>,
    /// Directories that a lock in another directory is for.
    pub covered: BTreeSet<String>,
}

// === impl Locked ===

impl Locked {
    /// Directories that ask for packages and have no lock.
    pub fn open(&self) -> impl Iterator<Item = &str> {
        let asking = self.asking.iter().map(String::as_str);
        asking.filter(|directory| !self.has_lock(directory))
    }

    fn has_lock(&self, directory: &str) -> bool {
        self.covered.contains(directory) || self.inventory.locks_in(directory).next().is_some()
    }
}

/// What has no lock, and with a base only what had one or is new.
pub fn check(now: &Locked, base: Option<&Locked>) -> Vec<Finding> {
    let finding = |directory: &str| {
        let manifest = manifest(directory);
        let place = Place::file(&*manifest);
        let Some(base) = base else {
            let message = format!("{manifest} asks for packages, and no lock file holds them");
            return Some(Finding::new(&LOCK_MISSING, place, "", message));
        };
        let mut removed = base.inventory.locks_in(directory);
        if let Some(lock) = removed.next() {
            let name = split(lock).1;
            let message = format!("{name} was removed, and {manifest} still asks for packages");
            return Some(Finding::new(&LOCK_REMOVED, place, "", message));
        }
        if base.covered.contains(directory) {
            let message = format!("a lock was for {manifest} at the base, and none is any more");
            return Some(Finding::new(&LOCK_REMOVED, place, "", message));
        }
        let message = format!("{manifest} asks for packages, and no lock file holds them");
        let is_old = base.asking.contains(directory);
        (!is_old).then(|| Finding::new(&LOCK_MISSING, place, "", message))
    };
    now.open().filter_map(finding).collect()
}

/// The sums of a workspace that the change takes away while the workspace stays.
pub fn removed_workspace_sums(now: &Inventory, base: &Inventory) -> Vec<Finding> {
    let gone = base.workspace_sums.difference(&now.workspace_sums);
    let gone = gone.filter(|directory| now.workspaces.contains(*directory));
    let finding = |directory: &String| {
        let work = join(directory, "go.work");
        let message = format!("go.work.sum was removed, and {work} is still there");
        Finding::new(&LOCK_REMOVED, Place::file(work), "", message)
    };
    gone.map(finding).collect()
}

/// What there is to say about a lock that is not read.
pub fn not_read(path: &str) -> Finding {
    let message = format!("{path} is not read, so nothing in it is judged");
    Finding::new(&LOCK_NOT_READ, Place::file(path), "", message)
}

fn manifest(directory: &str) -> String {
    join(directory, "package.json")
}

fn join(directory: &str, name: &str) -> String {
    match directory {
        "" => name.to_owned(),
        directory => format!("{directory}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Locked, check, removed_workspace_sums};
    use crate::inventory::Inventory;

    fn locked(files: &[&str], asking: &[&str], covered: &[&str]) -> Locked {
        let mut inventory = Inventory::default();
        files.iter().for_each(|file| inventory.add(file));
        let set = |directories: &[&str]| directories.iter().map(|one| (*one).to_owned()).collect();
        Locked {
            inventory,
            asking: set(asking),
            covered: set(covered),
        }
    }

    fn rules(now: &Locked, base: Option<&Locked>) -> Vec<(&'static str, String)> {
        let found = check(now, base);
        let told = found
            .into_iter()
            .map(|one| (one.rule.id, one.place.to_string()));
        told.collect()
    }

    #[test]
    fn what_asks_for_packages_has_a_lock_beside_it_or_above_it() {
        let files = ["a/package-lock.json", "b/bun.lock"];
        let all = locked(&files, &["a", "b", "c", "d"], &["c"]);
        let missing = ("lock/lock-missing", "d/package.json".to_owned());
        assert_eq!(rules(&all, None), [missing]);
    }

    #[test]
    fn a_lock_that_a_change_takes_away_is_found_and_one_of_another_tool_is_none_that_is_missing() {
        let before = locked(&["package-lock.json", "go.mod"], &["", "old"], &["w"]);
        let removed = |place: &str| ("lock/lock-removed", place.to_owned());
        let now = locked(&["go.mod"], &["", "old", "w"], &[]);
        let found = [removed("package.json"), removed("w/package.json")];
        assert_eq!(rules(&now, Some(&before)), found);
        let moved = locked(&["pnpm-lock.yaml"], &["", "old"], &["w"]);
        assert_eq!(rules(&moved, Some(&before)), []);
        let gone = locked(&[], &["old"], &[]);
        assert_eq!(rules(&gone, Some(&before)), []);
        let new = locked(&["package-lock.json"], &["", "old", "new"], &[]);
        let missing = ("lock/lock-missing", "new/package.json".to_owned());
        assert_eq!(rules(&new, Some(&before)), [missing]);
    }

    #[test]
    fn the_sums_of_a_workspace_may_go_with_it_and_not_without() {
        let of = |files: &[&str]| locked(files, &[], &[]).inventory;
        let before = of(&["go.work", "go.work.sum"]);
        assert_eq!(removed_workspace_sums(&of(&["go.work"]), &before).len(), 1);
        assert_eq!(removed_workspace_sums(&Inventory::default(), &before), []);
        assert_eq!(removed_workspace_sums(&before, &before), []);
    }
}
