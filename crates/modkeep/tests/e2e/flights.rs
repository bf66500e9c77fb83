//! One cold artifact, many readers: one transfer, the first byte for everybody before the last
//! has arrived, and nobody's leaving or failing disturbs the others.

use std::thread;

use testkit::client::{self, Answer, Reading};
use testkit::go::Go;
use testkit::upstream::{Fault, Kind, Target};

use crate::site::{Site, assert_not_kept, module, path, url};

const CLIENTS: usize = 32;
/// Big enough for several pieces of any size that a proxy might stream in.
const LENGTH: usize = 4 << 20;
/// What the upstream sends before it is held.
const FIRST: usize = 1 << 20;

fn start(site: &Site) -> Reading {
    client::start(site.server.address(), &url("a", "zip")).unwrap()
}

#[test]
fn thirty_two_clients_of_one_cold_zip_cost_one_transfer_and_read_along() {
    let site = Site::with(&[module("a", LENGTH)]);
    let hold = site.upstream.hold_after(FIRST, Kind::Zip);
    let mut readings: Vec<Reading> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| start(&site))).collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    });
    hold.wait_for(1);
    for reading in &mut readings {
        assert_eq!(reading.answer().status, 200);
        assert!(!reading.at_least(1).is_empty(), "no byte before the end");
    }
    hold.release();
    let zip = module("a", LENGTH).zip();
    let answers: Vec<Answer> = thread::scope(|scope| {
        let ends: Vec<_> = readings
            .into_iter()
            .map(|reading| scope.spawn(|| reading.finish()))
            .collect();
        ends.into_iter().map(|end| end.join().unwrap()).collect()
    });
    assert!(
        answers
            .iter()
            .all(|answer| answer.is_whole() && answer.body == zip)
    );
    assert_eq!(site.upstream.count(Kind::Zip), 1);
}

#[test]
fn sixteen_go_clients_of_one_cold_module_cost_one_transfer() {
    let site = Site::with(&[module("a", LENGTH)]);
    let hold = site.upstream.hold_after(FIRST, Kind::Zip);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| Go::new(&site.server.url()).download("example.com/a@v1.0.0")))
            .collect();
        hold.wait_for(1);
        hold.release();
        for client in clients {
            client.join().unwrap().assert_ok();
        }
    });
    for kind in [Kind::Info, Kind::Mod, Kind::Zip] {
        assert_eq!(site.upstream.count(kind), 1, "{kind:?}");
    }
}

#[test]
fn a_client_that_leaves_cancels_nothing_for_the_others() {
    let site = Site::with(&[module("a", LENGTH)]);
    let hold = site.upstream.hold_after(FIRST, Kind::Zip);
    let mut first = start(&site);
    assert!(!first.at_least(1).is_empty());
    let second = start(&site);
    drop(first);
    let third = start(&site);
    hold.release();
    for reading in [second, third] {
        let answer = reading.finish();
        assert!(answer.is_whole() && answer.body == module("a", LENGTH).zip());
    }
    assert_eq!(site.upstream.count(Kind::Zip), 1);
}

#[test]
fn when_all_clients_leave_the_next_is_served_whole() {
    let site = Site::with(&[module("a", LENGTH)]);
    let hold = site.upstream.hold_after(FIRST, Kind::Zip);
    drop((start(&site), start(&site)));
    hold.release();
    let answer = start(&site).finish();
    assert!(answer.is_whole() && answer.body == module("a", LENGTH).zip());
    assert!(site.upstream.count(Kind::Zip) <= 2);
}

#[test]
fn a_transfer_that_breaks_under_many_readers_is_whole_for_none_or_mended_for_all() {
    let site = Site::with(&[module("a", LENGTH)]);
    site.upstream
        .first(1, Kind::Zip, Fault::Cut { after: FIRST });
    let zip = module("a", LENGTH).zip();
    let answers: Vec<Answer> = thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| site.server.get(&url("a", "zip"))))
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    });
    for answer in &answers {
        assert!(!answer.is_whole() || answer.body == zip);
        assert!(
            answer.status == 200 || answer.status >= 500,
            "{}",
            answer.status
        );
    }
    assert!(site.server.get(&url("a", "zip")).is_whole());
    assert!(
        site.upstream.count(Kind::Zip) <= 3,
        "{}",
        site.upstream.count(Kind::Zip)
    );
}

#[test]
fn a_zip_found_wrong_at_its_end_is_whole_for_nobody() {
    let site = Site::with(&[module("a", LENGTH)]);
    // The last byte of the directory's end record is the comment length: no zip with it changed.
    let spoil = |body: &[u8]| {
        let mut body = body.to_vec();
        *body.last_mut().unwrap() ^= 1;
        body
    };
    site.upstream.always(Kind::Zip, Fault::tamper(spoil));
    let answers: Vec<Answer> = thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| site.server.get(&url("a", "zip"))))
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect()
    });
    assert!(answers.iter().all(|answer| !answer.is_whole()));
    assert_not_kept(&site.server, &url("a", "zip"));
}

#[test]
fn warm_reads_do_not_wait_for_stalled_cold_ones() {
    let site = Site::with(&[module("warm", 10_000)]);
    site.keep("example.com/warm", "v1.0.0");
    let hold = site.upstream.hold(Target::Any);
    thread::scope(|scope| {
        let cold: Vec<_> = (0..200)
            .map(|number| {
                let site = &site;
                scope.spawn(move || {
                    site.server
                        .get(&url(&format!("cold{number}"), "zip"))
                        .status
                })
            })
            .collect();
        hold.wait_for(32);
        for kind in ["info", "mod", "zip"] {
            for _ in 0..20 {
                assert!(site.server.get(&url("warm", kind)).is_whole());
            }
        }
        assert!(cold.iter().all(|client| !client.is_finished()));
        hold.release();
        for client in cold {
            assert_eq!(client.join().unwrap(), 404);
        }
    });
    assert_eq!(site.upstream.count_path(&path("warm", "zip")), 0);
}

#[test]
fn a_big_zip_passes_without_being_held_in_memory() {
    const BIG: usize = 96 << 20;
    let site = Site::with(&[module("a", BIG)]);
    assert!(site.server.get("/readyz").is_whole());
    let before = site.server.peak_kib();
    let answer = site.server.get(&url("a", "zip"));
    assert!(answer.is_whole());
    let again = site.server.get(&url("a", "zip"));
    assert!(again.is_whole() && again.body == answer.body);
    let grown = site.server.peak_kib() - before;
    println!(
        "a zip of {} MiB, read cold and warm, cost {grown} KiB at most",
        BIG >> 20
    );
    assert!(grown < 64 << 10, "resident memory grew by {grown} KiB");
}

#[test]
fn who_asks_right_after_a_failure_is_not_given_the_old_one() {
    // Reading ahead would ask for an `.info` beside its zip, and take the failure on itself.
    let site = Site::with_options(&[], &["--prefetch", "off"]);
    for number in 0..150 {
        let name = format!("f{number}");
        let module = module(&name, 1000);
        site.upstream.change(|corpus| corpus.add(&module));
        for kind in ["zip", "info"] {
            // Not a body that breaks: that gives its source one more turn, in the same flight. Nor
            // a 5xx: half of all requests failing would open the breaker.
            let file = path(&name, kind);
            site.upstream.first(1, &file, Fault::status(403));
            let failed = site.server.get(&url(&name, kind));
            assert_eq!(failed.status, 502, "{failed:?}");
            let mended = site.server.get(&url(&name, kind));
            assert!(mended.is_whole(), "{name} {kind}: {mended:?}");
        }
    }
}
