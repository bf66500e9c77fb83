//! Why a mirror is not complete.

use crate::database::DatabaseFailure;
use codes::Code;
use protocol::Refusal;
use store::StoreError;

/// Why a run ended before the mirror was complete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MirrorFailure {
    /// There is no database to mirror.
    #[error("no checksum database is verified with")]
    NoDatabase,
    /// The database cannot be asked, or turned the work away.
    #[error("{}", .0.facts())]
    Unreachable(Refusal),
    /// What the database answers does not belong to what it signs. An alarm was raised.
    #[error("{}", .0.facts())]
    Wrong(Refusal),
    /// The store failed.
    #[error("{}", .0.facts())]
    Store(Refusal),
}

/// Why a tile was not fetched.
pub(crate) enum TileFailure {
    Wrong(String),
    Database(DatabaseFailure),
    Store(StoreError),
}

// === impl MirrorFailure ===

impl From<StoreError> for MirrorFailure {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

impl From<DatabaseFailure> for MirrorFailure {
    fn from(failure: DatabaseFailure) -> Self {
        match failure {
            DatabaseFailure::Refused(refusal) => Self::Unreachable(refusal),
            missing => Self::Unreachable(Refusal::new(Code::SumdbUnreachable, missing.to_string())),
        }
    }
}

// === impl TileFailure ===

impl From<StoreError> for TileFailure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
