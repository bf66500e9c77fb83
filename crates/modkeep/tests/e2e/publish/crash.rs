//! Kill -9 while versions are published: wholly there after it, or not at all.
//!
//! `MODKEEP_PUBLISH_CRASH_ROUNDS` sets the number of rounds, `MODKEEP_SEED` the seed.

use super::{on_data, ours, path, publish, put, put_with, setup, with_database};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};
use testkit::{fixture::Module, oracle::Seed, server::Modkeep};

/// Names how many rounds there are to be.
pub(super) const KILLS: &str = "MODKEEP_PUBLISH_CRASH_ROUNDS";

const ROUNDS: usize = 15;
const PUBLISHERS: usize = 3;
const EACH: usize = 4;

/// Whether a version is there, and if so that all of it is, and that it is what was sent.
fn is_there(server: &Modkeep, module: &Module) -> bool {
    let kinds = ["info", "mod", "zip"].map(|kind| server.get(&path(module, kind)));
    let list = server.get(&format!("/{}/@v/list", module.path()));
    let is_listed = list.text().lines().any(|line| line == module.version());
    let there = kinds.iter().filter(|answer| answer.is_whole()).count();
    assert!(there == 0 || there == 3, "{}: {there} of 3", module.path());
    assert_eq!(is_listed, there == 3, "{}", module.path());
    if there == 3 {
        assert!(kinds[2].body == module.zip(), "{}", module.path());
        assert_eq!(kinds[1].body, module.mod_file());
    }
    there == 3
}

#[test]
fn a_kill_leaves_each_version_whole_or_absent() {
    let rounds = std::env::var(KILLS).ok();
    let rounds = rounds.and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let mut seed = Seed::new(1717);
    let (mut server, _key) = with_database();
    let (mut promised, mut there, mut absent) = (0, 0, 0);
    for round in 0..rounds {
        let offers: Vec<Module> = (0..PUBLISHERS * EACH)
            .map(|at| {
                let name = format!("r{round}/m{at}");
                ours(&name, "x").noise(at as u64, 1 + seed.below(600_000))
            })
            .collect();
        let enough = seed.below(PUBLISHERS * EACH);
        let moment = Duration::from_micros(seed.below(8000) as u64);
        let address = server.address();
        let done = AtomicUsize::new(0);
        let answered: Vec<&Module> = thread::scope(|scope| {
            let publishers: Vec<_> = offers
                .chunks(EACH)
                .map(|offers| {
                    let done = &done;
                    scope.spawn(move || {
                        let mut answered = Vec::new();
                        for offer in offers {
                            match put_with(address, &path(offer, "zip"), "", &offer.zip()) {
                                Ok(answer) if answer.is_whole_or_created() => answered.push(offer),
                                Ok(answer) => assert!(!answer.complete, "{}", answer.text()),
                                Err(_) => break,
                            }
                            done.fetch_add(1, Ordering::Relaxed);
                        }
                        answered
                    })
                })
                .collect();
            while done.load(Ordering::Relaxed) < enough {
                thread::yield_now();
            }
            thread::sleep(moment);
            server.kill();
            let ended = publishers.into_iter().map(thread::ScopedJoinHandle::join);
            ended.flat_map(Result::unwrap).collect()
        });
        server.start();
        for offer in &offers {
            let is_there = is_there(&server, offer);
            let is_promised = answered.iter().any(|other| other.path() == offer.path());
            assert!(is_there || !is_promised, "{} was answered", offer.path());
            there += usize::from(is_there);
            absent += usize::from(!is_there);
        }
        promised += answered.len();
    }
    server.stop();
    on_data(&["store", "verify", "--offline"], server.data()).assert_ok();
    println!(
        "{rounds} rounds of kill -9: {promised} publications answered, {there} whole, {absent} absent, none torn"
    );
    assert!(
        promised > 0 && absent > 0,
        "the kills came too early or too late"
    );
}

/// Where the process can be told to abort, see `crash.rs` of captures.
const POINTS: [&str; 8] = [
    "spool-created",
    "spool-partial",
    "spool-sealed",
    "blob-renamed",
    "blob-dir-synced",
    "before-transaction",
    "after-transaction",
    "before-journal-mirror",
];

#[test]
fn a_crash_between_any_two_steps_of_a_publication_tears_nothing() {
    let mut crashes = 0;
    for point in POINTS {
        for passage in 1..=3 {
            crashes += usize::from(crash_at(&format!("{point}@{passage}")));
        }
    }
    println!(
        "{crashes} crashes at {} points of a publication",
        POINTS.len()
    );
    assert!(crashes >= POINTS.len(), "{crashes}");
}

fn crash_at(point: &str) -> bool {
    let module = ours("lib", "x").noise(7, 600_000);
    let mut server = setup().env("MODKEEP_CRASH_POINT", point).start();
    let answered = put_with(server.address(), &path(&module, "zip"), "", &module.zip());
    let is_promised = answered.is_ok_and(|answer| answer.is_whole_or_created());
    let crashed = server.wait_for_end(Duration::from_secs(1)).is_some();
    server.kill();
    server.set_env("MODKEEP_CRASH_POINT", "");
    server.start();
    let is_there = is_there(&server, &module);
    assert!(is_there || !is_promised, "{point}");
    // Whatever was left, it can be published now, and nothing else can where it is there.
    let again = publish(&server, &module);
    let expected = if is_there { 200 } else { 201 };
    assert_eq!(again.status, expected, "{point}: {}", again.text());
    let other = put(
        server.address(),
        &path(&module, "zip"),
        &ours("lib", "other").zip(),
    );
    assert_eq!(other.status, 409, "{point}");
    server.stop();
    on_data(&["store", "verify", "--offline"], server.data()).assert_ok();
    crashed
}

trait Created {
    /// Whether it says in full that the version is published.
    fn is_whole_or_created(&self) -> bool;
}

impl Created for testkit::client::Answer {
    fn is_whole_or_created(&self) -> bool {
        self.complete && matches!(self.status, 200 | 201)
    }
}
