//! Paths that say themselves where their repository is.

/// A repository that a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRepository {
    /// The part of the path that is the root of the repository.
    pub root: String,
    /// The version control system.
    pub vcs: &'static str,
    /// Host and path of its address.
    pub place: String,
    /// Whether the scheme of its address is https. Otherwise several may have to be tried.
    pub is_https: bool,
}

/// Hosts whose repositories lie `depth` elements below them.
const HOSTS: [(&str, usize); 4] = [
    ("github.com", 2),
    ("bitbucket.org", 2),
    ("git.apache.org", 1),
    ("git.openstack.org", 2),
];

/// Suffixes that name a system in the middle of a path.
const SUFFIXES: [&str; 5] = ["bzr", "fossil", "git", "hg", "svn"];

/// What a path says by itself; `Ok(None)` where its page has to be asked.
///
/// # Errors
/// The host is known, and the path is none of its repositories.
pub fn known_repository(path: &str) -> Result<Option<KnownRepository>, String> {
    let elements: Vec<&str> = path.split('/').collect();
    let host = elements.first().copied().unwrap_or_default();
    if let Some((_, depth)) = HOSTS.iter().find(|(known, _)| *known == host) {
        return of_host(path, &elements, *depth).map(Some);
    }
    Ok(with_suffix(&elements))
}

fn of_host(path: &str, elements: &[&str], depth: usize) -> Result<KnownRepository, String> {
    let are_plain = elements.iter().skip(1).all(|element| is_word(element));
    let Some(root) = elements.get(..=depth).filter(|_| are_plain) else {
        let host = elements.first().copied().unwrap_or_default();
        return Err(format!("invalid {host} import path {path:?}"));
    };
    let (host, name) = (root.first(), root.last().copied().unwrap_or_default());
    let has_suffix = SUFFIXES.iter().any(|suffix| cut(name, suffix).is_some());
    match host.copied() {
        Some("github.com" | "bitbucket.org") if has_suffix => {
            return Err(format!("invalid version control suffix in {path:?}"));
        }
        Some("git.apache.org") if cut(name, "git").is_none() => {
            return Err(format!("invalid git.apache.org import path {path:?}"));
        }
        _ => {}
    }
    let root = root.join("/");
    Ok(KnownRepository {
        place: root.clone(),
        root,
        vcs: "git",
        is_https: true,
    })
}

/// `example.com/a.git/b`: everything up to the suffix is the address.
fn with_suffix(elements: &[&str]) -> Option<KnownRepository> {
    let host = elements.first()?;
    if !host.split(':').next()?.contains('.') {
        return None;
    }
    let found = elements
        .iter()
        .enumerate()
        .skip(1)
        .find_map(|(at, element)| {
            let vcs = SUFFIXES
                .iter()
                .find(|suffix| cut(element, suffix).is_some())?;
            Some((at, *vcs))
        });
    let (at, vcs) = found?;
    let root = elements.get(..=at)?.join("/");
    let place = cut(&root, vcs)?.to_owned();
    let plain = |element: &&str| is_word(element.strip_prefix('~').unwrap_or(element));
    elements
        .iter()
        .skip(1)
        .all(plain)
        .then_some(KnownRepository {
            root,
            vcs,
            place,
            is_https: false,
        })
}

/// A name without the suffix of a system, if it has that and something before it.
fn cut<'a>(name: &'a str, suffix: &str) -> Option<&'a str> {
    let plain = name.strip_suffix(suffix)?.strip_suffix('.')?;
    (!plain.is_empty() && !plain.ends_with('/')).then_some(plain)
}

fn is_word(element: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    !element.is_empty() && element.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::known_repository;

    fn known(path: &str) -> Option<(String, &'static str, String)> {
        let known = known_repository(path).unwrap()?;
        Some((known.root, known.vcs, known.place))
    }

    #[test]
    fn paths_of_known_hosts_and_with_suffixes_need_no_page() {
        for (path, root, vcs, place) in [
            ("github.com/a/b", "github.com/a/b", "git", "github.com/a/b"),
            (
                "github.com/a/b/c/v2",
                "github.com/a/b",
                "git",
                "github.com/a/b",
            ),
            (
                "example.com/a/b.git/c",
                "example.com/a/b.git",
                "git",
                "example.com/a/b",
            ),
            (
                "example.com:8080/a.hg",
                "example.com:8080/a.hg",
                "hg",
                "example.com:8080/a",
            ),
            (
                "example.com/~u/a.svn",
                "example.com/~u/a.svn",
                "svn",
                "example.com/~u/a",
            ),
        ] {
            let expected = (root.to_owned(), vcs, place.to_owned());
            assert_eq!(known(path), Some(expected), "{path}");
        }
        for path in [
            "example.com/a/b",
            "example.com/.git/a",
            "localhost/a.git",
            "example.com",
        ] {
            assert_eq!(known(path), None, "{path}");
        }
    }

    #[test]
    fn what_a_known_host_cannot_have_is_refused() {
        for path in [
            "github.com/a",
            "github.com",
            "github.com/a/b.git",
            "git.apache.org/a",
        ] {
            assert!(known_repository(path).is_err(), "{path}");
        }
    }
}
