//! Sources: registries, over HTTPS, and one version or commit of what is there.

use super::{Seen, hosts::Hosts};
use crate::{
    rules::{NOT_HTTPS, NOT_PINNED, SOURCE_ARCHIVE, SOURCE_GIT, SOURCE_OUTSIDE},
    source::{Address, Source, is_version, local_path},
    tree::shown,
};
use finding::Finding;

/// What is wrong with the source of one entry.
pub(super) fn check(seen: &Seen<'_>, hosts: &Hosts<'_>) -> Vec<Finding> {
    let by_source = match seen.package.source {
        Source::Registry => unpinned_version(seen),
        Source::Git => Some(git(seen)),
        Source::Tarball if !hosts.lists(seen) => Some(archive(seen)),
        Source::File | Source::Folder | Source::Workspace => outside(seen),
        Source::Tarball | Source::Bundled | Source::Patch => None,
    };
    let findings = [by_source, unpinned_commit(seen), not_https(seen)];
    findings.into_iter().flatten().collect()
}

fn unpinned_version(seen: &Seen<'_>) -> Option<Finding> {
    let package = seen.package;
    let Some(version) = &package.version else {
        let message = "the entry has no version";
        return Some(seen.finding(&NOT_PINNED, package.span, message));
    };
    (!is_version(&version.value)).then(|| {
        let message = format!("{} is not one version", shown(&version.value));
        seen.finding(&NOT_PINNED, version.span, message)
    })
}

fn unpinned_commit(seen: &Seen<'_>) -> Option<Finding> {
    let commit = seen.address.as_ref().and_then(Address::commit);
    let is_open = seen.package.source == Source::Git && commit.is_none();
    let message = "the address names no full commit";
    is_open.then(|| seen.finding(&NOT_PINNED, seen.address_span(), message))
}

fn git(seen: &Seen<'_>) -> Finding {
    let from = seen.address.as_ref().map(Address::location);
    let message = format!(
        "fetched with git from {}",
        from.as_deref().unwrap_or("somewhere")
    );
    seen.finding(&SOURCE_GIT, seen.address_span(), message)
}

fn archive(seen: &Seen<'_>) -> Finding {
    let from = seen.address.as_ref().map(Address::location);
    let message = format!(
        "{} is not the address of a package in a registry",
        shown(from.as_deref().unwrap_or_default())
    );
    seen.finding(&SOURCE_ARCHIVE, seen.address_span(), message)
}

fn not_https(seen: &Seen<'_>) -> Option<Finding> {
    let address = seen
        .address
        .as_ref()
        .filter(|address| !address.is_https())?;
    let message = format!("{}: is not https:", address.scheme);
    Some(seen.finding(&NOT_HTTPS, seen.address_span(), message))
}

fn outside(seen: &Seen<'_>) -> Option<Finding> {
    let resolved = seen.package.resolved.as_ref()?;
    let path = local_path(&resolved.value);
    leaves(path, &seen.lockfile.file).then(|| {
        let message = format!("{} is outside of the checkout", shown(path));
        seen.finding(&SOURCE_OUTSIDE, resolved.span, message)
    })
}

/// Whether a path that begins in the folder of a file leaves the checkout.
fn leaves(path: &str, file: &str) -> bool {
    let is_drive = path.as_bytes().get(1) == Some(&b':');
    if is_drive || path.starts_with(['/', '~', '\\']) {
        return true;
    }
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut depth: i64 = 0;
    let parts = folder.split('/').chain(path.split(['/', '\\']));
    for part in parts {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::leaves;

    #[test]
    fn a_path_leaves_the_checkout_where_it_climbs_above_it() {
        for path in ["a", "./a/../b", "a/../..//x/.."] {
            assert!(!leaves(path, "web/yarn.lock"), "{path}");
        }
        assert!(!leaves("../a", "web/yarn.lock"));
        for path in ["../a", "/a", "~/a", "C:\\a", "a/../../b", "..\\a"] {
            assert!(leaves(path, "yarn.lock"), "{path}");
        }
    }
}
