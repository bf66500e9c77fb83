//! `modkeep audit`: a log checked from outside, by somebody who has its key and a file.

use crate::site::{BINARY, Site, module};
use std::{path::Path, process::Command, time::Duration};
use testkit::{
    database::Database,
    fixture::Corpus,
    process::{self, Output},
    server::{Modkeep, Setup},
    upstream::{FakeUpstream, Fault, Target},
};

const NAME: &str = "sum.corp.example.com/2026";

fn audit(url: &str, key: &str, state: &Path) -> Output {
    let mut command = Command::new(BINARY);
    command.args(["audit", url, "--state"]).arg(state);
    if !key.is_empty() {
        command.args(["--key", key]);
    }
    process::run(&mut command, Duration::from_mins(1))
}

#[track_caller]
fn assert_problem(output: &Output, words: &str) {
    assert_eq!(output.status.code(), Some(1), "{output}");
    assert!(output.stdout.contains("PROBLEM: "), "{output}");
    assert!(output.stdout.contains(words), "{words}: {output}");
}

/// A database of a site's own with the records of these modules.
fn own(modules: &[&str]) -> (FakeUpstream, Modkeep, String) {
    let mut corpus = Corpus::new();
    for name in modules {
        corpus.add(&module(name, 1000));
    }
    let private = FakeUpstream::start(corpus);
    let mut server = Setup::new(BINARY, "off")
        .option("--private", "example.com")
        .option("--private-upstream", &private.url())
        .start();
    let mut command = Command::new(BINARY);
    command
        .args(["sumdb", "init", NAME, "--data"])
        .arg(server.data());
    let made = process::run(&mut command, Duration::from_mins(1));
    made.assert_ok();
    let key = made.stdout.lines().next().unwrap();
    let key = key.strip_prefix("GOSUMDB=").unwrap().to_owned();
    server.stop();
    server.set_option("--own-sumdb", NAME);
    server.start();
    (private, server, key)
}

#[test]
fn our_own_database_is_sound_in_both_of_its_forms_and_goes_on_where_it_was() {
    let names = ["a", "b", "c"];
    let (_private, server, key) = own(&names);
    let state = tempfile();
    for (count, name) in names.iter().enumerate() {
        let lookup = format!("/sumdb/{NAME}/lookup/example.com/{name}@v1.0.0");
        assert!(server.get(&lookup).is_whole());
        let output = audit(&server.url(), &key, &state.path());
        output.assert_ok();
        let records = format!("{} records, each of another version", count + 1);
        assert!(output.stdout.contains(&records), "{output}");
        assert!(
            output.stdout.contains("20 lookups answer with the same"),
            "{output}"
        );
        let compared = output.stdout.contains("is the beginning of that of");
        assert_eq!(compared, count > 0, "{output}");
    }
    let other = tempfile();
    let tiles = audit(
        &format!("{}/sumdb/{NAME}", server.url()),
        &key,
        &other.path(),
    );
    tiles.assert_ok();
    assert!(
        tiles
            .stdout
            .contains("all 3 entries are those that were signed"),
        "{tiles}"
    );
}

fn tempfile() -> TemporaryFile {
    TemporaryFile(testkit::go::Project::new("module example.com/x\n", &[]))
}

/// A path of a file that does not exist yet.
struct TemporaryFile(testkit::go::Project);

// === impl TemporaryFile ===

impl TemporaryFile {
    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("head")
    }
}

#[test]
fn the_journal_is_sound_and_its_key_is_taken_by_its_own_word_once() {
    let site = Site::with(&[module("a", 1000)]);
    site.keep("example.com/a", "v1.0.0");
    let (url, state) = (format!("{}/-/journal", site.server.url()), tempfile());
    let first = audit(&url, "", &state.path());
    first.assert_ok();
    assert!(first.stdout.contains("its key, by its own word"), "{first}");
    let key = site.server.get("/-/journal/key").text();
    let second = audit(&url, key.trim(), &state.path());
    second.assert_ok();
    assert!(
        second.stdout.contains("entries are no records of versions"),
        "{second}"
    );
}

/// A database somewhere else, with a key that tests may lie with.
struct Foreign {
    upstream: FakeUpstream,
    database: Database,
}

// === impl Foreign ===

impl Foreign {
    fn new(records: usize) -> Self {
        let mut database = Database::new("sum.example.com/2026", 1);
        database.fill(records);
        let upstream = FakeUpstream::start(Corpus::new());
        let foreign = Self { upstream, database };
        foreign.publish();
        foreign
    }

    fn publish(&self) {
        self.upstream.change(|corpus| self.database.publish(corpus));
    }

    fn audit(&self, state: &TemporaryFile) -> Output {
        audit(&self.upstream.url(), &self.database.key(), &state.path())
    }
}

#[test]
fn a_database_that_forks_is_found_out_by_who_remembers() {
    let (mut foreign, state) = (Foreign::new(300), tempfile());
    foreign.audit(&state).assert_ok();
    foreign.database = Database::new("sum.example.com/2026", 1);
    foreign
        .database
        .log_hashes("example.com/m", "v1.0.0", "h1:a=", "h1:b=");
    foreign.database.fill(700);
    foreign.publish();
    assert_problem(&foreign.audit(&state), "");
    // Somebody without a memory is shown a sound log, and a second look at what was seen first is
    // as bad as the first.
    foreign.audit(&tempfile()).assert_ok();
    assert_problem(&foreign.audit(&state), "");
}

#[test]
fn a_version_with_two_records_is_found() {
    let mut foreign = Foreign::new(300);
    for hash in ["h1:a=", "h1:c="] {
        foreign
            .database
            .log_hashes("example.com/m", "v1.0.0", hash, "h1:b=");
        foreign.database.fill(40);
    }
    foreign.publish();
    let found = foreign.audit(&tempfile());
    assert_problem(
        &found,
        "records 300 and 341 are both of example.com/m@v1.0.0",
    );
}

#[test]
fn entries_and_tiles_that_were_not_signed_are_found() {
    let foreign = Foreign::new(300);
    let path = "sumdb/sum.example.com/2026/tile/8/data/000";
    let change = |path: &str| {
        foreign.upstream.change(|corpus| {
            let mut bytes = corpus.get(path).unwrap().to_vec();
            let at = bytes.len() / 2;
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            corpus.put(path, bytes);
        });
    };
    change(path);
    assert_problem(&foreign.audit(&tempfile()), "");
    foreign.publish();
    foreign.audit(&tempfile()).assert_ok();
    change("sumdb/sum.example.com/2026/tile/8/0/000");
    assert_problem(&foreign.audit(&tempfile()), "");
}

#[test]
fn what_cannot_be_asked_proves_nothing_and_what_another_key_signed_is_a_problem() {
    let foreign = Foreign::new(10);
    let stranger = Database::new("sum.example.com/2026", 2);
    let state = tempfile();
    let output = audit(&foreign.upstream.url(), &stranger.key(), &state.path());
    assert_eq!(output.status.code(), Some(1), "{output}");
    foreign.upstream.refuse();
    let output = foreign.audit(&state);
    assert_eq!(output.status.code(), Some(2), "{output}");
    assert!(!state.path().exists());
}

#[test]
fn a_source_that_gives_out_no_entries_is_still_held_to_the_head_it_showed() {
    let (mut foreign, state) = (Foreign::new(300), tempfile());
    let entries = "sumdb/sum.example.com/2026/tile/8/data/";
    let refused = Fault::status(403);
    foreign
        .upstream
        .always(Target::Prefix(entries.to_owned()), refused);
    let first = foreign.audit(&state);
    assert_eq!(first.status.code(), Some(2), "{first}");
    assert!(first.stderr.contains("it answered 403"), "{first}");
    foreign.database.fill(40);
    foreign.publish();
    let second = foreign.audit(&state);
    assert_eq!(second.status.code(), Some(2), "{second}");
    let compared = "the head of 300 entries is the beginning of that of 340";
    assert!(second.stdout.contains(compared), "{second}");
}
