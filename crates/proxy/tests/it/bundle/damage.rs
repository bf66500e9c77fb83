//! Accidents: a bundle with a byte changed or its end cut off never leaves a wrong byte.

use super::{Far, Sender, module};
use codes::Code;
use exchange::{Intent, Stage, import_bundle};
use std::{fs::File, os::unix::fs::FileExt as _};

#[tokio::test]
async fn no_byte_can_be_changed_without_the_whole_bundle_being_refused() {
    let sender = Sender::keeping(2, &[module("a")]).await;
    let bundle = sender.export().await;
    let (far, admission) = (Far::new().await, sender.admission());
    let mut accepted = Vec::new();
    for at in 0..bundle.len() {
        let mut wrong = bundle.clone();
        wrong[at] ^= 1 << (at % 8);
        let report = far.look(&wrong, &admission, Intent::Keep).await;
        match report.problems.first() {
            None => accepted.push(at),
            Some(problem) => assert!(problem.at <= bundle.len() as u64, "{problem}"),
        }
    }
    assert_eq!(accepted, Vec::<usize>::new());
    far.assert_empty().await;
    println!("each of {} bytes changed, each time refused", bundle.len());
    assert!(far.import(&bundle, &admission).await.is_sound());
}

#[tokio::test]
async fn a_bundle_that_was_cut_short_is_refused_at_its_end() {
    let sender = Sender::keeping(2, &[module("a")]).await;
    let bundle = sender.export().await;
    let far = Far::new().await;
    for length in (0..bundle.len()).step_by(512).chain([bundle.len() - 1]) {
        let report = far.import(&bundle[..length], &sender.admission()).await;
        let problem = report.problems.first().unwrap();
        assert!(problem.at <= length as u64, "{length}: {problem}");
    }
    far.assert_empty().await;
}

#[tokio::test]
async fn a_file_that_is_changed_between_the_two_looks_leaves_nothing_wrong() {
    let sender = Sender::keeping(2, &[module("a")]).await;
    let bundle = sender.export().await;
    let zip = bundle
        .windows(4)
        .position(|bytes| bytes == b"PK\x03\x04")
        .unwrap();
    let manifest = bundle
        .windows(8)
        .position(|bytes| bytes == b"\"source\"")
        .unwrap();
    for at in [zip + 50, manifest + 12] {
        let (far, directory) = (Far::new().await, tempfile::tempdir().unwrap());
        let path = directory.path().join("a.bundle");
        std::fs::write(&path, &bundle).unwrap();
        let mallory = File::options().write(true).open(&path).unwrap();
        let change = |stage: Stage, _: u64, _: u64| {
            assert_eq!(
                stage,
                Stage::Checking,
                "something went on in the second look"
            );
            mallory.write_all_at(&[bundle[at] ^ 1], at as u64).unwrap();
        };
        let (file, admission) = (File::open(&path).unwrap(), sender.admission());
        let report = import_bundle(&far.store, file, &admission, Intent::Keep, "test", change);
        let report = report.await.unwrap();
        assert_eq!(report.problems[0].code, Code::BadBundle);
        assert!(
            report.problems[0]
                .what
                .contains("changed while it was read")
        );
        let kept = far.kept().await;
        assert!(
            kept.iter()
                .all(|record| !record.key.path().ends_with("zip")),
            "{kept:?}"
        );
        // The right one completes it.
        let report = far.import(&bundle, &sender.admission()).await;
        assert!(report.is_sound());
        assert_eq!(report.captured + report.unchanged, 3);
    }
}
