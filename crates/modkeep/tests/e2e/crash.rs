//! Kill -9 under load, again and again: nothing torn, nothing lost that was answered in full.
//!
//! Each round starts the server on the same data with the upstream unreachable, asks for
//! everything that the round before answered in full, then lets many clients fetch cold and warm
//! artifacts and kills the process at a seeded moment. `MODKEEP_CRASH_ROUNDS` sets the number of
//! rounds, `MODKEEP_SEED` the seed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use testkit::client::{self, Answer};
use testkit::fixture::{Corpus, Module};
use testkit::oracle::Seed;
use testkit::process;
use testkit::server::{Modkeep, Setup};
use testkit::upstream::{FakeUpstream, Fault, Kind};

use crate::site::BINARY;

/// Enough to hit every window between two writes now and then, within CI's patience.
const ROUNDS: u64 = 25;
const CLIENTS: u64 = 8;
/// New modules of a round: more than are fetched before the kill, so that work is always cold.
const MODULES: u64 = 12;
/// Rounds of which everything is asked again after the last kill.
const LAST_ROUNDS: usize = 50;

/// What was answered in full, by path; it must be answered so for ever.
type Promises = BTreeMap<String, Vec<u8>>;

#[test]
fn what_was_answered_in_full_survives_every_kill() {
    let rounds = rounds();
    let mut seed = Seed::new(4711);
    let upstream = FakeUpstream::start(Corpus::new());
    let mut server = Setup::new(BINARY, &upstream.url()).start();
    let mut kept: Vec<Promises> = Vec::new();
    let mut counted = 0;
    for round in 0..rounds {
        stock(&upstream, round, &mut seed);
        upstream.accept();
        let promised = load_until_killed(&mut server, &upstream, round, &mut seed);
        counted += promised.len();
        kept.push(promised);
        upstream.refuse();
        if seed.chance(0.2) {
            server.launch();
            thread::sleep(Duration::from_micros(seed.below(50_000) as u64));
            server.kill();
        }
        server.start();
        assert_kept(&server, kept.last().unwrap());
    }
    for promises in kept.iter().rev().take(LAST_ROUNDS) {
        assert_kept(&server, promises);
    }
    server.kill();
    verify_store(&server);
    println!("{rounds} rounds of kill -9, {counted} answers in full, all of them kept");
    assert!(
        counted as u64 > rounds,
        "the load was too light to say anything"
    );
}

fn rounds() -> u64 {
    let given = std::env::var("MODKEEP_CRASH_ROUNDS");
    given
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(ROUNDS)
}

/// Puts this round's modules upstream, some of them slow enough to be under way at the kill.
fn stock(upstream: &FakeUpstream, round: u64, seed: &mut Seed) {
    upstream.heal();
    upstream.change(|corpus| *corpus = Corpus::new());
    for number in 0..MODULES {
        let module = Module::new(&format!("example.com/r{round}/m{number}"), "v1.0.0")
            .requires(
                &format!("example.com/r{round}/m{}", (number + 1) % MODULES),
                "v1.0.0",
            )
            .noise(round * MODULES + number, 1 + seed.below(400_000));
        upstream.change(|corpus| corpus.add(&module));
    }
    let pause = Duration::from_millis(1);
    for _ in 0..MODULES / 3 {
        let slow = format!("example.com/r{round}/m{}/@v/v1.0.0.zip", seed.below(12));
        let chunk = 8_000;
        upstream.always(&slow, Fault::Slow { chunk, pause });
    }
}

/// Clients ask for random artifacts until the server is killed after a random number of answers
/// and a random moment more; gives what was answered in full.
fn load_until_killed(
    server: &mut Modkeep,
    upstream: &FakeUpstream,
    round: u64,
    seed: &mut Seed,
) -> Promises {
    let answered = AtomicU64::new(0);
    let enough = seed.below(60) as u64;
    let moment = Duration::from_micros(seed.below(3000) as u64);
    let address = server.address();
    let promises = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let mut choices = Seed::fixed(seed.next_u64() ^ client);
                let answered = &answered;
                scope
                    .spawn(move || ask_until_dead(address, upstream, round, &mut choices, answered))
            })
            .collect();
        while answered.load(Ordering::Relaxed) < enough {
            thread::yield_now();
        }
        thread::sleep(moment);
        server.kill();
        clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect()
    });
    assert!(upstream.count(Kind::Zip) > 0 || enough == 0);
    promises
}

/// Asks until a connection fails, which means that the server is dead.
fn ask_until_dead(
    address: SocketAddr,
    upstream: &FakeUpstream,
    round: u64,
    choices: &mut Seed,
    answered: &AtomicU64,
) -> Promises {
    let mut promises = Promises::new();
    while let Ok(answer) = ask(address, upstream, round, choices) {
        promises.extend(answer);
        answered.fetch_add(1, Ordering::Relaxed);
    }
    promises
}

/// The points between first byte and commit at which the process can be told to abort.
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
fn a_crash_between_any_two_steps_of_a_commit_tears_and_loses_nothing() {
    let mut crashes = 0;
    for point in POINTS {
        assert!(crash_at(&format!("{point}@1")), "{point} is never passed");
        let later = (2..=3).filter(|passage| crash_at(&format!("{point}@{passage}")));
        crashes += 1 + later.count();
    }
    println!("{crashes} crashes at {} points of a commit", POINTS.len());
}

/// Fetches the three artifacts from a server that aborts at a point, then from one that does not.
/// Whether the point was passed: not every one is passed more than once.
fn crash_at(point: &str) -> bool {
    let module = Module::new("example.com/r0/m0", "v1.0.0").noise(3, 300_000);
    let upstream = FakeUpstream::start(Corpus::new().with(&module));
    let setup = Setup::new(BINARY, &upstream.url());
    let mut server = setup.env("MODKEEP_CRASH_POINT", point).start();
    let mut promises = Promises::new();
    let files = ["mod", "info", "zip"].map(|kind| format!("example.com/r0/m0/@v/v1.0.0.{kind}"));
    for path in &files {
        // After the abort every connection fails, which is what is wanted.
        let answer = client::get(server.address(), &format!("/{path}"));
        if let Some(answer) = answer.ok().filter(Answer::is_whole) {
            promises.insert(path.clone(), answer.body);
        }
    }
    // The mirror of the journal is written a moment after the answer.
    let crashed = server.wait_for_end(Duration::from_secs(2)).is_some();
    server.kill();
    server.set_env("MODKEEP_CRASH_POINT", "");
    upstream.refuse();
    server.start();
    assert_kept(&server, &promises);
    upstream.accept();
    for path in &files {
        let answer = server.get(&format!("/{path}"));
        assert!(answer.is_whole(), "{point}: {path}: {answer:?}");
        upstream
            .change(|corpus| assert!(corpus.get(path).unwrap() == answer.body, "{point}: {path}"));
    }
    server.kill();
    verify_store(&server);
    crashed
}

/// One request; what it promises if it was answered in full. A torn answer is one that says so.
fn ask(
    address: SocketAddr,
    upstream: &FakeUpstream,
    round: u64,
    choices: &mut Seed,
) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let kind = *choices.pick(&["info", "mod", "zip", "zip"]);
    let number = choices.below(12);
    let path = format!("example.com/r{round}/m{number}/@v/v1.0.0.{kind}");
    let answer = client::get(address, &format!("/{path}"))?;
    if !answer.is_whole() {
        assert_eq!(
            (answer.status, answer.complete),
            (200, false),
            "{path}: {}",
            answer.text()
        );
        return Ok(None);
    }
    let mut expected = None;
    upstream.change(|corpus| expected = corpus.get(&path));
    assert!(
        expected.unwrap() == answer.body,
        "{path}: other bytes than the upstream's"
    );
    Ok(Some((path, answer.body)))
}

#[track_caller]
fn assert_kept(server: &Modkeep, promises: &Promises) {
    for (path, body) in promises {
        let answer = server.get(&format!("/{path}"));
        assert!(
            answer.is_whole(),
            "{path} was answered in full and is lost: {} {}",
            answer.status,
            answer.text()
        );
        assert!(
            answer.body == *body,
            "{path} was answered in full and has changed"
        );
    }
}

fn verify_store(server: &Modkeep) {
    let mut command = Command::new(BINARY);
    command
        .args(["store", "verify", "--data"])
        .arg(server.data());
    process::run(&mut command, Duration::from_mins(5)).assert_ok();
}
