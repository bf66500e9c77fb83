//! Older data is told from newer, the whole and entry by entry.

use crate::support::{entry, source};
use serde_json::{Value, json};
use vulndb::{DatabaseSnapshot, DatabaseSource, SourceOrigin, VulnerabilityDatabase};

fn at(id: &str, time: &str) -> Value {
    let mut entry = entry(id, "example.com/a", &[("introduced", "0")]);
    entry["modified"] = json!(time);
    entry
}

fn public(entries: &[Value]) -> VulnerabilityDatabase {
    VulnerabilityDatabase::merge(vec![source("osv", SourceOrigin::Public, entries)]).unwrap()
}

fn with_advisory(entries: &[Value], advisory: Value) -> VulnerabilityDatabase {
    let sources: [DatabaseSource; 2] = [
        source("osv", SourceOrigin::Public, entries),
        source("corp", SourceOrigin::Private, &[advisory]),
    ];
    VulnerabilityDatabase::merge(sources.into()).unwrap()
}

fn older(new: &VulnerabilityDatabase, kept: &VulnerabilityDatabase) -> Vec<String> {
    let older = new.older_than(kept).unwrap();
    older.iter().map(ToString::to_string).collect()
}

const MAY: &str = "2026-05-20T16:03:47Z";
const JUNE: &str = "2026-06-20T16:03:47Z";
const JULY: &str = "2026-07-20T16:03:47Z";

#[test]
fn the_same_and_the_newer_are_not_older() {
    let kept = public(&[at("GO-1", MAY), at("GO-2", JUNE)]);
    assert_eq!(older(&kept, &kept), [""; 0]);
    let newer = public(&[at("GO-1", JULY), at("GO-2", JUNE), at("GO-3", MAY)]);
    assert_eq!(older(&newer, &kept), [""; 0]);
}

#[test]
fn an_older_whole_and_older_entries_are_named() {
    let kept = public(&[at("GO-1", MAY), at("GO-2", JUNE)]);
    let fallen_back = public(&[at("GO-1", MAY), at("GO-2", MAY)]);
    let told = older(&fallen_back, &kept);
    assert_eq!(
        told,
        [
            format!("the whole is of {MAY}, and {JUNE} is kept"),
            format!("GO-2 is of {MAY}, and {JUNE} is kept"),
        ]
    );
    // One entry of yesterday in a database of today.
    let mixed = public(&[at("GO-1", JULY), at("GO-2", MAY)]);
    assert_eq!(older(&mixed, &kept).len(), 1);
    let without = VulnerabilityDatabase::merge(Vec::new()).unwrap();
    assert_eq!(
        older(&without, &kept).len(),
        1,
        "nothing is older than June"
    );
}

#[test]
fn advisories_of_the_site_change_as_their_keeper_likes() {
    let kept = with_advisory(&[at("GO-1", MAY)], at("CORP-1", JULY));
    let changed = with_advisory(&[at("GO-1", MAY)], at("CORP-1", MAY));
    assert_eq!(older(&changed, &kept), [""; 0]);
    assert_eq!(older(&public(&[at("GO-1", MAY)]), &kept), [""; 0]);
}

#[test]
fn what_was_forced_is_kept_with_the_data() {
    let directory = tempfile::tempdir().unwrap();
    let kept = DatabaseSnapshot::in_directory(directory.path());
    let database = public(&[at("GO-1", MAY)]).with_notice("forced: a test".to_owned());
    kept.replace(&database).unwrap();
    let back = kept.open().unwrap().unwrap();
    assert_eq!(back.notice(), Some("forced: a test"));
}
