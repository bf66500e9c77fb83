//! Records, proofs, tiles, states, cases, and remembered answers.

use super::{Fixture, capture, capture_with, key, module, provenance, second, version};
use crate::{
    cached_answer::{
        CachedAnswer, CachedAnswerClass, CachedAnswerKey, CachedAnswerStatus, StaleMark,
    },
    catalog::{Catalog, LogName},
    error::StoreError,
    journal::JournalEvent,
    own::record::{DatabaseRecord, NewRecord},
    record::Provenance,
    trust::{CASE, StoredTile, VersionProof},
};
use bytes::Bytes;
use protocol::Evidence;
use tlog::{Hash, frontier::Frontier};

const DATABASE: &str = "sum.example.com";

fn new_record(name: &str, text: &str) -> NewRecord {
    NewRecord {
        database: DATABASE.to_owned(),
        module: module(name),
        version: version("v1.0.0"),
        text: text.to_owned(),
        source: "a test".to_owned(),
    }
}

fn proof(name: &str) -> VersionProof {
    VersionProof {
        module: module(name),
        version: version("v1.0.0"),
        database: DATABASE.to_owned(),
        record: 7,
        file: format!("a proof of {name}\n"),
        evidence: Evidence::checksum_database(DATABASE, 7),
    }
}

async fn without_proof(catalog: &dyn Catalog, first: u64) -> Vec<(DatabaseRecord, String)> {
    let found = catalog.records_without_proof(DATABASE.to_owned(), first, 9);
    found.await.expect("read")
}

pub(super) async fn a_database_has_one_record_a_version<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let first = catalog.append_record(new_record("example.com/a", "a\n"));
    let first = first.await.expect("appended");
    let second = catalog.append_record(new_record("example.com/b", "b\n"));
    assert_eq!(
        (first.number, second.await.expect("appended").number),
        (0, 1)
    );
    let again = catalog.append_record(new_record("example.com/a", "other\n"));
    assert_eq!(
        again.await.expect("answered"),
        first,
        "the one that was there"
    );
    let found = catalog.record(DATABASE.to_owned(), "example.com/a/@v/v1.0.0".to_owned());
    assert_eq!(found.await.expect("read"), Some(first));
    let texts = async |first, count| {
        let texts = catalog.record_texts(DATABASE.to_owned(), first, count);
        texts.await.expect("read")
    };
    let both = vec![b"a\n".to_vec(), b"b\n".to_vec()];
    assert_eq!(texts(0, 2).await, Some(both.clone()));
    assert_eq!(texts(1, 2).await, None, "there are not as many");
    let mut frontier = Frontier::default();
    for text in &both {
        frontier.append(Hash::of_leaf(text)).expect("room");
    }
    let log = LogName::Database(DATABASE.to_owned());
    let head = catalog.next_head(log, None).await.expect("head");
    assert_eq!(head, frontier.head());
    let other = LogName::Database("another.example.com".to_owned());
    assert_eq!(catalog.log_size(other).await.expect("size"), 0);
    assert_eq!(catalog.journal(0, 9).await.expect("read").len(), 2);
}

pub(super) async fn a_capture_that_completes_a_version_has_it_logged<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let logged = |h1: &str| Provenance {
        h1: Some(h1.to_owned()),
        log: Some(DATABASE.to_owned()),
        ..provenance()
    };
    let log = LogName::Database(DATABASE.to_owned());
    let (zip, go_mod) = ("example.com/m/@v/v1.0.0.zip", "example.com/m/@v/v1.0.0.mod");
    let capture = capture_with(zip, "zip", logged("h1:zip"));
    catalog.commit(capture).await.expect("kept");
    assert_eq!(catalog.log_size(log.clone()).await.expect("size"), 0);
    let capture = capture_with(go_mod, "mod", logged("h1:mod"));
    catalog.commit(capture).await.expect("kept");
    assert_eq!(catalog.log_size(log).await.expect("size"), 1);
    let texts = catalog.record_texts(DATABASE.to_owned(), 0, 1).await;
    let expected = "example.com/m v1.0.0 h1:zip\nexample.com/m v1.0.0/go.mod h1:mod\n";
    assert_eq!(texts.expect("read"), Some(vec![expected.into()]));
    assert_eq!(without_proof(&*catalog, 0).await.len(), 1);
    assert!(without_proof(&*catalog, 1).await.is_empty());
    let proof = catalog.add_proof(proof("example.com/m"), Vec::new());
    proof.await.expect("kept");
    assert!(without_proof(&*catalog, 0).await.is_empty());
}

pub(super) async fn a_proof_raises_the_captures_it_vouches_for<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let path = "example.com/m/@v/v1.0.0.mod";
    catalog.commit(capture(path, "bytes")).await.expect("kept");
    let read = || {
        let (module, version) = (module("example.com/m"), version("v1.0.0"));
        catalog.proof(module, version, DATABASE.to_owned())
    };
    assert_eq!(read().await.expect("read"), None);
    let kept = catalog.add_proof(proof("example.com/m"), vec![key(path)]);
    kept.await.expect("kept");
    let found = catalog.captures(String::new(), 1).await.expect("read");
    let evidence = found.first().expect("kept").evidence.read();
    assert_eq!(evidence, Ok(Evidence::checksum_database(DATABASE, 7)));
    let found = read().await.expect("read").expect("kept");
    assert_eq!((found.record, found.file), (7, proof("example.com/m").file));
    let entries = catalog.journal(0, 9).await.expect("read").len();

    // Another one of the same version says nothing new.
    let other = VersionProof {
        record: 8,
        ..proof("example.com/m")
    };
    catalog.add_proof(other, Vec::new()).await.expect("kept");
    assert_eq!(read().await.expect("read").expect("kept").record, 7);
    assert_eq!(catalog.journal(0, 9).await.expect("read").len(), entries);

    // One that comes with a capture is in its transaction.
    let with_proof = Provenance {
        proof: Some(proof("example.com/n")),
        ..provenance()
    };
    let capture = capture_with("example.com/n/@v/v1.0.0.mod", "others", with_proof);
    catalog.commit(capture).await.expect("kept");
    assert_eq!(
        catalog.journal(0, 9).await.expect("read").len(),
        entries + 2
    );
}

pub(super) async fn proofs_are_paged_in_the_order_in_which_they_came<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let names = ["example.com/c", "example.com/a", "example.com/b"];
    for name in names {
        let kept = catalog.add_proof(proof(name), Vec::new());
        kept.await.expect("kept");
    }
    let elsewhere = VersionProof {
        database: "another.example.com".to_owned(),
        ..proof("example.com/c")
    };
    catalog
        .add_proof(elsewhere, Vec::new())
        .await
        .expect("kept");
    let files = names.map(|name| proof(name).file);
    let first = catalog.proofs(DATABASE.to_owned(), 0, 2).await;
    let first = first.expect("read");
    let last = first.last().expect("two").0;
    let rest = catalog.proofs(DATABASE.to_owned(), last, 9).await;
    let all = first.into_iter().chain(rest.expect("read"));
    assert!(all.map(|(_, file)| file).eq(files.clone()));
    let newest = catalog.newest_proofs(DATABASE.to_owned(), 2).await;
    let [_, second, third] = files;
    assert_eq!(newest.expect("read"), [third, second]);
}

pub(super) async fn a_state_is_changed_by_who_knows_it<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let swap = async |old: Option<&'static str>, new: &'static str| {
        let old = old.map(Bytes::from);
        let swapped = catalog.swap_state("head".to_owned(), old, new.into());
        swapped.await.expect("answered")
    };
    assert!(!swap(Some(""), "a").await, "there is none");
    assert!(swap(None, "a").await);
    assert!(!swap(None, "b").await);
    assert!(!swap(Some("b"), "c").await);
    assert!(swap(Some("a"), "b").await);
    let state = catalog.state("head".to_owned()).await.expect("read");
    assert_eq!(state.as_deref(), Some(&b"b"[..]));
    assert_eq!(catalog.state("other".to_owned()).await.expect("read"), None);
}

pub(super) async fn tiles_only_become_wider<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let tile = |hashes: &'static [u8]| StoredTile {
        database: DATABASE.to_owned(),
        level: 1,
        number: 2,
        hashes: hashes.into(),
    };
    let read = async || {
        let asked = vec![(1, 2), (0, 0)];
        let mut tiles = catalog
            .tiles(DATABASE.to_owned(), asked)
            .await
            .expect("read");
        assert_eq!(tiles.pop(), Some(None));
        tiles.pop().flatten()
    };
    for (kept, then) in [
        ("abcd", "abcd"),
        ("ab", "abcd"),
        ("abcdef", "abcdef"),
        ("xy", "xy"),
    ] {
        let kept = tile(kept.as_bytes());
        catalog.keep_tiles(vec![kept]).await.expect("kept");
        assert_eq!(read().await.as_deref(), Some(then.as_bytes()));
    }
}

pub(super) async fn cases_and_the_backlog<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let backlog = catalog.backlog().await.expect("counted");
    assert_eq!(
        (backlog.unproven, backlog.oldest_unproven, backlog.cases),
        (0, None, 0)
    );
    let unproven = || Provenance {
        evidence: Evidence::Unproven,
        ..provenance()
    };
    let mut times = Vec::new();
    for path in ["example.com/b/@v/v1.0.0.mod", "example.com/a/@v/v1.0.0.mod"] {
        let kept = catalog.commit(capture_with(path, path, unproven())).await;
        times.push(kept.expect("kept").record.first_seen);
    }
    let mut numbers = Vec::new();
    for body in ["{}", "[]", "{\"a\":1}"] {
        let event = JournalEvent::new(CASE, "example.com/m/@v/v1.0.0.zip", body);
        numbers.push(catalog.open_case(event).await.expect("written"));
    }
    assert_eq!(numbers, [3, 4, 5]);
    let backlog = catalog.backlog().await.expect("counted");
    assert_eq!(
        (backlog.unproven, backlog.oldest_unproven, backlog.cases),
        (2, times.first().copied(), 3)
    );
    let cases = catalog.cases(u64::MAX, 2).await.expect("read");
    let found: Vec<_> = cases
        .iter()
        .map(|case| (case.number, &*case.body))
        .collect();
    assert_eq!(found, [(5, "{\"a\":1}"), (4, "[]")]);
    let older = catalog.cases(4, 9).await.expect("read");
    assert_eq!(older.len(), 1);
    let too_long = JournalEvent::new(CASE, "x", "y".repeat(20_000));
    assert!(matches!(
        too_long.checked(),
        Err(StoreError::TooLarge { .. })
    ));
}

pub(super) async fn answers_are_replaced_aged_and_swept<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let answer = |body: &'static str, status, at| CachedAnswer {
        body: body.into(),
        status,
        fetched_at: second(at),
        source: "https://proxy.example.com".to_owned(),
    };
    let (known, absent) = (CachedAnswerStatus::Known, CachedAnswerStatus::Absent);
    let list = CachedAnswerKey::list(&module("example.com/m"));
    let gone = CachedAnswerKey::new(CachedAnswerClass::Absence, "example.com/m/@v/v9.0.0.info");
    let nested = CachedAnswerKey::list(&module("example.com/m/sub"));
    for (key, answer) in [
        (&list, answer("old", known, 1)),
        (&list, answer("v1.0.0", known, 1000)),
        (&gone, answer("", absent, 1000)),
        (&nested, answer("v2.0.0", known, 1000)),
    ] {
        catalog.put_answer(key.clone(), answer).await.expect("kept");
    }
    let read = async |key: &CachedAnswerKey| catalog.answer(key.clone()).await.expect("read");
    assert_eq!(read(&list).await, Some(answer("v1.0.0", known, 1000)));

    let mark = |known, absent| StaleMark {
        known: second(known),
        absent: second(absent),
    };
    let age = async |mark| {
        let aged = catalog.age_answers(module("example.com/m"), mark);
        let mut aged = aged.await.expect("aged");
        aged.sort();
        aged
    };
    let paths = [list.path.clone(), gone.path.clone()];
    assert_eq!(age(mark(500, 600)).await, paths);
    assert_eq!(
        age(mark(800, 800)).await,
        paths,
        "younger makes nobody younger"
    );
    let times = [
        read(&list).await.map(|answer| answer.fetched_at),
        read(&gone).await.map(|answer| answer.fetched_at),
        read(&nested).await.map(|answer| answer.fetched_at),
    ];
    assert_eq!(
        times,
        [Some(second(500)), Some(second(600)), Some(second(1000))]
    );

    let swept = async |before| catalog.sweep_absences(second(before)).await.expect("swept");
    assert_eq!(swept(600).await, 0);
    assert_eq!(swept(601).await, 1);
    assert_eq!(read(&gone).await, None);
    assert!(read(&list).await.is_some(), "what is known stays");
}
