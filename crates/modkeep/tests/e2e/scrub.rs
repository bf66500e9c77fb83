//! Scrubbing: what rots while the server runs is healed without anybody asking, and told.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::site::{Site, assert_refusal, module, url};

const LENGTH: usize = 200_000;

/// How long a pass may take: it is a debug build on a machine that runs other tests too.
const PATIENCE: Duration = Duration::from_mins(1);

fn site() -> Site {
    let options = [
        "--scrub-period",
        "1s",
        "--scrub-cpu",
        "50",
        "--upstream-breaker",
        "off",
    ];
    let site = Site::with_options(&["a", "b"].map(|name| module(name, LENGTH)), &options);
    for name in ["example.com/a", "example.com/b"] {
        site.keep(name, "v1.0.0");
    }
    site
}

/// The file of a kept zip.
fn file_of(site: &Site, name: &str) -> PathBuf {
    let zip = module(name, LENGTH).zip();
    let shelves = fs::read_dir(site.server.data().join("blobs/sha256")).unwrap();
    let mut files = shelves.flat_map(|shelf| fs::read_dir(shelf.unwrap().path()).unwrap());
    let holds = |path: &PathBuf| fs::read(path).is_ok_and(|bytes| bytes == zip);
    files
        .find_map(|file| Some(file.unwrap().path()).filter(holds))
        .unwrap()
}

/// Turns a bit as a disk does: size and time of the file stay.
fn rot(path: &Path) {
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    let mut bytes = fs::read(path).unwrap();
    bytes[LENGTH / 2] ^= 0x40;
    // Beside it and renamed: a pass that reads at this moment must not find half a file.
    let rotten = path.with_extension("rotten");
    fs::write(&rotten, bytes).unwrap();
    let file = fs::File::options().append(true).open(&rotten).unwrap();
    file.set_modified(modified).unwrap();
    fs::rename(rotten, path).unwrap();
}

fn metric(site: &Site, name: &str) -> f64 {
    let text = site.server.get("/metrics").text();
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok())
        .unwrap()
}

fn status(site: &Site) -> Value {
    serde_json::from_str(&site.server.get("/-/status").text()).unwrap()
}

/// Asks until it is so; each asking is the wait.
#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
    }
}

fn journal(site: &Site) -> String {
    fs::read_to_string(site.server.data().join("journal/0000000001.ndjson")).unwrap()
}

#[test]
fn what_rots_is_healed_and_told_in_metrics_status_and_journal() {
    let mut site = site();
    until("a first pass", || {
        metric(&site, "modkeep_scrub_last_pass_timestamp_seconds") > 1.0e9
    });
    assert!(metric(&site, "modkeep_scrub_blobs_total") > 4.5);
    assert!(metric(&site, "modkeep_scrub_bytes_total") > 399_999.0);
    assert!(metric(&site, "modkeep_scrub_damaged_total") < 0.5);
    site.upstream.assert_untouched();

    let file = file_of(&site, "b");
    rot(&file);
    until("a healing", || {
        metric(&site, "modkeep_scrub_healed_total") > 0.5
    });
    assert!(fs::read(&file).unwrap() == module("b", LENGTH).zip());
    assert_eq!(site.upstream.paths(), ["example.com/b/@v/v1.0.0.zip"]);
    assert!(metric(&site, "modkeep_scrub_damaged_total") > 0.5);
    for entry in [
        "\"kind\":\"healed\"",
        "alarm-blob-damaged",
        "bit-flip-on-disk",
    ] {
        until(entry, || journal(&site).contains(entry));
    }
    let alarms = "modkeep_alarms_total{severity=\"p1\",kind=\"blob-damaged\"} 1\n";
    assert!(site.server.get("/metrics").text().contains(alarms));

    let before = status(&site);
    assert_eq!(before["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(before["store"]["captures"], 6);
    assert_eq!(before["scrub"]["period_seconds"], 1);
    let last = before["scrub"]["last_full_pass"]["ended"]
        .as_str()
        .unwrap()
        .to_owned();
    site.server.kill();
    site.server.start();
    let after = status(&site);
    let kept = after["scrub"]["last_full_pass"]["ended"].as_str().unwrap();
    assert!(kept >= last.as_str(), "{kept} is before {last}");
}

#[test]
fn what_nobody_has_is_put_aside_refused_and_healed_when_somebody_has_it() {
    let site = site();
    site.upstream.refuse();
    let file = file_of(&site, "a");
    rot(&file);
    until("a quarantine", || {
        metric(&site, "modkeep_scrub_quarantined_total") > 0.5
    });
    assert!(!file.exists());
    let aside = fs::read_dir(site.server.data().join("quarantine")).unwrap();
    assert_eq!(aside.count(), 1);
    assert_refusal(&site.server.get(&url("a", "zip")), 503, "MK3004");
    assert!(site.server.get(&url("b", "zip")).is_whole());
    site.upstream.accept();
    until("a healing", || site.server.get(&url("a", "zip")).is_whole());
    let answer = site.server.get(&url("a", "zip"));
    assert!(answer.body == module("a", LENGTH).zip());
    assert!(metric(&site, "modkeep_scrub_healed_total") < 1.5);
}
