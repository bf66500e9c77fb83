//! Heads: a bundle's and the one kept belong to one log, or nothing is kept.

use super::{Far, NAME, Sender, admission, module};
use crate::site::{Site, go_mod};
use checksumdb::{Mode, Selection, reprove};
use codes::Code;
use exchange::{BundleSelection, Intent};
use store::{Decision, Store};
use testkit::{database::Database, fixture::Corpus, upstream::FakeUpstream};

async fn latest(store: &Store) -> String {
    let state = store.state(&format!("sumdb/{NAME}/latest")).await.unwrap();
    String::from_utf8(state.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_later_bundle_of_the_same_site_is_compared_without_being_asked_for() {
    let mut sender = Sender::keeping(700, &[module("a")]).await;
    let far = Far::new().await;
    let first = sender.export().await;
    assert!(far.import(&first, &sender.admission()).await.is_sound());
    // Far enough for the edge of the first tree to lie in tiles that nothing new needs.
    sender.log(3000, &module("b")).await;
    let mut only = BundleSelection::everything();
    only.add(gomod::ModulePath::parse("example.com/b").unwrap(), None);
    let (second, _) = sender.export_with(only, &[]).await;
    let report = far.import(&second, &sender.admission()).await;
    assert_eq!(report.problems, []);
    assert_eq!((report.heads[0].before, report.heads[0].now), (701, 3702));
    assert_eq!(latest(&far.store).await, sender.database.head());
    // The older bundle is still fine, and does not turn the head back.
    let report = far.import(&first, &sender.admission()).await;
    assert_eq!(report.problems, []);
    assert_eq!(latest(&far.store).await, sender.database.head());
    let keys = [sender.database.key().parse().unwrap()];
    let proven = reprove(&far.store, &keys, &Selection::default(), |_| {}).await;
    assert!(proven.unwrap().is_sound());
}

/// A far side that knows the database by itself, from when its log had so many records, and `own`.
async fn elsewhere(key: &str, records: usize) -> Far {
    let (mut database, mut corpus) = (Database::new(NAME, 1), Corpus::new());
    database.fill(records);
    database.log(&module("own"));
    corpus.add(&module("own"));
    database.publish(&mut corpus);
    let upstream = FakeUpstream::start(corpus);
    let site = Site::verifying(&upstream, key, Mode::Required).await;
    site.bytes(go_mod("example.com/own", "v1.0.0")).await;
    let (store, directory) = site.into_store();
    Far { store, directory }
}

#[tokio::test]
async fn heads_that_nothing_connects_are_refused_with_what_to_do() {
    // Both logs begin with the same records; `own` is logged in both.
    let mut sender = Sender::keeping(1000, &[module("own")]).await;
    let far = elsewhere(&sender.database.key(), 1000).await;
    let before = far.kept().await;
    sender.log(3000, &module("b")).await;
    let mut only = BundleSelection::everything();
    only.add(gomod::ModulePath::parse("example.com/b").unwrap(), None);
    let (apart, _) = sender.export_with(only.clone(), &[]).await;
    let report = far.import(&apart, &sender.admission()).await;
    assert_eq!(report.problem_count, 1);
    let problem = &report.problems[0];
    assert_eq!(problem.code, Code::BundleApart);
    assert!(problem.what.contains("--since 1001"), "{problem}");
    assert_eq!(far.kept().await, before);

    let (connected, _) = sender.export_with(only, &[1001]).await;
    let report = far.import(&connected, &sender.admission()).await;
    assert_eq!(report.problems, []);
    assert_eq!(report.captured, 3);
}

#[tokio::test]
async fn a_head_beyond_what_the_sender_knows_cannot_be_asked_for() {
    let sender = Sender::keeping(10, &[module("a")]).await;
    let refused = sender
        .try_export(BundleSelection::everything(), &[12])
        .await;
    let error = refused.unwrap_err();
    assert_eq!(error.code(), Code::BundleApart);
    assert!(error.to_string().contains("has 11 records"), "{error}");
}

#[tokio::test]
async fn a_head_of_another_history_is_refused_and_the_evidence_kept() {
    // Shorter than the bundle's, as long, and longer.
    for length in [30, 40, 50] {
        another_history(length).await;
    }
}

async fn another_history(length: usize) {
    let sender = Sender::keeping(40, &[module("a")]).await;
    // The same key, and another history.
    let far = elsewhere(&sender.database.key(), length).await;
    let (kept, journal) = (far.kept().await, far.store.journal(0, 99).await.unwrap());
    let bundle = sender.export().await;
    let report = far.look(&bundle, &sender.admission(), Intent::Check).await;
    assert_eq!(report.problems[0].code, Code::SumdbForked);
    let unchanged = far.store.journal(0, 99).await.unwrap();
    assert_eq!(unchanged, journal, "a check writes nothing");

    let report = far.import(&bundle, &sender.admission()).await;
    assert_eq!(report.problems[0].code, Code::SumdbForked);
    assert_eq!((far.kept().await, report.captured), (kept, 0));
    let journal = far.store.journal(0, 99).await.unwrap();
    let alarm = |entry: &store::JournalEntry| matches!(&entry.decision, Decision::Event { event, .. } if event == "alarm-database-forked");
    assert!(journal.iter().any(alarm), "{journal:?}");
    let evidence = far
        .store
        .state(&format!("sumdb/{NAME}/fork"))
        .await
        .unwrap();
    let evidence = String::from_utf8(evidence.unwrap().to_vec()).unwrap();
    assert!(evidence.contains(&sender.database.head()), "{evidence}");

    // From now on nothing new of that database is believed.
    let report = far.import(&bundle, &sender.admission()).await;
    assert_eq!(report.problems[0].code, Code::SumdbForked);
    assert!(
        report.problems[0].what.contains("before"),
        "{}",
        report.problems[0]
    );
}

#[tokio::test]
async fn a_head_with_the_signature_of_another_key_is_refused() {
    let sender = Sender::keeping(10, &[module("a")]).await;
    let (far, bundle) = (Far::new().await, sender.export().await);
    let stranger = Database::new(NAME, 2).key();
    let report = far.import(&bundle, &admission(&[&stranger])).await;
    far.refused(&report, Code::SumdbUntrusted).await;
}
