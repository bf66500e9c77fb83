//! Source: what kind of place a package comes from, told by its address.
//!
//! Registries lay their archives out in one way: `NAME/-/NAME-VERSION.tgz`, behind whatever prefix.
//! An address of that shape says itself of which package and version it is, and can be held against
//! the entry that gives it; one registry writes `download/NAME/VERSION/…` instead. Any other address
//! of the web is an archive of somebody's own.

use percent_encoding::percent_decode_str;
use url::Url;

/// What kind of place a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
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

/// An address of the web or of git, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// As written, in lower case: `https`, `git+ssh`, `github`.
    pub(crate) scheme: String,
    /// The host in lower case, and its port unless it is the scheme's own.
    pub(crate) authority: Option<String>,
    path: String,
    query: Option<String>,
    fragment: Option<String>,
}

/// What an address or locator itself says of the package there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Nothing in a locator, which has it before what is kept of it.
    pub(crate) name: Option<String>,
    pub(crate) version: String,
}

/// Schemes that are shorthands, and the hosts that they mean.
const SHORTHANDS: [(&str, &str); 4] = [
    ("github", "github.com"),
    ("gitlab", "gitlab.com"),
    ("bitbucket", "bitbucket.org"),
    ("gist", "gist.github.com"),
];

/// Behind `npm:` in a locator of yarn, before the address that a registry gave for the archive.
const ARCHIVE_URL: &str = "::__archiveUrl=";

// === impl Source ===

impl Source {
    /// What an address or locator is of; `None` if it is neither.
    pub(crate) fn of(address: &str) -> Option<Self> {
        if is_scp(address) {
            return Some(Self::Git);
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
            "npm" => Some(Self::Registry),
            "http" | "https" => Some(Self::of_web(address)),
            "git" | "ssh" => Some(Self::Git),
            _ if scheme.starts_with("git+") => Some(Self::Git),
            _ if shorthand(&scheme).is_some() && !rest.is_empty() => Some(Self::Git),
            _ => None,
        }
    }

    /// A path, or the bare name of an archive as yarn writes it of its offline mirror.
    fn of_path(text: &str) -> Option<Self> {
        let found = file_or_folder(text);
        (is_path(text) || found == Self::File).then_some(found)
    }

    fn of_web(address: &str) -> Self {
        let Some(parsed) = Address::parse(address) else {
            return Self::Tarball;
        };
        if parsed.names().is_some() {
            Self::Registry
        } else if parsed.path.split('.').next_back() == Some("git") || parsed.commit().is_some() {
            Self::Git
        } else {
            Self::Tarball
        }
    }

    /// Whether an archive is fetched for it whose bytes a hash can hold fast.
    pub(crate) fn is_fetched(self) -> bool {
        matches!(self, Self::Registry | Self::Tarball | Self::File)
    }
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

fn file_or_folder(address: &str) -> Source {
    let path = local_path(address);
    if [".tgz", ".tar.gz", ".tar"]
        .iter()
        .any(|end| path.ends_with(end))
    {
        Source::File
    } else {
        Source::Folder
    }
}

fn shorthand(scheme: &str) -> Option<&'static str> {
    let mut known = SHORTHANDS.into_iter();
    known
        .find(|(name, _)| *name == scheme)
        .map(|(_, host)| host)
}

fn is_path(address: &str) -> bool {
    let starts = ["./", "../", "/", "~/"];
    starts.iter().any(|start| address.starts_with(start))
}

/// Git's own way to write an address of ssh: `user@host:path`.
fn is_scp(address: &str) -> bool {
    let Some((user, rest)) = address.split_once('@') else {
        return false;
    };
    let plain = |text: &str| !text.is_empty() && !text.contains(['/', ':']);
    plain(user) && rest.split_once(':').is_some_and(|(host, _)| plain(host))
}

/// Whether a version is one, and no range or tag: three numbers, and what may follow them. Leading
/// zeros are allowed, because old packages have them.
pub(crate) fn is_version(text: &str) -> bool {
    let core_end = text.find(['-', '+']).unwrap_or(text.len());
    let (core, rest) = text.split_at_checked(core_end).unwrap_or((text, ""));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-+.".contains(&byte);
    core.split('.').count() == 3
        && core.split('.').all(is_number)
        && rest.len() != 1
        && rest.bytes().all(is_plain)
}

// === impl Address ===

impl Address {
    /// Where something is fetched from; `None` if that is not said, or is on this machine.
    pub(crate) fn of(resolved: &str) -> Option<Self> {
        if let Some((locator, address)) = resolved.split_once(ARCHIVE_URL) {
            let is_locator = locator.starts_with("npm:");
            let address = percent_decode_str(address).decode_utf8().ok()?;
            return is_locator.then(|| Self::parse(&address)).flatten();
        }
        match Source::of(resolved)? {
            Source::Registry if resolved.starts_with("npm:") => None,
            Source::Registry | Source::Tarball | Source::Git => Self::parse(resolved),
            _ => None,
        }
    }

    /// Parses an address; `None` if it is none of the web or of git.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if is_scp(text) {
            let (user, rest) = text.split_once('@')?;
            let (host, path) = rest.split_once(':')?;
            return Self::parse(&format!("ssh://{user}@{host}/{path}"));
        }
        let url = Url::parse(text).ok()?;
        let host = url.host_str().map(str::to_ascii_lowercase);
        let authority = host.map(|host| match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host,
        });
        let authority = authority.or_else(|| shorthand(url.scheme()).map(str::to_owned));
        Some(Self {
            scheme: url.scheme().to_owned(),
            authority,
            path: url.path().to_owned(),
            query: url.query().map(str::to_owned),
            fragment: url.fragment().map(str::to_owned),
        })
    }

    /// Whether whoever is on the way can neither read nor change what is fetched, and a server has
    /// to show a certificate.
    pub(crate) fn is_https(&self) -> bool {
        matches!(self.scheme.as_str(), "https" | "git+https")
    }

    /// The full commit that an address is pinned to: of a repository behind the `#`, of a host's
    /// archive of a repository as the last part of the path or the parameter `ref`.
    pub(crate) fn commit(&self) -> Option<&str> {
        let fragment = self.fragment.as_deref().unwrap_or_default();
        let last = self.path.rsplit('/').next().unwrap_or_default();
        let query = self.query.as_deref().unwrap_or_default();
        let parameters = query.split('&').filter_map(|one| one.strip_prefix("ref="));
        let behind = fragment.rsplit(['=', '&', ':']).next();
        let candidates = [behind, Some(last), last.strip_suffix(".tar.gz")];
        let mut candidates = candidates.into_iter().flatten().chain(parameters);
        candidates.find(|text| {
            let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_hex && matches!(text.len(), 40 | 64)
        })
    }

    /// Host and path: where a repository or archive is, whatever of it is meant.
    pub(crate) fn location(&self) -> String {
        format!(
            "{}/{}",
            self.authority.as_deref().unwrap_or(&self.scheme),
            self.path
        )
    }

    /// The same without the commit, where that is part of the path.
    pub(crate) fn location_without_commit(&self) -> String {
        let location = self.location();
        match self.commit().and_then(|commit| location.split_once(commit)) {
            Some((before, _)) => before.to_owned(),
            None => location,
        }
    }

    /// The package and version that a registry's address is of.
    pub(crate) fn names(&self) -> Option<Named> {
        let path = percent_decode_str(&self.path).decode_utf8().ok()?;
        by_hyphen(&path).or_else(|| by_download(&path))
    }
}

// === impl Named ===

impl Named {
    /// What a locator of yarn's says; `None` if it is an address.
    pub(crate) fn of_locator(resolved: &str) -> Option<Self> {
        let locator = resolved.strip_prefix("npm:")?;
        let version = locator.split("::").next().unwrap_or(locator);
        Some(Self {
            name: None,
            version: version.to_owned(),
        })
    }

    fn new(name: &str, version: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            version: version.to_owned(),
        }
    }
}

/// `…/NAME/-/[@SCOPE/]BASE-VERSION.tgz`, where BASE is the name without its scope.
fn by_hyphen(path: &str) -> Option<Named> {
    let (before, file) = path.rsplit_once("/-/")?;
    let name = last_name(before)?;
    let base = name.rsplit('/').next()?;
    let file = file.rsplit('/').next()?;
    let stem = file
        .strip_suffix(".tgz")
        .or_else(|| file.strip_suffix(".tar.gz"))?;
    let own = stem
        .strip_prefix(base)
        .and_then(|rest| rest.strip_prefix('-'));
    if let Some(version) = own.filter(|version| is_version(version)) {
        return Some(Named::new(name, version));
    }
    // The archive of another package: its version begins behind the first hyphen that fits.
    let scope = name.strip_suffix(base).unwrap_or_default();
    let mut hyphens = stem.match_indices('-');
    hyphens.find_map(|(at, _)| {
        let (other, version) = (stem.get(..at)?, stem.get(at + 1..)?);
        is_version(version).then(|| Named::new(&format!("{scope}{other}"), version))
    })
}

/// `…/download/NAME/VERSION/…`.
fn by_download(path: &str) -> Option<Named> {
    let (_, rest) = path.split_once("/download/")?;
    let mut parts = rest.split('/');
    let first = parts.next()?;
    let name = if first.starts_with('@') {
        format!("{first}/{}", parts.next()?)
    } else {
        first.to_owned()
    };
    let version = parts.next()?;
    is_version(version).then(|| Named::new(&name, version))
}

/// The name that a path ends in, with its scope.
fn last_name(path: &str) -> Option<&str> {
    let start = path.rfind('/').map_or(0, |at| at + 1);
    let scope = path.get(..start.saturating_sub(1)).unwrap_or_default();
    let scope_start = scope.rfind('/').map_or(0, |at| at + 1);
    let scoped = path.get(scope_start..).filter(|name| name.starts_with('@'));
    let name = scoped.or_else(|| path.get(start..))?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{Address, Source};

    fn names(address: &str) -> Option<(String, String)> {
        let named = Address::parse(address)?.names()?;
        Some((named.name?, named.version))
    }

    #[test]
    fn an_address_of_a_registry_names_its_package() {
        let host = "https://registry.example.com";
        let shapes = [
            ("/a/-/a-1.0.0.tgz", "a", "1.0.0"),
            ("/@s/a/-/a-1.0.0-rc.1.tgz", "@s/a", "1.0.0-rc.1"),
            ("/@s%2fa/-/a-1.0.0.tgz", "@s/a", "1.0.0"),
            ("/api/npm/npm-all/a-b/-/a-b-2.0.0.tgz", "a-b", "2.0.0"),
            ("/x/@s/a/-/@s/a-1.0.0.tgz", "@s/a", "1.0.0"),
            ("/download/@s/a/1.0.0/0123abcd", "@s/a", "1.0.0"),
            ("/a/-/a-1-2.0.0.tgz", "a-1", "2.0.0"),
            ("/a/-/evil-1.0.0.tgz", "evil", "1.0.0"),
        ];
        for (path, name, version) in shapes {
            let expected = Some((name.to_owned(), version.to_owned()));
            assert_eq!(names(&format!("{host}{path}")), expected, "{path}");
        }
        for path in ["/a.tgz", "/a/-/", "/a/-/a", "/download/a", "/-/a-1.tgz"] {
            assert_eq!(names(&format!("{host}{path}")), None, "{path}");
        }
    }

    #[test]
    fn addresses_have_their_kinds() {
        let kinds = [
            (
                "https://registry.example.com/a/-/a-1.0.0.tgz",
                Some(Source::Registry),
            ),
            ("https://example.com/a.tgz", Some(Source::Tarball)),
            ("https://example.com/a.git#0123", Some(Source::Git)),
            (
                "https://example.com/a#commit=0123456789abcdef0123456789abcdef01234567",
                Some(Source::Git),
            ),
            ("git+ssh://git@example.com/a.git", Some(Source::Git)),
            ("git@example.com:a/b.git", Some(Source::Git)),
            ("github:a/b", Some(Source::Git)),
            ("file:../a.tgz", Some(Source::File)),
            ("../a", Some(Source::Folder)),
            ("a-1.0.0.tgz#0123", Some(Source::File)),
            ("file:a::locator=x", Some(Source::Folder)),
            (
                "https://example.com/a/b/tar.gz/0123456789abcdef0123456789abcdef01234567",
                Some(Source::Git),
            ),
            ("link:a", Some(Source::Folder)),
            ("workspace:.", Some(Source::Workspace)),
            ("npm:a@1.0.0", Some(Source::Registry)),
            ("1.0.0", None),
            ("", None),
        ];
        for (address, kind) in kinds {
            assert_eq!(Source::of(address), kind, "{address}");
        }
    }

    #[test]
    fn a_commit_is_full_or_none() {
        let commit = |fragment: &str| {
            let address = Address::parse(&format!("git+https://example.com/a.git#{fragment}"));
            address.unwrap().commit().is_some()
        };
        let full = "0123456789abcdef0123456789abcdef01234567";
        assert!(commit(full) && commit(&format!("commit={full}")));
        assert!(!commit("main") && !commit("0123456") && !commit("semver:^1"));
    }

    #[test]
    fn a_locator_can_carry_the_address_of_its_archive() {
        let plain = "npm:1.0.0";
        assert_eq!(Address::of(plain), None);
        let carried = "npm:1.0.0::__archiveUrl=https%3A%2F%2Fcdn.example.com%2Fa.tgz";
        let address = Address::of(carried).unwrap();
        assert_eq!(address.authority.as_deref(), Some("cdn.example.com"));
        let named = super::Named::of_locator(carried).unwrap();
        assert_eq!((named.name, &*named.version), (None, "1.0.0"));
    }

    #[test]
    fn a_version_is_no_range() {
        for version in ["1.2.3", "0.0.1-01", "1.0.0-next.1+x-y", "10.20.30"] {
            assert!(super::is_version(version), "{version}");
        }
        for range in [
            "",
            "^1.0.0",
            "1.x",
            "1.0",
            "1.0.0 - 2.0.0",
            "latest",
            "1.0.0-",
            "1.0.0.0",
            "*",
        ] {
            assert!(!super::is_version(range), "{range}");
        }
    }
}
