//! Halt: after a database told two histories, nothing new is believed of it.
//!
//! The evidence is a state of the store, so a restart changes nothing. Whoever decides that the
//! database may be believed again removes it (`modkeep sumdb resume`), having looked at both notes.

use bytes::Bytes;
use store::{Store, StoreError};
use tlog::client::LogFork;

/// The largest evidence is two notes and 63 hashes.
fn name(database: &str) -> String {
    format!("sumdb/{database}/fork")
}

/// Keeps the evidence of a fork; the first stays.
pub async fn record(store: &Store, database: &str, fork: &LogFork) {
    let name = name(database);
    let emptied = Some(Bytes::new());
    let kept = match store.swap_state(&name, None, evidence(fork).into()).await {
        Ok(false) => {
            store
                .swap_state(&name, emptied, evidence(fork).into())
                .await
        }
        kept => kept,
    };
    if let Err(error) = kept {
        tracing::error!(%error, database, "the evidence of a fork could not be kept");
    }
}

/// The evidence of a fork, if there was one.
pub async fn read(store: &Store, database: &str) -> Result<Option<String>, StoreError> {
    let kept = store.state(&name(database)).await?;
    // A state is never removed; an operator empties it.
    let kept = kept.filter(|evidence| !evidence.is_empty());
    Ok(kept.map(|evidence| String::from_utf8_lossy(&evidence).into_owned()))
}

/// Whether a database is not believed any more.
pub async fn is_halted(store: &Store, database: &str) -> Result<bool, StoreError> {
    Ok(read(store, database).await?.is_some())
}

/// Lets a database be believed again, having shown the evidence against it; `None` if there is none.
pub async fn resume(store: &Store, database: &str) -> Result<Option<String>, StoreError> {
    let name = name(database);
    let Some(evidence) = store.state(&name).await? else {
        return Ok(None);
    };
    if evidence.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&evidence).into_owned();
    let aside = resolved(database);
    let before = store.state(&aside).await?;
    store.swap_state(&aside, before, evidence.clone()).await?;
    let emptied = store.swap_state(&name, Some(evidence), Bytes::new());
    Ok(emptied.await?.then_some(text))
}

/// Takes [`resume`] back: the evidence that it set aside counts again. `None` if there is none.
pub async fn reopen(store: &Store, database: &str) -> Result<Option<String>, StoreError> {
    let evidence = store.state(&resolved(database)).await?;
    let Some(evidence) = evidence.filter(|evidence| !evidence.is_empty()) else {
        return Ok(None);
    };
    let name = name(database);
    let before = store.state(&name).await?;
    let text = String::from_utf8_lossy(&evidence).into_owned();
    let put = store.swap_state(&name, before, evidence).await?;
    Ok(put.then_some(text))
}

/// Where evidence is kept that an operator set aside.
fn resolved(database: &str) -> String {
    format!("sumdb/{database}/fork-resolved")
}

/// Both notes, and the proof that they do not belong to one log: what `go` prints in such a case.
fn evidence(fork: &LogFork) -> String {
    let note = |note: &[u8]| String::from_utf8_lossy(note).into_owned();
    let proof: Vec<String> = fork.proof.iter().map(ToString::to_string).collect();
    format!(
        "{fork}\n\nold database:\n{}\nnew database:\n{}\nproof: the new database has this root at the old size:\n{}\n{}\n",
        note(&fork.older_note),
        note(&fork.newer_note),
        fork.computed,
        proof.join("\n"),
    )
}
