//! Capture failure: why one attempt to capture something gave nothing.

use crate::suspect_copy::SuspectCopy;
use checksumdb::CaptureObjection;
use protocol::Refusal;
use upstream::{BodyError, BodyFailure};

/// Why one attempt gave nothing.
#[derive(Debug)]
pub enum CaptureFailure {
    /// The source's fault: another attempt may help.
    Source(BodyFailure),
    /// The source's bytes are not those that the checksum database knows: a case to investigate.
    Mismatch(Box<SuspectCopy>),
    /// Ours: no source can help.
    Refused(Refusal),
}

impl From<BodyError> for CaptureFailure {
    fn from(error: BodyError) -> Self {
        Self::Source(error.into())
    }
}

impl From<CaptureObjection> for CaptureFailure {
    fn from(objection: CaptureObjection) -> Self {
        match objection {
            CaptureObjection::Wrong(wrong) => Self::Source(wrong.into()),
            CaptureObjection::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

impl From<Refusal> for CaptureFailure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<CaptureFailure> for Refusal {
    fn from(failure: CaptureFailure) -> Self {
        match failure {
            CaptureFailure::Source(failure) => Self::new(failure.code(), failure.to_string()),
            CaptureFailure::Mismatch(copy) => {
                Self::new(copy.failure.code(), copy.failure.to_string())
            }
            CaptureFailure::Refused(refusal) => refusal,
        }
    }
}
