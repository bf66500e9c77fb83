//! Sources: registries, over HTTPS, and one version or commit of what is there.

use super::{
    LocatedPackage, LockExpectation,
    fits::{plain, repository, shorthand},
    hosts::AllowedHosts,
};
use crate::{
    rules::{NOT_HTTPS, NOT_PINNED, SOURCE_ARCHIVE, SOURCE_ASKED, SOURCE_GIT, SOURCE_OUTSIDE},
    source::{PackageSource, SourceAddress, is_version, local_path, workspace},
    tree::printable_name,
};
use finding::Finding;
use std::collections::HashSet;

/// The repositories and archives that the project's own package.json files ask for. Whoever reviews
/// them sees the address there; what a package asks for that it does not own nobody sees.
pub(super) struct DeclaredSources {
    addresses: HashSet<String>,
}

// === impl DeclaredSources ===

impl DeclaredSources {
    pub(super) fn of(expected: &LockExpectation) -> Self {
        let dependencies = expected.manifests.iter().flat_map(|one| &one.dependencies);
        let addresses = dependencies.filter_map(|one| {
            let address = shorthand(&one.wanted);
            place(address.as_deref().unwrap_or(&one.wanted))
        });
        Self {
            addresses: addresses.collect(),
        }
    }

    fn has(&self, seen: &LocatedPackage<'_>) -> bool {
        let resolved = seen.package.resolved.as_ref();
        let address = resolved.and_then(|text| place(&text.value));
        address.is_some_and(|address| self.addresses.contains(&address))
    }
}

/// A repository, however it is written, or an archive; nothing of what is neither.
fn place(address: &str) -> Option<String> {
    match PackageSource::of(address)? {
        PackageSource::Git => repository(address),
        PackageSource::Tarball => Some(plain(address)),
        _ => None,
    }
}

/// What is wrong with the source of one entry.
pub(super) fn check(
    seen: &LocatedPackage<'_>,
    hosts: &AllowedHosts<'_>,
    declared: &DeclaredSources,
) -> Vec<Finding> {
    let by_source = match seen.package.source {
        PackageSource::Git | PackageSource::Tarball if declared.has(seen) => {
            Some(undeclared_source(seen))
        }
        PackageSource::Registry => unpinned_version(seen),
        PackageSource::Git => Some(git(seen)),
        PackageSource::Tarball if !hosts.lists(seen) && !is_runtime(seen) => Some(archive(seen)),
        PackageSource::File | PackageSource::Folder | PackageSource::Workspace => outside(seen),
        PackageSource::Tarball | PackageSource::Bundled | PackageSource::Patch => None,
    };
    let findings = [by_source, unpinned_commit(seen), not_https(seen)];
    findings.into_iter().flatten().collect()
}

/// Where releases of what runs JavaScript come from: those who make them serve them there, and no
/// registry does.
const RUNTIMES: [(&str, &str); 4] = [
    ("node@runtime:", "nodejs.org/download/"),
    ("node@runtime:", "unofficial-builds.nodejs.org/download/"),
    (
        "deno@runtime:",
        "github.com/denoland/deno/releases/download/",
    ),
    ("bun@runtime:", "github.com/oven-sh/bun/releases/download/"),
];

/// Whether an entry is a release of a runtime (pnpm), from where those come from.
fn is_runtime(seen: &LocatedPackage<'_>) -> bool {
    let (Some(key), Some(address)) = (&seen.package.key, &seen.address) else {
        return false;
    };
    let location = address.location();
    let mut known = RUNTIMES.iter();
    known.any(|(name, from)| key.starts_with(name) && location.starts_with(from))
}

fn unpinned_version(seen: &LocatedPackage<'_>) -> Option<Finding> {
    let package = seen.package;
    let Some(version) = &package.version else {
        let message = "the entry has no version";
        return Some(seen.finding(&NOT_PINNED, package.span, message));
    };
    (!is_version(&version.value)).then(|| {
        let message = format!("{} is not one version", printable_name(&version.value));
        seen.finding(&NOT_PINNED, version.span, message)
    })
}

fn unpinned_commit(seen: &LocatedPackage<'_>) -> Option<Finding> {
    let commit = seen.address.as_ref().and_then(SourceAddress::commit);
    let is_open = seen.package.source == PackageSource::Git && commit.is_none();
    let message = "the address names no full commit";
    is_open.then(|| seen.finding(&NOT_PINNED, seen.address_span(), message))
}

fn undeclared_source(seen: &LocatedPackage<'_>) -> Finding {
    let from = seen.address.as_ref().map(SourceAddress::location);
    let from = printable_name(from.as_deref().unwrap_or_default());
    let message = format!("the project asks for it from {from}");
    seen.finding(&SOURCE_ASKED, seen.address_span(), message)
}

fn git(seen: &LocatedPackage<'_>) -> Finding {
    let from = seen.address.as_ref().map(SourceAddress::location);
    let message = format!(
        "fetched with git from {}",
        from.as_deref().unwrap_or("somewhere")
    );
    seen.finding(&SOURCE_GIT, seen.address_span(), message)
}

fn archive(seen: &LocatedPackage<'_>) -> Finding {
    let from = seen.address.as_ref().map(SourceAddress::location);
    let message = format!(
        "{} is not the address of a package in a registry",
        printable_name(from.as_deref().unwrap_or_default())
    );
    seen.finding(&SOURCE_ARCHIVE, seen.address_span(), message)
}

fn not_https(seen: &LocatedPackage<'_>) -> Option<Finding> {
    let address = seen
        .address
        .as_ref()
        .filter(|address| !address.is_encrypted())?;
    let message = format!("{}: is not encrypted", address.scheme);
    Some(seen.finding(&NOT_HTTPS, seen.address_span(), message))
}

fn outside(seen: &LocatedPackage<'_>) -> Option<Finding> {
    let resolved = seen.package.resolved.as_ref()?;
    let path = local_path(&resolved.value);
    let folder = super::folder(&seen.lockfile.file);
    // yarn counts from the package that asks, and says which one that is.
    let asking = workspace(&resolved.value).unwrap_or_default();
    leaves(path, &format!("{folder}/{asking}")).then(|| {
        let message = format!("{} is outside of the checkout", printable_name(path));
        seen.finding(&SOURCE_OUTSIDE, resolved.span, message)
    })
}

/// Whether a path that begins in a folder leaves the checkout.
fn leaves(path: &str, folder: &str) -> bool {
    let is_drive = path.as_bytes().get(1) == Some(&b':');
    if is_drive || path.starts_with(['/', '~', '\\']) {
        return true;
    }
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
            assert!(!leaves(path, "web"), "{path}");
        }
        assert!(!leaves("../a", "web"));
        assert!(leaves("../a", "web/.."));
        for path in ["../a", "/a", "~/a", "C:\\a", "a/../../b", "..\\a"] {
            assert!(leaves(path, ""), "{path}");
        }
    }
}
