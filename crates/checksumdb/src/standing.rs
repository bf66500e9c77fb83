//! Standing: how verification is at present, from what is kept; nobody is asked.

use crate::verification::{Mode, Verifier};

/// How verification is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationState {
    pub mode: Mode,
    /// Name of the checksum database, where there is one.
    pub database: Option<String>,
    /// Records of the largest log that was seen of it; none before the first, or if it cannot be read.
    pub tree_size: Option<u64>,
    /// Whether it told two histories.
    pub halted: bool,
}

// === impl Verifier ===

impl Verifier {
    /// Whether the database is not believed any more, since it told two histories.
    pub fn is_halted(&self) -> bool {
        let records = self.records.as_ref();
        records.is_some_and(crate::records::DatabaseRecords::is_halted)
    }

    /// How verification is.
    pub async fn standing(&self) -> VerificationState {
        let mut standing = VerificationState {
            mode: self.mode,
            database: None,
            tree_size: None,
            halted: false,
        };
        let Some(records) = &self.records else {
            return standing;
        };
        standing.database = Some(records.name().to_owned());
        if records.ready().await.is_ok() {
            let latest = records.client().latest().await;
            standing.tree_size = latest.ok().map(|latest| latest.head.size);
        }
        standing.tree_size = standing.tree_size.filter(|size| *size > 0);
        standing.halted = records.is_halted();
        standing
    }
}
