//! Law L5: a crash at any instant leaves nothing torn, and loses nothing that was answered.
//!
//! A child process, which is this test binary again, captures as fast as it can from several
//! tasks and prints each capture that was acknowledged. It ends at a named point between two
//! steps, or is killed at no particular point. Then the store is opened again and compared with
//! what the child had printed.

use crate::support::{Site, artifact, get, go_mod, open, provenance, put};
use bytes::Bytes;
use gomod::ArtifactKind;
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};
use store::{BlobId, CRASH_POINTS, Capture, Key, Store, StoreOptions, maintenance::verify};

const SETTING: &str = "MODKEEP_STORE_CRASH_TEST";

/// Passages of each point at which the child ends: the first, one among the first commits, one in
/// the middle of the work.
const PASSAGES: [u32; 3] = [1, 2, 9];

/// Rounds in which the child is killed from outside, after another number of captures each.
const KILLS: usize = 12;

/// Tasks that capture at the same time.
const TASKS: usize = 4;

/// More than one step of a spool.
const LARGE: usize = 700 << 10;

#[test]
fn nothing_is_torn_or_lost_at_any_named_point() {
    let directory = tempfile::tempdir().unwrap();
    let mut rounds = 0;
    for point in CRASH_POINTS {
        for passage in PASSAGES {
            rounds += 1;
            let mut child = start(directory.path(), &format!("{point}@{passage}"), rounds);
            let acknowledged = acknowledged(&mut child, usize::MAX);
            let status = child.wait().unwrap();
            assert!(
                !status.success(),
                "the child passed {point}@{passage} unharmed"
            );
            check(
                directory.path(),
                &acknowledged,
                &format!("{point}@{passage}"),
            );
        }
    }
    println!("{rounds} crashes at {} named points", CRASH_POINTS.len());
}

#[test]
fn nothing_is_torn_or_lost_when_the_process_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let mut total = 0;
    for round in 0..KILLS {
        let mut child = start(directory.path(), "none", 1000 + round);
        let mut kept = acknowledged(&mut child, 3 + round * 7);
        child.kill().unwrap();
        kept.extend(acknowledged(&mut child, usize::MAX));
        child.wait().unwrap();
        total += kept.len();
        check(directory.path(), &kept, &format!("kill {round}"));
    }
    println!("{KILLS} kills, {total} acknowledged captures");
}

/// The child's work. Does nothing unless it was started by the tests above.
#[test]
fn child() {
    #[expect(
        clippy::disallowed_methods,
        reason = "how a test tells its child what to do"
    )]
    let Ok(setting) = std::env::var(SETTING) else {
        return;
    };
    let [data, point, round] = setting.split('\n').collect::<Vec<_>>()[..] else {
        panic!("{setting:?}")
    };
    let mut options = StoreOptions::local(data);
    options.crash_point = Some(point.to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Store::open(options).await.unwrap();
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| tokio::spawn(work(store.clone(), format!("example.com/r{round}/t{task}"))))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Captures a `.mod` and a large `.zip` of one version after another, and says so.
async fn work(store: Store, module: String) {
    for number in 0..200 {
        let version = format!("v1.0.{number}");
        let record = put(
            &store,
            &go_mod(&module, &version),
            &format!("{module} {version}"),
        )
        .await;
        acknowledge(&record.unwrap().record);
        let mut spool = store.spool().await.unwrap();
        let chunk = Bytes::from(format!("{module} {version} ").repeat(1000));
        while spool.written() < LARGE as u64 {
            spool.append(chunk.clone()).await.unwrap();
        }
        let capture = Capture {
            key: artifact(&module, &version, ArtifactKind::Zip),
            sealed: spool.seal().await.unwrap(),
            provenance: provenance(),
        };
        acknowledge(&store.commit(capture).await.unwrap().record);
    }
}

/// Written in one call and not through the test harness, which would keep it to itself.
fn acknowledge(record: &store::Record) {
    let line = format!("\nkept {} {}\n", record.key, record.blob);
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

fn start(data: &Path, point: &str, round: usize) -> Child {
    #[expect(
        clippy::disallowed_methods,
        reason = "a crash needs a process of its own"
    )]
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "crash::child", "--nocapture", "--test-threads=1"])
        .env(SETTING, format!("{}\n{point}\n{round}", data.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// What the child says it kept, until it ends or has said so often enough.
fn acknowledged(child: &mut Child, enough: usize) -> Vec<(Key, BlobId)> {
    let mut kept = Vec::new();
    let Some(output) = child.stdout.as_mut() else {
        return kept;
    };
    // Byte by byte, so that a second call goes on where the first one stopped.
    let mut reader = BufReader::with_capacity(1, output);
    let mut line = String::new();
    while kept.len() < enough && reader.read_line(&mut line).unwrap_or(0) > 0 {
        let words: Vec<_> = line.split_whitespace().collect();
        if let (["kept", path, blob], true) = (&words[..], line.ends_with('\n')) {
            kept.push((Key::parse(path).unwrap(), blob.parse().unwrap()));
        }
        line.clear();
    }
    kept
}

#[tokio::main(flavor = "current_thread")]
async fn check(data: &Path, acknowledged: &[(Key, BlobId)], what: &str) {
    let store = open(data)
        .await
        .unwrap_or_else(|error| panic!("after {what}: {error}"));
    for (key, blob) in acknowledged {
        let bytes = get(&store, key)
            .await
            .unwrap()
            .unwrap_or_else(|| panic!("after {what}: {key} is lost"));
        assert_eq!(BlobId::of(&bytes), *blob, "after {what}: {key}");
    }
    // Everything else that is in the catalog is whole as well: hashes, totals, journal, mirror.
    let report = verify(&store, |_| {}).await.unwrap();
    assert!(report.is_healthy(), "after {what}: {report:?}");
    assert_eq!(
        std::fs::read_dir(data.join("spool")).unwrap().count(),
        0,
        "after {what}: spool"
    );
    assert!(store.health().writable);
}

#[tokio::test]
async fn an_unset_point_ends_nothing() {
    let site = Site::new().await;
    assert!(
        site.put(&go_mod("example.com/m", "v1.0.0"), "x")
            .await
            .fresh
    );
}
