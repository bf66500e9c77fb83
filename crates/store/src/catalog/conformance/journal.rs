//! The journal: without gaps, in time, whole after a restart, and a log whose heads are true.

use super::{Fixture, capture, capture_with, key, provenance};
use crate::{
    catalog::{Catalog, LogName, Priority},
    error::StoreError,
    journal::{Decision, JournalEntry, JournalEvent, leaf},
    record::Provenance,
};
use futures_util::{FutureExt, future::join_all};
use tlog::{
    Hash,
    checkpoint::TreeHead,
    entries::EntryBundle,
    frontier::Frontier,
    tile::{HEIGHT, Tile},
    tree::Subtree,
};

fn event(number: usize) -> Decision {
    let event = JournalEvent::new("tried", format!("subject {number}"), "a detail");
    event.checked().expect("short enough")
}

async fn whole(catalog: &dyn Catalog) -> Vec<JournalEntry> {
    let (mut after, mut entries) = (0, Vec::new());
    loop {
        let page = catalog.journal(after, 7).await.expect("read");
        assert!(page.len() <= 7);
        let Some(last) = page.last() else {
            return entries;
        };
        after = last.sequence;
        entries.extend(page);
    }
}

fn assert_gapless(entries: &[JournalEntry]) {
    let numbers = entries.iter().map(|entry| entry.sequence);
    assert!(numbers.eq(1..=entries.len() as u64));
    assert!(entries.is_sorted_by(|one, other| one.at < other.at));
}

pub(super) async fn entries_have_no_gaps_and_their_times_grow<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let events = (0..40).map(|number| catalog.append(event(number)));
    let paths = (0..20).map(|number| format!("example.com/m{number}/@v/v1.0.0.mod"));
    let captures = paths.map(|path| catalog.commit(capture(&path, &path)));
    // What is refused is between them, and leaves no gap.
    let refused = (0..5).map(|number| {
        let bytes = format!("other bytes {number}");
        catalog.commit(capture("example.com/m0/@v/v1.0.0.mod", &bytes))
    });
    let (numbers, kept, refused) =
        tokio::join!(join_all(events), join_all(captures), join_all(refused));
    let mut numbers: Vec<u64> = numbers
        .into_iter()
        .map(|number| number.expect("written"))
        .collect();
    numbers.extend(kept.iter().flatten().map(|kept| kept.record.sequence));
    let count = numbers.len();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), count, "no two have one number");
    let entries = whole(&*catalog).await;
    assert_gapless(&entries);
    let conflicts = refused
        .iter()
        .chain(kept.iter().map(|_| &refused[0]))
        .count();
    assert!(entries.len() >= 60 && conflicts > 0);
    for kept in kept.into_iter().flatten() {
        let at = usize::try_from(kept.record.sequence - 1).expect("small");
        let entry = entries.get(at).expect("in the journal");
        assert_eq!(entry.at, kept.record.first_seen);
        assert!(
            matches!(&entry.decision, Decision::Captured { path, .. } if *path == kept.record.key.path())
        );
    }
}

pub(super) async fn a_change_is_made_though_its_asker_left<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    for number in 0..20 {
        // Asked once and never again.
        drop(catalog.append(event(number)).now_or_never());
    }
    catalog.flush().await.expect("flushed");
    assert_eq!(whole(&*catalog).await.len(), 20);
}

pub(super) async fn everything_outlives_the_process<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let path = "example.com/m/@v/v1.0.0.mod";
    let facts = Provenance {
        facts: [("time".to_owned(), "noon".to_owned())].into(),
        ..provenance()
    };
    let kept = catalog.commit(capture_with(path, "bytes", facts.clone()));
    let kept = kept.await.expect("kept").record;
    let swapped = catalog.swap_state("head".to_owned(), None, "value".into());
    assert!(swapped.await.expect("swapped"));
    catalog.append(event(1)).await.expect("written");
    let (entries, head) = (
        whole(&*catalog).await,
        catalog
            .next_head(LogName::Journal, None)
            .await
            .expect("head"),
    );
    drop(catalog);

    let fixture = fixture.reopen().await;
    let catalog = fixture.catalog();
    let found = catalog.find(path.to_owned(), Priority::Request).await;
    let found = found.expect("read").expect("kept");
    assert_eq!(found.into_record(key(path)).expect("known"), kept);
    let found = catalog.facts(path.to_owned()).await.expect("read");
    assert_eq!(found, Some(facts.facts));
    let state = catalog.state("head".to_owned()).await.expect("read");
    assert_eq!(state.as_deref(), Some(&b"value"[..]));
    assert_eq!(whole(&*catalog).await, entries);
    catalog.append(event(2)).await.expect("written");
    assert_gapless(&whole(&*catalog).await);
    let difference = catalog.head_difference(LogName::Journal, head).await;
    assert_eq!(difference.expect("compared"), None);
}

pub(super) async fn heads_and_tiles_are_those_of_the_entries<F: Fixture>() {
    const SIZE: u64 = 300;
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    let journal = LogName::Journal;
    let empty = catalog.next_head(journal.clone(), None).await;
    assert_eq!(empty.expect("head"), TreeHead::empty());
    let events = (0..300).map(|number| catalog.append(event(number)));
    assert!(join_all(events).await.iter().all(Result::is_ok));
    assert_eq!(catalog.log_size(journal.clone()).await.expect("size"), SIZE);

    let (mut frontier, mut hashes, mut lines) = (Frontier::default(), Vec::new(), Vec::new());
    for entry in whole(&*catalog).await {
        let line = leaf::of_line(entry.sequence, entry.to_line().expect("written"));
        let hash = Hash::of_leaf(&line);
        frontier.append(hash).expect("room");
        hashes.extend_from_slice(hash.as_bytes());
        lines.push(line);
    }
    let head = catalog
        .next_head(journal.clone(), None)
        .await
        .expect("head");
    assert_eq!(head, frontier.head());
    let roots = catalog.log_subtrees(journal.clone(), SIZE, vec![Subtree::whole(SIZE)]);
    assert_eq!(roots.await.expect("root"), [head.root]);

    let tile = |index, width| Tile::try_new(HEIGHT, 0, index, width).expect("a tile");
    let read = async |tile| {
        catalog
            .log_tile(LogName::Journal, tile)
            .await
            .expect("read")
    };
    let split = 256 * 32;
    assert_eq!(read(tile(0, 256)).await.as_deref(), hashes.get(..split));
    assert_eq!(read(tile(1, 44)).await.as_deref(), hashes.get(split..));
    assert_eq!(read(tile(1, 45)).await, None, "not filled as wide");
    assert_eq!(read(tile(2, 1)).await, None);
    let above = Tile::try_new(HEIGHT, 1, 0, 1).expect("a tile");
    assert_eq!(read(above).await.map(|bytes| bytes.len()), Some(32));
    let bundle = EntryBundle::try_new(1, 44).expect("a bundle");
    let bytes = catalog.log_entries(journal.clone(), bundle).await;
    let bytes = bytes.expect("read").expect("filled");
    assert_eq!(bundle.read(&bytes).expect("a bundle"), lines[256..]);
    let beyond = EntryBundle::try_new(1, 45).expect("a bundle");
    let none = catalog.log_entries(journal, beyond).await;
    assert_eq!(none.expect("read"), None);
}

pub(super) async fn a_head_that_was_signed_over_other_entries_is_told<F: Fixture>() {
    let fixture = F::open().await;
    let catalog = fixture.catalog();
    for number in 0..3 {
        catalog.append(event(number)).await.expect("written");
    }
    let journal = LogName::Journal;
    let head = catalog
        .next_head(journal.clone(), None)
        .await
        .expect("head");
    catalog.append(event(3)).await.expect("written");
    let next = catalog.next_head(journal.clone(), Some(head)).await;
    assert_eq!(next.expect("it begins with the older").size, 4);
    let difference = catalog.head_difference(journal.clone(), head).await;
    assert_eq!(difference.expect("compared"), None);

    let other = TreeHead {
        root: Hash::of_leaf(b"other"),
        ..head
    };
    let longer = TreeHead { size: 9, ..head };
    for wrong in [other, longer] {
        let difference = catalog.head_difference(journal.clone(), wrong).await;
        assert!(difference.expect("compared").is_some());
        let refused = catalog.next_head(journal.clone(), Some(wrong)).await;
        assert!(
            matches!(refused, Err(StoreError::CorruptCatalog { .. })),
            "{refused:?}"
        );
    }
}
