//! Captures: durable, unique, for ever (laws L2 and L5).

use crate::support::{Site, artifact, go_mod, lookup, module_path, open, provenance, put};
use codes::Code;
use gomod::ArtifactKind;
use jiff::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use store::{ArtifactKinds, BlobId, Decision, JournalEvent, Store, StoreError, StoreOptions};

#[tokio::test]
async fn a_capture_is_found_with_everything_that_was_said_about_it() {
    let site = Site::new().await;
    let key = go_mod("example.com/Upper", "v1.2.3");
    assert_eq!(site.store.find(&key).await.unwrap(), None);

    let committed = site.put(&key, "module example.com/Upper\n").await;
    assert!(committed.fresh);

    let site = site.reopen().await.unwrap();
    let record = site.store.find(&key).await.unwrap().expect("kept");
    assert_eq!(record, committed.record);
    assert_eq!(record.blob, BlobId::of(b"module example.com/Upper\n"));
    assert_eq!(record.size, 25);
    assert_eq!(record.h1, provenance().h1);
    assert_eq!(record.source, "https://proxy.example.com");
    assert_eq!(record.sequence, 1);
    assert_eq!(
        site.store.facts(&key).await.unwrap(),
        Some(provenance().facts)
    );
    assert_eq!(
        site.get(&key).await.unwrap().as_deref(),
        Some(&b"module example.com/Upper\n"[..])
    );
}

#[tokio::test]
async fn paths_that_differ_only_in_case_are_different_captures() {
    let site = Site::new().await;
    let (upper, lower) = (
        go_mod("example.com/M", "v1.0.0"),
        go_mod("example.com/m", "v1.0.0"),
    );
    site.put(&upper, "upper").await;
    assert_eq!(site.get(&lower).await.unwrap(), None);
    site.put(&lower, "lower").await;
    assert_eq!(
        site.get(&upper).await.unwrap().as_deref(),
        Some(&b"upper"[..])
    );
}

#[tokio::test]
async fn the_same_bytes_again_change_nothing() {
    let site = Site::new().await;
    let key = go_mod("example.com/m", "v1.0.0");
    let first = site.put(&key, "module m\n").await;
    let again = site.put(&key, "module m\n").await;
    assert!(!again.fresh);
    assert_eq!(again.record, first.record);
    assert_eq!(site.store.journal(0, 10).await.unwrap().len(), 1);
    assert_eq!(site.store.health().captures, 1);
}

#[tokio::test]
async fn the_same_bytes_again_heal_a_damaged_blob() {
    let site = Site::new().await;
    let key = go_mod("example.com/m", "v1.0.0");
    let record = site.put(&key, "module m\n").await.record;
    crate::support::flip_bit(&site.blob_path(record.blob), 3);
    assert!(site.get(&key).await.is_err());

    site.put(&key, "module m\n").await;
    assert_eq!(
        site.get(&key).await.unwrap().as_deref(),
        Some(&b"module m\n"[..])
    );
}

#[tokio::test]
async fn other_bytes_for_a_kept_key_are_refused_put_aside_and_journalled_once() {
    let site = Site::new().await;
    let key = go_mod("example.com/m", "v1.0.0");
    let kept = site.put(&key, "first").await.record;

    for _ in 0..3 {
        let error = put(&site.store, &key, "second").await.expect_err("refused");
        assert!(matches!(error, StoreError::Conflict { kept: blob, .. } if blob == kept.blob));
        assert_eq!(error.code(), Code::CaptureConflict);
    }

    assert_eq!(site.store.find(&key).await.unwrap(), Some(kept.clone()));
    assert_eq!(
        site.get(&key).await.unwrap().as_deref(),
        Some(&b"first"[..])
    );
    let offered = BlobId::of(b"second");
    let aside = site.path().join("quarantine").join(offered.to_string());
    assert_eq!(std::fs::read(aside).unwrap(), b"second");
    let entries = site.store.journal(1, 10).await.unwrap();
    let [entry] = entries.as_slice() else {
        panic!("one entry, not {entries:?}")
    };
    assert!(
        matches!(&entry.decision, Decision::Conflict { quarantined: true, offered: blob, .. } if *blob == offered)
    );
    assert!(
        site.store.health().writable,
        "a conflict is no disk failure"
    );
}

#[tokio::test]
async fn of_two_different_captures_at_the_same_time_one_stays() {
    let site = Site::new().await;
    for round in 0..20 {
        let key = go_mod("example.com/m", &format!("v1.0.{round}"));
        let (a, b) = tokio::join!(
            put(&site.store, &key, "aaaa"),
            put(&site.store, &key, "bbbb")
        );
        let (winner, loser) = if a.is_ok() { (a, b) } else { (b, a) };
        let winner = winner.expect("one is kept").record;
        assert_eq!(
            loser.expect_err("the other is refused").code(),
            Code::CaptureConflict
        );
        assert_eq!(site.store.find(&key).await.unwrap(), Some(winner));
    }
}

#[tokio::test]
async fn crooked_keys_are_refused_before_anything_is_written() {
    let site = Site::new().await;
    for path in [
        "lookup/../../escape",
        "lookup//x",
        "lookup/a b",
        "lookup/a\nb",
        "lookup/\0",
    ] {
        let key = store::Key::Sumdb {
            name: "sum.golang.org".to_owned(),
            path: path.to_owned(),
        };
        let error = put(&site.store, &key, "x").await.expect_err("refused");
        assert!(
            matches!(error, StoreError::InvalidKey { .. }),
            "{path:?}: {error}"
        );
    }
    assert_eq!(site.store.health().sequence, 0);
}

#[tokio::test]
async fn kept_versions_come_with_their_kinds_and_without_neighbours() {
    let site = Site::new().await;
    let module = "example.com/m";
    for (key, bytes) in [
        (go_mod(module, "v1.0.0"), "a"),
        (artifact(module, "v1.0.0", ArtifactKind::Zip), "b"),
        (artifact(module, "v1.1.0", ArtifactKind::Info), "c"),
        (go_mod("example.com/m/sub", "v9.0.0"), "d"),
        (go_mod("example.com/mm", "v9.0.0"), "e"),
        (go_mod("example.com/M", "v9.0.0"), "f"),
        (lookup(module), "g"),
    ] {
        site.put(&key, bytes).await;
    }
    let kept = site
        .store
        .kept_versions(&module_path(module))
        .await
        .unwrap();
    let kept: Vec<_> = kept
        .iter()
        .map(|kept| (kept.version.as_str(), kept.kinds))
        .collect();
    let (mod_and_zip, info) = (
        ArtifactKinds {
            info: false,
            go_mod: true,
            zip: true,
        },
        ArtifactKinds {
            info: true,
            ..ArtifactKinds::default()
        },
    );
    assert_eq!(kept, [("v1.0.0", mod_and_zip), ("v1.1.0", info)]);
}

/// `v1.0.0-rc` ends where `v1.0.0-rc.mod` goes on: neither hides or splits the other.
#[tokio::test]
async fn a_version_and_one_that_begins_like_it_are_two() {
    let site = Site::new().await;
    let module = "example.com/m";
    for (version, kind) in [
        ("v1.0.0-rc.mod", ArtifactKind::Info),
        ("v1.0.0-rc", ArtifactKind::Info),
        ("v1.0.0-rc", ArtifactKind::Mod),
        ("v1.0.0-rc", ArtifactKind::Zip),
    ] {
        let key = artifact(module, version, kind);
        site.put(&key, &key.to_string()).await;
    }
    let kept = site.store.kept_versions(&module_path(module)).await;
    let kept: Vec<_> = kept
        .unwrap()
        .into_iter()
        .map(|kept| (kept.version.to_string(), kept.kinds.zip))
        .collect();
    assert_eq!(
        kept,
        [
            ("v1.0.0-rc".to_owned(), true),
            ("v1.0.0-rc.mod".to_owned(), false)
        ]
    );
    let index = site.store.index(Timestamp::UNIX_EPOCH, 10).await.unwrap();
    let index: Vec<_> = index.iter().map(|entry| entry.version.as_str()).collect();
    assert_eq!(index, ["v1.0.0-rc.mod", "v1.0.0-rc"]);
}

#[tokio::test]
async fn modules_are_paged_through_once_each_and_databases_are_none() {
    let site = Site::new().await;
    let mut expected = Vec::new();
    for name in [
        "a.example/x",
        "a.example/X",
        "a.example/x/y",
        "a.example/x-y",
        "sumdb.example/q",
        "z.example/x",
    ] {
        for version in ["v1.0.0", "v1.0.1"] {
            site.put(&go_mod(name, version), version).await;
        }
        expected.push(name.to_owned());
    }
    for number in 0..5 {
        site.put(&lookup(&format!("a.example/{number}")), "record")
            .await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    while let Some(module) = site.store.modules(after.take(), 1).await.unwrap().pop() {
        seen.push(module.to_string());
        after = Some(module);
    }
    seen.sort_unstable();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    assert_eq!(
        site.store.modules(None, 100).await.unwrap().len(),
        expected.len()
    );
}

#[tokio::test]
async fn the_index_pages_by_time_even_if_the_clock_stands_still_or_goes_back() {
    let directory = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(AtomicI64::new(1_000_000));
    let ticks = clock.clone();
    let options = StoreOptions::local(directory.path())
        .with_clock(move || Timestamp::from_microsecond(ticks.load(Ordering::Relaxed)).unwrap());
    let store = Store::open(options).await.unwrap();
    for number in 0..6 {
        let module = format!("example.com/m{number}");
        put(&store, &go_mod(&module, "v1.0.0"), &module)
            .await
            .unwrap();
        put(
            &store,
            &artifact(&module, "v1.0.0", ArtifactKind::Info),
            "info",
        )
        .await
        .unwrap();
        put(&store, &lookup(&module), &module).await.unwrap();
        if number == 3 {
            clock.store(10, Ordering::Relaxed);
        }
    }
    let (mut seen, mut since) = (Vec::new(), Timestamp::UNIX_EPOCH);
    loop {
        let page = store.index(since, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        since = last.timestamp + jiff::SignedDuration::from_nanos(1);
        seen.extend(page.iter().map(|entry| entry.module.to_string()));
    }
    let expected: Vec<_> = (0..6)
        .map(|number| format!("example.com/m{number}"))
        .collect();
    assert_eq!(seen, expected, "each version once, in the order of capture");
}

#[tokio::test]
async fn events_join_the_journal_and_its_mirror_in_order() {
    let site = Site::new().await;
    site.put(&go_mod("example.com/m", "v1.0.0"), "module m\n")
        .await;
    let event = JournalEvent::new(
        "refreshed",
        "example.com/m",
        "asked for by an operator\nwith a second line",
    );
    assert_eq!(site.store.event(event).await.unwrap(), 2);
    let entries = site.store.journal(0, 10).await.unwrap();
    let directory = site.close();

    let mirror =
        std::fs::read_to_string(directory.path().join("journal/0000000001.ndjson")).unwrap();
    let lines: Vec<_> = entries
        .iter()
        .map(|entry| entry.to_line().unwrap())
        .collect();
    assert_eq!(mirror.lines().collect::<Vec<_>>(), lines);
}

#[tokio::test]
async fn an_event_is_a_decision_and_not_a_document() {
    let site = Site::new().await;
    let event = JournalEvent::new(
        "refused",
        "example.com/m",
        "x".repeat(store::ENTRY_WORDS_LIMIT),
    );
    assert!(matches!(
        site.store.event(event).await,
        Err(StoreError::TooLarge { .. })
    ));
}

#[tokio::test]
async fn one_process_holds_the_directory_and_gives_it_back() {
    let site = Site::new().await;
    let second = open(site.path()).await.err().expect("refused");
    assert_eq!(second.code(), Code::StoreInUse);
    assert!(site.reopen().await.is_ok());
}

#[tokio::test]
async fn two_keys_may_have_the_same_bytes() {
    let site = Site::new().await;
    let keys = [
        go_mod("example.com/a", "v1.0.0"),
        go_mod("example.com/b", "v1.0.0"),
    ];
    for key in &keys {
        assert!(site.put(key, "same").await.fresh);
    }
    let health = site.store.health();
    assert_eq!((health.captures, health.blobs, health.bytes), (2, 1, 4));
}
