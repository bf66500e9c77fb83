//! A damaged catalog is noticed, said so, and rebuilt from journal and blobs.

use crate::support::{Site, artifact, blob_path, get, go_mod, lookup, open, provenance};
use codes::Code;
use gomod::ArtifactKind;
use jiff::Timestamp;
use std::path::Path;
use store::{
    BlobId, JournalEvent, Key, Record, StoreOptions,
    maintenance::{rebuild, verify},
};
use tempfile::TempDir;

/// A closed store with a few captures and an event.
async fn filled() -> (TempDir, Vec<Record>) {
    let site = Site::new().await;
    let mut records = Vec::new();
    for number in 0..30 {
        let module = format!("example.com/m{number}");
        for key in [
            go_mod(&module, "v1.0.0"),
            artifact(&module, "v1.0.0", ArtifactKind::Info),
            lookup(&module),
        ] {
            records.push(site.put(&key, &format!("{key}")).await.record);
        }
    }
    site.store
        .event(JournalEvent::new("refreshed", "example.com/m1", ""))
        .await
        .unwrap();
    (site.close(), records)
}

fn damage(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

async fn opens_with(data: &Path) -> Code {
    open(data).await.err().expect("refused").code()
}

#[tokio::test]
async fn a_catalog_that_is_none_is_refused_at_the_start() {
    let (directory, _) = filled().await;
    let catalog = directory.path().join("catalog.db");
    let whole = std::fs::read(&catalog).unwrap();
    for bytes in [
        &b"garbage"[..],
        &[0; 8192],
        &whole[..50],
        &whole[..4096],
        &whole[..whole.len() / 2],
        &whole[..whole.len() - 1],
    ] {
        std::fs::write(&catalog, bytes).unwrap();
        assert_eq!(
            opens_with(directory.path()).await,
            Code::CorruptCatalog,
            "{} bytes",
            bytes.len()
        );
    }
    std::fs::write(&catalog, &whole).unwrap();
    assert!(
        open(directory.path()).await.is_ok(),
        "refusing damages nothing"
    );
}

#[tokio::test]
async fn a_missing_or_emptied_or_older_catalog_is_not_taken_for_a_new_store() {
    let (directory, _) = filled().await;
    let catalog = directory.path().join("catalog.db");
    let older = {
        let site = Site::new().await;
        site.put(&go_mod("example.com/m", "v1.0.0"), "x").await;
        let directory = site.close();
        std::fs::read(directory.path().join("catalog.db")).unwrap()
    };
    std::fs::write(&catalog, older).unwrap();
    assert_eq!(
        opens_with(directory.path()).await,
        Code::CorruptCatalog,
        "older"
    );
    std::fs::write(&catalog, "").unwrap();
    assert_eq!(
        opens_with(directory.path()).await,
        Code::CorruptCatalog,
        "empty"
    );
    std::fs::remove_file(&catalog).unwrap();
    assert_eq!(
        opens_with(directory.path()).await,
        Code::CorruptCatalog,
        "missing"
    );
}

#[tokio::test]
async fn a_newer_layout_and_a_strange_database_are_refused() {
    let (directory, _) = filled().await;
    let catalog = directory.path().join("catalog.db");
    // https://www.sqlite.org/fileformat.html: user version at 60, application id at 68.
    damage(&catalog, |bytes| {
        bytes[60..64].copy_from_slice(&999_u32.to_be_bytes());
    });
    assert_eq!(opens_with(directory.path()).await, Code::StoreTooNew);
    damage(&catalog, |bytes| {
        bytes[68..72].copy_from_slice(&7_u32.to_be_bytes());
    });
    assert_eq!(opens_with(directory.path()).await, Code::CorruptCatalog);
}

#[tokio::test]
async fn damage_inside_the_catalog_is_found_when_it_is_read() {
    let (directory, records) = filled().await;
    damage(&directory.path().join("catalog.db"), |bytes| {
        // Everything but the first page, with schema and header.
        bytes.iter_mut().skip(4096).for_each(|byte| *byte = 0xa5);
    });
    match open(directory.path()).await {
        Err(error) => assert_eq!(error.code(), Code::CorruptCatalog),
        Ok(store) => {
            let error = get(&store, &records[0].key).await.expect_err("noticed");
            assert_eq!(error.code(), Code::CorruptCatalog);
            assert_eq!(store.health().last_error, Some(Code::CorruptCatalog));
        }
    }
}

#[tokio::test]
async fn a_lost_or_damaged_catalog_is_rebuilt_whole() {
    for case in ["missing", "garbage", "zeroed pages", "healthy"] {
        let (directory, records) = filled().await;
        let catalog = directory.path().join("catalog.db");
        match case {
            "missing" => std::fs::remove_file(&catalog).unwrap(),
            "garbage" => std::fs::write(&catalog, "garbage").unwrap(),
            "zeroed pages" => damage(&catalog, |bytes| {
                bytes.iter_mut().skip(4096).for_each(|byte| *byte = 0);
            }),
            _ => {}
        }
        let report = rebuild(StoreOptions::local(directory.path()))
            .await
            .unwrap();
        assert_eq!((report.entries, report.captures), (91, 90), "{case}");
        assert!(
            report.lost.is_empty() && report.damaged_lines.is_empty(),
            "{case}: {report:?}"
        );
        assert_eq!((report.missing_entries, report.orphans), (0, 0), "{case}");

        let store = open(directory.path()).await.unwrap();
        for record in &records {
            assert_eq!(
                store.find(&record.key).await.unwrap().as_ref(),
                Some(record),
                "{case}"
            );
        }
        assert_eq!(
            store.facts(&records[0].key).await.unwrap(),
            Some(provenance().facts)
        );
        assert_eq!(
            store.index(Timestamp::UNIX_EPOCH, 100).await.unwrap().len(),
            30,
            "{case}"
        );
        assert!(verify(&store, |_| {}).await.unwrap().is_healthy(), "{case}");
        let next = crate::support::put(&store, &go_mod("example.com/next", "v1.0.0"), "next")
            .await
            .unwrap();
        assert_eq!(next.record.sequence, 92, "the journal goes on");
    }
}

#[tokio::test]
async fn a_rebuild_says_what_is_lost() {
    let (directory, records) = filled().await;
    let data = directory.path();
    std::fs::remove_file(data.join("catalog.db")).unwrap();
    std::fs::remove_file(blob_path(data, records[4].blob)).unwrap();
    // The line of the eleventh capture, with one bit of its path changed.
    let mirror = data.join("journal/0000000001.ndjson");
    let line_start = {
        let text = std::fs::read_to_string(&mirror).unwrap();
        text.lines()
            .take(10)
            .map(|line| line.len() + 1)
            .sum::<usize>()
    };
    damage(&mirror, |bytes| bytes[line_start + 90] ^= 1);

    let report = rebuild(StoreOptions::local(data)).await.unwrap();
    assert_eq!(
        report.lost.first,
        [(records[4].key.path(), records[4].blob)]
    );
    assert_eq!(report.damaged_lines.count, 1);
    assert!(
        report.damaged_lines.first[0].ends_with("0000000001.ndjson:11"),
        "{report:?}"
    );
    assert_eq!(
        (report.missing_entries, report.captures, report.orphans),
        (1, 88, 1)
    );

    let store = open(data).await.unwrap();
    for (number, record) in records.iter().enumerate() {
        let kept = store.find(&record.key).await.unwrap().is_some();
        assert_eq!(kept, number != 4 && number != 10, "{number}");
    }
}

#[tokio::test]
async fn what_the_mirror_lost_is_taken_from_the_old_catalog() {
    let (directory, records) = filled().await;
    let mirror = directory.path().join("journal/0000000001.ndjson");
    damage(&mirror, |bytes| bytes[200] ^= 1);
    let report = rebuild(StoreOptions::local(directory.path()))
        .await
        .unwrap();
    assert_eq!(
        (report.salvaged, report.missing_entries, report.captures),
        (1, 0, 90)
    );
    let store = open(directory.path()).await.unwrap();
    for record in &records {
        assert!(store.find(&record.key).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_mirror_that_is_behind_torn_or_gone_is_brought_up_at_the_next_start() {
    let (directory, _) = filled().await;
    let journal = directory.path().join("journal");
    let mirror = journal.join("0000000001.ndjson");
    let whole = std::fs::read(&mirror).unwrap();
    let zeros = [&whole[..whole.len() / 2], &[0; 3000]].concat();
    let zeros_and_line = [&zeros[..], b"\n\n"].concat();
    for bytes in [
        &whole[..whole.len() - 1],
        &whole[..whole.len() / 2],
        &whole[..5],
        b"",
        &zeros,
        &zeros_and_line,
    ] {
        std::fs::write(&mirror, bytes).unwrap();
        drop(open(directory.path()).await.unwrap());
        assert_eq!(
            std::fs::read(&mirror).unwrap(),
            whole,
            "{} bytes",
            bytes.len()
        );
    }
    std::fs::write(&mirror, vec![b'x'; 2 << 20]).unwrap();
    drop(open(directory.path()).await.unwrap());
    assert_eq!(
        std::fs::read(&mirror).unwrap(),
        whole,
        "damaged beyond its end"
    );
    std::fs::remove_dir_all(&journal).unwrap();
    drop(open(directory.path()).await.unwrap());
    assert_eq!(std::fs::read(&mirror).unwrap(), whole);
}

#[tokio::test]
async fn a_store_in_use_is_not_rebuilt() {
    let site = Site::new().await;
    let error = rebuild(StoreOptions::local(site.path()))
        .await
        .expect_err("refused");
    assert_eq!(error.code(), Code::StoreInUse);
}

/// Each missing entry gets a stand-in in the log, so a number alone must not make billions of them.
#[tokio::test]
async fn a_line_far_behind_all_others_is_taken_for_damage() {
    let (directory, records) = filled().await;
    let data = directory.path();
    let entry = store::JournalEntry {
        sequence: u64::MAX / 4,
        at: Timestamp::now(),
        decision: store::Decision::Event {
            event: "x".to_owned(),
            subject: String::new(),
            detail: String::new(),
        },
    };
    damage(&data.join("journal/0000000001.ndjson"), |bytes| {
        bytes.extend_from_slice(format!("{}\n", entry.to_line().unwrap()).as_bytes());
    });
    let report = rebuild(StoreOptions::local(data)).await.unwrap();
    assert_eq!((report.entries, report.missing_entries), (91, 0));
    assert_eq!(report.damaged_lines.count, 1);
    assert_eq!(records.len() as u64, report.captures);
}

#[tokio::test]
async fn a_path_in_a_foreign_journal_cannot_name_a_file_outside() {
    let (directory, records) = filled().await;
    let data = directory.path();
    let entry = store::JournalEntry {
        sequence: 92,
        at: Timestamp::now(),
        decision: store::Decision::Captured {
            path: "example.com/../../escape/@v/v1.0.0.mod".to_owned(),
            blob: records[0].blob,
            size: records[0].size,
            h1: None,
            source: String::new(),
            evidence: protocol::RecordedEvidence::default(),
            facts: store::Facts::new(),
        },
    };
    let mirror = data.join("journal/0000000001.ndjson");
    damage(&mirror, |bytes| {
        bytes.extend_from_slice(format!("{}\n", entry.to_line().unwrap()).as_bytes());
    });
    let report = rebuild(StoreOptions::local(data)).await.unwrap();
    assert_eq!((report.entries, report.captures), (92, 90));
    assert_eq!(Key::parse("example.com/../../escape/@v/v1.0.0.mod"), None);
    assert_eq!(
        records[0].blob,
        BlobId::of(records[0].key.path().as_bytes())
    );
}
