//! Known refusals: what everybody who asks for an artifact that is not kept is told for now, without
//! asking a source: that it does not exist, or that it was found wrong.

use crate::{known_absences::KnownAbsences, wrong_versions::WrongVersions};
use gomod::Artifact;
use protocol::{Clock, Refusal};
use std::sync::Arc;

/// Remembered reasons not to ask.
pub struct KnownRefusals {
    pub(crate) wrong: Arc<WrongVersions>,
    pub(crate) absences: Arc<KnownAbsences>,
    pub(crate) clock: Clock,
}

// === impl KnownRefusals ===

impl KnownRefusals {
    /// What is said of an artifact for now, if anything is.
    pub async fn recall(&self, artifact: &Artifact) -> Option<Refusal> {
        match self.wrong.recall(artifact, self.clock.now()) {
            None => self.absences.recall(artifact).await,
            wrong => wrong,
        }
    }
}
