//! Merging: two sources that know the same make one vulnerability, and nobody takes anything away.

use crate::support::{entry, ids, source};
use proptest::prelude::*;
use serde_json::{Value, json};
use vulndb::{SourceOrigin, VulnerabilityDatabase};

const MODULE: &str = "example.com/a";

fn merged(sources: &[(SourceOrigin, &[Value])]) -> VulnerabilityDatabase {
    let sources = sources.iter().zip(["go", "osv", "own"]);
    let sources = sources.map(|((origin, entries), name)| source(name, *origin, entries));
    VulnerabilityDatabase::merge(sources.collect()).unwrap()
}

fn with(mut entry: Value, key: &str, value: Value) -> Value {
    entry[key] = value;
    entry
}

fn checked() -> Value {
    let entry = entry("GO-1", MODULE, &[("introduced", "0"), ("fixed", "1.2.0")]);
    with(entry, "aliases", json!(["CVE-1", "GHSA-1"]))
}

#[test]
fn the_same_alias_is_the_same_vulnerability() {
    let rough = entry("GHSA-1", MODULE, &[("introduced", "0")]);
    let also = with(
        entry("X-1", MODULE, &[("introduced", "0")]),
        "aliases",
        json!(["CVE-1"]),
    );
    let database = merged(&[
        (SourceOrigin::Public, &[checked()]),
        (SourceOrigin::Public, &[rough, also]),
    ]);
    let hits = database.affecting(MODULE, "v1.0.0").unwrap();
    let [hit] = &hits[..] else { panic!("{hits:?}") };
    assert_eq!(hit.id.as_str(), "GO-1");
    assert_eq!(hit.aliases, ["CVE-1", "GHSA-1", "X-1"]);
    assert_eq!(hit.sources, ["go", "osv"]);
    // The checked word about the module stands against the rough one.
    assert_eq!(ids(&database, MODULE, "v1.2.0"), [""; 0]);
}

#[test]
fn a_later_public_source_adds_modules() {
    let rough = entry("GHSA-1", "example.com/b", &[("introduced", "0")]);
    let database = merged(&[
        (SourceOrigin::Public, &[checked()]),
        (SourceOrigin::Public, &[rough]),
    ]);
    assert_eq!(ids(&database, "example.com/b", "v1.0.0"), ["GO-1"]);
    assert_eq!(ids(&database, MODULE, "v1.0.0"), ["GO-1"]);
}

#[test]
fn a_private_advisory_adds_and_takes_nothing_away() {
    let narrower = entry(
        "CVE-1",
        MODULE,
        &[("introduced", "2.0.0"), ("fixed", "2.1.0")],
    );
    let database = merged(&[
        (SourceOrigin::Public, &[checked()]),
        (SourceOrigin::Private, &[narrower]),
    ]);
    assert_eq!(ids(&database, MODULE, "v1.0.0"), ["GO-1"]);
    assert_eq!(ids(&database, MODULE, "v1.2.0"), [""; 0]);
    assert_eq!(ids(&database, MODULE, "v2.0.0"), ["GO-1"]);
    let withdrawn = entry("CVE-1", "example.com/b", &[("introduced", "0")]);
    let withdrawn = with(withdrawn, "withdrawn", json!("2026-01-01T00:00:00Z"));
    let database = merged(&[
        (SourceOrigin::Public, &[checked()]),
        (SourceOrigin::Private, &[withdrawn]),
    ]);
    assert_eq!(ids(&database, MODULE, "v1.0.0"), ["GO-1"]);
    assert_eq!(ids(&database, "example.com/b", "v1.0.0"), [""; 0]);
}

#[test]
fn a_private_advisory_of_its_own_is_one_more() {
    let own = entry("ACME-1", MODULE, &[("introduced", "0")]);
    let database = merged(&[
        (SourceOrigin::Public, &[checked()]),
        (SourceOrigin::Private, &[own]),
    ]);
    assert_eq!(ids(&database, MODULE, "v1.0.0"), ["ACME-1", "GO-1"]);
}

#[test]
fn a_withdrawn_entry_is_ignored_and_stands_in_nobodys_way() {
    let withdrawn = with(checked(), "withdrawn", json!("2026-01-01T00:00:00Z"));
    let alone = merged(&[(SourceOrigin::Public, std::slice::from_ref(&withdrawn))]);
    assert_eq!(ids(&alone, MODULE, "v1.0.0"), [""; 0]);
    let one = entry("GHSA-1", MODULE, &[("introduced", "0"), ("fixed", "1.0.0")]);
    let two = with(
        entry("GHSA-2", MODULE, &[("introduced", "1.0.0")]),
        "aliases",
        json!(["CVE-1"]),
    );
    let database = merged(&[
        (SourceOrigin::Public, &[withdrawn]),
        (SourceOrigin::Public, &[one, two]),
    ]);
    assert_eq!(ids(&database, MODULE, "v0.9.0"), ["GHSA-1"]);
    assert_eq!(ids(&database, MODULE, "v1.0.0"), ["GHSA-2"]);
}

#[test]
fn two_entries_of_one_source_stay_two() {
    let other = with(
        entry("GO-2", MODULE, &[("introduced", "0")]),
        "aliases",
        json!(["CVE-1"]),
    );
    let database = merged(&[(SourceOrigin::Public, &[checked(), other])]);
    assert_eq!(ids(&database, MODULE, "v1.0.0"), ["GO-1", "GO-2"]);
}

#[test]
fn in_the_zip_of_an_ecosystem_others_add_to_the_go_team() {
    let rough = entry("GHSA-1", MODULE, &[("introduced", "0")]);
    let other = entry("GHSA-2", MODULE, &[("introduced", "0")]);
    let database = merged(&[(SourceOrigin::Public, &[rough, other, checked()])]);
    assert_eq!(ids(&database, MODULE, "v1.0.0"), ["GHSA-2", "GO-1"]);
    assert_eq!(ids(&database, MODULE, "v1.2.0"), ["GHSA-2"]);
}

#[test]
fn of_two_that_add_neither_silences_the_other() {
    let new = "example.com/new";
    let one = entry("GHSA-1", new, &[("introduced", "0"), ("fixed", "1.0.0")]);
    let two = with(
        entry("GHSA-2", new, &[("introduced", "2.0.0")]),
        "aliases",
        json!(["CVE-1"]),
    );
    let database = merged(&[
        (SourceOrigin::Public, &[checked()]),
        (SourceOrigin::Public, &[one, two]),
    ]);
    assert_eq!(ids(&database, new, "v0.9.0"), ["GO-1"]);
    assert_eq!(ids(&database, new, "v1.0.0"), [""; 0]);
    assert_eq!(ids(&database, new, "v2.0.0"), ["GO-1"]);
}

#[test]
fn an_entry_in_the_place_of_a_withdrawn_one_is_served_in_its_place() {
    let withdrawn = with(checked(), "withdrawn", json!("2026-01-01T00:00:00Z"));
    let database = merged(&[
        (SourceOrigin::Public, &[withdrawn]),
        (SourceOrigin::Private, &[checked()]),
    ]);
    assert_eq!(ids(&database, MODULE, "v1.0.0"), ["GO-1"]);
    let served = database.answer("ID/GO-1.json").unwrap();
    let served: Value = serde_json::from_slice(&served.bytes).unwrap();
    assert_eq!(served, checked());
    assert_eq!(database.paths().count(), 4);
}

#[test]
fn what_is_told_twice_is_served_once_as_it_came() {
    let twice = merged(&[
        (SourceOrigin::Public, &[checked()]),
        (SourceOrigin::Private, &[checked()]),
    ]);
    let once = merged(&[(SourceOrigin::Public, &[checked()])]);
    let [twice, once] = [&twice, &once].map(|database| database.answer("ID/GO-1.json"));
    assert_eq!(twice, once);
}

#[test]
fn what_is_merged_is_served_with_all_names_and_statements() {
    let mut own = entry("ACME-1", "example.com/b", &[("introduced", "0")]);
    own["aliases"] = json!(["CVE-1"]);
    own["modified"] = json!("2026-06-01T00:00:00Z");
    let database = merged(&[
        (SourceOrigin::Public, &[checked()]),
        (SourceOrigin::Private, std::slice::from_ref(&own)),
    ]);
    assert!(database.answer("ID/ACME-1.json").is_none());
    let served = database.answer("ID/GO-1.json").unwrap();
    let served: Value = serde_json::from_slice(&served.bytes).unwrap();
    let mut expected = checked();
    expected["aliases"] = json!(["CVE-1", "GHSA-1", "ACME-1"]);
    expected["modified"] = own["modified"].clone();
    let statements = expected["affected"].as_array_mut().unwrap();
    statements.push(own["affected"][0].clone());
    assert_eq!(served, expected);
}

#[test]
fn ids_that_begin_alike_are_all_found() {
    let all = ["A-1", "A-1-2", "A-1.2", "A-10"].map(|id| entry(id, MODULE, &[("introduced", "0")]));
    let database = merged(&[(SourceOrigin::Public, &all)]);
    assert_eq!(
        ids(&database, MODULE, "v1.0.0"),
        ["A-1", "A-1-2", "A-1.2", "A-10"]
    );
    for id in ["A-1", "A-1-2", "A-1.2", "A-10"] {
        assert!(database.answer(&format!("ID/{id}.json")).is_some(), "{id}");
    }
}

/// Any entry of a few names, modules and versions, so that they often meet.
fn any_entry(prefix: &'static str) -> impl Strategy<Value = Value> {
    let number = 1..4_u8;
    let module = prop::sample::select(vec![MODULE, "example.com/b"]);
    let kind = prop::sample::select(vec!["introduced", "fixed"]);
    let events = prop::collection::vec((kind, "[0-3]\\.0\\.0"), 0..4);
    let aliases = prop::collection::vec("(CVE|GO)-[1-3]", 0..2);
    (number, module, events, aliases, prop::bool::weighted(0.2)).prop_map(
        move |(number, module, events, aliases, is_withdrawn)| {
            let events: Vec<(&str, &str)> =
                events.iter().map(|(kind, at)| (*kind, &**at)).collect();
            let mut entry = entry(&format!("{prefix}-{number}"), module, &events);
            entry["aliases"] = json!(aliases);
            if is_withdrawn {
                entry["withdrawn"] = json!("2026-01-01T00:00:00Z");
            }
            entry
        },
    )
}

/// Some of them, each id once.
fn any_source(prefix: &'static str) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(any_entry(prefix), 1..4).prop_map(|mut entries| {
        entries.sort_by_key(|entry| entry["id"].to_string());
        entries.dedup_by_key(|entry| entry["id"].to_string());
        entries
    })
}

proptest! {
    #[test]
    fn no_private_source_makes_a_public_vulnerability_disappear(
        public in any_source("GO"),
        own in prop_oneof![any_source("ACME"), any_source("GO"), any_source("CVE")],
        is_reversed in any::<bool>(),
    ) {
        let alone = merged(&[(SourceOrigin::Public, &public)]);
        let mut both = [(SourceOrigin::Public, &*public), (SourceOrigin::Private, &*own)];
        if is_reversed {
            both.reverse();
        }
        let both = merged(&both);
        for module in [MODULE, "example.com/b"] {
            for version in ["v0.0.0", "v1.0.0", "v2.0.0", "v3.0.0"] {
                let before = ids(&alone, module, version);
                let after = ids(&both, module, version);
                prop_assert!(before.iter().all(|id| after.contains(id)), "{before:?} {after:?}");
            }
        }
    }
}
