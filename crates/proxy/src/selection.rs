//! Selection: which versions a module has, and which of them `latest` means. Pure.
//!
//! Two sources of knowledge are merged: what an upstream listed, and what is kept here. What is
//! kept but no longer listed stays listed (law L2). Pseudo-versions are never listed; `go` reads
//! them from `.info` alone.
//!
//! `latest` is the highest release, else the highest pre-release, else the newest pseudo-version,
//! after the author's retractions (<https://go.dev/ref/mod#version-queries>). Retractions are
//! declared by the go.mod of the version that `latest` would mean *before* retraction.

use gomod::Version;
use std::collections::BTreeSet;

/// The lines of a `list` answer that name listable versions; everything else is left out, as `go`
/// leaves it out. Any Unicode space ends a word, as in Go's `strings.Fields`.
pub(crate) fn listed(text: &str) -> impl Iterator<Item = Version> + '_ {
    text.lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter_map(|word| Version::parse(word).ok())
        .filter(|version| !version.is_pseudo())
}

/// Whether this can be a list: blank, or with a version in it. `go` takes any text for one, and
/// what is not a version for nothing; a page that asks for a password would be an empty list.
pub(crate) fn is_list(text: &str) -> bool {
    let mut words = text
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    text.trim().is_empty() || words.any(|word| Version::parse(word).is_ok())
}

/// The union of what upstream listed and what is kept, sorted by Go's order, without pseudo-versions.
pub(crate) fn merged(upstream: &str, kept: impl IntoIterator<Item = Version>) -> BTreeSet<Version> {
    listed(upstream)
        .chain(kept.into_iter().filter(|version| !version.is_pseudo()))
        .collect()
}

/// A `list` body: one version a line.
pub(crate) fn list_body(versions: &BTreeSet<Version>) -> String {
    let mut body = String::with_capacity(versions.len() * 10);
    for version in versions {
        body.push_str(version.as_str());
        body.push('\n');
    }
    body
}

/// What `latest` means among these versions, leaving out those that `is_retracted`.
/// If every one is retracted, the highest is still better than none, as for `go`.
pub(crate) fn latest<'a>(
    versions: impl IntoIterator<Item = &'a Version>,
    is_retracted: impl Fn(&Version) -> bool,
) -> Option<&'a Version> {
    let versions: Vec<&Version> = versions.into_iter().collect();
    let standing = versions
        .iter()
        .copied()
        .filter(|version| !is_retracted(version));
    standing
        .max_by_key(|version| rank(version))
        .or_else(|| versions.into_iter().max_by_key(|version| rank(version)))
}

/// Releases before pre-releases before pseudo-versions, then Go's order.
fn rank(version: &Version) -> (u8, Version) {
    let class = match (version.is_pseudo(), version.is_prerelease()) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    };
    (class, version.clone())
}

#[cfg(test)]
mod tests {
    use super::{latest, list_body, listed, merged};
    use gomod::Version;

    fn versions(texts: &[&str]) -> Vec<Version> {
        texts
            .iter()
            .map(|text| Version::parse(text).unwrap())
            .collect()
    }

    #[test]
    fn what_is_kept_stays_listed_and_pseudo_versions_never_are() {
        let kept = versions(&["v1.2.0", "v0.0.0-20200101000000-abcdefabcdef"]);
        let all = merged(
            "v1.10.0 2024-01-01T00:00:00Z\nv1.9.0\nnot-a-version\n\n",
            kept,
        );
        assert_eq!(list_body(&all), "v1.2.0\nv1.9.0\nv1.10.0\n");
    }

    #[test]
    fn a_login_page_lists_nothing() {
        assert_eq!(listed("<html>\n<body>v1.0.0</body>").count(), 0);
    }

    #[test]
    fn latest_prefers_releases_then_prereleases_then_pseudo_versions() {
        let all = versions(&[
            "v1.0.0",
            "v2.0.0-rc.1",
            "v1.1.0",
            "v0.0.0-20300101000000-abcdefabcdef",
        ]);
        assert_eq!(latest(&all, |_| false).unwrap().as_str(), "v1.1.0");
        assert_eq!(
            latest(&all[1..2], |_| false).unwrap().as_str(),
            "v2.0.0-rc.1"
        );
        assert_eq!(
            latest(&all[3..], |_| false).unwrap().as_str(),
            all[3].as_str()
        );
        assert_eq!(latest(&[], |_| false), None);
    }

    #[test]
    fn latest_leaves_out_retracted_versions_unless_all_are() {
        let all = versions(&["v1.0.0", "v1.1.0"]);
        assert_eq!(
            latest(&all, |version| version.as_str() == "v1.1.0")
                .unwrap()
                .as_str(),
            "v1.0.0"
        );
        assert_eq!(latest(&all, |_| true).unwrap().as_str(), "v1.1.0");
    }
}
