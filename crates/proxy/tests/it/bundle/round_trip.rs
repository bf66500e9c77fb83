//! What one site keeps, another has, with its proofs.

use super::{Far, NAME, Sender, admission, module};
use crate::site::{go_mod, info, zip};
use checksumdb::{Selection, reprove};
use codes::Code;
use exchange::{BundleExportError, BundleSelection, Intent};
use gomod::{ModulePath, Version, gosum};
use protocol::{Fetching, Origin, Resource};
use std::collections::BTreeMap;
use store::{Key, Provenance};

fn path(text: &str) -> ModulePath {
    ModulePath::parse(text).unwrap()
}

#[tokio::test]
async fn what_one_site_keeps_another_serves_with_its_proofs_and_nobody_to_ask() {
    let mut sender = Sender::keeping(300, &[module("a")]).await;
    sender.log(500, &module("b")).await;
    let far = Far::new().await;
    let report = far
        .import(&sender.export().await, &sender.admission())
        .await;
    assert_eq!(report.problems, []);
    assert_eq!((report.captured, report.unchanged), (6, 0));
    assert_eq!(report.proven, BTreeMap::from([(NAME.to_owned(), 4)]));
    assert_eq!(
        report.claimed,
        BTreeMap::from([("first-seen".to_owned(), 2)])
    );
    assert_eq!((report.heads[0].before, report.heads[0].now), (0, 802));

    let key = sender.database.key();
    let keys = [key.parse().unwrap()];
    let proven = reprove(&far.store, &keys, &Selection::default(), |_| {}).await;
    assert_eq!(
        proven.unwrap().proven,
        BTreeMap::from([(NAME.to_owned(), 4)])
    );

    let far = far.site(&key).await;
    for (name, record) in [("a", 300), ("b", 801)] {
        let path = format!("example.com/{name}");
        assert_eq!(far.bytes(zip(&path, "v1.0.0")).await, module(name).zip());
        assert_eq!(
            far.bytes(go_mod(&path, "v1.0.0")).await,
            module(name).mod_file()
        );
        assert_eq!(far.bytes(info(&path, "v1.0.0")).await, module(name).info());
        let answer = far.ask(zip(&path, "v1.0.0")).await.unwrap();
        assert_eq!(
            answer.evidence.to_string(),
            format!("sumdb {NAME} {record}")
        );
        // The answer to a client that starts afresh: the record under the newest head.
        let lookup = Resource::Sumdb {
            name: NAME.to_owned(),
            path: format!("lookup/{path}@v1.0.0"),
        };
        assert_eq!(far.text(lookup).await, sender.database.answer(record));
    }
    let tile = Resource::Sumdb {
        name: NAME.to_owned(),
        path: "tile/8/0/003.p/34".to_owned(),
    };
    let answer = far
        .proxy
        .answer(&crate::site::caller(), &tile, Fetching::Allowed)
        .await;
    assert_eq!(answer.unwrap().origin, Origin::Store);
}

#[tokio::test]
async fn the_same_store_and_selection_are_the_same_bytes() {
    let sender = Sender::keeping(5, &[module("a"), module("b")]).await;
    assert_eq!(sender.export().await, sender.export().await);
}

#[tokio::test]
async fn importing_again_changes_nothing() {
    let sender = Sender::keeping(5, &[module("a")]).await;
    let (far, bundle) = (Far::new().await, sender.export().await);
    far.import(&bundle, &sender.admission()).await;
    let before = far.store.journal(0, 100).await.unwrap();
    let report = far.import(&bundle, &sender.admission()).await;
    assert_eq!(report.problems, []);
    assert_eq!((report.captured, report.unchanged), (0, 3));
    assert_eq!(far.store.journal(0, 100).await.unwrap(), before);
}

#[tokio::test]
async fn looking_at_a_bundle_keeps_nothing() {
    let sender = Sender::keeping(5, &[module("a")]).await;
    let far = Far::new().await;
    let bundle = sender.export().await;
    let report = far.look(&bundle, &sender.admission(), Intent::Check).await;
    assert!(report.is_sound());
    assert_eq!((report.versions, report.captured), (1, 0));
    far.assert_empty().await;
}

#[tokio::test]
async fn where_it_was_before_stays_known() {
    let sender = Sender::keeping(5, &[module("a")]).await;
    let far = Far::new().await;
    far.import(&sender.export().await, &sender.admission())
        .await;
    let key = Key::parse("example.com/a/@v/v1.0.0.zip").unwrap();
    let (there, here) = (sender.site.store.find(&key), far.store.find(&key));
    let (there, here) = (there.await.unwrap().unwrap(), here.await.unwrap().unwrap());
    assert_eq!(here.source, "import test");
    assert_eq!((&here.h1, &here.evidence), (&there.h1, &there.evidence));
    let facts = far.store.facts(&key).await.unwrap().unwrap();
    assert_eq!(facts["bundle-source"], there.source);
    assert_eq!(facts["bundle-first-seen"], there.first_seen.to_string());
}

#[tokio::test]
async fn only_what_was_chosen_goes_along() {
    let sender = Sender::keeping(5, &["a", "b", "c"].map(module)).await;
    let mut selection = BundleSelection::everything();
    selection.add(path("example.com/a"), None);
    selection.add(
        path("example.com/c"),
        Some(Version::parse("v1.0.0").unwrap()),
    );
    selection.add(path("example.com/d"), None);
    let (bundle, told) = sender.export_with(selection, &[]).await;
    assert_eq!((told.versions, told.artifacts), (2, 6));
    let far = Far::new().await;
    far.import(&bundle, &sender.admission()).await;
    let kept: Vec<String> = far
        .kept()
        .await
        .iter()
        .map(|record| record.key.path())
        .collect();
    assert_eq!(kept.len(), 6);
    assert!(kept.iter().all(|path| !path.starts_with("example.com/b")));

    let mut nothing = BundleSelection::everything();
    nothing.add(path("example.com/d"), None);
    let refused = sender.try_export(nothing, &[]).await.unwrap_err();
    assert!(matches!(refused, BundleExportError::Nothing));
}

#[tokio::test]
async fn a_lock_chooses_its_hashes_and_what_is_lacking_is_named() {
    let sender = Sender::keeping(5, &["a", "b", "c"].map(module)).await;
    let [a, b, c] = ["a", "b", "c"].map(module);
    let lock = format!(
        "example.com/a v1.0.0 {}\nexample.com/a v1.0.0/go.mod {}\nexample.com/b v1.0.0/go.mod {}\n\
         example.com/c v1.0.0 {}\nexample.com/d v1.0.0 {}\n",
        a.h1(),
        a.go_mod_h1(),
        b.go_mod_h1(),
        a.h1(),
        c.h1()
    );
    let mut selection = BundleSelection::everything();
    selection
        .add_go_sum(&gosum::parse(lock.as_bytes()).unwrap())
        .unwrap();
    let (bundle, told) = sender.export_with(selection, &[]).await;
    assert_eq!(told.lacking.len(), 2, "{:?}", told.lacking);
    assert!(told.lacking[0].starts_with("example.com/c/@v/v1.0.0.zip: it is kept as "));
    assert!(told.lacking[1].starts_with("example.com/d/@v/v1.0.0.zip: it is not kept"));
    let far = Far::new().await;
    assert!(far.import(&bundle, &sender.admission()).await.is_sound());
    let kept: Vec<String> = far
        .kept()
        .await
        .iter()
        .map(|record| record.key.path())
        .collect();
    assert_eq!(
        kept,
        [
            "a/@v/v1.0.0.info",
            "a/@v/v1.0.0.mod",
            "a/@v/v1.0.0.zip",
            "b/@v/v1.0.0.info",
            "b/@v/v1.0.0.mod",
            "c/@v/v1.0.0.info",
            "c/@v/v1.0.0.mod"
        ]
        .map(|file| format!("example.com/{file}"))
    );
}

#[tokio::test]
async fn a_lock_that_names_no_versions_is_refused_with_its_line() {
    let lock = gosum::parse(b"example.com/a v1.0.0 h1:x\nexample.com/b main h1:x\n").unwrap();
    let refused = BundleSelection::everything().add_go_sum(&lock).unwrap_err();
    assert_eq!(refused.line, 2);
}

#[tokio::test]
async fn a_damaged_artifact_is_left_out_and_named() {
    let sender = Sender::keeping(5, &[module("a").noise(1, 5000), module("b")]).await;
    sender.site.overwrite_a_byte_of_the_largest_blob();
    let (bundle, told) = sender.export_with(BundleSelection::everything(), &[]).await;
    let left_out: Vec<&String> = told.left_out.keys().collect();
    assert_eq!(left_out, ["example.com/a/@v/v1.0.0.zip"]);
    assert_eq!(told.artifacts, 5);
    let far = Far::new().await;
    let report = far.import(&bundle, &sender.admission()).await;
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_eq!(report.captured, 5);
}

#[tokio::test]
async fn what_was_kept_without_proof_gets_the_one_in_the_bundle() {
    let sender = Sender::keeping(5, &[module("a")]).await;
    let far = Far::new().await;
    let key = Key::parse("example.com/a/@v/v1.0.0.zip").unwrap();
    let unproven = Provenance {
        evidence: protocol::Evidence::Unproven,
        ..Provenance::default()
    };
    let kept = far
        .store
        .commit_small(key.clone(), module("a").zip().into(), unproven);
    kept.await.unwrap();
    let report = far
        .import(&sender.export().await, &sender.admission())
        .await;
    assert_eq!((report.captured, report.unchanged), (2, 1));
    let record = far.store.find(&key).await.unwrap().unwrap();
    assert_eq!(record.evidence.to_string(), format!("sumdb {NAME} 5"));
    let keys = [sender.database.key().parse().unwrap()];
    let proven = reprove(&far.store, &keys, &Selection::default(), |_| {}).await;
    assert!(proven.unwrap().is_sound());
}

#[tokio::test]
async fn private_modules_are_those_that_this_side_calls_private() {
    let sender = Sender::keeping(5, &[module("a")]).await;
    for (path, evidence) in [
        ("corp.example.com/x", "private"),
        ("example.com/y", "private"),
    ] {
        let key = Key::parse(&format!("{path}/@v/v1.0.0.mod")).unwrap();
        let provenance = Provenance {
            evidence: evidence.parse().unwrap(),
            ..Provenance::default()
        };
        let text = format!("module {path}\n");
        let kept = sender.site.store.commit_small(key, text.into(), provenance);
        kept.await.unwrap();
    }
    let (far, bundle) = (Far::new().await, sender.export().await);
    let report = far.import(&bundle, &sender.admission()).await;
    assert_eq!(report.problems[0].entry, "example.com/y/@v/v1.0.0.mod");
    assert_eq!(report.problem_count, 1);
    far.refused(&report, Code::BundleUnproven).await;

    let mut lenient = sender.admission();
    lenient.allow_unproven = true;
    let report = far.import(&bundle, &lenient).await;
    assert!(report.is_sound());
    let evidence = far.evidence().await;
    let of = |path: &str| {
        evidence
            .iter()
            .find(|(found, _)| found.starts_with(path))
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(of("corp.example.com/x"), "private");
    assert_eq!(of("example.com/y"), "unproven");
}

#[tokio::test]
async fn proofs_of_a_database_that_is_not_believed_here_count_for_nothing() {
    let sender = Sender::keeping(5, &[module("a")]).await;
    let (far, bundle) = (Far::new().await, sender.export().await);
    let report = far.import(&bundle, &admission(&[])).await;
    assert_eq!(report.problem_count, 2);
    far.refused(&report, Code::BundleUnproven).await;
    let mut lenient = admission(&[]);
    lenient.allow_unproven = true;
    assert!(far.import(&bundle, &lenient).await.is_sound());
    let state = far
        .store
        .state(&format!("sumdb/{NAME}/latest"))
        .await
        .unwrap();
    assert_eq!(state, None, "a head was kept that nobody here believes");
    let unproven = far.store.unproven("", 10).await.unwrap();
    assert_eq!(unproven.len(), 2);
}

#[tokio::test]
async fn the_key_of_a_database_must_be_known_to_export_its_proofs() {
    let mut sender = Sender::keeping(5, &[module("a")]).await;
    sender.database = testkit::database::Database::new("other.example.com", 2);
    let refused = sender.try_export(BundleSelection::everything(), &[]).await;
    assert!(matches!(refused, Err(BundleExportError::UnknownKey(name)) if name == NAME));
}
