//! A crash while a head is signed: what a reader was given stays true.
//!
//! A child process, which is this test binary again, journals and signs, and prints every
//! checkpoint that it was given with the key it belongs to. It ends at a named point. Then the
//! store is opened again, and each of those checkpoints must be the beginning of what is there.

use crate::{
    reader::{Reader, key, open_eager},
    support::open,
};
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};
use store::{JOURNAL_CRASH_POINTS, JournalEvent, Store, StoreOptions, maintenance::verify};
use tlog::{follow, note::VerifierKey};

const SETTING: &str = "MODKEEP_JOURNAL_CRASH_TEST";

/// Passages at which the child ends. Those of the beginning of a log are passed once.
const PASSAGES: [u32; 3] = [1, 2, 7];

/// Heads signed by a child that is not ended before.
const ROUNDS: usize = 12;

#[test]
fn a_signed_head_outlives_every_crash() {
    let mut crashes = 0;
    for point in JOURNAL_CRASH_POINTS {
        let directory = tempfile::tempdir().unwrap();
        for passage in PASSAGES {
            let ended = crash_at(directory.path(), &format!("{point}@{passage}"));
            crashes += usize::from(ended);
            assert!(ended || passage > 1, "{point} is never passed");
        }
    }
    assert!(crashes >= 2 * PASSAGES.len() + 2, "{crashes}");
}

fn crash_at(data: &Path, point: &str) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "a crash needs a process of its own"
    )]
    let mut command = Command::new(std::env::current_exe().unwrap());
    let child = command
        .args([
            "--exact",
            "journal_crash::child",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(SETTING, format!("{}\n{point}", data.display()))
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let output = String::from_utf8(child.stdout).unwrap();
    let given: Vec<(VerifierKey, String)> = output
        .lines()
        .filter_map(|line| line.strip_prefix("given "))
        .map(|line| serde_json::from_str::<(String, String)>(line).unwrap())
        .map(|(key, note)| (key.parse().unwrap(), note))
        .collect();
    check(data, &given, point);
    !child.status.success()
}

/// The child's work. Does nothing unless it was started by the test above.
#[test]
fn child() {
    #[expect(
        clippy::disallowed_methods,
        reason = "how a test tells its child what to do"
    )]
    let Ok(setting) = std::env::var(SETTING) else {
        return;
    };
    let (data, point) = setting.split_once('\n').unwrap();
    let mut options = StoreOptions::local(data);
    options.crash_point = Some(point.to_owned());
    options.checkpoint_age = std::time::Duration::ZERO;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(options).await.unwrap();
        for round in 0..ROUNDS {
            let event = JournalEvent::new("round", round.to_string(), "");
            store.event(event).await.unwrap();
            let note = store.journal_log().checkpoint().await.unwrap().note;
            let note = String::from_utf8(note.to_vec()).unwrap();
            let given = (key(&store).await.to_string(), note);
            let line = format!("\ngiven {}\n", serde_json::to_string(&given).unwrap());
            std::io::stdout().write_all(line.as_bytes()).unwrap();
        }
    });
}

#[tokio::main(flavor = "current_thread")]
async fn check(data: &Path, given: &[(VerifierKey, String)], what: &str) {
    let store = open_eager(data).await.unwrap();
    let mut reader = Reader::new(&store).await;
    let newest = reader.follow(&store).await.unwrap();
    for (key, note) in given {
        assert_eq!(*key, reader.key, "after {what}: the log was given up");
        reader.last = follow::open(note.as_bytes(), key).unwrap().head;
        reader.check(&store.journal_log(), newest).await.unwrap();
    }
    drop(store);
    let store = open(data).await.unwrap();
    let report = verify(&store, |_| {}).await.unwrap();
    assert!(report.is_healthy(), "after {what}: {report:?}");
}
