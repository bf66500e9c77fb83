//! Field names and shapes are promises; docs/status.md describes them.

use super::render;
use proxy::{BreakerStatus, PassStatus, ScrubStatus, Status, StoreStatus, VerificationStatus};
use repair::{PassReport, Tally};

/// A status in which every field has a value.
fn status() -> Status {
    let tally = Tally {
        blobs: 10,
        bytes: 2000,
        damaged: 3,
        healed: 2,
        quarantined: 1,
    };
    Status {
        version: "1.2.3",
        uptime_seconds: 60,
        store: StoreStatus {
            captures: 12,
            blobs: 11,
            bytes: 3000,
            writable: false,
            last_error: Some("MK3002".to_owned()),
            disk_free_bytes: None,
            disk_reserve_bytes: None,
            disk_reserve_reached: false,
        },
        verification: VerificationStatus {
            mode: "required",
            database: Some("sum.example.com".to_owned()),
            tree_size: Some(7),
            halted: false,
        },
        scrub: ScrubStatus {
            period_seconds: Some(604_800),
            cpu_percent: 5,
            pass: Some(PassStatus {
                started: "2026-01-02T15:04:05Z".to_owned(),
                progress: 0.5,
                tally: Tally::default(),
            }),
            last_full_pass: Some(PassReport {
                started: "2026-01-01T00:00:00Z".to_owned(),
                ended: "2026-01-02T00:00:00Z".to_owned(),
                tally,
            }),
        },
        retired_versions: 2,
        breakers: vec![BreakerStatus {
            upstream: "https://proxy.example.com".to_owned(),
            class: "zip",
            state: "open",
            why: "it answered 503".to_owned(),
        }],
    }
}

#[test]
fn the_status_is_json_whose_fields_stay() {
    let page = render(&status());
    let status: serde_json::Value = serde_json::from_str(&page).unwrap();
    let expected = serde_json::json!({
        "version": "1.2.3",
        "uptime_seconds": 60,
        "store": {
            "captures": 12, "blobs": 11, "bytes": 3000, "writable": false, "last_error": "MK3002",
            "disk_free_bytes": null, "disk_reserve_bytes": null, "disk_reserve_reached": false,
        },
        "verification": {
            "mode": "required", "database": "sum.example.com", "tree_size": 7, "halted": false,
        },
        "scrub": {
            "period_seconds": 604_800,
            "cpu_percent": 5,
            "pass": {
                "started": "2026-01-02T15:04:05Z", "progress": 0.5,
                "blobs": 0, "bytes": 0, "damaged": 0, "healed": 0, "quarantined": 0,
            },
            "last_full_pass": {
                "started": "2026-01-01T00:00:00Z", "ended": "2026-01-02T00:00:00Z",
                "blobs": 10, "bytes": 2000, "damaged": 3, "healed": 2, "quarantined": 1,
            },
        },
        "retired_versions": 2,
        "breakers": [{
            "upstream": "https://proxy.example.com", "class": "zip", "state": "open",
            "why": "it answered 503",
        }],
    });
    assert_eq!(status, expected);
}
