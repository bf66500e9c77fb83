//! Carried: the heads that earlier bundles from here took along.
//!
//! Other sites have them by now, and believe a newer head only if it can be compared with theirs.
//! So each bundle carries the tiles for that, and nobody has to ask a site that nothing reaches what
//! its newest head is. A head that came there in another way is named with `--since`.

use bytes::Bytes;
use std::fmt::Write as _;
use store::{Store, StoreError};

/// Heads that are remembered. Each costs a later bundle a few tiles of 8 KiB.
const REMEMBERED: usize = 32;

/// Sizes of heads that were carried, the oldest first.
pub(crate) async fn before(store: &Store, database: &str) -> Result<Vec<u64>, StoreError> {
    let kept = store.state(&state(database)).await?.unwrap_or_default();
    let text = String::from_utf8_lossy(&kept);
    Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
}

/// Notes that a bundle carried the head of this size.
pub(crate) async fn remember(store: &Store, database: &str, size: u64) -> Result<(), StoreError> {
    let old = store.state(&state(database)).await?;
    let mut sizes = before(store, database).await?;
    if sizes.contains(&size) {
        return Ok(());
    }
    sizes.push(size);
    let mut text = String::new();
    for size in sizes.iter().skip(sizes.len().saturating_sub(REMEMBERED)) {
        // Writing to a string does not fail.
        let _done = writeln!(text, "{size}");
    }
    // Whoever wrote in between remembers a head of their own; ours takes `--since` then.
    store
        .swap_state(&state(database), old, Bytes::from(text))
        .await
        .map(drop)
}

fn state(database: &str) -> String {
    format!("bundle/{database}/carried")
}
