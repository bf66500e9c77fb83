//! Source walks: asking the sources for one artifact, one after the other.
//!
//! What is refused by policy is asked of nobody, and of each kind no more than can be right is received.
//! The end of a walk is remembered: a statement of absence, and that sources disagree.

use crate::{
    answer_memory::RememberedAnswer, blocklist::Blocklist, disagreements::Disagreements,
    known_absences::KnownAbsences, sources::ModuleSources,
};
use gomod::Artifact;
use inspection::check;
use protocol::{Clock, Refusal};
use std::sync::Arc;
use upstream::{Download, Outcome as Offer, Walk};

/// Begins walks, and says what their ends mean.
pub struct SourceWalks {
    /// Who is asked.
    pub sources: ModuleSources,
    pub(crate) blocklist: Arc<Blocklist>,
    pub(crate) absences: Arc<KnownAbsences>,
    pub(crate) disagreements: Arc<Disagreements>,
    pub(crate) clock: Clock,
}

// === impl SourceWalks ===

impl SourceWalks {
    /// A walk over the sources for an artifact; asks nobody yet.
    pub fn begin(&self, artifact: &Artifact) -> Result<Walk, Refusal> {
        self.blocklist.permit(artifact)?;
        let sources = self.sources.of_module(&artifact.module)?;
        let walk = sources.walk(&artifact.escaped_path());
        Ok(walk.with_limit(check::limit(artifact.kind)))
    }

    /// The next body on the walk, or the refusal that its end amounts to.
    pub async fn next(&self, artifact: &Artifact, walk: &mut Walk) -> Result<Download, Refusal> {
        match walk.next().await {
            Offer::Found(download) => {
                if let Some(absence) = walk.absence() {
                    let stated = RememberedAnswer::of_absence(absence, self.clock.now());
                    let (module, path) = (&artifact.module, artifact.escaped_path());
                    let had = download.source.as_str();
                    self.disagreements.note(module, &path, &stated, had).await;
                }
                Ok(download)
            }
            Offer::Absent(absence) => Err(self.absences.remember(artifact, absence).await),
            Offer::Unavailable(outage) => {
                let path = artifact.escaped_path();
                Err(self.absences.outage(&artifact.module, &path, outage).await)
            }
        }
    }
}
