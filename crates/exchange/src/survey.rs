//! Survey: what is to be written, proven before it is written.
//!
//! Each proof is checked again and its record looked for in the tree of the newest head, as the far
//! side will. That tells which tiles have to come along; those that the store has lost are asked of
//! the database, where it can be asked. What cannot be proven here would not be believed there, so
//! it is left out and named.

use crate::{
    admission::Witness,
    carried,
    export::{BundleExportError, BundleRequest},
    selection::{KeptFiles, Walk},
};
use checksumdb::{Database, DatabaseFailure, restore_head};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{Record, Store, StoreError, VersionProof};
use tlog::{
    client::{LookupError, SignedHead, SumdbClient},
    note::VerifierKey,
    plan::TileError,
    proof,
    proof_file::LogProof,
    tile::Tile,
    tree::CompleteSubtree,
};
use upstream::Upstreams;

/// Records looked for together.
const BATCH: usize = 256;

/// Everything that has to be known before the first byte is written.
#[derive(Default)]
pub(crate) struct Survey {
    pub(crate) logs: BTreeMap<String, Log>,
    /// Paths that are left out, and why.
    pub(crate) left_out: BTreeMap<String, String>,
    /// What was asked for and is not kept.
    pub(crate) lacking: Vec<String>,
}

/// A database as far as it is needed.
pub(crate) struct Log {
    client: SumdbClient<Database>,
    pub(crate) head: Arc<SignedHead>,
    /// As wide as the head has filled them, by level and number.
    pub(crate) tiles: BTreeSet<Tile>,
    waiting: Vec<(Vec<String>, Witness)>,
}

// === impl Survey ===

impl Survey {
    /// Walks over everything that is wanted.
    pub(crate) async fn take(
        store: &Store,
        upstreams: &Upstreams,
        request: &BundleRequest,
    ) -> Result<Self, BundleExportError> {
        let mut survey = Self::default();
        let mut walk = Walk::new(store, &request.selection);
        while let Some(files) = walk.next().await? {
            survey.lacking.extend_from_slice(&files.lacking);
            for (database, paths) in claims(&files) {
                let log = survey.log(store, upstreams, request, &database).await?;
                match witness(store, log.client.key(), &files, &database).await? {
                    Ok(witness) => log.waiting.push((paths, witness)),
                    Err(why) => survey.leave_out(paths, &why),
                }
                survey.prove(&database, BATCH).await?;
            }
        }
        for database in survey.logs.keys().cloned().collect::<Vec<_>>() {
            survey.prove(&database, 1).await?;
        }
        Ok(survey)
    }

    async fn log(
        &mut self,
        store: &Store,
        upstreams: &Upstreams,
        request: &BundleRequest,
        database: &str,
    ) -> Result<&mut Log, BundleExportError> {
        if !self.logs.contains_key(database) {
            let key = request.keys.iter().find(|key| key.name() == database);
            let key = key.ok_or_else(|| BundleExportError::UnknownKey(database.to_owned()))?;
            let log = Log::open(store, upstreams, key, request).await?;
            self.logs.insert(database.to_owned(), log);
        }
        let found = self.logs.get_mut(database);
        found.ok_or_else(|| BundleExportError::UnknownKey(database.to_owned()))
    }

    /// Proves what waits, if as many wait.
    async fn prove(&mut self, database: &str, enough: usize) -> Result<(), BundleExportError> {
        let Some(log) = self.logs.get_mut(database) else {
            return Ok(());
        };
        if log.waiting.len() < enough {
            return Ok(());
        }
        for (paths, why) in log.prove().await? {
            self.leave_out(paths, &why);
        }
        Ok(())
    }

    fn leave_out(&mut self, paths: Vec<String>, why: &str) {
        let entries = paths.into_iter().map(|path| (path, why.to_owned()));
        self.left_out.extend(entries);
    }
}

// === impl Log ===

impl Log {
    async fn open(
        store: &Store,
        upstreams: &Upstreams,
        key: &VerifierKey,
        request: &BundleRequest,
    ) -> Result<Self, BundleExportError> {
        let since = &request.since;
        let database = database(store, upstreams, key, request).await?;
        let client = SumdbClient::new(key.clone(), database);
        let head = client.latest().await.map_err(failed(key.name()))?;
        let mut log = Self {
            client,
            head,
            tiles: BTreeSet::new(),
            waiting: Vec::new(),
        };
        let (size, name) = (log.head.head.size, key.name().to_owned());
        if let Some(since) = since.iter().find(|since| **since > size) {
            return Err(BundleExportError::NotAsNew {
                database: name,
                since: *since,
                size,
            });
        }
        let carried = carried::before(store, &name).await?;
        let others = since.iter().copied().chain(carried);
        let others = others.filter(|other| (1..size).contains(other));
        let nodes = others.flat_map(|other| proof::comparison(size, other));
        let nodes = nodes.collect();
        log.look(nodes).await.map_err(failed(&name))?;
        Ok(log)
    }

    /// A tile that the bundle carries.
    pub(crate) async fn tile(&self, tile: Tile) -> Result<Option<bytes::Bytes>, StoreError> {
        self.client.operations().carried_tile(tile).await
    }

    /// Looks for the records that wait; gives those that cannot be proven, and why.
    async fn prove(&mut self) -> Result<Vec<(Vec<String>, String)>, BundleExportError> {
        let (name, size) = (self.client.key().name().to_owned(), self.head.head.size);
        let waiting = std::mem::take(&mut self.waiting);
        let (within, beyond): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|(_, witness)| witness.record.id < size);
        let leaf = |witness: &Witness| CompleteSubtree::leaf(witness.record.id);
        let leaves = within.iter().map(|(_, witness)| leaf(witness)).collect();
        let hashes = self.look(leaves).await.map_err(failed(&name))?;
        let mut refused: Vec<_> = beyond
            .into_iter()
            .map(|(paths, _)| (paths, "its record is beyond the newest head".to_owned()))
            .collect();
        for ((paths, witness), hash) in within.into_iter().zip(hashes) {
            if hash != witness.record.hash() {
                refused.push((paths, "the newest head has another record".to_owned()));
            }
        }
        Ok(refused)
    }

    /// The hashes of nodes in the newest tree; notes the tiles that lead to them.
    async fn look(
        &mut self,
        nodes: Vec<CompleteSubtree>,
    ) -> Result<Vec<tlog::Hash>, LookupError<DatabaseFailure>> {
        let found = self.client.nodes(nodes.clone()).await?;
        let hashes = nodes.into_iter().map(|node| found.hash(node));
        let hashes = hashes.collect::<Result<_, TileError>>()?;
        self.tiles.extend(found.into_tiles().map(|(tile, _)| tile));
        Ok(hashes)
    }
}

/// A database as far as it may be asked: one of this site's own need not be, and one with a private name
/// must not.
async fn database(
    store: &Store,
    upstreams: &Upstreams,
    key: &VerifierKey,
    request: &BundleRequest,
) -> Result<Database, StoreError> {
    let database = Database::alone(key.name(), store, upstreams);
    let own = store.own_databases()?.into_iter();
    if let Some(own) = own.into_iter().find(|own| own.key() == key) {
        return Ok(database.of_own(own));
    }
    if !store.is_beside() {
        restore_head(store, key).await?;
    }
    let is_private = request.private.matches(key.name()) && !upstreams.asks_directly(key.name());
    Ok(if is_private {
        database.unasked()
    } else {
        database
    })
}

fn failed(database: &str) -> impl FnOnce(LookupError<DatabaseFailure>) -> BundleExportError {
    let database = database.to_owned();
    move |error| {
        let problem = match error {
            LookupError::Operation(DatabaseFailure::Refused(refusal)) => refusal.facts(),
            error => error.to_string(),
        };
        BundleExportError::Database { database, problem }
    }
}

/// The databases that vouch for files of a version, and for which.
fn claims(files: &KeptFiles) -> BTreeMap<String, Vec<String>> {
    let mut claims: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in &files.records {
        if let Some(database) = record.evidence.database() {
            let of_database = claims.entry(database.to_owned()).or_default();
            of_database.push(record.key.path());
        }
    }
    claims
}

/// The kept proof of a version, checked by itself and against what it is to vouch for.
async fn witness(
    store: &Store,
    key: &VerifierKey,
    files: &KeptFiles,
    database: &str,
) -> Result<Result<Witness, String>, BundleExportError> {
    let proof = proof_of(store, files, database).await?;
    let Some(proof) = proof else {
        return Ok(Err("its proof is missing".to_owned()));
    };
    let record = LogProof::parse(proof.file.as_bytes())
        .and_then(|file| file.record(std::slice::from_ref(key)));
    Ok(match record {
        Ok(record) => Ok(Witness {
            database: database.to_owned(),
            record,
            file: proof.file,
        }),
        Err(error) => Err(format!("its proof does not hold: {error}")),
    })
}

/// The kept proof of a version.
pub(crate) async fn proof_of(
    store: &Store,
    files: &KeptFiles,
    database: &str,
) -> Result<Option<VersionProof>, BundleExportError> {
    let proof = store.proof(&files.module, &files.version, database).await?;
    Ok(proof)
}

/// The database that vouches for a capture.
pub(crate) fn voucher(record: &Record) -> Option<&str> {
    record.evidence.database()
}
