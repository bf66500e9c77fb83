//! Log: the databases of a bundle, as this side finds them.
//!
//! A database whose key is not known here is left out: nothing of it is believed, and nothing of it
//! is kept.

use crate::{
    admission::{Admission, Witness},
    contents::Contents,
    offline::{Offline, OfflineFailure, WritePermission},
    report::{BundleHead, BundleProblem},
};
use bundle::{BundleDatabase, BundleEntry, MANIFEST};
use checksumdb::{halt, restore_head};
use codes::Code;
use std::{collections::BTreeMap, sync::Arc};
use store::{Store, StoreError};
use tlog::{
    client::{LookupError, SumdbClient},
    plan::TileError,
    tree::CompleteSubtree,
};

/// The databases that are believed.
pub(crate) struct Logs {
    contents: Arc<Contents>,
    logs: BTreeMap<String, Log>,
}

struct Log {
    client: SumdbClient<Offline>,
    head: BundleHead,
    /// Records of the log whose head is in the bundle.
    carried: u64,
}

/// A problem of the bundle, or the store's failure, which says nothing about it.
pub(crate) enum Trouble {
    Bundle(BundleProblem),
    Store(StoreError),
}

// === impl Trouble ===

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

// === impl Logs ===

impl Logs {
    /// Brings the heads of the bundle and those of the store together.
    pub(crate) async fn open(
        contents: &Arc<Contents>,
        store: &Store,
        admission: &Admission,
        writing: WritePermission,
    ) -> Result<(Self, Vec<BundleProblem>), StoreError> {
        let (mut logs, mut problems) = (BTreeMap::new(), Vec::new());
        for database in &contents.reader.opening().databases {
            match Log::open(contents, store, admission, writing, database).await {
                Ok(None) => {}
                Ok(Some(log)) => drop(logs.insert(database.name.clone(), log)),
                Err(Trouble::Bundle(problem)) => problems.push(problem),
                Err(Trouble::Store(error)) => return Err(error),
            }
        }
        let contents = Arc::clone(contents);
        Ok((Self { contents, logs }, problems))
    }

    /// The heads, before and after.
    pub(crate) fn heads(&self) -> Vec<BundleHead> {
        self.logs.values().map(|log| log.head.clone()).collect()
    }

    /// Looks for the records of witnesses in the logs; each comes with the place of its proof.
    /// The tiles that prove them are kept where tiles may be written.
    pub(crate) async fn confirm(
        &self,
        witnesses: &[(&BundleEntry, &Witness)],
    ) -> Result<Vec<BundleProblem>, StoreError> {
        let named = &self.contents.reader.opening().databases;
        let is_named = |witness: &Witness| named.iter().any(|named| named.name == witness.database);
        // Of one that is named and not among the logs, the problem was told.
        let headless = witnesses.iter().filter(|(_, witness)| !is_named(witness));
        let mut problems: Vec<BundleProblem> = headless
            .map(|(entry, witness)| {
                let what = format!("the bundle has no head of {}", witness.database);
                BundleProblem::new(Code::BadBundle, &entry.path, entry.at, what)
            })
            .collect();
        for (name, log) in &self.logs {
            let of_log = witnesses
                .iter()
                .filter(|(_, witness)| witness.database == *name);
            let of_log: Vec<_> = of_log.copied().collect();
            if of_log.is_empty() || self.look(log, &of_log).await.is_ok() {
                continue;
            }
            // One of them is wrong; whose it is, is found by asking for each alone.
            for one in &of_log {
                match self.look(log, std::slice::from_ref(one)).await {
                    Ok(()) => {}
                    Err(Trouble::Bundle(problem)) => problems.push(problem),
                    Err(Trouble::Store(error)) => return Err(error),
                }
            }
        }
        Ok(problems)
    }

    async fn look(&self, log: &Log, witnesses: &[(&BundleEntry, &Witness)]) -> Result<(), Trouble> {
        let Some((first, _)) = witnesses.first() else {
            return Ok(());
        };
        let leaf = |witness: &Witness| CompleteSubtree::leaf(witness.record.id);
        let leaves = witnesses.iter().map(|(_, witness)| leaf(witness)).collect();
        let nodes = log.client.nodes(leaves).await;
        let nodes = nodes.map_err(|error| self.trouble(log, error, &first.path, first.at))?;
        for (entry, witness) in witnesses {
            if nodes.hash(leaf(witness)).ok() != Some(witness.record.hash()) {
                let what = format!(
                    "the log of {} has another record at the place of record {}",
                    witness.database, witness.record.id
                );
                let problem = BundleProblem::new(Code::SumdbUntrusted, &entry.path, entry.at, what);
                return Err(Trouble::Bundle(problem));
            }
        }
        Ok(())
    }

    fn trouble(
        &self,
        log: &Log,
        error: LookupError<OfflineFailure>,
        entry: &str,
        at: u64,
    ) -> Trouble {
        trouble(&self.contents, log, error, entry, at)
    }
}

// === impl Log ===

impl Log {
    async fn open(
        contents: &Arc<Contents>,
        store: &Store,
        admission: &Admission,
        writing: WritePermission,
        database: &BundleDatabase,
    ) -> Result<Option<Self>, Trouble> {
        let name = &database.name;
        let Some(key) = admission.key(name) else {
            return Ok(None);
        };
        let problem =
            |code, what: String| Trouble::Bundle(BundleProblem::new(code, MANIFEST, 0, what));
        if halt::read(store, name).await?.is_some() {
            let what = format!("{name} told two histories before, and is not believed any more");
            return Err(problem(Code::SumdbForked, what));
        }
        if writing > WritePermission::Nothing {
            restore_head(store, key).await?;
        }
        let offline = Offline {
            database: name.clone(),
            store: store.clone(),
            contents: Arc::clone(contents),
            writing,
        };
        let mut log = Self {
            client: SumdbClient::new(key.clone(), offline),
            head: BundleHead {
                database: name.clone(),
                before: 0,
                now: 0,
            },
            carried: carried(database),
        };
        let failed = |log: &Self, error| trouble(contents, log, error, MANIFEST, 0);
        let before = log.client.latest().await;
        log.head.before = before.map_err(|error| failed(&log, error))?.head.size;
        let now = log.client.see(database.head.as_bytes()).await;
        log.head.now = now.map_err(|error| failed(&log, error))?.size;
        Ok(Some(log))
    }

    /// What is missing, and who can help.
    fn apart(&self) -> String {
        let BundleHead {
            database, before, ..
        } = &self.head;
        format!(
            "the bundle's head of {database} has {} records, the newest seen here {before}: export again with --since {before}",
            self.carried
        )
    }
}

fn trouble(
    contents: &Contents,
    log: &Log,
    error: LookupError<OfflineFailure>,
    entry: &str,
    at: u64,
) -> Trouble {
    let problem = |code, what: String| BundleProblem::new(code, entry, at, what);
    let before = log.head.before;
    Trouble::Bundle(match error {
        LookupError::Operation(OfflineFailure::Store(error)) => return Trouble::Store(error),
        LookupError::Operation(OfflineFailure::Bundle(malformed)) => malformed.into(),
        // The heads are being compared, or a record is looked for in a log that the bundle does
        // not reach to.
        LookupError::Operation(OfflineFailure::Missing(tile))
            if before > 0 && (log.head.now == 0 || before > log.carried) =>
        {
            problem(
                Code::BundleApart,
                format!("{}; {tile} is missing", log.apart()),
            )
        }
        LookupError::Operation(failure) => problem(Code::BadBundle, failure.to_string()),
        LookupError::Tile(TileError::WrongTile { tile } | TileError::WrongSize { tile, .. }) => {
            let name = &log.head.database;
            let at = contents.tile_at(name, tile).unwrap_or(at);
            let what = "it does not belong to the tree of the newest head";
            BundleProblem::new(
                Code::SumdbUntrusted,
                &format!("sumdb/{name}/{tile}"),
                at,
                what,
            )
        }
        LookupError::Fork(fork) => problem(Code::SumdbForked, fork.to_string()),
        error => problem(
            Code::SumdbUntrusted,
            format!("{}: {error}", log.head.database),
        ),
    })
}

/// The size that the head in the bundle claims; nothing is believed on its word.
fn carried(database: &BundleDatabase) -> u64 {
    let size = database.head.lines().nth(1);
    size.and_then(|size| size.parse().ok()).unwrap_or_default()
}
