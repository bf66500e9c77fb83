//! Rebuilt head: what a rebuild of the catalog left of a checksum database's head, and of its misbehaviour.

use crate::database::{Database, head_state};
use bytes::Bytes;
use store::{Decision, JournalEntry, REBUILT, Store, StoreError};
use tlog::{
    checkpoint::TreeHead,
    note::{Note, VerifierKey},
    proof_file::LogProof,
};

/// How many of the newest proofs are looked through for the newest head.
const RECENT: usize = 64;

/// Journal entries looked at in one step.
const ENTRIES: usize = 1000;

/// What the alarm about a fork is called in the journal.
const FORK_EVENT: &str = "alarm-database-forked";

/// Finds the newest head where the catalog that held it was lost, or taken from an older one.
pub async fn restore_head(store: &Store, key: &VerifierKey) -> Result<(), StoreError> {
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
pub(crate) async fn was_forked(database: &Database) -> Result<bool, StoreError> {
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

pub(crate) fn healed_state(database: &str) -> String {
    format!("sumdb/{database}/healed")
}

/// The name of a rebuild that was not healed yet, and of the one that was healed last.
pub(crate) async fn pending(
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
