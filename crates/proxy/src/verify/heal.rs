//! Heal: after a rebuild of the catalog, what is in no journal is found again.
//!
//! Proofs are journalled, so a rebuilt catalog has them all. Heads and tiles are not: a rebuild takes
//! them, unchecked, from the old catalog as far as that can be read. The newest head is then the
//! largest of the one that is kept and those of the newest proofs. And every tile that leads from a
//! kept record, or from the head it was proven under, to the newest head is checked, and asked for
//! again where it is missing or wrong, as work that nobody waits for. That the database told two
//! histories is journalled as an alarm, and stays true. What fails is tried again; a
//! rebuild that was healed is remembered by its name.

use super::{
    database::{Database, head_state},
    records::Records,
};
use bytes::Bytes;
use protocol::Refusal;
use std::collections::BTreeSet;
use store::{Decision, JournalEntry, REBUILT, Store, StoreError};
use tlog::{
    checkpoint::TreeHead,
    client::SumdbClient,
    note::{Note, VerifierKey},
    proof,
    proof_file::LogProof,
    tree::{CompleteSubtree, Subtree},
};

/// How many of the newest proofs are looked through for the newest head.
const RECENT: usize = 64;

/// Journal entries looked at in one step.
const ENTRIES: usize = 1000;

/// What the alarm about a fork is called in the journal.
const FORK_EVENT: &str = "alarm-database-forked";

/// Proofs that are healed at once: their tiles are one reading, of which most are shared.
const PAGE: usize = 64;

/// Finds the newest head where the catalog that held it was lost, or taken from an older one.
pub(crate) async fn restore_head(store: &Store, key: &VerifierKey) -> Result<(), StoreError> {
    let name = head_state(key.name());
    let kept = store.state(&name).await?;
    if kept.is_some() && pending(store, key.name()).await?.is_none() {
        return Ok(());
    }
    let files = store.newest_proofs(key.name(), RECENT).await?;
    let notes = files.iter().filter_map(|file| {
        let proof = LogProof::parse(file.as_bytes()).ok()?;
        Some(Bytes::from(proof.checkpoint))
    });
    let sized = |note: Bytes| Some((open(&note, key)?.size, note));
    let newest = notes.filter_map(sized).max_by_key(|(size, _)| *size);
    let size = kept.as_ref().and_then(|note| Some(open(note, key)?.size));
    if let Some((newest, note)) = newest
        && size.is_none_or(|size| size < newest)
    {
        store.swap_state(&name, kept, note).await?;
    }
    Ok(())
}

fn open(note: &[u8], key: &VerifierKey) -> Option<TreeHead> {
    let note = Note::open(note, std::slice::from_ref(key)).ok()?;
    TreeHead::parse(&note.text).ok()
}

/// Whether a fork was told of in the journal, where the catalog that held its evidence was lost: a
/// database that told two histories must not be believed again because of a rebuild.
pub(super) async fn was_forked(database: &Database) -> Result<bool, StoreError> {
    if pending(database.store(), database.name()).await?.is_none() {
        return Ok(false);
    }
    let mut after = 0;
    loop {
        let entries = database.store().journal(after, ENTRIES).await?;
        let Some(last) = entries.last() else {
            return Ok(false);
        };
        after = last.sequence;
        let told = |entry: &JournalEntry| {
            matches!(&entry.decision, Decision::Event { event, subject, .. }
                if event == FORK_EVENT && **subject == **database.name())
        };
        if entries.iter().any(told) {
            return Ok(true);
        }
    }
}

fn healed_state(database: &str) -> String {
    format!("sumdb/{database}/healed")
}

/// The name of a rebuild that was not healed yet, and of the one that was healed last.
async fn pending(
    store: &Store,
    database: &str,
) -> Result<Option<(Bytes, Option<Bytes>)>, StoreError> {
    let Some(rebuilt) = store.state(REBUILT).await? else {
        return Ok(None);
    };
    let healed = store.state(&healed_state(database)).await?;
    let is_healed = healed.as_ref() == Some(&rebuilt);
    Ok((!is_healed).then_some((rebuilt, healed)))
}

/// Heals what the last rebuild left, if there was one; gives how many proofs were looked at.
pub(super) async fn heal(records: &Records) -> Result<u64, Refusal> {
    let database = records.client().operations();
    let Some((rebuilt, healed)) = pending(database.store(), database.name()).await? else {
        return Ok(0);
    };
    records.ready().await?;
    let latest = records.latest().await?;
    let client = SumdbClient::new(records.client().key().clone(), database.in_background());
    let (mut after, mut count) = (0, 0);
    loop {
        let page = database
            .store()
            .proofs(database.name(), after, PAGE)
            .await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        count += page.len() as u64;
        let proofs = page
            .iter()
            .filter_map(|(_, file)| LogProof::parse(file.as_bytes()).ok());
        let nodes = nodes(latest.head.size, proofs);
        let tiles = client.hashes(latest.head, nodes).await;
        tiles.map_err(|error| records.refusal(&error))?;
    }
    let state = healed_state(database.name());
    database.store().swap_state(&state, healed, rebuilt).await?;
    Ok(count)
}

/// What proves these records in the tree of `size` records, and the heads they came with.
fn nodes(size: u64, proofs: impl Iterator<Item = LogProof>) -> BTreeSet<CompleteSubtree> {
    let mut nodes = BTreeSet::new();
    for file in proofs {
        nodes.extend(proof::nodes(size, file.index));
        let older = file.checkpoint.lines().nth(1);
        let older = older.and_then(|older| older.parse().ok());
        if let Some(older) = older.filter(|older| *older <= size) {
            nodes.extend(Subtree::whole(older).nodes());
        }
    }
    nodes
}
