//! Captures: never overwritten, found in pages, withdrawn, repaired, replaced and confirmed.

use super::{Fixture, capture, capture_with, key, module, provenance, version};
use crate::{
    blob::BlobId,
    catalog::{
        BlobRepair, BlobReplacement, CaptureRow, Catalog, EvidenceUpdate, Priority, VersionOrder,
    },
    error::StoreError,
    journal::Decision,
    record::{ArtifactKinds, Provenance},
    trust::Withdrawal,
    version_mark::VersionMark,
};
use futures_util::future::join_all;
use jiff::Timestamp;
use protocol::Evidence;

const PATH: &str = "example.com/m/@v/v1.0.0.mod";

pub(super) async fn find(catalog: &dyn Catalog, path: &str) -> Option<CaptureRow> {
    let found = catalog.find(path.to_owned(), Priority::Request);
    let found = found.await.expect("answered");
    let again = catalog.find(path.to_owned(), Priority::Background);
    assert_eq!(again.await.expect("answered"), found);
    found
}

pub(super) async fn decisions(catalog: &dyn Catalog) -> Vec<Decision> {
    let entries = catalog.journal(0, 1000).await.expect("read");
    entries.into_iter().map(|entry| entry.decision).collect()
}

pub(super) async fn what_was_captured_is_never_overwritten<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let first = catalog.commit(capture(PATH, "first")).await.expect("kept");
    assert!(first.fresh);
    let again = catalog.commit(capture(PATH, "first")).await.expect("kept");
    assert_eq!((again.fresh, &again.record), (false, &first.record));
    let other = catalog.commit(capture(PATH, "other")).await;
    let Err(StoreError::Conflict { kept, offered, .. }) = other else {
        unreachable!("{other:?}");
    };
    assert_eq!(kept, first.record.blob);
    assert_eq!(offered, BlobId::of(b"other"));

    let found = find(&*catalog, PATH).await.expect("kept");
    let record = found.into_record(key(PATH)).expect("known evidence");
    assert_eq!(record, first.record);
    // What was repeated is no decision, what was refused is one.
    let [Decision::Captured { .. }, Decision::Conflict { .. }] = &*decisions(&*catalog).await
    else {
        unreachable!("two decisions");
    };
}

pub(super) async fn of_racing_captures_one_wins<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let racing = (0..8).map(|number| catalog.commit(capture(PATH, &format!("bytes {number}"))));
    let outcomes = join_all(racing).await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 7));
    let is_conflict = |lost: &Result<_, _>| matches!(lost, Err(StoreError::Conflict { .. }));
    assert!(lost.iter().all(is_conflict));
    let winner = won.into_iter().flatten().next().expect("one won");
    let found = find(&*catalog, PATH).await.expect("kept");
    assert_eq!(found.blob, winner.record.blob);
}

pub(super) async fn pages_join_up<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let mut paths: Vec<String> = (0..25)
        .map(|number| format!("example.com/m{number}/@v/v1.0.0.mod"))
        .collect();
    for path in &paths {
        // Two captures may have the same bytes.
        let bytes = path.get(..14).expect("long enough");
        catalog.commit(capture(path, bytes)).await.expect("kept");
    }
    paths.sort();
    let (mut after, mut found) = (String::new(), Vec::new());
    loop {
        let page = catalog.captures(after, 7).await.expect("read");
        assert!(page.len() <= 7);
        let Some(last) = page.last() else { break };
        after = last.path.clone();
        found.extend(page.into_iter().map(|kept| kept.path));
    }
    assert_eq!(found, paths);

    let all = catalog.blobs(None, 1000).await.expect("read");
    assert!(all.is_sorted() && all.len() < paths.len());
    let (mut after, mut blobs) = (None, Vec::new());
    loop {
        let page = catalog.blobs(after, 2).await.expect("read");
        let Some(last) = page.last() else { break };
        after = Some(last.0);
        blobs.extend(page);
    }
    assert_eq!(blobs, all);
    let mut shelves = Vec::new();
    for shelf in 0..=u8::MAX {
        shelves.extend(catalog.blobs_of_shelf(shelf).await.expect("read"));
    }
    assert_eq!(shelves, all);

    let (first, _) = *all.first().expect("a blob");
    let uses = catalog.captures_of(first, 1000).await.expect("read");
    assert!(!uses.is_empty() && uses.iter().all(|kept| kept.blob == first));
    assert_eq!(catalog.captures_of(first, 1).await.expect("read").len(), 1);
}

pub(super) async fn what_is_kept_of_modules_and_versions<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    for path in [
        "example.com/m/@v/v1.0.0-rc.info",
        "example.com/m/@v/v1.0.0-rc.mod.zip",
        "example.com/m/@v/v1.0.0-rc.zip",
        "example.com/m/@v/v1.0.0.mod",
        "example.com/m/sub/@v/v1.0.0.mod",
        "example.com/!big/@v/v2.0.0+incompatible.zip",
        "sumdb/sum.example.com/lookup/example.com/m@v1.0.0",
    ] {
        if crate::key::Key::parse(path).is_some() {
            catalog.commit(capture(path, path)).await.expect("kept");
        }
    }
    let kept = catalog.kept_versions(module("example.com/m")).await;
    let kept: Vec<(String, ArtifactKinds)> = kept
        .expect("read")
        .into_iter()
        .map(|kept| (kept.version.to_string(), kept.kinds))
        .collect();
    let of = |info, go_mod, zip| ArtifactKinds { info, go_mod, zip };
    let candidates = kept
        .iter()
        .filter(|(version, _)| version == "v1.0.0-rc" || version == "v1.0.0");
    let candidates: Vec<_> = candidates.cloned().collect();
    assert_eq!(
        candidates,
        [
            ("v1.0.0".to_owned(), of(false, true, false)),
            ("v1.0.0-rc".to_owned(), of(true, false, true)),
        ]
    );
    let all = catalog.modules(None, 10).await.expect("read");
    let names: Vec<_> = all.iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        ["example.com/Big", "example.com/m", "example.com/m/sub"]
    );
    let after = all.first().cloned();
    assert_eq!(catalog.modules(after, 1).await.expect("read"), all[1..2]);
    assert!(
        find(&*catalog, "example.com/m/@v/v9.0.0.mod")
            .await
            .is_none()
    );
}

pub(super) async fn the_index_has_the_first_capture_of_each_version<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    for path in [
        "example.com/b/@v/v1.0.0.info",
        "example.com/a/@v/v1.0.0.mod",
        "example.com/b/@v/v1.0.0.zip",
        "sumdb/sum.example.com/lookup/example.com/a@v1.0.0",
        "example.com/b/@v/v1.1.0.zip",
    ] {
        catalog.commit(capture(path, path)).await.expect("kept");
    }
    let index = catalog.index(Timestamp::MIN, 100).await.expect("read");
    let names: Vec<_> = index
        .iter()
        .map(|entry| format!("{}@{}", entry.module, entry.version))
        .collect();
    assert_eq!(
        names,
        [
            "example.com/b@v1.0.0",
            "example.com/a@v1.0.0",
            "example.com/b@v1.1.0"
        ]
    );
    assert!(index.is_sorted_by(|one, other| one.timestamp < other.timestamp));
    let since = index.get(1).expect("three").timestamp;
    let later = catalog.index(since, 1).await.expect("read");
    assert_eq!(later, index[1..2]);
}

pub(super) async fn unknown_evidence_is_an_error_of_its_row<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let other = "example.com/n/@v/v1.0.0.mod";
    for path in [PATH, other] {
        catalog.commit(capture(path, path)).await.expect("kept");
    }
    fixture.plant_evidence(PATH, "trusted").await;
    let found = find(&*catalog, PATH).await.expect("kept");
    let refused = found.into_record(key(PATH));
    assert!(
        matches!(&refused, Err(StoreError::UnknownEvidence { path, .. }) if path == PATH),
        "{refused:?}"
    );
    let (again, new) = tokio::join!(
        catalog.commit(capture(PATH, PATH)),
        catalog.commit(capture("example.com/o/@v/v1.0.0.mod", "new")),
    );
    assert!(
        matches!(again, Err(StoreError::UnknownEvidence { .. })),
        "{again:?}"
    );
    assert!(new.expect("not spoilt").fresh);
    let known = find(&*catalog, other).await.expect("kept");
    assert!(known.into_record(key(other)).is_ok());
    // A listing has it, for whoever says what is wrong.
    assert_eq!(
        catalog
            .captures(String::new(), 9)
            .await
            .expect("read")
            .len(),
        3
    );
    let check = catalog.check().await.expect("checked");
    assert_eq!(check.problems.count, 1);
    let problem = check.problems.first.first().expect("one");
    assert!(
        problem.contains(PATH) && problem.contains("trusted"),
        "{problem}"
    );
    let withdrawn = catalog.withdraw(withdrawal(PATH, BlobId::of(PATH.as_bytes())));
    assert!(withdrawn.await.expect("withdrawn").is_some());
    assert!(catalog.check().await.expect("checked").problems.is_empty());
}

fn withdrawal(path: &str, blob: BlobId) -> Withdrawal {
    Withdrawal {
        key: key(path),
        blob,
        by: "a test".to_owned(),
        reason: "on purpose".to_owned(),
    }
}

pub(super) async fn a_withdrawn_capture_may_be_captured_anew<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let info = "example.com/m/@v/v1.0.0.info";
    for path in [PATH, info] {
        catalog.commit(capture(path, path)).await.expect("kept");
    }
    let blob = BlobId::of(PATH.as_bytes());
    let other = withdrawal(PATH, BlobId::of(b"other"));
    assert_eq!(catalog.withdraw(other).await.expect("answered"), None);
    assert!(find(&*catalog, PATH).await.is_some());
    let withdrawn = catalog.withdraw(withdrawal(PATH, blob)).await;
    assert_eq!(withdrawn.expect("withdrawn"), Some(blob));
    assert!(find(&*catalog, PATH).await.is_none());
    assert!(catalog.captures_of(blob, 1).await.expect("read").is_empty());
    let index = catalog.index(Timestamp::MIN, 9).await.expect("read");
    assert_eq!(index.len(), 1, "the version still has its .info");

    let anew = catalog.commit(capture(PATH, "other")).await.expect("kept");
    assert!(anew.fresh);
    for (path, bytes) in [(PATH, "other"), (info, info)] {
        let blob = BlobId::of(bytes.as_bytes());
        let withdrawn = catalog.withdraw(withdrawal(path, blob)).await;
        assert_eq!(withdrawn.expect("withdrawn"), Some(blob));
    }
    let index = catalog.index(Timestamp::MIN, 9).await.expect("read");
    assert!(index.is_empty(), "nothing is left of the version");
    assert!(catalog.blobs(None, 9).await.expect("read").is_empty());
    assert!(catalog.check().await.expect("checked").problems.is_empty());
}

fn repair(lost: &str, found: &str, h1: Option<String>) -> BlobRepair {
    BlobRepair {
        path: PATH.to_owned(),
        lost: BlobId::of(lost.as_bytes()),
        blob: BlobId::of(found.as_bytes()),
        size: found.len() as u64,
        h1,
        source: "elsewhere".to_owned(),
    }
}

pub(super) async fn lost_bytes_give_way_to_those_with_the_same_hash_alone<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let first = catalog.commit(capture(PATH, "lost")).await.expect("kept");
    let h1 = provenance().h1;
    let not_lost = catalog.repair(repair("another", "packed anew", h1.clone()));
    assert_eq!(not_lost.await.expect("answered"), None);
    for wrong in [None, Some("h1:other".to_owned())] {
        let refused = catalog.repair(repair("lost", "packed anew", wrong)).await;
        assert!(
            matches!(refused, Err(StoreError::Conflict { .. })),
            "{refused:?}"
        );
    }
    let same = catalog.repair(repair("lost", "lost", None)).await;
    assert_eq!(
        same.expect("repaired").expect("kept").blob,
        first.record.blob
    );
    let repaired = catalog.repair(repair("lost", "packed anew", h1)).await;
    let repaired = repaired.expect("repaired").expect("kept");
    assert_eq!(repaired.blob, BlobId::of(b"packed anew"));
    assert_eq!(
        (repaired.first_seen, repaired.sequence),
        (first.record.first_seen, first.record.sequence),
        "it keeps its place in time"
    );
    assert_eq!(find(&*catalog, PATH).await, Some(repaired));
    assert!(catalog.check().await.expect("checked").problems.is_empty());
}

pub(super) async fn unconfirmed_bytes_give_way_to_others<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let first = catalog.commit(capture(PATH, "first")).await.expect("kept");
    let replacement = |old: &str, new: &str| BlobReplacement {
        path: PATH.to_owned(),
        old: BlobId::of(old.as_bytes()),
        blob: BlobId::of(new.as_bytes()),
        size: new.len() as u64,
        provenance: Provenance {
            evidence: Evidence::Accepted,
            ..provenance()
        },
        by: "a test".to_owned(),
        reason: "on purpose".to_owned(),
    };
    let other = catalog.replace(replacement("other", "second")).await;
    assert_eq!(other.expect("answered"), None);
    let second = catalog.replace(replacement("first", "second")).await;
    let second = second.expect("replaced").expect("kept");
    assert_eq!(second.blob, BlobId::of(b"second"));
    assert_eq!(second.evidence.read(), Ok(Evidence::Accepted));
    assert!(second.first_seen > first.record.first_seen);
    assert_eq!(find(&*catalog, PATH).await, Some(second));
    let index = catalog.index(Timestamp::MIN, 9).await.expect("read");
    assert_eq!(index.len(), 1, "it is no new version");
    assert_eq!(
        catalog.facts(PATH.to_owned()).await.expect("read"),
        Some([].into())
    );
    assert!(catalog.check().await.expect("checked").problems.is_empty());
}

pub(super) async fn a_confirmation_is_about_one_blob<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let unproven = Provenance {
        evidence: Evidence::Unproven,
        ..provenance()
    };
    let waiting = capture_with(PATH, "bytes", unproven);
    catalog.commit(waiting).await.expect("kept");
    let paths = catalog.unproven(String::new(), 9).await.expect("read");
    assert_eq!(paths, [PATH]);
    let behind = catalog.unproven(PATH.to_owned(), 9).await.expect("read");
    assert!(behind.is_empty());
    let update = |bytes: &str| EvidenceUpdate {
        path: PATH.to_owned(),
        blob: BlobId::of(bytes.as_bytes()),
        evidence: Evidence::confirmed_by_source("https://other.example.com"),
    };
    assert!(!catalog.confirm(update("other")).await.expect("answered"));
    assert!(catalog.confirm(update("bytes")).await.expect("confirmed"));
    let found = find(&*catalog, PATH).await.expect("kept");
    assert_eq!(found.evidence.read(), Ok(update("bytes").evidence));
    let paths = catalog.unproven(String::new(), 9).await.expect("read");
    assert!(paths.is_empty());
}

pub(super) async fn an_order_about_a_version_is_written_once<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let order = |mark, is_set| VersionOrder {
        mark,
        is_set,
        version: "example.com/m/@v/v1.0.0".to_owned(),
        reason: "a reason".to_owned(),
    };
    let (withdrawn, retired) = (VersionMark::Withdrawn, VersionMark::Retired);
    for (is_set, is_new) in [(false, false), (true, true), (true, false)] {
        let changed = catalog.order_version(order(withdrawn, is_set)).await;
        assert_eq!(changed.expect("answered"), is_new);
    }
    let all = catalog.marked_versions(retired).await.expect("read");
    assert!(all.is_empty(), "the marks are apart");
    let all = catalog.marked_versions(withdrawn).await.expect("read");
    let [one] = all.as_slice() else {
        unreachable!("{all:?}");
    };
    assert_eq!(
        (&one.module, &one.version),
        (&module("example.com/m"), &version("v1.0.0"))
    );
    assert_eq!((one.sequence, one.reason.as_str()), (1, "a reason"));
    let back = catalog.order_version(order(withdrawn, false)).await;
    assert!(back.expect("answered"));
    let all = catalog.marked_versions(withdrawn).await.expect("read");
    assert!(all.is_empty());
    assert_eq!(decisions(&*catalog).await.len(), 2);
}
