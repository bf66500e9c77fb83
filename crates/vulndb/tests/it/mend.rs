//! Mend: a version that is none makes a public range wider, never narrower, and a private one wrong.

use crate::support::{entry, file, ids};
use proptest::prelude::*;
use serde_json::{Value, json};
use vulndb::{DatabaseSource, SourceError, SourceOrigin, SourceProblem, VulnerabilityDatabase};

const MODULE: &str = "example.com/a";

fn read(origin: SourceOrigin, entry: &Value) -> Result<DatabaseSource, SourceError> {
    DatabaseSource::from_files("osv", origin, vec![file(entry)])
}

/// As advisories in the zip of the ecosystem have it.
fn odd() -> Value {
    entry(
        "GHSA-1",
        MODULE,
        &[("introduced", "0"), ("fixed", "0.11.82.1218")],
    )
}

#[test]
fn a_version_that_is_none_affects_every_version() {
    let source = read(SourceOrigin::Public, &odd()).unwrap();
    let mended: Vec<&str> = source
        .mended()
        .iter()
        .map(vulndb::EntryId::as_str)
        .collect();
    assert_eq!(mended, ["GHSA-1"]);
    let database = VulnerabilityDatabase::merge(vec![source]).unwrap();
    assert_eq!(database.sources()[0].mended.len(), 1);
    for version in ["v0.0.1", "v0.11.82", "v9.0.0"] {
        assert_eq!(ids(&database, MODULE, version), ["GHSA-1"], "{version}");
    }
    let hits = database.affecting(MODULE, "v0.1.0").unwrap();
    assert!(hits[0].is_unfixed());
    let served = database.answer("ID/GHSA-1.json").unwrap();
    let served: Value = serde_json::from_slice(&served.bytes).unwrap();
    let events = &served["affected"][0]["ranges"][0]["events"];
    assert_eq!(*events, json!([{"introduced": "0"}]));
}

#[test]
fn ones_own_entry_with_such_a_version_is_refused() {
    let error = read(SourceOrigin::Private, &odd()).unwrap_err();
    assert!(matches!(error.problem, SourceProblem::Entry(_)));
    assert!(
        error
            .to_string()
            .contains("\"0.11.82.1218\" is not a version"),
        "{error}"
    );
}

#[test]
fn nothing_else_is_mended() {
    let sound = entry("GHSA-1", MODULE, &[("introduced", "0"), ("fixed", "1.2.0")]);
    assert!(
        read(SourceOrigin::Public, &sound)
            .unwrap()
            .mended()
            .is_empty()
    );
    let mut undated = odd();
    undated["modified"] = json!("yesterday");
    assert!(read(SourceOrigin::Public, &undated).is_err());
    let mut both = sound;
    both["affected"][0]["ranges"][0]["events"] = json!([{"introduced": "0", "fixed": "1.0.0"}]);
    assert!(read(SourceOrigin::Public, &both).is_err());
}

proptest! {
    #[test]
    fn a_range_is_never_made_narrower(
        events in prop::collection::vec(
            (prop::sample::select(vec!["introduced", "fixed"]), "[0-3]\\.0\\.0"), 1..6),
        at in 0..6_usize,
        version in "v[0-3]\\.[01]\\.0",
    ) {
        let events: Vec<(&str, &str)> = events.iter().map(|(kind, at)| (*kind, &**at)).collect();
        let mut odd = events.clone();
        let length = odd.len();
        odd[at % length].1 = "2.0.0.beta.9";
        let [before, after] = [events, odd].map(|events| {
            let source = read(SourceOrigin::Public, &entry("GHSA-1", MODULE, &events)).unwrap();
            ids(&VulnerabilityDatabase::merge(vec![source]).unwrap(), MODULE, &version)
        });
        prop_assert!(before.is_empty() || before == after);
    }
}
