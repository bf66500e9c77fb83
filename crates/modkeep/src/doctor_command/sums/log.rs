//! What the checksum database says, proven in its log.
//!
//! It is reached as `go` reaches it: through the proxies that pass it on, else at its own address.
//! Whoever passes it on is not believed: the record is proven under the database's key, and against
//! the newest head that this machine's `go` remembers, so that two histories show. Nothing is kept.

use super::VersionSubject;
use crate::{doctor_command::client::GoClient, failure::with_causes};
use bytes::Bytes;
use doctor::compare::{HashSource, HashStatement, HashedFile, StatementContent};
use futures_util::future::join_all;
use parking_lot::Mutex;
use tlog::{
    client::{self, ClientOperations, LogFork, LookupError, ProvenRecord, SwapOutcome, TileAccess},
    note::VerifierKey,
    tile::Tile,
};
use tokio::time::{Instant, timeout_at};
use upstream::{DatabaseOutcome, UpstreamOptions, Upstreams};

/// What the database says of both files; nothing if there is none.
pub(super) async fn ask(
    client: &GoClient,
    subject: &VersionSubject,
    deadline: Instant,
) -> Vec<HashStatement> {
    let setting = client.environment.value("GOSUMDB");
    let database = match config::database(setting) {
        Ok(Some(database)) => database,
        Ok(None) => return silent("GOSUMDB", "not asked, it is off"),
        Err(why) => return silent("GOSUMDB", &why),
    };
    if client.names("GONOSUMDB", &subject.module) {
        let why = "not asked, GONOSUMDB or GOPRIVATE names the module";
        return silent(&database.name, why);
    }
    let Some(key) = &database.key else {
        return silent(
            &database.name,
            "its key is not known here, so it proves nothing",
        );
    };
    let Some(list) = client.list() else {
        return silent(&database.name, "the GOPROXY list cannot be read");
    };
    let options = UpstreamOptions {
        databases: [(database.name.clone(), database.route.clone())].into(),
        breaker: false,
        hedge: false,
        ..UpstreamOptions::default()
    };
    let upstreams = match Upstreams::new(&list, &options) {
        Ok(upstreams) => upstreams,
        Err(error) => return silent(&database.name, &error.to_string()),
    };
    let heads = &client.environment.heads;
    let head = heads.iter().find(|(name, _)| *name == database.name);
    let asked = UncachedDatabase {
        name: database.name.clone(),
        upstreams,
        head: Mutex::new(head.map(|(_, head)| Bytes::from(head.clone()))),
    };
    match timeout_at(deadline, look_up(key, asked, subject)).await {
        Ok(Ok(proven)) => log_statements(&database.name, &proven, subject),
        Ok(Err(error)) => silent(&database.name, &failure_text(&error)),
        Err(_) => silent(&database.name, "it took too long"),
    }
}

fn failure_text(error: &LookupError<LookupFailure>) -> String {
    with_causes(error)
}

async fn look_up(
    key: &VerifierKey,
    asked: UncachedDatabase,
    subject: &VersionSubject,
) -> Result<ProvenRecord, LookupError<LookupFailure>> {
    let (module, version) = (&subject.module, &subject.version);
    let escaped = format!("{}@{}", module.escaped(), version.escaped());
    let client = client::SumdbClient::new(key.clone(), asked);
    client
        .lookup(&escaped, module.as_str(), version.as_str())
        .await
}

fn log_statements(
    name: &str,
    proven: &ProvenRecord,
    subject: &VersionSubject,
) -> Vec<HashStatement> {
    let (module, version) = (subject.module.as_str(), subject.version.as_str());
    let of = |file: HashedFile| {
        let version = match file {
            HashedFile::Zip => version.to_owned(),
            HashedFile::GoMod => format!("{version}/go.mod"),
        };
        let hashes = proven.record.hashes(module, &version);
        let said = |hash: &str| statement(file, name, StatementContent::Hash(hash.to_owned()));
        hashes.map(said).collect::<Vec<HashStatement>>()
    };
    HashedFile::ALL.into_iter().flat_map(of).collect()
}

fn silent(name: &str, why: &str) -> Vec<HashStatement> {
    let of = |file| statement(file, name, StatementContent::Nothing(why.to_owned()));
    HashedFile::ALL.into_iter().map(of).collect()
}

fn statement(file: HashedFile, name: &str, said: StatementContent) -> HashStatement {
    let voice = HashSource::Database {
        name: name.to_owned(),
    };
    HashStatement { file, voice, said }
}

/// A database that is asked through the client's sources, and nothing is kept of it.
struct UncachedDatabase {
    name: String,
    upstreams: Upstreams,
    /// The newest head that was seen.
    head: Mutex<Option<Bytes>>,
}

/// Why the database gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
struct LookupFailure(String);

// === impl UncachedDatabase ===

impl UncachedDatabase {
    async fn read(&self, path: &str) -> Result<Bytes, LookupFailure> {
        match self.upstreams.sumdb(&self.name, path).await {
            DatabaseOutcome::Found(download) => {
                let whole = download.whole().await;
                whole.map_err(|error| LookupFailure(error.to_string()))
            }
            DatabaseOutcome::Absent(absence) => Err(LookupFailure(format!(
                "it has no {path} ({})",
                absence.status
            ))),
            DatabaseOutcome::Unavailable(outage) => Err(LookupFailure(outage.summary)),
            DatabaseOutcome::NotMirrored => Err(LookupFailure("nobody passes it on".to_owned())),
        }
    }

    async fn tile(&self, tile: Tile) -> Result<Bytes, LookupFailure> {
        match self.read(&tile.to_string()).await {
            // A tile that has been completed since is there in full only.
            Err(_) if !tile.is_full() => self.read(&tile.full().to_string()).await,
            answer => answer,
        }
    }
}

impl ClientOperations for UncachedDatabase {
    type Error = LookupFailure;

    async fn read_remote(&self, path: &str) -> Result<Bytes, LookupFailure> {
        self.read(path).await
    }

    async fn read_tiles(&self, tiles: &[Tile], _: TileAccess) -> Result<Vec<Bytes>, LookupFailure> {
        let reads = tiles.iter().map(|tile| self.tile(*tile));
        join_all(reads).await.into_iter().collect()
    }

    async fn save_tiles(&self, _: Vec<(Tile, Bytes)>) -> Result<(), LookupFailure> {
        Ok(())
    }

    async fn read_latest(&self) -> Result<Option<Bytes>, LookupFailure> {
        Ok(self.head.lock().clone())
    }

    async fn swap_latest(
        &self,
        old: Option<&Bytes>,
        new: &Bytes,
    ) -> Result<SwapOutcome, LookupFailure> {
        let mut head = self.head.lock();
        if head.as_ref() != old {
            return Ok(SwapOutcome::Conflict);
        }
        *head = Some(new.clone());
        Ok(SwapOutcome::Done)
    }

    /// The lookup fails with it; there is nobody else to tell.
    async fn misbehaved(&self, _: &LogFork) {}
}
