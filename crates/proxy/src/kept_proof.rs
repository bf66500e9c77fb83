//! Kept proof: why an artifact that is kept is trusted, for whoever wants to check it.

use crate::{
    answer::{Answer, Body},
    metrics::Metrics,
};
use codes::Code;
use gomod::Artifact;
use protocol::{Freshness, Media, Origin, Refusal};
use store::{Key, Store};

/// Answers with the proof of an artifact that is kept.
pub(crate) async fn answer(
    store: &Store,
    metrics: &Metrics,
    artifact: &Artifact,
) -> Result<Answer, Refusal> {
    let none = || Refusal::new(Code::NotProven, artifact.to_string());
    let failed = |error| metrics.store_failure(error);
    let found = store.find(&Key::Artifact(artifact.clone())).await;
    let record = found.map_err(failed)?.ok_or_else(none)?;
    let database = record.evidence.database().ok_or_else(none)?;
    let proof = store.proof(&artifact.module, &artifact.version, database);
    let proof = proof.await.map_err(failed)?.ok_or_else(none)?;
    Ok(Answer {
        media: Media::Text,
        freshness: Freshness::Immutable,
        hash: None,
        origin: Origin::Store,
        evidence: record.evidence,
        body: Body::Bytes(proof.file.into()),
    })
}
