//! Heal: after a rebuild of the catalog, what is in no journal is found again.
//!
//! Proofs are journalled, so a rebuilt catalog has them all. Heads and tiles are not: a rebuild takes
//! them, unchecked, from the old catalog as far as that can be read. The newest head is then the
//! largest of the one that is kept and those of the newest proofs. And every tile that leads from a
//! kept record, or from the head it was proven under, to the newest head is checked, and asked for
//! again where it is missing or wrong, as work that nobody waits for. That the database told two
//! histories is journalled as an alarm, and stays true. What fails is tried again; a
//! rebuild that was healed is remembered by its name.

use crate::{
    rebuilt_head::{healed_state, pending},
    records::DatabaseRecords,
};
use protocol::Refusal;
use std::collections::BTreeSet;
use tlog::{
    client::SumdbClient,
    proof,
    proof_file::LogProof,
    tree::{CompleteSubtree, Subtree},
};

/// Proofs that are healed at once: their tiles are one reading, of which most are shared.
const PAGE: usize = 64;

/// Heals what the last rebuild left, if there was one; gives how many proofs were looked at.
pub(crate) async fn heal(records: &DatabaseRecords) -> Result<u64, Refusal> {
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
