//! Clients that know other heads of the checksum database than the server does: the real `go`, with
//! the database there and gone, across crashes and rebuilds.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use testkit::client;
use testkit::database::Database;
use testkit::fixture::{Corpus, Module};
use testkit::go::Go;
use testkit::process;
use testkit::server::Setup;
use testkit::upstream::{FakeUpstream, Fault, Kind, Target};
use tlog::tile::{HEIGHT, new_tiles};

use crate::site::{BINARY, assert_refusal, module, wait_until};
use crate::verify::{NAME, Site};

const A: &str = "example.com/a@v1.0.0";
const B: &str = "example.com/b@v1.0.0";

fn site() -> Site {
    Site::new("required", &[module("a", 1000), module("b", 1000)])
}

fn lookup(of: &str) -> String {
    format!("/sumdb/{NAME}/lookup/{of}")
}

#[test]
fn a_client_with_a_newer_head_is_served_and_so_is_the_next_one_in_an_outage() {
    let mut site = site();
    site.go().download(A).assert_ok();
    site.grow(700);
    let newer = site.database.head();
    let ahead = site.go();
    ahead.knows_head(NAME, &newer);
    ahead.download(A).assert_ok();
    wait_until(|| site.server.get(&lookup(A)).text().ends_with(&newer));
    site.upstream.refuse();
    let next = site.go();
    next.knows_head(NAME, &newer);
    next.download(A).assert_ok();
    site.go().download(A).assert_ok();
}

#[test]
fn a_client_with_a_newer_head_than_ever_came_here_is_told_of_the_outage() {
    let mut site = site();
    site.go().download(A).assert_ok();
    site.grow(700);
    site.upstream.refuse();
    let ahead = site.go();
    ahead.knows_head(NAME, &site.database.head());
    let output = ahead.download(A);
    assert!(!output.status.success(), "{output}");
    let said = format!("{output}");
    assert!(
        said.contains("503") && said.contains("modkeep MK"),
        "{said}"
    );
    assert!(!said.contains("SECURITY"), "{said}");
    site.go().download(A).assert_ok();
}

#[test]
fn a_client_with_an_older_head_from_here_is_served_in_an_outage() {
    let mut site = site();
    let client = site.go();
    client.download(A).assert_ok();
    // Twice as large, so that the heads share no tile but full ones.
    site.grow(900);
    site.go().download(B).assert_ok();
    site.upstream.refuse();
    client.download(B).assert_ok();
}

#[test]
fn a_partial_tile_that_has_become_full_is_cut_from_the_full_one() {
    let mut site = site();
    let (older, narrow) = (site.database.answer(300), site.database.size());
    site.grow(700);
    site.upstream.change(|corpus| {
        // A cache has the old answer, and the narrow tiles are gone.
        corpus.put(&lookup(A)[1..], older.clone());
        for tile in new_tiles(HEIGHT, 0, narrow).filter(|tile| !tile.is_full()) {
            corpus.remove(&format!("sumdb/{NAME}/{tile}"));
        }
        // The level above has not become full, so its narrow tile is still made.
        for tile in new_tiles(HEIGHT, 0, narrow).filter(|tile| tile.level() != Some(0)) {
            corpus.put(&format!("sumdb/{NAME}/{tile}"), site.database.tile(tile));
        }
    });
    site.go().download(A).assert_ok();
    site.upstream.refuse();
    site.go().download(A).assert_ok();
}

/// Asks for two lookups, the log growing in between, from a server that aborts at a point. Whatever
/// was answered must convince a fresh `go` while nobody can be asked. Whether the point was passed.
fn crash_at(point: &str) -> bool {
    let modules = [module("a", 1000), module("b", 1000)];
    let mut database = Database::new(NAME, 1);
    database.fill(300);
    let mut corpus = Corpus::new();
    for module in &modules {
        corpus.add(module);
        database.log(module);
    }
    database.publish(&mut corpus);
    let upstream = FakeUpstream::start(corpus.clone());
    let files = FakeUpstream::start(corpus);
    let mut server = Setup::new(BINARY, &upstream.url())
        .option("--verify", "required")
        .option("--sumdb", &database.key())
        .env("MODKEEP_CRASH_POINT", point)
        .launch();
    // It keeps the head that it finds at the start: that may be where it ends.
    let _may_have_ended = server.ready_or_ended();
    let mut answered = Vec::new();
    for module in [A, B] {
        let answer = client::get(server.address(), &lookup(module));
        if answer.is_ok_and(|answer| answer.is_whole()) {
            answered.push(module);
        }
        database.fill(900);
        upstream.change(|corpus| database.publish(corpus));
    }
    let crashed = server.wait_for_end(Duration::from_millis(200)).is_some();
    server.kill();
    server.set_env("MODKEEP_CRASH_POINT", "");
    upstream.refuse();
    server.start();
    for module in answered {
        // The files come from elsewhere, the checksums from here alone.
        let list = format!("{}|{}", server.url(), files.url());
        let go = Go::new(&list).env("GOSUMDB", &database.key());
        let output = go.download(module);
        assert!(output.status.success(), "{point}: {module}: {output}");
    }
    assert_eq!(files.count(Kind::Sumdb), 0);
    crashed
}

#[test]
fn what_was_answered_before_a_crash_convinces_a_fresh_client_after_it() {
    let mut crashes = 0;
    for point in ["before-transaction", "after-transaction"] {
        // Tiles, head and proof of the one lookup, then of the other.
        crashes += (1..=6)
            .filter(|passage| crash_at(&format!("{point}@{passage}")))
            .count();
    }
    println!("{crashes} crashes while lookups were answered");
    assert!(
        crashes >= 10,
        "{crashes}: the points are not where they were"
    );
}

fn rebuild(data: &Path) {
    let mut command = Command::new(BINARY);
    command.args(["store", "rebuild", "--data"]).arg(data);
    process::run(&mut command, Duration::from_mins(2)).assert_ok();
}

#[test]
fn a_rebuilt_catalog_still_convinces_a_fresh_client() {
    let mut site = site();
    site.go().download(A).assert_ok();
    site.grow(700);
    site.go().download(B).assert_ok();
    site.server.stop();
    site.upstream.refuse();
    rebuild(site.server.data());
    site.server.start();
    for module in [A, B] {
        site.go().download(module).assert_ok();
    }
}

#[test]
fn a_catalog_rebuilt_from_the_journal_alone_does_so_once_somebody_could_be_asked() {
    let mut site = site();
    site.go().download(A).assert_ok();
    site.grow(700);
    site.go().download(B).assert_ok();
    site.server.stop();
    fs::write(site.server.data().join("catalog.db"), "no database").unwrap();
    rebuild(site.server.data());
    site.server.start();
    wait_until(|| {
        let log = site.server.log();
        log.contains("what proves the kept records is complete again")
    });
    site.upstream.refuse();
    site.upstream.forget();
    for module in [A, B] {
        site.go().download(module).assert_ok();
    }
    site.upstream.assert_untouched();
}

#[test]
fn an_unknown_record_in_an_outage_is_a_503_that_says_why_and_when() {
    let site = site();
    assert!(site.server.get(&lookup(A)).is_whole());
    let busy = Fault::status_with(503, "retry-after", "7");
    site.upstream.always(Target::Kind(Kind::Sumdb), busy);
    let refused = site.server.get(&lookup(B));
    assert_refusal(&refused, 503, "MK4006");
    assert_eq!(refused.header("retry-after"), Some("7"), "{refused:?}");
    let head = site.server.request("HEAD", &lookup(B), &[]);
    assert_eq!(head.status, 503);
    assert!(head.header("retry-after").is_some(), "{head:?}");
    assert!(head.body.is_empty());
    let output = site.go().download(B);
    assert!(!output.status.success());
    assert!(format!("{output}").contains("MK4006"), "{output}");
    // The known one is answered as before, also to HEAD.
    assert!(site.server.get(&lookup(A)).is_whole());
    assert_eq!(site.server.request("HEAD", &lookup(A), &[]).status, 200);
    let again = Module::new("example.com/a", "v1.0.1");
    let unknown = lookup(&format!("{}@{}", again.path(), again.version()));
    assert_refusal(&site.server.get(&unknown), 503, "MK4006");
}
