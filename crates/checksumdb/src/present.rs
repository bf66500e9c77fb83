//! Present: whether the newest head that is kept belongs to what the database signs today.

use crate::database::{Database, DatabaseFailure};
use store::Store;
use tlog::{
    client::{LookupError, SumdbClient},
    note::VerifierKey,
};
use upstream::Upstreams;

/// What the database says now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// Records of the newest log that was seen before.
    pub before: u64,
    /// Records of the newest log that is known now.
    pub now: u64,
}

/// Why the heads could not be compared, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadFailure {
    /// The database cannot be asked, or the store failed.
    #[error("{0}")]
    Unreachable(String),
    /// What it answered is not believed.
    #[error("{0}")]
    Wrong(String),
}

/// Asks the database for its head and compares it with the newest that is kept, which it becomes if
/// it is newer.
pub async fn compare_head(
    store: &Store,
    upstreams: &Upstreams,
    key: &VerifierKey,
) -> Result<Present, HeadFailure> {
    let database = Database::alone(key.name(), store, upstreams);
    let restored = crate::rebuilt_head::restore_head(store, key).await;
    restored.map_err(|error| HeadFailure::Unreachable(error.to_string()))?;
    let client = SumdbClient::new(key.clone(), database);
    let before = client.latest().await?.head.size;
    let now = client.refresh().await?.size;
    Ok(Present {
        before,
        now: now.max(before),
    })
}

impl From<LookupError<DatabaseFailure>> for HeadFailure {
    fn from(error: LookupError<DatabaseFailure>) -> Self {
        match error {
            LookupError::Operation(DatabaseFailure::Refused(refusal)) => {
                Self::Unreachable(refusal.facts())
            }
            LookupError::Operation(error) => Self::Unreachable(error.to_string()),
            error => Self::Wrong(error.to_string()),
        }
    }
}
