//! Which versions are affected, and which version fixes it: the rules of the stock client.
//!
//! Events are sorted by version (the beginning of time first, equal ones in the order of the file)
//! and walked: an introduction switches on, a fix switches off. No ranges at all means every
//! version, and so does a range without events. Ranges that are not semantic are no answer: if
//! there are only such, every version is affected.
//!
//! Two things go beyond the stock client, because entries of OSV need them and those of the Go
//! database do not have them: a last affected version ends a stretch, and a list of single versions
//! is honoured.

use crate::entry::{AffectedModule, AffectedRange, RangeEvent};
use gomod::semver;
use std::cmp::Ordering;

/// Whether a version is affected.
pub(crate) fn affects(affected: &AffectedModule, version: &str) -> bool {
    let mut semantic = affected
        .ranges
        .iter()
        .filter_map(AffectedRange::events)
        .peekable();
    if semantic.peek().is_none() && affected.versions.is_empty() {
        return true;
    }
    semantic.any(|events| contains(events, version)) || is_listed(affected, version)
}

/// The versions above `version` that are fixed and not affected, from the lowest up, each once.
pub(crate) fn fixes<'a>(about: &[&'a AffectedModule], version: &str) -> Vec<&'a str> {
    let ranges = about.iter().flat_map(|affected| &affected.ranges);
    let events = ranges.filter_map(AffectedRange::events).flatten();
    let fixed_at = events.filter_map(|event| match event {
        RangeEvent::Fixed(at) => Some(at.as_str()),
        _ => None,
    });
    let mut fixes: Vec<&str> = fixed_at
        .filter(|fix| semver::compare(version, fix).is_lt())
        .collect();
    fixes.sort_by(|left, right| semver::compare(left, right));
    fixes.dedup();
    fixes.retain(|fix| !is_negated(about, fix));
    fixes
}

/// The version from which on nothing is affected any more, as the index of the v1 layout has it:
/// nothing if the latest fix is affected by another statement, or the vulnerability came back after
/// it.
pub(crate) fn latest_fix<'a>(about: &[&'a AffectedModule]) -> Option<&'a str> {
    let ranges = about.iter().flat_map(|affected| &affected.ranges);
    let events = ranges.filter_map(AffectedRange::events).flatten();
    let latest = events.filter_map(|event| Some((at(event)?, event)));
    let (fix, event) = latest.max_by(|(left, _), (right, _)| semver::compare(left, right))?;
    let is_fix = matches!(event, RangeEvent::Fixed(_)) && !is_negated(about, fix);
    let is_last = about.iter().all(|affected| affected.versions.is_empty());
    (is_fix && is_last).then_some(fix)
}

fn is_negated(about: &[&AffectedModule], fix: &str) -> bool {
    about.iter().any(|affected| affects(affected, fix))
}

fn is_listed(affected: &AffectedModule, version: &str) -> bool {
    let is_it = |listed: &String| {
        listed == version
            || version
                .strip_prefix('v')
                .is_some_and(|bare| bare == listed.as_str())
    };
    affected.versions.iter().any(is_it)
}

fn contains(events: &[RangeEvent], version: &str) -> bool {
    if events.is_empty() {
        return true;
    }
    let mut sorted: Vec<&RangeEvent> = events.iter().collect();
    sorted.sort_by(|left, right| in_order(left, right));
    let mut is_affected = false;
    for event in sorted {
        is_affected = match (is_affected, event) {
            (false, RangeEvent::Introduced(None)) => true,
            (false, RangeEvent::Introduced(Some(at))) => semver::compare(version, at).is_ge(),
            (true, RangeEvent::Fixed(at)) => semver::compare(version, at).is_lt(),
            (true, RangeEvent::LastAffected(at)) => semver::compare(version, at).is_le(),
            (unchanged, _) => unchanged,
        };
    }
    is_affected
}

fn in_order(left: &RangeEvent, right: &RangeEvent) -> Ordering {
    match (at(left), at(right)) {
        (Some(left), Some(right)) => semver::compare(left, right),
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}

/// None is the beginning of time.
fn at(event: &RangeEvent) -> Option<&str> {
    match event {
        RangeEvent::Introduced(at) => at.as_deref(),
        RangeEvent::Fixed(at) | RangeEvent::LastAffected(at) => Some(at),
    }
}

#[cfg(test)]
mod tests {
    use super::{affects, fixes, latest_fix};
    use crate::entry::AffectedModule;

    fn affected(ranges: &str) -> AffectedModule {
        let package = r#"{"name":"example.com/a","ecosystem":"Go"}"#;
        serde_json::from_str(&format!(r#"{{"package":{package},{ranges}}}"#)).unwrap()
    }

    fn semver(events: &str) -> AffectedModule {
        affected(&format!(
            r#""ranges":[{{"type":"SEMVER","events":[{events}]}}]"#
        ))
    }

    #[test]
    fn events_switch_on_and_off_in_any_order() {
        let twice = semver(
            r#"{"introduced":"1.19.0"},{"fixed":"1.19.1"},{"introduced":"0"},{"fixed":"1.18.6"}"#,
        );
        for (version, expected) in [
            ("v1.18.5", true),
            ("v1.18.6", false),
            ("v1.19.0-rc.1", false),
            ("v1.19.0", true),
            ("v1.19.1", false),
            ("v0.0.0-20200101000000-abcdefabcdef", true),
        ] {
            assert_eq!(affects(&twice, version), expected, "{version}");
        }
        assert_eq!(fixes(&[&twice], "v1.0.0"), ["v1.18.6", "v1.19.1"]);
        assert_eq!(latest_fix(&[&twice]), Some("v1.19.1"));
    }

    #[test]
    fn what_says_nothing_about_versions_is_about_all_of_them() {
        assert!(affects(&affected(r#""ranges":[]"#), "v1.0.0"));
        assert!(affects(&semver(""), "v1.0.0"));
        let commits =
            affected(r#""ranges":[{"type":"GIT","repo":"r","events":[{"introduced":"0"}]}]"#);
        assert!(affects(&commits, "v1.0.0"));
    }

    #[test]
    fn a_last_affected_version_ends_a_stretch_without_a_fix() {
        let last = semver(r#"{"introduced":"0"},{"last_affected":"1.4.0"}"#);
        assert!(affects(&last, "v1.4.0"));
        assert!(!affects(&last, "v1.4.1"));
        assert_eq!(fixes(&[&last], "v1.0.0"), [""; 0]);
    }

    #[test]
    fn single_versions_are_affected_and_nothing_else() {
        let listed = affected(r#""versions":["1.2.0"]"#);
        assert!(affects(&listed, "v1.2.0"));
        assert!(!affects(&listed, "v1.2.1"));
    }

    #[test]
    fn a_fix_that_is_affected_by_another_range_is_none() {
        let first = semver(r#"{"introduced":"0"},{"fixed":"1.5.0"}"#);
        let second = semver(r#"{"introduced":"1.4.0"},{"fixed":"1.6.0"}"#);
        assert_eq!(fixes(&[&first, &second], "v1.0.0"), ["v1.6.0"]);
        assert_eq!(latest_fix(&[&first, &second]), Some("v1.6.0"));
        let never = semver(r#"{"introduced":"0"}"#);
        assert_eq!(fixes(&[&first, &never], "v1.0.0"), [""; 0]);
        assert_eq!(latest_fix(&[&first, &never]), None);
    }

    #[test]
    fn a_vulnerability_that_came_back_has_no_latest_fix() {
        let back = semver(r#"{"introduced":"0"},{"fixed":"1.0.4"},{"introduced":"1.1.2"}"#);
        assert_eq!(latest_fix(&[&back]), None);
        let events = r#"{"introduced":"0"},{"fixed":"1.0.4"}"#;
        let ranges = format!(r#""ranges":[{{"type":"SEMVER","events":[{events}]}}]"#);
        let listed = affected(&format!(r#"{ranges},"versions":["1.2.0"]"#));
        assert_eq!(latest_fix(&[&listed]), None);
        assert_eq!(latest_fix(&[&affected(&ranges)]), Some("v1.0.4"));
    }
}
