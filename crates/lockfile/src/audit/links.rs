//! Links: what is linked into the place of a package is one of the project's own, or a folder that
//! somebody asks for by its path.

use super::{LockExpectation, fits::LockCandidate, tree::PackageTree};
use crate::{
    manifest::PackageManifest,
    model::{LockedPackage, Lockfile, LockfileFormat},
    rules::LINK_UNKNOWN,
    source::{PackageSource, local_path},
    tree::printable_name,
};
use finding::{FileSpan, Finding};
use std::collections::HashMap;

pub(super) fn check(
    lockfile: &Lockfile,
    expected: &LockExpectation,
    tree: &PackageTree<'_>,
) -> Vec<Finding> {
    let own = ProjectPackages::of(lockfile, expected);
    match lockfile.format {
        LockfileFormat::Npm(2 | 3) => own.of_tree(expected, tree),
        LockfileFormat::YarnBerry(_) => own.of_workspaces(),
        LockfileFormat::Pnpm { .. } => own.of_importers(),
        LockfileFormat::Npm(_) | LockfileFormat::YarnClassic => Vec::new(),
    }
}

/// The project's own packages.
struct ProjectPackages<'l> {
    lockfile: &'l Lockfile,
    /// By their folder from the lock's.
    manifests: HashMap<String, &'l PackageManifest>,
}

// === impl ProjectPackages ===

impl<'l> ProjectPackages<'l> {
    fn of(lockfile: &'l Lockfile, expected: &'l LockExpectation) -> Self {
        let folder = super::folder(&lockfile.file);
        let manifests = expected.manifests.iter().filter_map(|manifest| {
            let own = super::folder(&manifest.file);
            let below = match folder {
                "" => Some(own),
                folder => own.strip_prefix(folder),
            }?;
            Some((below.trim_start_matches('/').to_owned(), manifest))
        });
        Self {
            lockfile,
            manifests: manifests.collect(),
        }
    }

    /// Whether a folder can hold the package of a name: its package.json says so, if that is there.
    fn is_named(&self, folder: &str, name: &str) -> bool {
        let manifest = self.manifests.get(folder);
        manifest.is_none_or(|manifest| manifest.name.as_deref().is_none_or(|own| own == name))
    }

    fn of_tree(&self, expected: &LockExpectation, tree: &PackageTree<'_>) -> Vec<Finding> {
        let links = || {
            let packages = self.lockfile.packages.iter();
            packages.filter(|one| one.source == PackageSource::Workspace)
        };
        let mut by_path: HashMap<*const LockedPackage, bool> = HashMap::new();
        if links().next().is_some() {
            for (need, target) in tree.edges(self.lockfile, expected) {
                let is_path = PackageSource::of(need.wanted).is_some();
                let is_asked = is_path && LockCandidate::of(target).fits(need.name, need.wanted);
                *by_path.entry(std::ptr::from_ref(target)).or_default() |= is_asked;
            }
        }
        let unknown = links().filter(|link| {
            let folder = link.resolved.as_ref().map(|text| local_path(&text.value));
            let folder = folder.unwrap_or_default();
            let is_listed = self.lockfile.roots.iter().any(|root| root.path == folder);
            let is_asked = by_path.get(&std::ptr::from_ref(*link)) == Some(&true);
            !is_listed || !(is_asked || self.is_member(folder) && self.is_named(folder, &link.name))
        });
        let findings = unknown.map(|link| {
            let folder = link
                .resolved
                .as_ref()
                .map_or("nothing", |text| &*text.value);
            let span = link.resolved.as_ref().map_or(link.span, |text| text.span);
            self.finding(&link.name, folder, span)
        });
        findings.collect()
    }

    /// Whether the project names a folder as one of its packages; also where it cannot be told.
    fn is_member(&self, folder: &str) -> bool {
        let Some(top) = self.manifests.get("") else {
            return true;
        };
        let (mut is_in, mut is_out) = (false, false);
        for pattern in &top.workspaces {
            match pattern.strip_prefix('!') {
                Some(pattern) => is_out |= matches(pattern, folder),
                None => is_in |= matches(pattern, folder),
            }
        }
        is_in && !is_out
    }

    fn of_workspaces(&self) -> Vec<Finding> {
        let roots = self
            .lockfile
            .roots
            .iter()
            .filter(|root| !root.path.is_empty());
        let unknown = roots.filter(|root| {
            let name = root.name.as_deref().unwrap_or_default();
            // A workspace can have workspaces itself: then the patterns are in its package.json.
            let has_nested = self
                .manifests
                .iter()
                .any(|(path, one)| !path.is_empty() && !one.workspaces.is_empty());
            !(self.is_member(&root.path) || has_nested) || !self.is_named(&root.path, name)
        });
        let findings = unknown.map(|root| {
            self.finding(
                root.name.as_deref().unwrap_or_default(),
                &root.path,
                root.span,
            )
        });
        findings.collect()
    }

    /// pnpm's own packages are the importers; a link to somewhere else is asked for as a link.
    fn of_importers(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for root in &self.lockfile.roots {
            for one in &root.dependencies {
                let target = one
                    .locked
                    .as_deref()
                    .and_then(|one| one.strip_prefix("link:"));
                let Some(target) = target else {
                    continue;
                };
                let folder = joined(&root.path, target);
                let is_path = PackageSource::of(&one.wanted)
                    .is_some_and(|source| source != PackageSource::Workspace);
                let alias = one
                    .wanted
                    .strip_prefix("workspace:")
                    .and_then(crate::yarn::split);
                let alias = alias
                    .filter(|(_, range)| !range.is_empty())
                    .map(|(name, _)| name);
                let mut roots = self.lockfile.roots.iter();
                let is_own = folder.as_ref().is_some_and(|folder| {
                    let is_listed = roots.any(|root| root.path == *folder);
                    is_listed && self.is_named(folder, alias.unwrap_or(&one.name))
                });
                if !is_path && !is_own {
                    findings.push(self.finding(&one.name, target, one.span));
                }
            }
        }
        findings
    }

    fn finding(&self, name: &str, folder: &str, span: FileSpan) -> Finding {
        let message = format!(
            "{} is linked to {}",
            printable_name(name),
            printable_name(folder)
        );
        Finding::new(&LINK_UNKNOWN, self.lockfile.place(span), name, message)
    }
}

/// A path from a folder, without steps up; `None` if it leads out of the lock's folder.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a folder fits a pattern of workspaces: `*` stands for what is between two slashes, `**` for
/// any number of folders. What else such patterns can have is taken for a fit.
fn matches(pattern: &str, folder: &str) -> bool {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    if pattern.contains(['{', '[', '?', '(', '+', '@']) && !pattern.starts_with('@') {
        return true;
    }
    let parts: Vec<&str> = pattern.split('/').collect();
    let folders: Vec<&str> = folder.split('/').collect();
    // One row of a table at a time, so that patterns of nothing but stars take no longer.
    let mut fits = vec![false; folders.len() + 1];
    if let Some(first) = fits.first_mut() {
        *first = true;
    }
    for part in parts {
        let mut next = vec![false; folders.len() + 1];
        let mut any = false;
        for at in 0..=folders.len() {
            any |= fits.get(at) == Some(&true);
            let before = at.checked_sub(1);
            let behind = before.is_some_and(|before| fits.get(before) == Some(&true));
            let here = before.and_then(|before| folders.get(before));
            if let Some(slot) = next.get_mut(at) {
                *slot = match part {
                    "**" => any,
                    part => behind && here.is_some_and(|here| is_like(part, here)),
                };
            }
        }
        fits = next;
    }
    fits.last() == Some(&true)
}

/// Whether a word fits a pattern in which `*` stands for anything.
fn is_like(pattern: &str, word: &str) -> bool {
    let Some((before, behind)) = pattern.split_once('*') else {
        return pattern == word;
    };
    let Some(mut rest) = word.strip_prefix(before) else {
        return false;
    };
    let mut parts: Vec<&str> = behind.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{joined, matches};

    #[test]
    fn folders_fit_the_patterns_of_workspaces() {
        for (pattern, folder) in [
            ("packages/*", "packages/a"),
            ("./packages/*/", "packages/a"),
            ("packages/**", "packages/a/b"),
            ("**/b", "a/b"),
            ("packages/lib-*", "packages/lib-a"),
            ("benchmark", "benchmark"),
            ("a/*/c", "a/b/c"),
        ] {
            assert!(matches(pattern, folder), "{pattern} {folder}");
        }
        for (pattern, folder) in [
            ("packages/*", "packages/a/b"),
            ("packages/*", "evil"),
            ("packages/lib-*", "packages/a"),
            ("a/*/c", "a/b/d"),
            ("benchmark", "evil-benchmark"),
        ] {
            assert!(!matches(pattern, folder), "{pattern} {folder}");
        }
    }

    #[test]
    fn a_path_is_counted_from_a_folder() {
        assert_eq!(joined("packages/a", "../b").as_deref(), Some("packages/b"));
        assert_eq!(joined("", "scripts/x").as_deref(), Some("scripts/x"));
        assert_eq!(joined("a", "../../b"), None);
    }
}
