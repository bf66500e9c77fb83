//! Accidents: a bundle with a byte changed or its end cut off never leaves a wrong byte.

use super::{Far, Sender, module};
use proxy::Intent;

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
