//! Named: which package and version an address itself says it is of.
//!
//! Registries lay their archives out in one way: `NAME/-/NAME-VERSION.tgz`, behind whatever prefix.
//! So an address of that shape can be held against the entry that gives it; one registry writes
//! `download/NAME/VERSION/…` instead. Any other address of the web is an archive of somebody's own.

/// What an address or locator itself says of the package there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocatorPackage {
    /// The names: of the package, and of the archive's file where that is another one. None in a
    /// locator, which has the name before what is kept of it.
    pub(crate) names: Vec<String>,
    pub(crate) version: String,
}

// === impl LocatorPackage ===

impl LocatorPackage {
    /// What a locator of yarn's says; `None` if it is an address.
    pub(crate) fn of_locator(resolved: &str) -> Option<Self> {
        let locator = resolved.strip_prefix("npm:")?;
        let version = locator.split("::").next().unwrap_or(locator);
        Some(Self {
            names: Vec::new(),
            version: version.to_owned(),
        })
    }

    /// What the path of an address says; `None` if it is laid out as no registry does.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        by_hyphen(path).or_else(|| by_download(path))
    }

    fn new(name: &str, version: &str) -> Self {
        Self {
            names: vec![name.to_owned()],
            version: version.to_owned(),
        }
    }
}

/// `…/NAME/-/[@SCOPE/]BASE-VERSION.tgz`, where BASE is the name without its scope.
fn by_hyphen(path: &str) -> Option<LocatorPackage> {
    let (before, behind) = path.rsplit_once("/-/")?;
    let name = last_name(before)?;
    let (scope, base) = name.rsplit_once('/').unwrap_or(("", name));
    let (folder, file) = behind.rsplit_once('/').unwrap_or(("", behind));
    let archive = file.strip_suffix(".tgz");
    let stem = archive.or_else(|| file.strip_suffix(".tar.gz"))?;
    if !folder.is_empty() && folder != scope {
        return None;
    }
    let own = stem.strip_prefix(base);
    let own = own.and_then(|rest| rest.strip_prefix('-'));
    if let Some(version) = own.filter(|version| is_version(version)) {
        return Some(LocatorPackage::new(name, version));
    }
    // A file of another name: its version begins behind the first hyphen that fits.
    let mut hyphens = stem.match_indices('-');
    hyphens.find_map(|(at, _)| {
        let (other, version) = (stem.get(..at)?, stem.get(at + 1..)?);
        is_version(version).then(|| LocatorPackage {
            names: vec![name.to_owned(), other.to_owned()],
            version: version.to_owned(),
        })
    })
}

/// `…/download/NAME/VERSION/…`.
fn by_download(path: &str) -> Option<LocatorPackage> {
    let (_, rest) = path.split_once("/download/")?;
    let mut parts = rest.split('/');
    let first = parts.next()?;
    let name = if first.starts_with('@') {
        format!("{first}/{}", parts.next()?)
    } else {
        first.to_owned()
    };
    let version = parts.next()?;
    is_version(version).then(|| LocatorPackage::new(&name, version))
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

/// A version without what is behind a `+`: registries leave that out, so it makes no other version.
pub(crate) fn without_build(version: &str) -> &str {
    version.split('+').next().unwrap_or(version)
}

/// Whether a name is one that a registry's package can have: of letters that an address needs not
/// escape, with or without a scope, and not a way out of the folder that it is installed in.
pub(crate) fn is_name(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.!~*'()".contains(letter);
    has_parts(text, is_plain)
}

/// Whether something can be installed under a name: a folder of the project's own may bear any that
/// is no way out of the folder it is put in, and that no terminal obeys.
pub(crate) fn is_folder_name(text: &str) -> bool {
    let is_plain = |letter: char| match letter {
        '/' | '\\' | ':' | '"' | '<' | '>' | '|' | '?' | '*' => false,
        letter => letter.is_ascii_graphic() || letter.is_alphanumeric(),
    };
    is_name(text) || has_parts(text, is_plain)
}

/// Whether the parts of a name, a scope and what is in it or only that, are of such letters.
fn has_parts(text: &str, is_plain: impl Fn(char) -> bool) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(&is_plain);
    match text.strip_prefix('@').map(|scoped| scoped.split_once('/')) {
        None => is_part(text),
        Some(Some((scope, base))) => is_part(scope) && is_part(base),
        Some(None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{LocatorPackage, is_folder_name, is_name, is_version};

    fn names(path: &str) -> Option<(String, String)> {
        let named = LocatorPackage::of_path(path)?;
        Some((named.names.join(" "), named.version))
    }

    #[test]
    fn an_address_of_a_registry_names_its_package() {
        let shapes = [
            ("/a/-/a-1.0.0.tgz", "a", "1.0.0"),
            ("/@s/a/-/a-1.0.0-rc.1.tgz", "@s/a", "1.0.0-rc.1"),
            ("/api/npm/npm-all/a-b/-/a-b-2.0.0.tgz", "a-b", "2.0.0"),
            ("/x/@s/a/-/@s/a-1.0.0.tgz", "@s/a", "1.0.0"),
            ("/download/@s/a/1.0.0/0123abcd", "@s/a", "1.0.0"),
            ("/a/-/a-1-2.0.0.tgz", "a a-1", "2.0.0"),
            ("/a/-/evil-1.0.0.tgz", "a evil", "1.0.0"),
            ("/evil/-/a-1.0.0.tgz", "evil a", "1.0.0"),
        ];
        for (path, name, version) in shapes {
            let expected = Some((name.to_owned(), version.to_owned()));
            assert_eq!(names(path), expected, "{path}");
        }
        let others = [
            "/a.tgz",
            "/a/-/",
            "/a/-/a",
            "/download/a",
            "/-/a-1.tgz",
            "/a/-/b/a-1.0.0.tgz",
        ];
        for path in others {
            assert_eq!(names(path), None, "{path}");
        }
    }

    #[test]
    fn names_are_those_that_a_registry_takes() {
        for name in ["a", "@s/a", "A_b.c-d", "lodash.merge", "a~", "3"] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            "../a",
            "@s/../a",
            "@s",
            "@/a",
            "a/b",
            "a b",
            "a\u{1b}[1m",
            "\u{e9}",
            ".bin",
            "@s/",
        ] {
            assert!(!is_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_folder_may_bear_a_name_that_no_registry_takes() {
        for name in ["$repo-utils", "@s/$a", "a+b", "a=1", "\u{e9}"] {
            assert!(is_folder_name(name) && !is_name(name), "{name}");
        }
        for name in [
            "",
            "..",
            "a/b",
            "@s/../a",
            "a\\..\\b",
            "a b",
            "a\u{1b}",
            "a\u{202e}b",
            "@s",
        ] {
            assert!(!is_folder_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_locator_names_its_version() {
        let named = LocatorPackage::of_locator("npm:1.0.0::__archiveUrl=x").unwrap();
        assert_eq!((named.names.len(), &*named.version), (0, "1.0.0"));
        assert_eq!(
            LocatorPackage::of_locator("https://example.com/a.tgz"),
            None
        );
    }

    #[test]
    fn a_version_is_no_range() {
        for version in ["1.2.3", "0.0.1-01", "1.0.0-next.1+x-y", "10.20.30"] {
            assert!(is_version(version), "{version}");
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
            assert!(!is_version(range), "{range}");
        }
    }
}
