//! Tags: whether the repository of a module has a tag of a version.
//!
//! Asked of the sources of the module, which is what a source knows best: its `.info` of a version exists
//! where the tag does. With `direct` that is the repository itself.

use futures_util::future::BoxFuture;
use gomod::{Artifact, ArtifactKind, ModulePath, Version};
use ingest::SourceWalks;
use inspection::check;
use protocol::Refusal;
use std::sync::Arc;

/// Who knows of tags.
pub trait TagLookup: Send + Sync {
    /// Whether a tag of this version exists.
    fn has_tag<'a>(
        &'a self,
        module: &'a ModulePath,
        version: &'a Version,
    ) -> BoxFuture<'a, Result<bool, Refusal>>;
}

/// The sources of modules.
pub struct SourceTags {
    walks: Arc<SourceWalks>,
}

// === impl SourceTags ===

impl SourceTags {
    /// Asks these sources.
    pub fn new(walks: &Arc<SourceWalks>) -> Self {
        Self {
            walks: Arc::clone(walks),
        }
    }

    async fn ask(&self, module: &ModulePath, version: &Version) -> Result<bool, Refusal> {
        let info = Artifact {
            module: module.clone(),
            version: version.clone(),
            kind: ArtifactKind::Info,
        };
        let mut walk = self.walks.begin(&info)?;
        let download = match self.walks.next(&info, &mut walk).await {
            Ok(download) => download,
            Err(absence) if matches!(absence.status, 404 | 410) => return Ok(false),
            Err(refusal) => return Err(refusal),
        };
        let broken = |why: String| Refusal::new(codes::Code::UpstreamBadContent, why);
        let body = download.whole().await;
        let body = body.map_err(|error| broken(error.to_string()))?;
        let resolved = check::resolved(&body).map_err(|wrong| broken(wrong.summary))?;
        Ok(resolved == *version)
    }
}

impl TagLookup for SourceTags {
    fn has_tag<'a>(
        &'a self,
        module: &'a ModulePath,
        version: &'a Version,
    ) -> BoxFuture<'a, Result<bool, Refusal>> {
        Box::pin(self.ask(module, version))
    }
}
