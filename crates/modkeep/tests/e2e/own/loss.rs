//! What a database that lost something does: nothing, and loudly.

use super::{NAME, NEXT, Site, init, secret};
use crate::site::assert_refusal;
use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};
use testkit::{client, oracle::Seed, server::Modkeep, witness::Witness};

/// Rounds of kill -9 with one client that never forgets.
const ROUNDS: u64 = 12;

#[test]
fn kill_9_never_shows_a_client_that_remembers_an_older_or_forked_log() {
    let mut seed = Seed::new(2026);
    let mut site = Site::new("private", &[], &[]);
    let faithful = site.go();
    let mut heads: Vec<Vec<u8>> = Vec::new();
    for round in 0..ROUNDS {
        let modules: Vec<_> = (0..6).map(|number| format!("r{round}m{number}")).collect();
        for name in &modules {
            site.push(&secret(name));
        }
        heads.extend(lookups_until_killed(&mut site.server, &modules, &mut seed));
        site.server.start();
        faithful
            .download(&format!("corp.example.com/{}@v1.0.0", modules[0]))
            .assert_ok();
        heads.push(site.latest());
        for head in &heads {
            let echo = site.echo(head);
            assert_eq!(echo.status, 200, "round {round}: {}", echo.text());
        }
    }
    assert!(heads.len() as u64 > 2 * ROUNDS, "{}", heads.len());
    println!(
        "{ROUNDS} rounds of kill -9, {} heads shown, all of them kept",
        heads.len()
    );
}

/// The points between the first byte of a capture and a head that is shown.
const POINTS: [&str; 5] = [
    "before-transaction",
    "after-transaction",
    "before-journal-mirror",
    "own-head-signed",
    "own-head-kept",
];

#[test]
fn a_crash_at_any_point_of_an_append_takes_back_no_head() {
    let mut site = Site::new("private", &[], &[]);
    let faithful = site.go();
    let (mut heads, mut crashes): (Vec<Vec<u8>>, usize) = (Vec::new(), 0);
    for point in POINTS {
        for passage in 1..=3 {
            let names: Vec<_> = (0..3)
                .map(|number| format!("{}{passage}m{number}", point.replace('-', "")))
                .collect();
            for name in &names {
                site.push(&secret(name));
            }
            site.server.stop();
            site.server
                .set_env("MODKEEP_CRASH_POINT", &format!("{point}@{passage}"));
            site.server.start();
            let address = site.server.address();
            for name in &names {
                let path = format!("/sumdb/{NAME}/lookup/corp.example.com/{name}@v1.0.0");
                let answer = client::get(address, &path).ok();
                let whole = answer.filter(client::Answer::is_whole);
                heads.extend(whole.map(|answer| note_of(&answer.body)));
            }
            crashes += usize::from(site.server.wait_for_end(Duration::from_secs(1)).is_some());
            site.server.kill();
            site.server.set_env("MODKEEP_CRASH_POINT", "");
            site.server.start();
            let module = format!("corp.example.com/{}@v1.0.0", names[0]);
            faithful.download(&module).assert_ok();
            heads.push(site.latest());
            for head in &heads {
                let echo = site.echo(head);
                assert_eq!(echo.status, 200, "{point}@{passage}: {}", echo.text());
            }
        }
    }
    assert!(crashes >= 12, "{crashes}");
    println!(
        "{crashes} crashes, {} heads shown, all of them kept",
        heads.len()
    );
}

/// Clients look these up until the server is killed, after a random number of answers and a random
/// moment more; gives the heads that they were shown.
fn lookups_until_killed(server: &mut Modkeep, modules: &[String], seed: &mut Seed) -> Vec<Vec<u8>> {
    let address = server.address();
    let (enough, moment) = (seed.below(modules.len()), seed.below(5_000) as u64);
    let answered = AtomicUsize::new(0);
    let ask = |name: &str| {
        let path = format!("/sumdb/{NAME}/lookup/corp.example.com/{name}@v1.0.0");
        let answer = client::get(address, &path).ok();
        answered.fetch_add(1, Ordering::Relaxed);
        let whole = answer.filter(client::Answer::is_whole)?;
        Some(note_of(&whole.body))
    };
    thread::scope(|scope| {
        let ask = &ask;
        let clients: Vec<_> = modules
            .iter()
            .map(|name| scope.spawn(move || ask(name)))
            .collect();
        while answered.load(Ordering::Relaxed) < enough {
            thread::yield_now();
        }
        thread::sleep(Duration::from_micros(moment));
        server.kill();
        let heads = clients.into_iter().map(|client| client.join().unwrap());
        heads.flatten().collect()
    })
}

/// The note behind a lookup's record.
fn note_of(lookup: &[u8]) -> Vec<u8> {
    let at = lookup.windows(2).position(|two| two == b"\n\n").unwrap();
    lookup[at + 2..].to_vec()
}

#[test]
fn a_head_is_shown_once_enough_witnesses_have_signed_it() {
    let mut site = Site::new(
        "private",
        &[],
        &[secret("one"), secret("two"), secret("three")],
    );
    let witnesses = ["w1.example.com", "w2.example.com", "w3.example.com"].map(Witness::start);
    for witness in &witnesses {
        witness.watch(&site.key);
    }
    let settings = witnesses.each_ref().map(Witness::setting).join(",");
    site.server.stop();
    site.server.set_option("--witness", &settings);
    site.server.set_option("--witness-quorum", "2");
    site.server.start();
    let client = site.go();
    client.download("corp.example.com/one@v1.0.0").assert_ok();
    let signatures = |note: &[u8]| {
        let text = String::from_utf8(note.to_vec()).unwrap();
        text.matches("\n\u{2014} w").count()
    };
    assert_eq!(signatures(&site.latest()), 3);
    let checkpoint = site.server.get(&format!("/sumdb/{NAME}/checkpoint"));
    let keys = witnesses.each_ref().map(Witness::key);
    let note = tlog::note::Note::open(&checkpoint.body, &keys).unwrap();
    assert_eq!(note.verified.len(), 3);
    assert!(note.text.starts_with(&format!("{NAME}\n")), "{}", note.text);

    // Two of three are enough; one is not, and the older head stays shown.
    witnesses[0].set_down(true);
    client.download("corp.example.com/two@v1.0.0").assert_ok();
    assert_eq!(signatures(&site.latest()), 2);
    let before = site.latest();
    witnesses[1].set_down(true);
    assert_refusal(&site.lookup("corp.example.com/three"), 503, "MK4034");
    assert_eq!(site.latest(), before);
    client.download("corp.example.com/two@v1.0.0").assert_ok();
    site.server.kill();
    site.server.start();
    assert_eq!(
        site.latest(),
        before,
        "what waits is not shown after a restart either"
    );
    witnesses[0].set_down(false);
    client.download("corp.example.com/three@v1.0.0").assert_ok();
    assert_eq!(witnesses.each_ref().map(Witness::size), [3, 2, 3]);
}

#[test]
fn a_backup_of_everything_is_found_out_by_a_witness_before_anything_is_signed() {
    let mut site = Site::new(
        "private",
        &[],
        &[secret("one"), secret("two"), secret("three")],
    );
    let witness = Witness::start("w1.example.com");
    witness.watch(&site.key);
    witness.show_note();
    site.server.stop();
    site.server.set_option("--witness", &witness.setting());
    site.server.start();
    assert!(site.lookup("corp.example.com/one").is_whole());
    site.server.stop();
    let backup = tempfile::tempdir().unwrap();
    copy(site.server.data(), backup.path());
    site.server.start();
    assert!(site.lookup("corp.example.com/two").is_whole());
    site.server.stop();
    restore(backup.path(), site.server.data(), false);
    site.server.start();
    assert_refusal(&site.lookup("corp.example.com/three"), 503, "MK4031");
    assert_eq!(witness.size(), 2);
    // Kept: the witness need not be there the next time.
    site.server.stop();
    drop(witness);
    site.server.start();
    assert_refusal(&site.lookup("corp.example.com/one"), 503, "MK4031");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, target) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(path, target).unwrap();
        }
    }
}

/// Puts back what a backup has, except for the files of the databases if they are to survive.
fn restore(backup: &Path, data: &Path, heads_survive: bool) {
    for entry in std::fs::read_dir(data).unwrap() {
        let path = entry.unwrap().path();
        if heads_survive && path.ends_with("sumdb") {
            continue;
        }
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            std::fs::remove_file(path).unwrap();
        }
    }
    let heads = data.join("sumdb");
    let kept = heads_survive.then(|| {
        let aside = tempfile::tempdir().unwrap();
        copy(&heads, aside.path());
        aside
    });
    copy(backup, data);
    if let Some(kept) = kept {
        copy(kept.path(), &heads);
    }
}

#[test]
fn a_backup_from_before_the_last_append_is_found_out_by_the_head_that_survives() {
    let mut site = Site::new(
        "private",
        &[],
        &[secret("one"), secret("two"), secret("three")],
    );
    assert!(site.lookup("corp.example.com/one").is_whole());
    site.server.stop();
    let backup = tempfile::tempdir().unwrap();
    copy(site.server.data(), backup.path());
    site.server.start();
    let client = site.go();
    client.download("corp.example.com/two@v1.0.0").assert_ok();
    site.server.stop();
    restore(backup.path(), site.server.data(), true);
    site.server.start();
    for path in [
        "lookup/corp.example.com/three@v1.0.0",
        "lookup/corp.example.com/one@v1.0.0",
        "latest",
        "checkpoint",
    ] {
        let answer = site.server.get(&format!("/sumdb/{NAME}/{path}"));
        assert_refusal(&answer, 503, "MK4031");
    }
    let metrics = site.server.get("/metrics").text();
    assert!(
        metrics.contains("severity=\"p0\",kind=\"own-database-lost\""),
        "no alarm"
    );
    assert!(
        site.server
            .get("/readyz")
            .text()
            .contains("has stopped signing")
    );
    // What is kept is served; and another name goes on.
    assert!(
        site.server
            .get("/corp.example.com/one/@v/v1.0.0.zip")
            .is_whole()
    );
    site.server.stop();
    let next = init(NEXT, site.server.data());
    site.server.set_option("--own-sumdb", NEXT);
    site.server.start();
    site.go_with(&next)
        .download("corp.example.com/three@v1.0.0")
        .assert_ok();
}

#[test]
fn a_backup_of_everything_is_found_out_by_what_a_client_remembers() {
    let mut site = Site::new(
        "private",
        &[],
        &[secret("one"), secret("two"), secret("three")],
    );
    assert!(site.lookup("corp.example.com/one").is_whole());
    let old = site.latest();
    site.server.stop();
    let backup = tempfile::tempdir().unwrap();
    copy(site.server.data(), backup.path());
    site.server.start();
    assert!(site.lookup("corp.example.com/two").is_whole());
    let remembered = site.latest();
    site.server.stop();
    restore(backup.path(), site.server.data(), false);
    site.server.start();
    assert_eq!(site.latest(), old, "nobody has told it yet");
    assert_refusal(&site.echo(&remembered), 503, "MK4031");
    assert_refusal(&site.lookup("corp.example.com/three"), 503, "MK4031");
    site.server.stop();
    site.server.start();
    assert_refusal(&site.lookup("corp.example.com/three"), 503, "MK4031");
    assert_refusal(&site.echo(b"no note at all\n"), 502, "MK4007");
}

#[test]
fn a_log_that_went_on_after_a_backup_is_found_out_by_a_witness_that_was_away() {
    let mut site = Site::new(
        "private",
        &[],
        &[secret("one"), secret("two"), secret("three")],
    );
    let witness = Witness::start("w1.example.com");
    witness.watch(&site.key);
    witness.show_note();
    site.server.stop();
    let backup = tempfile::tempdir().unwrap();
    copy(site.server.data(), backup.path());
    site.server.set_option("--witness", &witness.setting());
    site.server.start();
    assert!(site.lookup("corp.example.com/one").is_whole());
    site.server.stop();
    assert_eq!(witness.size(), 1);
    restore(backup.path(), site.server.data(), false);
    witness.set_down(true);
    site.server.start();
    for name in ["two", "three"] {
        assert!(site.lookup(&format!("corp.example.com/{name}")).is_whole());
    }
    witness.set_down(false);
    site.server.stop();
    site.server.start();
    let refused = site.lookup("corp.example.com/one");
    assert_refusal(&refused, 503, "MK4031");
    let why = "two heads of 1 records have different roots";
    assert!(refused.text().contains(why), "{refused:?}");
}

#[test]
fn the_unsigned_word_of_a_witness_withholds_heads_and_ends_nothing() {
    for (status, words) in [
        (409, "says that it signed 99 records"),
        (422, "says that it signed another tree"),
    ] {
        let mut site = Site::new("private", &[], &[secret("one"), secret("two")]);
        let witness = Witness::start("w1.example.com");
        witness.watch(&site.key);
        site.server.stop();
        site.server.set_option("--witness", &witness.setting());
        site.server.start();
        assert!(site.lookup("corp.example.com/one").is_whole());
        let shown = site.latest();
        witness.set_lie(Some((status, 99)));
        let refused = site.lookup("corp.example.com/two");
        assert_refusal(&refused, 503, "MK4034");
        assert!(refused.text().contains(words), "{refused:?}");
        // Neither its silence nor a restart takes it back; what was shown stays.
        witness.set_lie(None);
        witness.set_down(true);
        assert_refusal(&site.lookup("corp.example.com/two"), 503, "MK4034");
        site.server.stop();
        site.server.start();
        assert_refusal(&site.lookup("corp.example.com/two"), 503, "MK4034");
        assert_eq!(site.latest(), shown);
        assert!(site.lookup("corp.example.com/one").is_whole());
        let ready = site.server.get("/readyz").text();
        assert!(ready.contains("w1.example.com says"), "{ready}");
        let metrics = site.server.get("/metrics").text();
        assert!(metrics.contains("severity=\"p1\",kind=\"own-head-disputed\""));
        // It signs, and all is well.
        witness.set_down(false);
        assert!(site.lookup("corp.example.com/two").is_whole());
        site.go()
            .download("corp.example.com/two@v1.0.0")
            .assert_ok();
        assert_eq!(witness.size(), 2);
        site.server.stop();
        site.server.start();
        assert!(!site.server.get("/readyz").text().contains("w1.example.com"));
    }
}

#[test]
fn a_dispute_ends_with_the_witness_that_is_not_asked_any_more() {
    let mut site = Site::new("private", &[], &[secret("one")]);
    let witness = Witness::start("w1.example.com");
    witness.watch(&site.key);
    witness.set_lie(Some((409, 99)));
    site.server.stop();
    site.server.set_option("--witness", &witness.setting());
    site.server.start();
    assert_refusal(&site.lookup("corp.example.com/one"), 503, "MK4034");
    site.server.stop();
    let other = Witness::start("w2.example.com");
    other.watch(&site.key);
    site.server.set_option("--witness", &other.setting());
    site.server.start();
    assert!(site.lookup("corp.example.com/one").is_whole());
}

#[test]
fn evidence_against_a_database_of_our_own_is_set_aside_and_put_back_by_order() {
    let mut site = Site::new("private", &[], &[secret("one"), secret("two")]);
    assert!(site.lookup("corp.example.com/one").is_whole());
    site.server.stop();
    let name = NAME.replace('/', "+");
    let halted = site.server.data().join(format!("sumdb/{name}.halted"));
    std::fs::write(&halted, "two heads of 1 records have different roots\n").unwrap();
    site.server.start();
    assert_refusal(&site.lookup("corp.example.com/two"), 503, "MK4031");
    site.server.stop();
    let order = |words: &[&str]| {
        let order = [&["store", "resolve", "--database", NAME], words];
        let order = [&order.concat()[..], &["--reason", "it was forged"]].concat();
        super::modkeep(&order, site.server.data()).assert_ok();
    };
    order(&[]);
    assert!(!halted.exists());
    order(&["--undo"]);
    assert!(halted.exists());
    order(&[]);
    site.server.start();
    assert!(site.lookup("corp.example.com/two").is_whole());
}
