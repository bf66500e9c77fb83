//! Address: a place on the web or in git, in its parts.

use super::{LocatorPackage, PackageSource, is_archive};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use url::Url;

/// An address of the web or of git, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceAddress {
    /// As written, in lower case: `https`, `git+ssh`, `github`.
    pub(crate) scheme: String,
    /// The host in lower case, and its port unless it is the scheme's own.
    pub(crate) authority: Option<String>,
    path: String,
    query: Option<String>,
    fragment: Option<String>,
}

/// Schemes that are shorthands, and the hosts that they mean.
const SHORTHANDS: [(&str, &str); 4] = [
    ("github", "github.com"),
    ("gitlab", "gitlab.com"),
    ("bitbucket", "bitbucket.org"),
    ("gist", "gist.github.com"),
];

/// The parameter of a locator of yarn that has the address of the archive, where a registry gave
/// another one than its own layout has.
const ARCHIVE_URL: &str = "__archiveUrl";

// === impl SourceAddress ===

impl SourceAddress {
    /// Where something is fetched from; `None` if that is not said, or is on this machine.
    pub(crate) fn of(resolved: &str) -> Option<Self> {
        if resolved.starts_with("npm:") {
            return Self::parse(&archive_url(resolved)?);
        }
        match PackageSource::of(resolved)? {
            PackageSource::Registry | PackageSource::Tarball | PackageSource::Git => {
                Self::parse(resolved)
            }
            _ => None,
        }
    }

    /// Parses an address; `None` if it is none of the web or of git.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(text) = without_scp(text) {
            return Self::parse(&text);
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
    /// to prove that it is the right one: by a certificate, or by the key that ssh knows it by.
    pub(crate) fn is_encrypted(&self) -> bool {
        matches!(
            self.scheme.as_str(),
            "https" | "git+https" | "ssh" | "git+ssh"
        )
    }

    /// Whether it looks like one of a repository: by its ending, or by the commit that it names.
    pub(super) fn is_repository(&self) -> bool {
        self.path.split('.').next_back() == Some("git") || self.commit().is_some()
    }

    /// The full commit that an address is pinned to: of a repository behind the `#`, of a host's
    /// archive of a repository as the last part of the path or the parameter `ref`. Behind the
    /// address of any other archive yarn 1 writes its hash, which is none.
    pub(crate) fn commit(&self) -> Option<&str> {
        let fragment = self.fragment.as_deref().filter(|_| !is_archive(&self.path));
        let behind = fragment.and_then(|fragment| fragment.rsplit(['=', '&', ':']).next());
        let last = self.path.rsplit('/').next().unwrap_or_default();
        let query = self.query.as_deref().unwrap_or_default();
        let parameters = query.split('&').filter_map(|one| one.strip_prefix("ref="));
        let candidates = [behind, Some(last), last.strip_suffix(".tar.gz")];
        let mut candidates = candidates.into_iter().flatten().chain(parameters);
        candidates.find(|text| {
            let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_hex && matches!(text.len(), 40 | 64)
        })
    }

    /// Host and path: where a repository or archive is, whatever of it is meant.
    pub(crate) fn location(&self) -> String {
        let host = self.authority.as_deref().unwrap_or(&self.scheme);
        format!("{host}/{}", self.path.trim_start_matches('/'))
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
    pub(crate) fn names(&self) -> Option<LocatorPackage> {
        LocatorPackage::of_path(&percent_decode_str(&self.path).decode_utf8().ok()?)
    }
}

/// The address in a locator `npm:…`, if it has one. What is no text in it is replaced, and makes it
/// an address of nothing.
pub(super) fn archive_url(locator: &str) -> Option<Cow<'_, str>> {
    let (_, parameters) = locator.split_once("::")?;
    let decode = |text| percent_decode_str(text).decode_utf8_lossy();
    let mut pairs = parameters.split('&').filter_map(|one| one.split_once('='));
    let (_, value) = pairs.find(|(key, _)| decode(key) == ARCHIVE_URL)?;
    Some(decode(value))
}

/// Git's own way to write an address of ssh: `user@host:path`.
pub(super) fn is_scp(address: &str) -> bool {
    let Some((user, rest)) = address.split_once('@') else {
        return false;
    };
    let plain = |text: &str| !text.is_empty() && !text.contains(['/', ':']);
    plain(user) && rest.split_once(':').is_some_and(|(host, _)| plain(host))
}

/// The same in the way of the web; also of `ssh://user@host:path`, which is half of each and which
/// some tools write.
fn without_scp(text: &str) -> Option<String> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if scheme.ends_with("ssh") => (scheme, rest),
        _ => ("ssh", text),
    };
    let (user, host_and_path) = rest.split_once('@').filter(|_| is_scp(rest))?;
    let (host, path) = host_and_path.split_once(':')?;
    // Behind `://` a number is a port.
    let is_url = rest.len() < text.len();
    let is_port = is_url && path.starts_with(|first: char| first.is_ascii_digit());
    (!is_port).then(|| format!("{scheme}://{user}@{host}/{path}"))
}

/// The host that a shorthand means.
pub(super) fn shorthand(scheme: &str) -> Option<&'static str> {
    let mut known = SHORTHANDS.into_iter();
    known
        .find(|(name, _)| *name == scheme)
        .map(|(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::SourceAddress;
    use crate::PackageSource;

    #[test]
    fn a_commit_is_full_or_none() {
        let commit = |fragment: &str| {
            let address =
                SourceAddress::parse(&format!("git+https://example.com/a.git#{fragment}"));
            address.unwrap().commit().is_some()
        };
        let full = "0123456789abcdef0123456789abcdef01234567";
        assert!(commit(full) && commit(&format!("commit={full}")));
        assert!(!commit("main") && !commit("0123456") && !commit("semver:^1"));
    }

    #[test]
    fn a_locator_can_carry_the_address_of_its_archive() {
        let plain = "npm:1.0.0";
        assert_eq!(SourceAddress::of(plain), None);
        let carried = "npm:1.0.0::__archiveUrl=https%3A%2F%2Fcdn.example.com%2Fa.tgz";
        let address = SourceAddress::of(carried).unwrap();
        assert_eq!(address.authority.as_deref(), Some("cdn.example.com"));
        for hidden in ["x=1&__archiveUrl", "__archive%55rl"] {
            let carried = carried.replace("__archiveUrl", hidden);
            assert_eq!(
                SourceAddress::of(&carried),
                Some(address.clone()),
                "{hidden}"
            );
        }
        assert_eq!(PackageSource::of("npm:1.0.0::__archiveUrl=%ff"), None);
    }

    #[test]
    fn hosts_are_told_as_a_client_would() {
        let host = |text: &str| SourceAddress::parse(text).and_then(|address| address.authority);
        let evil = Some("evil.example.com".to_owned());
        assert_eq!(
            host("https://registry.example.com@evil.example.com/a.tgz"),
            evil
        );
        assert_eq!(host("https://EVIL.example.com:443/a.tgz"), evil);
        assert_eq!(host("git@evil.example.com:a/b.git"), evil);
        assert_eq!(host("git+ssh://git@evil.example.com:a/b.git"), evil);
        let port = Some("evil.example.com:2222".to_owned());
        assert_eq!(host("git+ssh://git@evil.example.com:2222/a/b.git"), port);
        assert_eq!(host("https:/\\evil.example.com/a.tgz"), evil);
        assert_eq!(host("github:a/b").as_deref(), Some("github.com"));
    }
}
