//! A crash while records are appended and heads are signed: what a client was given stays true.
//!
//! A child process, which is this test binary again, appends, signs, and prints every head that it
//! showed. It ends at a named point. Then the store is opened again: each head that was printed, by
//! this child or any before it, must be the beginning of what is there, and so must be what is
//! signed next.

use crate::{
    own::{only, text},
    support::{module_path, open},
};
use gomod::Version;
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};
use store::{CRASH_POINTS, OWN_CRASH_POINTS, Store, StoreOptions, own};

const SETTING: &str = "MODKEEP_OWN_CRASH_TEST";

/// Passages at which the child ends.
const PASSAGES: [u32; 3] = [1, 2, 7];

/// Heads signed by a child that is not ended before.
const ROUNDS: usize = 12;

#[tokio::test]
async fn a_head_that_was_shown_outlives_every_crash() {
    let directory = tempfile::tempdir().unwrap();
    own::init(directory.path(), "sum.corp.example.com/2026").unwrap();
    let mut crashes = 0;
    let mut shown: Vec<String> = Vec::new();
    // Those of a transaction; an append writes no blob.
    let transaction = CRASH_POINTS
        .iter()
        .filter(|point| point.ends_with("-transaction"));
    for point in OWN_CRASH_POINTS.iter().chain(transaction) {
        for passage in PASSAGES {
            let (ended, heads) = crash_at(directory.path(), &format!("{point}@{passage}"));
            crashes += usize::from(ended);
            assert!(ended || passage > 1, "{point} is never passed");
            shown.extend(heads);
            check(directory.path(), &shown).await;
        }
    }
    assert!(crashes >= 10, "{crashes}");
    assert!(shown.len() > crashes, "{}", shown.len());
}

async fn check(data: &Path, shown: &[String]) {
    let store = open(data).await.unwrap();
    let database = only(&store);
    assert_eq!(database.settle().await.unwrap(), None);
    let signed = database.sign().await.unwrap();
    database.publish(&signed, &[], false).await.unwrap();
    for note in shown {
        let echo = database.compare(note.as_bytes()).await.unwrap().unwrap();
        let known = matches!(
            echo,
            own::HeadComparison::Newest | own::HeadComparison::Older
        );
        assert!(known, "{echo:?}: {note}");
    }
}

fn crash_at(data: &Path, point: &str) -> (bool, Vec<String>) {
    #[expect(
        clippy::disallowed_methods,
        reason = "a crash needs a process of its own"
    )]
    let mut command = Command::new(std::env::current_exe().unwrap());
    let child = command
        .args([
            "--exact",
            "own_crash::child",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(SETTING, format!("{}\n{point}", data.display()))
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let output = String::from_utf8(child.stdout).unwrap();
    let lines = output
        .lines()
        .filter_map(|line| line.strip_prefix("shown "));
    let shown = lines.map(|line| serde_json::from_str(line).unwrap());
    (!child.status.success(), shown.collect())
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
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(options).await.unwrap();
        let database = only(&store);
        let before = usize::try_from(database.size().await.unwrap()).unwrap();
        for round in 0..ROUNDS {
            let number = before + round;
            let module = module_path(&format!("corp.example.com/m{number}"));
            let version = Version::parse("v1.0.0").unwrap();
            database
                .append(&module, &version, &text(number), "x")
                .await
                .unwrap();
            let signed = database.sign().await.unwrap();
            let shown = database.publish(&signed, &[], false).await.unwrap();
            let note = String::from_utf8(shown.note.to_vec()).unwrap();
            let mut out = std::io::stdout().lock();
            writeln!(out, "\nshown {}", serde_json::to_string(&note).unwrap()).unwrap();
            out.flush().unwrap();
        }
    });
}
