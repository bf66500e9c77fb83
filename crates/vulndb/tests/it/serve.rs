//! The v1 protocol: the same files as the Go database's own.

use crate::support::{entry, real_database, real_zip, source};
use serde_json::{Value, json};
use std::io::Read;
use vulndb::{Database, Origin, unpack};

#[test]
fn the_index_is_that_of_the_go_database() {
    let (Some(zip), Some(database)) = (real_zip(), real_database()) else {
        return;
    };
    let files = unpack(&zip).unwrap();
    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    for file in &files {
        let answer = database.answer(&file.name).unwrap();
        assert!(json(&answer.bytes) == json(&file.bytes), "{}", file.name);
        assert_eq!(answer.content_type, "application/json");
    }
    assert_eq!(database.paths().count(), files.len());
}

#[test]
fn a_packed_file_unpacks_to_the_plain_one() {
    let own = entry(
        "ACME-1",
        "example.com/a",
        &[("introduced", "0"), ("fixed", "1.2.0")],
    );
    let database = Database::merge(vec![source("own", Origin::Private, &[own])]).unwrap();
    let paths: Vec<&str> = database.paths().collect();
    let expected = [
        "ID/ACME-1.json",
        "index/db.json",
        "index/modules.json",
        "index/vulns.json",
    ];
    assert_eq!(paths, expected);
    for path in paths {
        let packed = database.answer(&format!("{path}.gz")).unwrap();
        assert_eq!(packed.content_type, "application/gzip");
        let mut plain = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(&*packed.bytes);
        decoder.read_to_end(&mut plain).unwrap();
        assert_eq!(plain, &*database.answer(path).unwrap().bytes);
    }
    for other in [
        "",
        "index/",
        "index/db",
        "ID/ACME-2.json",
        "ID/../index/db.json",
        "index/db.json.gz.gz",
    ] {
        assert!(database.answer(other).is_none(), "{other}");
    }
    let modules = database.answer("index/modules.json").unwrap();
    let modules: Value = serde_json::from_slice(&modules.bytes).unwrap();
    let vulns = json!([{"id": "ACME-1", "modified": "2026-05-20T16:03:47Z", "fixed": "1.2.0"}]);
    assert_eq!(modules, json!([{"path": "example.com/a", "vulns": vulns}]));
}
