//! Capture evidence: why bytes may be captured, or may not.

use inspection::check::Wrong;
use protocol::{Evidence, Refusal};
use store::VersionProof;

/// Why bytes may be captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureEvidence {
    /// What the capture says of itself.
    pub evidence: Evidence,
    /// The proof to keep with it.
    pub proof: Option<VersionProof>,
    /// The database of our own that logs it.
    pub log: Option<String>,
}

/// Why bytes may not be captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaptureObjection {
    /// They are not what a database knows.
    Wrong(Wrong),
    /// Nobody can say what they should be.
    Refused(Refusal),
}

// === impl CaptureEvidence ===

impl CaptureEvidence {
    pub(crate) fn claim(evidence: &Evidence) -> Self {
        Self {
            evidence: evidence.clone(),
            proof: None,
            log: None,
        }
    }
}
