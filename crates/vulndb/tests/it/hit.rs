//! Hit: what an entry tells is what is told.

use crate::support::{database, entry};
use serde_json::{Value, json};
use vulndb::{OsvSeverity, ReviewStatus};

/// An advisory in the shape that OSV gives those of GitHub.
fn advisory() -> Value {
    json!({
        "schema_version": "1.7.3",
        "id": "GHSA-xxxx-yyyy-zzzz",
        "modified": "2026-02-03T04:05:06.789Z",
        "published": "2026-01-02T03:04:05Z",
        "related": ["CVE-2026-2"],
        "aliases": ["CVE-2026-1", "GO-2026-1"],
        "summary": "A parser that\nreads too far",
        "details": "## Impact\n...",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}],
        "affected": [
            {
                "package": {"ecosystem": "Go", "name": "example.com/a", "purl": "pkg:golang/example.com/a"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.4.2"}]}],
                "database_specific": {"source": "https://advisories.example.com/1.json"},
            },
            {
                "package": {"ecosystem": "Go", "name": "example.com/a"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "1.5.0"}, {"fixed": "1.5.3"}]}],
                "versions": [],
            },
        ],
        "references": [{"type": "WEB", "url": "https://advisories.example.com/1"}],
        "credits": [{"name": "somebody", "type": "REPORTER", "contact": ["x@example.com"]}],
        "database_specific": {"cwe_ids": ["CWE-125"], "github_reviewed": true, "severity": "HIGH", "nvd_published_at": null},
    })
}

#[test]
fn an_advisory_of_github_is_told_whole() {
    let database = database(&[advisory()]);
    let hits = database.affecting("example.com/a", "v1.4.1").unwrap();
    let [hit] = &hits[..] else { panic!("{hits:?}") };
    let names: Vec<&str> = hit.names().collect();
    assert_eq!(names, ["GHSA-xxxx-yyyy-zzzz", "CVE-2026-1", "GO-2026-1"]);
    assert_eq!(hit.summary, "A parser that\u{fffd}reads too far");
    assert_eq!(hit.review, ReviewStatus::Unknown);
    assert_eq!(hit.rating.as_deref(), Some("HIGH"));
    let score = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H".to_owned();
    let scale = "CVSS_V3".to_owned();
    assert_eq!(hit.severity, [OsvSeverity { scale, score }]);
    assert_eq!(hit.published.unwrap().to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(hit.modified.to_string(), "2026-02-03T04:05:06.789Z");
    assert_eq!(hit.lowest_fix.as_deref(), Some("v1.4.2"));
    assert_eq!(hit.newest_fix.as_deref(), Some("v1.5.3"));
    assert_eq!(hit.sources, ["osv"]);
    assert!(hit.imports.is_empty() && !hit.is_unfixed());
}

#[test]
fn packages_are_those_of_the_statements_that_are_about_the_version() {
    let mut one = entry(
        "GO-1",
        "example.com/a",
        &[("introduced", "0"), ("fixed", "1.0.0")],
    );
    let imports = |path: &str| json!({"imports": [{"path": path, "symbols": ["F", "T.M"], "goos": ["windows"]}]});
    let mut other = one["affected"][0].clone();
    one["affected"][0]["ecosystem_specific"] = imports("example.com/a/x");
    other["ranges"][0]["events"] = json!([{"introduced": "0.5.0"}]);
    other["ecosystem_specific"] = imports("example.com/a/y");
    one["affected"].as_array_mut().unwrap().push(other.clone());
    let paths = |entry: &Value, version: &str| -> Vec<String> {
        let hits = database(std::slice::from_ref(entry)).affecting("example.com/a", version);
        let hits = hits.unwrap();
        hits[0]
            .imports
            .iter()
            .map(|import| import.path.clone())
            .collect()
    };
    assert_eq!(paths(&one, "v0.4.0"), ["example.com/a/x"]);
    assert_eq!(
        paths(&one, "v0.5.0"),
        ["example.com/a/x", "example.com/a/y"]
    );
    assert_eq!(paths(&one, "v1.0.0"), ["example.com/a/y"]);
    // A statement about the whole module is about all packages.
    other.as_object_mut().unwrap().remove("ecosystem_specific");
    one["affected"].as_array_mut().unwrap().push(other);
    assert_eq!(paths(&one, "v1.0.0"), [""; 0]);
}

#[test]
fn what_is_known_of_the_go_database_is_told() {
    let mut one = entry(
        "GO-1",
        "stdlib",
        &[("introduced", "1.21.0-0"), ("fixed", "1.21.3")],
    );
    one["database_specific"] =
        json!({"url": "https://advisories.example.com/GO-1", "review_status": "REVIEWED"});
    let database = database(&[one]);
    for version in ["go1.21rc2", "1.21.2", "go1.21"] {
        let hits = database.affecting("stdlib", version).unwrap();
        assert_eq!(hits[0].review, ReviewStatus::Reviewed, "{version}");
        assert_eq!(
            hits[0].url.as_deref(),
            Some("https://advisories.example.com/GO-1")
        );
        assert_eq!(hits[0].version, version);
    }
    for version in ["go1.20.14", "go1.21.3"] {
        assert!(database.affecting("stdlib", version).unwrap().is_empty());
    }
    assert!(database.affecting("stdlib", "devel go1.27-abc").is_err());
    assert!(
        database
            .affecting("example.com/unknown", "devel")
            .unwrap()
            .is_empty()
    );
}
