//! Selection: which versions a module has, and which of them `latest` means. Pure.
//!
//! What a source lists is its word. A version that it listed once and lists no more stays listed
//! as long as all of it is kept (law L2): the remembered list says so in lines of its own
//! ([`remembering`]). What is kept and was never listed is not listed: somebody's old go.mod may have
//! asked for a version that its author hid, and `latest` would be that one for everybody. Where no
//! source says anything, what is kept is all there is ([`without_a_list`]).
//!
//! A source's pseudo-versions are passed on: `go` leaves them out of its versions, and takes the
//! newest where there is nothing else and no `@latest`. Those that are kept are never added.
//!
//! `latest` is the highest release, else the highest pre-release, else the newest pseudo-version,
//! after the author's retractions (<https://go.dev/ref/mod#version-queries>). Retractions are
//! declared by the go.mod of the version that `latest` would mean *before* retraction.

use gomod::{
    Version,
    pseudo::{PseudoTimestamp, PseudoVersion},
    semver,
};
use std::collections::BTreeSet;
use store::{CACHED_ANSWER_BODY_LIMIT, StoredVersion};

/// The lines of a `list` answer that name listable versions; everything else is left out, as `go`
/// leaves it out. Any Unicode space ends a word, as in Go's `strings.Fields`.
pub(crate) fn listed(text: &str) -> impl Iterator<Item = Version> + '_ {
    text.lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter_map(|word| Version::parse(word).ok())
        .filter(|version| !version.is_pseudo())
}

/// The union of what several sources list, each as it was sent: a version that more than one of them
/// lists has the line of the first. Lines beyond the largest list that can be remembered are left out.
pub(crate) fn union<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut seen = BTreeSet::new();
    let mut union = String::new();
    for line in texts.into_iter().flat_map(str::lines) {
        let word = line.split_whitespace().next().unwrap_or_default();
        let fits = union.len() + line.len() < CACHED_ANSWER_BODY_LIMIT;
        if fits && semver::is_valid(word) && seen.insert(word) {
            union.push_str(line.trim());
            union.push('\n');
        }
    }
    union
}

/// Begins a line of a remembered list that names a version which is not listed any more.
const ONCE: &str = "once ";

/// The list to remember: what is listed now, and what was listed before and is not now.
pub(crate) fn remembering(now: &str, before: &str) -> String {
    let listed_now: BTreeSet<Version> = listed(now).collect();
    let gone: BTreeSet<Version> = listed(before)
        .chain(once(before))
        .filter(|version| !listed_now.contains(version))
        .collect();
    let mut text = now.to_owned();
    if !gone.is_empty() && !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for version in gone {
        text.push_str(ONCE);
        text.push_str(version.as_str());
        text.push('\n');
    }
    text
}

/// What a remembered list says was listed once.
fn once(text: &str) -> impl Iterator<Item = Version> + '_ {
    let lines = text.lines().filter_map(|line| line.strip_prefix(ONCE));
    lines.filter_map(|word| Version::parse(word).ok())
}

/// The versions to list, in Go's order: those that are listed, those once listed of which all is kept, and
/// those that were published here.
pub(crate) fn versions(remembered: &str, kept: &[StoredVersion]) -> BTreeSet<Version> {
    let whole = whole(kept);
    let once = once(remembered).filter(|version| whole.contains(version));
    let published = published(kept).filter(|version| !version.is_pseudo());
    listed(remembered)
        .chain(once)
        .chain(published.cloned())
        .collect()
}

/// The versions that were published here: this site is their source, and lists them as sources do.
pub(crate) fn published(kept: &[StoredVersion]) -> impl Iterator<Item = &Version> {
    let published = kept.iter().filter(|kept| kept.published);
    published.map(|kept| &kept.version)
}

/// The versions of which everything is kept, pseudo-versions among them: what can be served whatever
/// happens elsewhere.
pub(crate) fn whole(kept: &[StoredVersion]) -> BTreeSet<Version> {
    let whole = kept
        .iter()
        .filter(|kept| kept.kinds.info && kept.kinds.go_mod && kept.kinds.zip);
    whole.map(|kept| kept.version.clone()).collect()
}

/// The versions to list where no source says anything: those of which more is kept than a go.mod,
/// which is asked for while a graph is walked.
pub(crate) fn without_a_list(kept: &[StoredVersion]) -> BTreeSet<Version> {
    let chosen = kept.iter().filter(|kept| kept.kinds.info || kept.kinds.zip);
    let chosen = chosen.map(|kept| kept.version.clone());
    chosen.filter(|version| !version.is_pseudo()).collect()
}

/// The lines of a list that name pseudo-versions, as they were sent.
pub(crate) fn pseudo_lines(text: &str) -> impl Iterator<Item = (Version, &str)> + '_ {
    text.lines().filter_map(|line| {
        let version = Version::parse(line.split_whitespace().next()?).ok()?;
        version.is_pseudo().then_some((version, line.trim()))
    })
}

/// The lines of a list that are passed on as they were sent: pseudo-versions, and what is a semantic
/// version in no canonical form (`v1`, `v1.2.0+meta`), which `go` takes for a version, right or wrong.
fn other_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| {
        let word = line.split_whitespace().next().unwrap_or_default();
        semver::is_valid(word) && Version::parse(word).map_or(true, |version| version.is_pseudo())
    })
}

/// The pseudo-version that `go` takes from a list without any other: the newest by the time that
/// the list gives, else by its own.
pub(crate) fn newest_pseudo(text: &str) -> Option<Version> {
    let given = |line: &str| {
        let time: jiff::Timestamp = line.split_whitespace().nth(1)?.parse().ok()?;
        PseudoTimestamp::from_unix_seconds(time.as_second())
    };
    let own = |version: &Version| PseudoVersion::parse(version.as_str()).ok()?.time().ok();
    let time = |(version, line): &(Version, &str)| given(line).or_else(|| own(version));
    pseudo_lines(text)
        .max_by_key(time)
        .map(|(version, _)| version)
}

/// A `list` body: one version a line, then the other lines of `remembered`.
pub(crate) fn list_body(versions: &BTreeSet<Version>, remembered: &str) -> String {
    let mut body = String::with_capacity(versions.len() * 10);
    let versions = versions.iter().map(Version::as_str);
    for line in versions.chain(other_lines(remembered)) {
        body.push_str(line);
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
    use super::{
        latest, list_body, listed, newest_pseudo, remembering, union, versions as listed_versions,
        without_a_list,
    };
    use gomod::Version;
    use store::{ArtifactKinds, StoredVersion};

    fn versions(texts: &[&str]) -> Vec<Version> {
        texts
            .iter()
            .map(|text| Version::parse(text).unwrap())
            .collect()
    }

    fn kept(text: &str, info: bool, go_mod: bool, zip: bool) -> StoredVersion {
        StoredVersion {
            version: Version::parse(text).unwrap(),
            kinds: ArtifactKinds { info, go_mod, zip },
            published: false,
        }
    }

    const PSEUDO: &str = "v0.0.0-20200101000000-abcdefabcdef";

    #[test]
    fn what_was_listed_once_stays_listed_while_all_of_it_is_kept() {
        let first = "v1.10.0 2024-01-01T00:00:00Z\nv1.2.0\nv1.1.0\nnot-a-version\n\n";
        let second = remembering("v1.10.0\nv1.9.0", first);
        let third = remembering("v1.9.0\n", &second);
        let kept = [
            kept("v1.2.0", true, true, true),
            kept("v1.1.0", true, true, false),
            kept("v2.0.0+incompatible", true, true, true),
            kept(PSEUDO, true, true, true),
        ];
        let body = |text: &str| list_body(&listed_versions(text, &kept), text);
        assert_eq!(body(first), "v1.1.0\nv1.2.0\nv1.10.0\n");
        assert_eq!(body(&second), "v1.2.0\nv1.9.0\nv1.10.0\n");
        assert_eq!(body(&third), "v1.2.0\nv1.9.0\n");
        let again = remembering("v1.1.0\n", &third);
        assert_eq!(body(&again), "v1.1.0\nv1.2.0\n");
    }

    #[test]
    fn where_nobody_lists_what_more_than_a_graph_asked_for_is_listed() {
        let kept = [
            kept("v1.0.0", false, true, false),
            kept("v1.1.0", true, true, false),
            kept("v1.2.0", false, true, true),
            kept(PSEUDO, true, true, true),
        ];
        let listed = without_a_list(&kept);
        assert_eq!(list_body(&listed, ""), "v1.1.0\nv1.2.0\n");
    }

    #[test]
    fn a_sources_pseudo_versions_are_passed_on_as_they_were_sent() {
        let older = "v1.0.1-0.20190101000000-abcdefabcdef";
        let text = format!("v1.0.0\n{PSEUDO}\n {older} 2030-01-01T00:00:00Z\n");
        let body = list_body(&listed_versions(&text, &[]), &text);
        assert_eq!(
            body,
            format!("v1.0.0\n{PSEUDO}\n{older} 2030-01-01T00:00:00Z\n")
        );
        assert_eq!(newest_pseudo(&text).unwrap().as_str(), older);
        assert_eq!(
            newest_pseudo(&format!("{older}\n{PSEUDO}"))
                .unwrap()
                .as_str(),
            PSEUDO
        );
        assert_eq!(newest_pseudo("v1.0.0\n"), None);
    }

    #[test]
    fn a_union_has_each_version_once_with_the_line_of_the_first() {
        let first = "v1.0.0 2024-01-01T00:00:00Z\nv1.1.0\nonce v0.1.0\n";
        let second = format!("v1.1.0 2025-01-01T00:00:00Z\r\n\nv1.2.0\n{PSEUDO}");
        assert_eq!(
            union([first, &second]),
            format!("v1.0.0 2024-01-01T00:00:00Z\nv1.1.0\nv1.2.0\n{PSEUDO}\n")
        );
        assert_eq!(union([""]), "");
    }

    #[test]
    fn what_go_takes_for_a_version_is_passed_on() {
        let text = "v1\nv1.2 2024-01-01T00:00:00Z\nv1.2.0\nv1.2.0+meta\nlatest\n1.0.0\n";
        let body = list_body(&listed_versions(text, &[]), text);
        assert_eq!(body, "v1.2.0\nv1\nv1.2 2024-01-01T00:00:00Z\nv1.2.0+meta\n");
        assert!(inspection::check::is_list("v1\n"));
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
