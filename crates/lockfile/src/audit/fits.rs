//! Fits: whether what is locked is what a range or an address asks for.

use crate::{
    model::{LockedPackage, SpannedText},
    range::{NpmVersion, VersionRange},
    source::{PackageSource, SourceAddress, local_path, without_build},
    yarn::split,
};

/// What is locked, as far as somebody can have asked for it.
pub(super) struct LockCandidate<'a> {
    name: &'a str,
    version: Option<&'a str>,
    source: PackageSource,
    resolved: Option<&'a str>,
}

// === impl LockCandidate ===

impl<'a> LockCandidate<'a> {
    pub(super) fn of(package: &'a LockedPackage) -> Self {
        let value = |text: &'a Option<SpannedText>| text.as_ref().map(|text| &*text.value);
        Self {
            name: &package.name,
            version: value(&package.version),
            source: package.source,
            resolved: value(&package.resolved),
        }
    }

    /// Of a registry, by its name and version.
    pub(super) fn named(name: &'a str, version: Option<&'a str>) -> Self {
        Self {
            name,
            version,
            source: PackageSource::Registry,
            resolved: None,
        }
    }

    /// Of somewhere else.
    pub(super) fn at(name: &'a str, address: &'a str) -> Option<Self> {
        Some(Self {
            name,
            version: None,
            source: PackageSource::of(address)?,
            resolved: Some(address),
        })
    }

    /// How it is named in a finding.
    pub(super) fn subject(&self) -> String {
        match (self.source, self.version, self.resolved) {
            (PackageSource::Registry, Some(version), _) | (_, Some(version), None) => {
                format!("{}@{version}", self.name)
            }
            (_, _, Some(resolved)) => resolved.to_owned(),
            (_, None, None) => self.name.to_owned(),
        }
    }

    /// Whether it is what was asked for by a name; also where that cannot be told.
    pub(super) fn fits(&self, name: &str, wanted: &str) -> bool {
        let wanted = wanted.trim();
        if let Some(range) = wanted.strip_prefix("runtime:") {
            return self.name == name && self.is_in(range);
        }
        if let Some(target) = wanted.strip_prefix("npm:") {
            // A word alone is a name for some tools and a tag for yarn's later versions.
            return match split(target).filter(|(_, range)| !range.is_empty()) {
                Some((target, range)) => self.is_registered(target, range),
                None => self.is_registered(name, target) || self.is_registered(target, ""),
            };
        }
        let shorthand = shorthand(wanted);
        let address = shorthand.as_deref().unwrap_or(wanted);
        match PackageSource::of(address) {
            None => self.is_registered(name, wanted),
            Some(PackageSource::Git) => self.is_repository(address),
            Some(PackageSource::Registry | PackageSource::Tarball) if address.contains("://") => {
                self.is_archive(address)
            }
            Some(PackageSource::File | PackageSource::Folder) => self.is_local(address),
            Some(PackageSource::Workspace) => {
                matches!(
                    self.source,
                    PackageSource::Workspace | PackageSource::Folder
                )
            }
            // What yarn patches keeps its name; which patch it is, is compared with package.json.
            Some(PackageSource::Patch) => self.name == name,
            Some(_) => true,
        }
    }

    /// Whether it is of a package, in a range; what is linked can be of any version.
    fn is_registered(&self, name: &str, range: &str) -> bool {
        match self.source {
            PackageSource::Registry | PackageSource::Bundled | PackageSource::Patch => {
                self.name == name && self.is_in(range)
            }
            PackageSource::Workspace | PackageSource::Folder => true,
            PackageSource::Tarball | PackageSource::Git | PackageSource::File => false,
        }
    }

    fn is_in(&self, range: &str) -> bool {
        let range = VersionRange::parse(range);
        let version = self.version.map(without_build).and_then(NpmVersion::parse);
        match (range, version) {
            (Some(range), Some(version)) => range.contains(&version),
            _ => true,
        }
    }

    /// Hosts serve a repository under several addresses, and archives of it beside.
    fn is_repository(&self, wanted: &str) -> bool {
        let ours = self.resolved.and_then(repository);
        let theirs = repository(wanted);
        matches!(
            self.source,
            PackageSource::Git | PackageSource::Tarball | PackageSource::Registry
        ) && theirs.is_some_and(|theirs| ours.is_some_and(|ours| ours == theirs))
    }

    fn is_archive(&self, wanted: &str) -> bool {
        let is_same = self
            .resolved
            .is_some_and(|ours| plain(ours) == plain(wanted));
        // The archive of a commit of a repository is kept as the repository.
        is_same || self.is_repository(wanted)
    }

    fn is_local(&self, wanted: &str) -> bool {
        let is_kind = matches!(
            self.source,
            PackageSource::File | PackageSource::Folder | PackageSource::Workspace
        );
        let end = |path: &str| plain_path(local_path(path));
        // A folder is counted from the package that asks, and kept from the lock's: so ends agree.
        let wanted = end(wanted);
        let is_same = self.resolved.is_none_or(|ours| {
            let ours = end(ours);
            wanted.is_empty()
                || ours.is_empty()
                || ours == wanted
                || ours.ends_with(&format!("/{wanted}"))
                || wanted.ends_with(&format!("/{ours}"))
        });
        is_kind && is_same
    }
}

/// A path without the steps up and the dots at its beginning.
fn plain_path(path: &str) -> String {
    let parts = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "." | ".."));
    parts.collect::<Vec<_>>().join("/")
}

/// `USER/REPOSITORY` is one of GitHub's.
pub(super) fn shorthand(wanted: &str) -> Option<String> {
    let plain = wanted.split('#').next()?;
    let (user, repository) = plain.split_once('/')?;
    let is_word = |text: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !text.is_empty() && !text.starts_with('.') && text.bytes().all(is_plain)
    };
    (is_word(user) && is_word(repository)).then(|| format!("github:{wanted}"))
}

/// The address of an archive without the hash that yarn 1 puts behind it.
pub(super) fn plain(address: &str) -> String {
    address.split('#').next().unwrap_or(address).to_owned()
}

/// Host and path of a repository, however it is written.
pub(super) fn repository(address: &str) -> Option<String> {
    let address = SourceAddress::parse(address)?;
    let location = address.location().to_ascii_lowercase();
    let location = location.strip_prefix("codeload.").unwrap_or(&location);
    let (host, path) = location.split_once('/')?;
    // Archives have the commit, and what form they are in, behind the repository.
    let ends = ["/tar.gz/", "/archive/", "/-/archive/", "/get/", "/tarball/"];
    let end = ends.iter().filter_map(|end| path.find(end)).min();
    let path = path.get(..end.unwrap_or(path.len()))?;
    let path = path.trim_end_matches('/').trim_end_matches(".git");
    Some(format!("{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::LockCandidate;

    #[test]
    fn a_repository_is_the_same_however_it_is_written() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let locked = [
            format!("git+ssh://git@github.com/a/b.git#{commit}"),
            format!("https://codeload.github.com/a/b/tar.gz/{commit}"),
            format!("git+https://github.com/A/b.git#{commit}"),
            format!("git@github.com:a/b.git#{commit}"),
        ];
        for locked in &locked {
            let answer = LockCandidate::at("x", locked).unwrap();
            for wanted in [
                "a/b",
                "github:a/b#v1",
                "git://github.com/a/b.git",
                "https://github.com/a/b.git#main",
            ] {
                assert!(answer.fits("x", wanted), "{wanted} {locked}");
            }
            for wanted in [
                "a/c",
                "gitlab:a/b",
                "git://github.com/evil/a/b.git",
                "^1.0.0",
                "file:a/b",
            ] {
                assert!(!answer.fits("x", wanted), "{wanted} {locked}");
            }
        }
    }

    #[test]
    fn a_name_behind_npm_is_the_one_that_is_locked() {
        let answer = LockCandidate::named("ms", Some("2.1.3"));
        for wanted in ["npm:ms@^2.0.0", "npm:ms", "npm:ms@latest"] {
            assert!(answer.fits("other", wanted), "{wanted}");
        }
        for wanted in ["npm:mz@^2.0.0", "npm:ms@^3", "^2.0.0", "npm:@s/ms@2"] {
            assert!(!answer.fits("other", wanted), "{wanted}");
        }
        for wanted in ["^2.0.0", "npm:^2.0.0", "latest", "npm:latest", ""] {
            assert!(answer.fits("ms", wanted), "{wanted}");
        }
    }
}
