//! Upgrade: one version of a module that ends all of its vulnerabilities.
//!
//! The highest of the lowest fixes is not always it: what was fixed in 1.5 may have come back with 2.0,
//! and what the version in use does not have yet may come with a later one. So every fix is a candidate,
//! each is held against all that is known of the module, and the lowest that has nothing is taken; where
//! each has something, the lowest that ends what can be ended. What no version fixes does not count.

use crate::entry::{AffectedModule, OsvEntry};
use crate::range::{affects, fixes};
use gomod::semver;

/// The lowest version above `version` that has none of what `entries` say that some version fixes.
pub(crate) fn lowest(entries: &[OsvEntry], module: &str, version: &str) -> Option<String> {
    let valid = entries.iter().filter(|entry| entry.withdrawn.is_none());
    let about: Vec<Vec<&AffectedModule>> =
        valid.map(|entry| entry.about(module).collect()).collect();
    let is_hit = |about: &Vec<&AffectedModule>, version: &str| {
        about.iter().any(|affected| affects(affected, version))
    };
    let can_end = |about: &&Vec<&AffectedModule>| !fixes(about, version).is_empty();
    let current = about.iter().filter(|about| is_hit(about, version));
    let ended: Vec<&Vec<&AffectedModule>> = current.filter(can_end).collect();
    if ended.is_empty() {
        return None;
    }
    let later: Vec<&Vec<&AffectedModule>> = about
        .iter()
        .filter(|about| !is_hit(about, version))
        .collect();
    let mut candidates: Vec<&str> = about
        .iter()
        .flat_map(|about| fixes(about, version))
        .collect();
    candidates.sort_by(|left, right| semver::compare(left, right));
    candidates.dedup();
    candidates.retain(|fix| !ended.iter().any(|about| is_hit(about, fix)));
    let brings_none = |fix: &&&str| !later.iter().any(|about| is_hit(about, fix));
    let best = candidates.iter().find(brings_none).or(candidates.first());
    best.map(|fix| (*fix).to_owned())
}

#[cfg(test)]
mod tests {
    use super::lowest;
    use crate::entry::OsvEntry;

    fn entry(id: &str, events: &str) -> OsvEntry {
        let text = format!(
            r#"{{"id": "{id}", "modified": "2024-05-20T16:03:47Z", "affected": [{{
            "package": {{"name": "example.com/a", "ecosystem": "Go"}},
            "ranges": [{{"type": "SEMVER", "events": [{events}]}}]}}]}}"#
        );
        OsvEntry::parse(text.as_bytes()).unwrap()
    }

    fn found(entries: &[(&str, &str)], version: &str) -> Option<String> {
        let entries: Vec<OsvEntry> = entries
            .iter()
            .map(|(id, events)| entry(id, events))
            .collect();
        lowest(&entries, "example.com/a", version)
    }

    const TO_1_2: (&str, &str) = ("A", r#"{"introduced": "0"}, {"fixed": "1.2.0"}"#);

    #[test]
    fn one_version_ends_all_that_a_version_ends() {
        let to_1_5 = ("B", r#"{"introduced": "1.0.0"}, {"fixed": "1.5.0"}"#);
        let never = ("C", r#"{"introduced": "0"}"#);
        assert_eq!(found(&[TO_1_2], "v1.0.0").unwrap(), "v1.2.0");
        assert_eq!(found(&[TO_1_2, to_1_5], "v1.0.0").unwrap(), "v1.5.0");
        assert_eq!(found(&[TO_1_2, to_1_5, never], "v1.0.0").unwrap(), "v1.5.0");
        assert_eq!(found(&[never], "v1.0.0"), None);
        assert_eq!(found(&[TO_1_2], "v1.2.0"), None);
    }

    #[test]
    fn what_comes_back_with_a_later_version_is_not_walked_into() {
        let back = r#"{"introduced": "0"}, {"fixed": "1.5.0"}, {"introduced": "2.0.0"}, {"fixed": "2.2.0"}"#;
        let two = r#"{"introduced": "0"}, {"fixed": "2.1.0"}"#;
        assert_eq!(
            found(&[("A", back), ("B", two)], "v1.0.0").unwrap(),
            "v2.2.0"
        );
    }

    #[test]
    fn what_only_a_later_version_has_is_avoided_where_it_can_be() {
        let new = ("B", r#"{"introduced": "1.2.0"}, {"fixed": "1.3.0"}"#);
        assert_eq!(found(&[TO_1_2, new], "v1.0.0").unwrap(), "v1.3.0");
        let for_good = ("B", r#"{"introduced": "1.2.0"}"#);
        assert_eq!(found(&[TO_1_2, for_good], "v1.0.0").unwrap(), "v1.2.0");
    }
}
