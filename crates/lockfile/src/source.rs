//! Source: what kind of place a package comes from, told by its address.
//!
//! Addresses are written by four tools in some dozen ways. What none of them writes has no kind, and
//! a lock that has it is refused instead of half understood.

mod address;
mod named;

pub(crate) use address::SourceAddress;
pub(crate) use named::{LocatorPackage, is_folder_name, is_name, is_version, without_build};

use address::{archive_url, is_scp, shorthand};
use percent_encoding::percent_decode_str;

/// What kind of place a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PackageSource {
    /// A registry: the one of the address, or without an address the configured one.
    Registry,
    /// An archive on the web that is laid out as no registry does.
    Tarball,
    /// A git repository.
    Git,
    /// An archive on this machine.
    File,
    /// A folder on this machine.
    Folder,
    /// One of the project's own packages.
    Workspace,
    /// Inside the archive of another package.
    Bundled,
    /// Another package of this lock, with changes applied (yarn).
    Patch,
}

// === impl PackageSource ===

impl PackageSource {
    /// What an address or locator is of; `None` if it is neither.
    pub(crate) fn of(address: &str) -> Option<Self> {
        if is_scp(address) {
            return SourceAddress::parse(address).map(|_| Self::Git);
        }
        let Some((scheme, rest)) = address.split_once(':') else {
            return Self::of_path(address);
        };
        let scheme = scheme.to_ascii_lowercase();
        match scheme.as_str() {
            _ if is_path(address) => Self::of_path(address),
            "file" => Some(file_or_folder(rest)),
            "exec" => Some(Self::File),
            "link" | "portal" => Some(Self::Folder),
            "workspace" => Some(Self::Workspace),
            "patch" => Some(Self::Patch),
            "npm" => Self::of_locator(address),
            "http" | "https" => Self::of_web(address),
            _ if is_git(&scheme) && !rest.is_empty() => {
                SourceAddress::parse(address).map(|_| Self::Git)
            }
            _ => None,
        }
    }

    /// A path, or the bare name of an archive as yarn writes it of its offline mirror.
    fn of_path(text: &str) -> Option<Self> {
        let found = file_or_folder(text);
        (is_path(text) || found == Self::File).then_some(found)
    }

    /// A package of a registry, whose archive is somewhere else or not.
    fn of_locator(locator: &str) -> Option<Self> {
        let carried = archive_url(locator);
        let is_clear = carried.is_none() || SourceAddress::of(locator).is_some();
        is_clear.then_some(Self::Registry)
    }

    fn of_web(address: &str) -> Option<Self> {
        let parsed = SourceAddress::parse(address)?;
        Some(if parsed.names().is_some() {
            Self::Registry
        } else if parsed.is_repository() {
            Self::Git
        } else {
            Self::Tarball
        })
    }

    /// Whether an archive is fetched for it whose bytes a hash can hold fast.
    pub(crate) fn is_fetched(self) -> bool {
        matches!(self, Self::Registry | Self::Tarball | Self::File)
    }
}

fn is_git(scheme: &str) -> bool {
    matches!(scheme, "git" | "ssh") || scheme.starts_with("git+") || shorthand(scheme).is_some()
}

/// The path of an address on this machine: without scheme, parameters and fragment.
pub(crate) fn local_path(address: &str) -> &str {
    let schemes = ["file:", "link:", "portal:", "exec:"];
    let mut found = schemes.iter();
    let rest = found.find_map(|scheme| address.strip_prefix(scheme));
    let rest = rest.unwrap_or(address);
    let end = rest.find("::").or_else(|| rest.find('#'));
    let path = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
    path.split('#').next().unwrap_or(path)
}

/// The folder of the workspace that a locator of yarn's is counted from, where it says one.
pub(crate) fn workspace(locator: &str) -> Option<String> {
    let (_, parameters) = locator.split_once("::")?;
    let mut parameters = parameters.split('&');
    let encoded = parameters.find_map(|one| one.strip_prefix("locator="))?;
    let locator = percent_decode_str(encoded).decode_utf8().ok()?;
    let (_, path) = locator.rsplit_once("@workspace:")?;
    Some(path.to_owned())
}

fn file_or_folder(address: &str) -> PackageSource {
    let path = local_path(address);
    if is_archive(path) {
        PackageSource::File
    } else {
        PackageSource::Folder
    }
}

/// Whether a path ends as an archive does.
fn is_archive(path: &str) -> bool {
    let ends = [".tgz", ".tar.gz", ".tar"];
    ends.iter().any(|end| path.ends_with(end))
}

fn is_path(address: &str) -> bool {
    let starts = ["./", "../", "/", "~/"];
    starts.iter().any(|start| address.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::PackageSource;

    #[test]
    fn addresses_have_their_kinds() {
        let kinds = [
            (
                "https://registry.example.com/a/-/a-1.0.0.tgz",
                Some(PackageSource::Registry),
            ),
            ("https://example.com/a.tgz", Some(PackageSource::Tarball)),
            (
                "https://example.com/a.tgz#0123456789abcdef0123456789abcdef01234567",
                Some(PackageSource::Tarball),
            ),
            ("https://example.com/a.git#0123", Some(PackageSource::Git)),
            (
                "https://example.com/a#commit=0123456789abcdef0123456789abcdef01234567",
                Some(PackageSource::Git),
            ),
            ("git+ssh://git@example.com/a.git", Some(PackageSource::Git)),
            ("git@example.com:a/b.git", Some(PackageSource::Git)),
            ("github:a/b", Some(PackageSource::Git)),
            ("file:../a.tgz", Some(PackageSource::File)),
            ("../a", Some(PackageSource::Folder)),
            ("a-1.0.0.tgz#0123", Some(PackageSource::File)),
            ("file:a::locator=x", Some(PackageSource::Folder)),
            (
                "https://example.com/a/b/tar.gz/0123456789abcdef0123456789abcdef01234567",
                Some(PackageSource::Git),
            ),
            ("link:a", Some(PackageSource::Folder)),
            ("workspace:.", Some(PackageSource::Workspace)),
            ("npm:a@1.0.0", Some(PackageSource::Registry)),
            ("1.0.0", None),
            ("", None),
        ];
        for (address, kind) in kinds {
            assert_eq!(PackageSource::of(address), kind, "{address}");
        }
    }
}
