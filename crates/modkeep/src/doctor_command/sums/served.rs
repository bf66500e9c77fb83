//! What each proxy serves now.

use super::{
    CandidateHashes,
    copies::{self, CopyBytes, CopyInspection},
};
use crate::doctor_command::client::GoClient;
use doctor::compare::{HashSource, HashStatement, HashedFile, StatementContent, StatementTable};
use futures_util::future::join_all;
use gomod::goproxy::ProxyUrl;
use std::{
    io,
    sync::atomic::{AtomicU64, Ordering},
};
use tokio::{
    io::AsyncWriteExt as _,
    time::{Instant, timeout_at},
};
use upstream::{BodyError, Download, Outcome, Upstreams};

/// Bytes that are fetched in all; Go's own limit for one zip is 500 MiB.
const MOST_BYTES: u64 = 500_000_000;

/// What is left of them.
pub(super) struct ServedBudget(AtomicU64);

/// Asks every proxy for both files, at the same time.
pub(super) async fn ask(
    client: &GoClient,
    table: &StatementTable,
    budget: &ServedBudget,
    deadline: Instant,
) -> Vec<Result<CopyBytes, HashStatement>> {
    if client.names("GONOPROXY", &table.module) {
        return nobody("not asked, GONOPROXY or GOPRIVATE names the module");
    }
    let proxies = client.proxies();
    if proxies.is_empty() {
        return nobody("there is no proxy in the list");
    }
    let asked = proxies.iter().flat_map(|proxy| {
        let ask = move |file| one(client, proxy, table, file, budget, deadline);
        HashedFile::ALL.into_iter().map(ask)
    });
    join_all(asked).await
}

/// What is said where nobody is asked.
pub(super) fn nobody(why: &str) -> Vec<Result<CopyBytes, HashStatement>> {
    let silent = |file| {
        let voice = HashSource::Proxy {
            name: "GOPROXY".to_owned(),
        };
        Err(silence(file, voice, why.to_owned()))
    };
    HashedFile::ALL.into_iter().map(silent).collect()
}

const fn silence(file: HashedFile, voice: HashSource, why: String) -> HashStatement {
    HashStatement {
        file,
        voice,
        said: StatementContent::Nothing(why),
    }
}

/// Asks those whose bytes are wrong once more: other bytes mean the way, the same ones that they keep
/// them.
pub(super) async fn ask_again(
    client: &GoClient,
    seen: &mut [CopyInspection],
    table: &StatementTable,
    known: &CandidateHashes,
    budget: &ServedBudget,
    deadline: Instant,
) {
    let proxies = client.proxies();
    let again = seen.iter_mut().map(|seen| {
        let proxy = proxies.iter().find(
            |proxy| matches!(&seen.held.voice, HashSource::Proxy { name } if *name == client.name_of(proxy)),
        );
        async move {
            let Some(proxy) = proxy.filter(|_| seen.is_wrong(known)) else {
                return;
            };
            let held = one(client, proxy, table, seen.held.file, budget, deadline).await;
            if let Ok(held) = held {
                let second = copies::one(held, table, known).await;
                seen.again = second.and_then(|second| second.specimen.ok());
            }
        }
    });
    join_all(again).await;
}

async fn one(
    client: &GoClient,
    proxy: &ProxyUrl,
    table: &StatementTable,
    file: HashedFile,
    budget: &ServedBudget,
    deadline: Instant,
) -> Result<CopyBytes, HashStatement> {
    let voice = HashSource::Proxy {
        name: client.name_of(proxy),
    };
    let received = async {
        let source = client.source(proxy)?;
        receive(&source, &table.artifact(file).escaped_path(), budget).await
    };
    match timeout_at(deadline, received).await {
        Ok(Ok((bytes, announced))) => Ok(CopyBytes::new(file, voice, bytes, announced)),
        Ok(Err(why)) => Err(silence(file, voice, why)),
        Err(_) => Err(silence(file, voice, "it took too long".to_owned())),
    }
}

/// Receives a file, and how many bytes were announced of it. One that ends too early is one that was
/// received: how it ends is evidence.
async fn receive(
    source: &Upstreams,
    path: &str,
    budget: &ServedBudget,
) -> Result<(std::fs::File, Option<u64>), String> {
    let mut download = match source.walk(path).with_limit(MOST_BYTES).next().await {
        Outcome::Found(download) => download,
        Outcome::Absent(absence) => {
            return Err(format!("it says that there is none ({})", absence.status));
        }
        Outcome::Unavailable(outage) => return Err(outage.summary),
    };
    let announced = download.length;
    let file = tempfile::tempfile().map_err(|error| error.to_string())?;
    let mut file = tokio::fs::File::from_std(file);
    match write(&mut download, &mut file, budget).await {
        Ok(()) | Err(ReceiveError::Body(BodyError::Cut { .. } | BodyError::Length { .. })) => {}
        Err(stopped) => return Err(stopped.to_string()),
    }
    file.flush().await.map_err(|error| error.to_string())?;
    Ok((file.into_std().await, announced))
}

/// Why receiving stopped before the end.
#[derive(Debug, thiserror::Error)]
enum ReceiveError {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("the bytes cannot be written: {0}")]
    Disk(#[from] io::Error),
    #[error("more than 500 MB would have to be fetched in all")]
    Budget,
}

async fn write(
    download: &mut Download,
    file: &mut tokio::fs::File,
    budget: &ServedBudget,
) -> Result<(), ReceiveError> {
    while let Some(chunk) = download.chunk().await? {
        if !budget.take(chunk.len() as u64) {
            return Err(ReceiveError::Budget);
        }
        file.write_all(&chunk).await?;
    }
    Ok(())
}

// === impl ServedBudget ===

impl ServedBudget {
    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(MOST_BYTES))
    }

    /// Takes so many bytes, if as many are left.
    fn take(&self, bytes: u64) -> bool {
        let left = |left: u64| left.checked_sub(bytes);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        taken.is_ok()
    }
}
