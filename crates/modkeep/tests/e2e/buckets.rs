//! Artifacts in a bucket of a real object store: the same answers, and what is said when it is away, wrong or
//! another one.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use testkit::fixture::Corpus;
use testkit::go::Go;
use testkit::object_store::{CREDENTIALS, ObjectStoreServer};
use testkit::process::{self, Output};
use testkit::server::{Modkeep, Setup};
use testkit::upstream::FakeUpstream;

use crate::site::{BINARY, assert_refusal, module, url};

const BUCKET: &str = "modules";

/// More than one part of an upload.
const LARGE: usize = 9 << 20;

fn setup(upstream: &FakeUpstream, objects: &ObjectStoreServer) -> Setup {
    let setup = Setup::new(BINARY, &upstream.url())
        .option("--blobs", &format!("s3://{BUCKET}/site/a"))
        .option("--blobs-endpoint", &objects.url());
    with_credentials(setup)
}

fn with_credentials(setup: Setup) -> Setup {
    CREDENTIALS
        .iter()
        .fold(setup, |setup, (name, value)| setup.env(name, value))
}

fn upstream() -> FakeUpstream {
    let corpus = Corpus::new()
        .with(&module("a", LARGE))
        .with(&module("b", 1_000))
        .with(&module("c", 1_000));
    FakeUpstream::start(corpus)
}

fn store(arguments: &[&str], data: &Path) -> Output {
    let mut command = Command::new(BINARY);
    command.arg("store").args(arguments).arg("--data").arg(data);
    command.envs(CREDENTIALS);
    process::run(&mut command, Duration::from_mins(2))
}

#[track_caller]
fn assert_large_is_whole(server: &Modkeep) {
    let answer = server.get(&url("a", "zip"));
    assert!(answer.body == module("a", LARGE).zip(), "{}", answer.status);
}

#[test]
fn go_is_served_from_a_bucket_while_upstreams_are_down_and_after_a_start_that_names_none() {
    let Some(objects) = ObjectStoreServer::start(BUCKET) else {
        return;
    };
    let upstream = upstream();
    let mut server = setup(&upstream, &objects).start();
    for name in ["a", "b"] {
        let go = Go::new(&server.url());
        go.download(&format!("example.com/{name}@v1.0.0"))
            .assert_ok();
    }
    let keys = objects.keys(BUCKET);
    let is_blob = |key: &&String| key.starts_with("site/a/blobs/sha256/");
    // Two of everything, but for the `.info`, which says the same of both.
    assert_eq!(keys.iter().filter(is_blob).count(), 5, "{keys:?}");
    assert!(!server.data().join("blobs/sha256/00").exists());

    upstream.refuse();
    server.stop();
    server.remove_option("--blobs");
    server.remove_option("--blobs-endpoint");
    server.start();
    let go = Go::new(&server.url());
    go.download("example.com/a@v1.0.0").assert_ok();
    assert_large_is_whole(&server);
    server.stop();

    store(&["verify", "--offline"], server.data()).assert_ok();
    std::fs::remove_file(server.data().join("catalog.db")).unwrap();
    store(&["rebuild"], server.data()).assert_ok();
    server.start();
    assert_large_is_whole(&server);
}

#[test]
fn an_object_that_is_lost_is_fetched_anew() {
    let Some(objects) = ObjectStoreServer::start(BUCKET) else {
        return;
    };
    let upstream = upstream();
    let server = setup(&upstream, &objects).start();
    assert_large_is_whole(&server);
    for key in objects.keys(BUCKET) {
        objects.remove(BUCKET, &key);
    }
    assert_large_is_whole(&server);
    assert!(!objects.keys(BUCKET).is_empty());
}

#[test]
fn while_the_object_store_is_away_what_is_in_memory_is_served_and_the_rest_when_it_returns() {
    let Some(mut objects) = ObjectStoreServer::start(BUCKET) else {
        return;
    };
    let upstream = upstream();
    let server = setup(&upstream, &objects).start();
    assert!(server.get(&url("b", "mod")).is_whole());
    assert!(server.get(&url("b", "mod")).is_whole());

    objects.kill();
    assert!(server.get(&url("b", "mod")).is_whole());
    assert_refusal(&server.get(&url("c", "zip")), 503, "MK3001");

    objects.restart(BUCKET);
    assert!(server.get(&url("c", "zip")).is_whole());
}

#[test]
fn a_bucket_that_does_not_exist_ends_the_start_with_its_code() {
    let Some(objects) = ObjectStoreServer::start("another") else {
        return;
    };
    let mut server = setup(&upstream(), &objects).launch();
    assert!(server.ready_or_ended().is_some());
    let log = server.log();
    assert!(log.contains("MK3015"), "{log}");
    assert!(!log.contains(CREDENTIALS[1].1), "{log}");
}

#[test]
fn a_store_is_not_opened_with_another_bucket_than_its_own() {
    let Some(objects) = ObjectStoreServer::start(BUCKET) else {
        return;
    };
    let upstream = upstream();
    let mut server = setup(&upstream, &objects).start();
    assert!(server.get(&url("b", "mod")).is_whole());
    server.stop();
    server.set_option("--blobs", "s3://modules/site/b");
    server.launch();
    assert!(server.ready_or_ended().is_some());
    let log = server.log();
    assert!(
        log.contains("MK3014") && log.contains("s3://modules/site/a"),
        "{log}"
    );

    let mut files = with_credentials(Setup::new(BINARY, &upstream.url())).start();
    files.stop();
    files.set_option("--blobs", "s3://modules/site/c");
    files.set_option("--blobs-endpoint", &objects.url());
    files.launch();
    assert!(files.ready_or_ended().is_some());
    assert!(files.log().contains("MK3014"), "{}", files.log());
}
