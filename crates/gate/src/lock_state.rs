//! Lock state: every manifest has a lock file, and no change removes one.
//!
//! Without a lock an install fetches whatever is newest at that moment, so the absence of the file
//! that every other check reads is the first thing to look for. A lock is for the package.json beside
//! it and for the directories that it or its workspace names. A directory that only something links to
//! need not have one, because nobody may ever install there; but one that it had is not taken away. A lock that is known and cannot be read
//! here holds what it holds, but nothing of it is judged, and that is said.

use crate::{
    inventory::{Inventory, join, split},
    rules::{LOCK_MISSING, LOCK_NOT_READ, LOCK_REMOVED},
};
use finding::{Finding, FindingPlace};
use std::collections::BTreeSet;

/// What a state of a checkout locks.
#[derive(Debug, Clone, Default)]
pub struct LockState {
    /// Its files.
    pub inventory: Inventory,
    /// Directories whose package.json asks for packages from elsewhere.
    pub asking: BTreeSet<String>,
    /// Directories that a lock in another directory is for.
    pub covered: BTreeSet<String>,
    /// Directories that something with a lock links to.
    pub linked: BTreeSet<String>,
}

// === impl LockState ===

impl LockState {
    /// Directories that ask for packages and that no lock is for.
    pub fn unlocked(&self) -> impl Iterator<Item = &str> {
        let asking = self.asking.iter().map(String::as_str);
        asking.filter(|directory| !self.has_lock(directory))
    }

    fn has_lock(&self, directory: &str) -> bool {
        self.covered.contains(directory) || self.inventory.locks_in(directory).next().is_some()
    }
}

/// What has no lock, and with a base only what had one or is new.
pub fn check(now: &LockState, base: Option<&LockState>) -> Vec<Finding> {
    let finding = |directory: &str| {
        let removed = base.and_then(|base| removed(base, directory));
        let is_old = base.is_some_and(|base| base.asking.contains(directory));
        let is_excused = is_old || now.linked.contains(directory);
        removed.or_else(|| (!is_excused).then(|| missing(directory)))
    };
    now.unlocked().filter_map(finding).collect()
}

fn missing(directory: &str) -> Finding {
    let message = "it asks for packages, and no lock file holds them";
    Finding::new(
        &LOCK_MISSING,
        FindingPlace::file(manifest(directory)),
        "",
        message,
    )
}

/// A lock that was for a directory at the base.
fn removed(base: &LockState, directory: &str) -> Option<Finding> {
    let manifest = manifest(directory);
    let mut own = base.inventory.locks_in(directory);
    let message = match own.next() {
        Some(lock) => {
            let name = split(lock).1;
            format!("{name} was removed, and {manifest} still asks for packages")
        }
        None if base.covered.contains(directory) => {
            format!("a lock was for {manifest} at the base, and none is any more")
        }
        None => return None,
    };
    Some(Finding::new(
        &LOCK_REMOVED,
        FindingPlace::file(manifest),
        "",
        message,
    ))
}

/// The sums of a workspace that the change takes away while the workspace stays.
pub fn removed_workspace_sums(now: &Inventory, base: &Inventory) -> Vec<Finding> {
    let gone = base.workspace_sums.difference(&now.workspace_sums);
    let gone = gone.filter(|directory| now.workspaces.contains(*directory));
    let finding = |directory: &String| {
        let work = join(directory, "go.work");
        let message = format!("go.work.sum was removed, and {work} is still there");
        Finding::new(&LOCK_REMOVED, FindingPlace::file(work), "", message)
    };
    gone.map(finding).collect()
}

/// What there is to say about a lock that is not read.
pub fn not_read(path: &str) -> Finding {
    let message = format!("{path} is not read, so nothing in it is judged");
    Finding::new(&LOCK_NOT_READ, FindingPlace::file(path), "", message)
}

fn manifest(directory: &str) -> String {
    join(directory, "package.json")
}

#[cfg(test)]
mod tests {
    use super::{LockState, check, removed_workspace_sums};
    use crate::inventory::Inventory;
    use std::collections::BTreeSet;

    fn locked(files: &[&str], asking: &[&str], covered: &[&str]) -> LockState {
        let mut inventory = Inventory::default();
        for file in files {
            inventory.add(file);
        }
        let set = |directories: &[&str]| directories.iter().map(|one| (*one).to_owned()).collect();
        LockState {
            inventory,
            asking: set(asking),
            covered: set(covered),
            linked: BTreeSet::new(),
        }
    }

    fn rules(now: &LockState, base: Option<&LockState>) -> Vec<(&'static str, String)> {
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
    fn what_is_only_linked_to_needs_no_lock_but_keeps_the_one_that_it_had() {
        let linked = |files: &[&str]| LockState {
            linked: BTreeSet::from(["lib".to_owned()]),
            ..locked(files, &["lib"], &[])
        };
        let (without, with) = (linked(&[]), linked(&["lib/yarn.lock"]));
        assert_eq!(rules(&without, None), []);
        assert_eq!(rules(&without, Some(&without)), []);
        let removed = ("lock/lock-removed", "lib/package.json".to_owned());
        assert_eq!(rules(&without, Some(&with)), [removed]);
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
