//! The v1 protocol: the same files as the Go database's own.

use crate::support::{entry, ids, real_database, real_zip, source};
use serde_json::{Value, json};
use std::io::Read;
use vulndb::{SourceOrigin, VulnerabilityDatabase, unpack};

#[test]
fn the_files_are_those_of_the_go_database() {
    let (Some(zip), Some(database)) = (real_zip(), real_database()) else {
        return;
    };
    let files = unpack(&zip).unwrap();
    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    for file in &files {
        let answer = database.answer(&file.name).unwrap();
        assert_eq!(answer.content_type, "application/json");
        let (ours, mut theirs) = (json(&answer.bytes), json(&file.bytes));
        if file.name == "index/modules.json" {
            let count = forget_affected_fixes(&database, &ours, &mut theirs);
            println!("{count} fixes of the index are affected themselves");
            assert!(count < 20);
        }
        assert!(ours == theirs, "{}", file.name);
    }
    assert_eq!(database.paths().count(), files.len());
}

/// Their index names some fixes that another statement of the same entry says are affected; whoever
/// goes by it never fetches the entry. Ours names none there; how many there are.
fn forget_affected_fixes(
    database: &VulnerabilityDatabase,
    ours: &Value,
    theirs: &mut Value,
) -> usize {
    let mut count = 0;
    let lines = theirs.as_array_mut().unwrap().iter_mut();
    for (line, our_line) in lines.zip(ours.as_array().unwrap()) {
        let module = line["path"].as_str().unwrap().to_owned();
        let vulns = line["vulns"].as_array_mut().unwrap().iter_mut();
        for (vuln, our_vuln) in vulns.zip(our_line["vulns"].as_array().unwrap()) {
            let (Some(fix), None) = (vuln["fixed"].as_str(), our_vuln["fixed"].as_str()) else {
                continue;
            };
            let affecting = ids(database, &module, &format!("v{fix}"));
            assert!(affecting.iter().any(|id| *id == vuln["id"]), "{vuln}");
            vuln.as_object_mut().unwrap().remove("fixed");
            count += 1;
        }
    }
    count
}

#[test]
fn a_packed_file_unpacks_to_the_plain_one() {
    let own = entry(
        "ACME-1",
        "example.com/a",
        &[("introduced", "0"), ("fixed", "1.2.0")],
    );
    let database =
        VulnerabilityDatabase::merge(vec![source("own", SourceOrigin::Private, &[own])]).unwrap();
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
