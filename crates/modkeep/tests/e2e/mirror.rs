//! The full mirror, with the real `go` behind it.

use std::process::Command;
use std::time::Duration;

use testkit::database::Database;
use testkit::process::{self, Output};
use testkit::upstream::{Fault, Kind};

use crate::site::{BINARY, assert_refusal, module, wait_until};
use crate::verify::{NAME, Site};

const A: &str = "example.com/a@v1.0.0";

fn site() -> Site {
    Site::new("required", &[module("a", 1000), module("b", 1000)])
}

/// A head of the log when it had a hundred records, which never came through here.
fn old_head() -> String {
    let mut database = Database::new(NAME, 1);
    database.fill(100);
    database.head()
}

/// `modkeep sumdb mirror` on the data of a server that is stopped.
fn mirror(site: &Site) -> Output {
    let mut command = Command::new(BINARY);
    command
        .args(["sumdb", "mirror", "--rate", "1000"])
        .args(["--upstream", &site.upstream.url()])
        .args(["--sumdb", &site.database.key(), "--data"])
        .arg(site.server.data());
    process::run(&mut command, Duration::from_mins(2))
}

/// A client with a head from elsewhere, while nobody can be asked.
fn served_with_an_old_head(site: &Site) -> Output {
    let go = site.go();
    go.knows_head(NAME, &old_head());
    go.download(A)
}

#[test]
fn a_client_with_any_older_head_is_served_in_an_outage_where_the_log_is_mirrored() {
    let mut site = site();
    site.grow(900);
    site.go().download(A).assert_ok();
    site.upstream.refuse();
    let output = served_with_an_old_head(&site);
    assert!(!output.status.success(), "without a mirror it cannot be");
    assert!(format!("{output}").contains("503"), "{output}");

    site.upstream.accept();
    site.server.stop();
    let output = mirror(&site);
    output.assert_ok();
    assert!(output.stdout.contains("all 4 full tiles"), "{output}");
    site.upstream.forget();
    let again = mirror(&site);
    again.assert_ok();
    assert!(again.stdout.contains("0 were fetched now"), "{again}");
    site.upstream.refuse();
    site.server.start();
    served_with_an_old_head(&site).assert_ok();
    let unknown = format!("/sumdb/{NAME}/lookup/example.com/b@v1.0.0");
    assert_refusal(&site.server.get(&unknown), 503, "MK4006");
}

#[test]
fn serve_fills_the_mirror_in_the_background() {
    let mut site = site();
    site.grow(900);
    site.server.stop();
    site.server.set_option("--sumdb-mirror", "tiles");
    site.server.set_option("--sumdb-mirror-rate", "1000");
    site.server.start();
    wait_until(|| {
        let progress = site.metric("modkeep_sumdb_mirror_progress_ratio");
        progress > 0.99 && site.metric("modkeep_sumdb_mirror_tiles_total") > 0.5
    });
    site.go().download(A).assert_ok();
    site.upstream.refuse();
    served_with_an_old_head(&site).assert_ok();
}

#[test]
fn a_database_whose_tiles_are_wrong_ends_the_command_with_a_problem() {
    let mut site = site();
    site.grow(900);
    site.server.stop();
    let tile = format!("sumdb/{NAME}/tile/8/0/002");
    let wrong = Fault::tamper(|bytes| bytes.iter().map(|byte| !byte).collect());
    site.upstream.always(&tile, wrong);
    let output = mirror(&site);
    assert_eq!(output.status.code(), Some(1), "{output}");
    assert!(output.stderr.contains("MK4007"), "{output}");
    assert!(output.stderr.contains("tile/8/0/002"), "{output}");
    assert!(site.upstream.count(Kind::Sumdb) > 2);
}
