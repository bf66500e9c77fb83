//! Keys of packages, which hold name and version.

/// The name and version that a key holds; a version that is an address is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PnpmKey<'k> {
    pub(super) name: &'k str,
    pub(super) version: Option<&'k str>,
}

/// A key of version 9: `NAME@VERSION`, `NAME@ADDRESS`.
pub(super) fn new(key: &str) -> Option<PnpmKey<'_>> {
    let (name, version) = crate::yarn::split(without_peers(key))?;
    Some(PnpmKey {
        name,
        version: Some(version).filter(|version| {
            let is_address = version.contains(':') && !version.starts_with("runtime:");
            !version.is_empty() && !is_address
        }),
    })
}

/// A key before version 9: `/NAME/VERSION_PEERS` (5), `/NAME@VERSION(PEERS)` (6), with a registry's
/// host before the first slash if it is not the default. Keys of git and folders hold no version;
/// their entries have a `name`.
pub(super) fn old(key: &str) -> Option<PnpmKey<'_>> {
    let (_, path) = without_peers(key).split_once('/')?;
    let base_start = if path.starts_with('@') {
        path.find('/')? + 1
    } else {
        0
    };
    let base = path.get(base_start..)?;
    let end = base_start + base.find(['/', '@'])?;
    let (name, version) = (path.get(..end)?, path.get(end + 1..)?);
    let version = without_old_peers(version);
    let is_address = version.is_empty() || version.contains(['/', ':']);
    Some(PnpmKey {
        name,
        version: (!is_address).then_some(version),
    })
}

/// Before version 6 they are behind an underscore, which no version has.
pub(super) fn without_old_peers(version: &str) -> &str {
    version.split('_').next().unwrap_or(version)
}

/// Since version 6 peers and patches are in brackets.
pub(super) fn without_peers(key: &str) -> &str {
    key.split('(').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::{PnpmKey, new, old};

    fn key<'k>(name: &'k str, version: &'k str) -> PnpmKey<'k> {
        let version = Some(version).filter(|version| !version.is_empty());
        PnpmKey { name, version }
    }

    #[test]
    fn keys_hold_name_and_version() {
        assert_eq!(new("a@1.0.0"), Some(key("a", "1.0.0")));
        assert_eq!(
            new("@s/a@1.0.0(b@2.0.0)(c@1.0.0)"),
            Some(key("@s/a", "1.0.0"))
        );
        assert_eq!(new("a@https://example.com/a.tgz"), Some(key("a", "")));
        assert_eq!(new("a@file:a"), Some(key("a", "")));
        assert_eq!(new(""), None);
        assert_eq!(old("/a/1.0.0"), Some(key("a", "1.0.0")));
        assert_eq!(old("/@s/a/1.0.0_@t+b@2.0.0"), Some(key("@s/a", "1.0.0")));
        assert_eq!(old("/a@1.0.0(@t/b@2.0.0)"), Some(key("a", "1.0.0")));
        assert_eq!(old("/@s/a@1.0.0"), Some(key("@s/a", "1.0.0")));
        assert_eq!(
            old("registry.example.com/@s/a/1.0.0"),
            Some(key("@s/a", "1.0.0"))
        );
        assert_eq!(old("file:a.tgz"), None);
        assert_eq!(old("/@"), None);
    }
}
