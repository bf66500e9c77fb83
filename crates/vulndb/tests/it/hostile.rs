//! Hostile: bytes from outside are bounded, and never a panic.

use crate::raw_zip::{Descriptor, Entry as ZipEntry, RawZip};
use crate::support::{entry, file, zip};
use proptest::prelude::*;
use serde_json::{Value, json};
use vulndb::limits::{MAX_AFFECTED, MAX_ENTRY, MAX_EVENTS, MAX_SOURCE};
use vulndb::{
    DatabaseSource, EntryError, FeedFile, OsvEntry, SourceOrigin, SourceProblem,
    VulnerabilityDatabase, unpack,
};

fn problem(zip: &[u8]) -> SourceProblem {
    unpack(zip).unwrap_err().problem
}

#[test]
fn a_bomb_is_refused_by_what_it_declares_and_by_what_it_holds() {
    let zeros = vec![0; 32 << 20];
    let one = ZipEntry::new(b"", &zeros, true, Descriptor::None);
    let entries = (0..=MAX_SOURCE / zeros.len()).map(|number| {
        let mut entry = one.clone();
        let name = format!("GO-{number}.json").into_bytes();
        entry.central.name.clone_from(&name);
        entry.local.name = name;
        entry
    });
    let bomb = RawZip {
        entries: entries.collect(),
        ..RawZip::default()
    };
    let bomb = bomb.write();
    assert!(bomb.len() < MAX_SOURCE / 100);
    assert_eq!(problem(&bomb), SourceProblem::TooMuch);
    let mut lying = one;
    lying.central.size = 100;
    lying.local.size = 100;
    let bomb = RawZip {
        entries: vec![lying],
        ..RawZip::default()
    };
    assert!(matches!(problem(&bomb.write()), SourceProblem::Zip(_)));
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    for name in [
        "../GO-1.json",
        "/GO-1.json",
        "ID/../GO-1.json",
        "a/b/c.json",
        "C:\\x",
        "ID/.x",
        "x\n",
    ] {
        assert_eq!(
            problem(&zip([(name, &b"{}"[..])])),
            SourceProblem::Name,
            "{name:?}"
        );
    }
}

#[test]
fn a_name_twice_is_refused() {
    let one = entry("GO-1", "example.com/a", &[("introduced", "0")]);
    let FeedFile { name, bytes } = file(&one);
    assert_eq!(
        problem(&zip([(&*name, &*bytes), (&*name, b"{}")])),
        SourceProblem::Twice
    );
}

#[test]
fn an_entry_is_bounded_in_size_depth_and_number() {
    let deep = format!(r#"{{"x":{}"#, "[".repeat(100_000));
    assert!(matches!(
        OsvEntry::parse(deep.as_bytes()),
        Err(EntryError::Malformed { .. })
    ));
    let mut large = entry("GO-1", "example.com/a", &[]).to_string().into_bytes();
    large.resize(MAX_ENTRY, b' ');
    assert!(OsvEntry::parse(&large).is_ok());
    large.push(b' ');
    assert_eq!(OsvEntry::parse(&large), Err(EntryError::TooLarge));
    let many = vec![("fixed", "1.0.0"); MAX_EVENTS + 1];
    let many = entry("GO-1", "example.com/a", &many).to_string();
    assert_eq!(
        OsvEntry::parse(many.as_bytes()),
        Err(EntryError::TooManyEvents)
    );
    let mut wide = entry("GO-1", "example.com/a", &[]);
    let statement = wide["affected"][0].clone();
    wide["affected"] = json!(vec![statement.clone(); MAX_AFFECTED]);
    assert!(OsvEntry::parse(wide.to_string().as_bytes()).is_ok());
    wide["affected"] = json!(vec![statement; MAX_AFFECTED + 1]);
    let wide = wide.to_string();
    assert_eq!(
        OsvEntry::parse(wide.as_bytes()),
        Err(EntryError::TooManyAffected)
    );
    let most = vec![("fixed", "1.0.0"); MAX_EVENTS];
    let most = entry("GO-1", "example.com/a", &most).to_string();
    assert!(OsvEntry::parse(most.as_bytes()).is_ok());
}

#[test]
fn lists_may_be_null_as_osv_allows() {
    let mut one = entry("GO-1", "example.com/a", &[("introduced", "0")]);
    for key in ["aliases", "severity", "references", "credits"] {
        one[key] = Value::Null;
    }
    assert!(OsvEntry::parse(one.to_string().as_bytes()).is_ok());
    one["affected"] = Value::Null;
    assert!(
        OsvEntry::parse(one.to_string().as_bytes())
            .unwrap()
            .affected
            .is_empty()
    );
}

fn event() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec!["introduced", "fixed", "last_affected", "limit"]);
    let version = prop_oneof![Just("0".to_owned()), "[0-9]\\.[0-9]\\.[0-9](-rc\\.[0-9])?"];
    (kind, version).prop_map(|(kind, version)| json!({ kind: version }))
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        drop(OsvEntry::parse(&bytes));
        drop(unpack(&bytes));
    }

    #[test]
    fn no_damage_to_a_zip_makes_it_panic(at in 0..500_usize, byte in any::<u8>()) {
        let FeedFile { name, bytes } = file(&entry("GO-1", "example.com/a", &[("introduced", "0")]));
        let mut zip = zip([(&*name, &*bytes)]);
        if let Some(found) = zip.get_mut(at) {
            *found = byte;
        }
        drop(DatabaseSource::from_zip("test", SourceOrigin::Public, &zip));
    }

    #[test]
    fn no_damage_to_an_entry_makes_it_panic(at in 0..300_usize, byte in any::<u8>()) {
        let FeedFile { name, mut bytes } = file(&entry("GO-1", "example.com/a", &[("introduced", "0")]));
        if let Some(found) = bytes.get_mut(at) {
            *found = byte;
        }
        drop(DatabaseSource::from_files("test", SourceOrigin::Public, vec![FeedFile { name, bytes }]));
    }

    #[test]
    fn a_fix_is_above_the_version_and_not_affected(
        events in prop::collection::vec(event(), 0..8),
        version in "v[0-9]\\.[0-9]\\.[0-9]",
    ) {
        let mut one = entry("GO-1", "example.com/a", &[]);
        one["affected"][0]["ranges"][0]["events"] = json!(events);
        let database = VulnerabilityDatabase::merge(vec![
            DatabaseSource::from_files("test", SourceOrigin::Public, vec![file(&one)]).unwrap(),
        ]).unwrap();
        for hit in database.affecting("example.com/a", &version).unwrap() {
            for fix in hit.lowest_fix.iter().chain(&hit.newest_fix) {
                prop_assert!(gomod::semver::compare(fix, &version).is_gt());
                prop_assert!(database.affecting("example.com/a", fix).unwrap().is_empty());
            }
        }
    }
}
