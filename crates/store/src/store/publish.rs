//! Publishing: a version of which everything becomes visible at once.

use crate::{
    blob::BlobId,
    catalog::{Catalog, NewCapture, NewPublication, Priority},
    core::StoreCore,
    error::StoreError,
    journal::{self, Facts},
    key::Key,
    placement,
    publication::{PUBLICATION_SOURCE, PublicationOutcome, VersionPublication},
    record::Provenance,
    spool::SealedSpool,
    trust::version_path,
};
use gomod::{Artifact, ArtifactKind};
use protocol::Evidence;
use std::sync::Arc;

/// The fact that names who published.
const PUBLISHER: &str = "publisher";

/// Publishes a version in a store with this catalog, whoever waits for it.
pub(super) async fn to_the_end(
    (core, catalog): (&Arc<StoreCore>, &dyn Catalog),
    publication: VersionPublication,
) -> Result<PublicationOutcome, StoreError> {
    journal::bounded("the name of a publisher", publication.publisher.len())?;
    let (info, go_mod) = (publication.info.clone(), publication.go_mod.clone());
    let shared = Arc::clone(core);
    let write = move |(): &mut ()| {
        let info = SealedSpool::write(&shared, &info)?;
        Ok::<_, StoreError>((info, SealedSpool::write(&shared, &go_mod)?))
    };
    let sealed = core.writes.run(write).await?;
    core.metrics.tried(&sealed);
    let (info, go_mod) = sealed?;
    let zip = publication.zip;
    let described = PublicationFacts {
        artifact: Artifact {
            module: publication.module,
            version: publication.version,
            kind: ArtifactKind::Info,
        },
        publisher: publication.publisher,
        log: publication.log,
    };
    let new = NewPublication {
        version: version_path(&described.artifact.module, &described.artifact.version),
        publisher: described.publisher.clone(),
        info: described.capture(ArtifactKind::Info, &info, None)?,
        go_mod: described.capture(ArtifactKind::Mod, &go_mod, Some(publication.go_mod_h1))?,
        zip: described.capture(ArtifactKind::Zip, &zip, Some(publication.zip_h1))?,
    };
    // Looked at before blobs are placed: bytes that are refused leave nothing behind.
    let find = |path: &str| catalog.find(path.to_owned(), Priority::Background);
    let kept_info = find(&new.info.path).await?;
    let kept_go_mod = find(&new.go_mod.path).await?;
    let kept_zip = find(&new.zip.path).await?;
    if let Some(different) = new.difference(kept_go_mod.as_ref(), kept_zip.as_ref()) {
        catalog.append(new.refused(&different)).await?;
        return Ok(PublicationOutcome::Different(different));
    }
    if kept_info.is_none() {
        placement::publish(core, info).await?;
    }
    if kept_go_mod.is_none() {
        placement::publish(core, go_mod).await?;
    }
    if kept_zip.is_none() {
        placement::publish(core, zip).await?;
    }
    catalog.publish(new).await
}

/// What the captures of a publication have in common.
struct PublicationFacts {
    artifact: Artifact,
    publisher: String,
    log: Option<String>,
}

// === impl PublicationFacts ===

impl PublicationFacts {
    fn capture(
        &self,
        kind: ArtifactKind,
        sealed: &SealedSpool,
        h1: Option<String>,
    ) -> Result<NewCapture, StoreError> {
        let artifact = Artifact {
            kind,
            ..self.artifact.clone()
        };
        let key = Key::Artifact(artifact);
        let facts: Facts = [(PUBLISHER.to_owned(), self.publisher.clone())].into();
        let (blob, size): (BlobId, u64) = (sealed.blob(), sealed.size());
        Ok(NewCapture {
            path: key.checked_path()?,
            key,
            blob,
            size,
            provenance: Provenance {
                h1,
                source: PUBLICATION_SOURCE.to_owned(),
                evidence: Evidence::Publication,
                facts,
                proof: None,
                log: self.log.clone(),
            },
        })
    }
}
