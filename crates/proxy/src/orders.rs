//! Orders: what an operator decides about captures, while no server runs on the store.
//!
//! Each is an entry of the journal with its reason, and each can be taken back by another one: bytes
//! that stop being served lie in quarantine under their hash, and [`accept`] gives them back. What is
//! accepted is checked like everything that arrives. It is no proof: a go.mod or zip that a checksum
//! database covers is held against it before it is served, and what that has proven gives way to
//! nothing else.

use gomod::{Artifact, ArtifactKind, ModulePath, Version, pattern::ModulePatterns};
use ingest::import_checker;
use protocol::Evidence;
use store::{
    BlobId, Capture, Decision, Key, Provenance, Replacement, SealedSpool, Store, StoreError,
    Withdrawal,
};

/// By whom, in the journal.
const OPERATOR: &str = "operator";

/// Entries of the journal that are read at once.
const PAGE: usize = 500;

/// Something that is not served any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithdrawnCapture {
    /// What it was.
    pub artifact: Artifact,
    /// Its bytes, which lie in quarantine.
    pub blob: BlobId,
}

/// What accepting came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedCapture {
    /// The bytes that were kept before, which lie in quarantine now.
    pub before: Option<BlobId>,
}

/// Other bytes than those that are kept, which somebody may have to decide about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenMatter {
    /// The path of the artifact.
    pub path: String,
    /// The bytes in quarantine.
    pub blob: BlobId,
    /// What happened, in words.
    pub what: String,
}

/// Why an order is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bytes are not there.
    #[error("{0} is not in quarantine")]
    Missing(BlobId),
    /// They cannot be served.
    #[error("{0} cannot be what it is to be: {1}")]
    Unfit(BlobId, String),
    /// They are served already.
    #[error("{0} is what is kept")]
    Kept(BlobId),
    /// A checksum database says otherwise.
    #[error("what is kept is proven ({0}), and {1} is something else")]
    Proven(String, BlobId),
}

/// Stops serving what is kept of a version; gives what that was.
pub async fn withdraw(
    store: &Store,
    (module, version): (&ModulePath, &Version),
    kinds: &[ArtifactKind],
    reason: &str,
) -> Result<Vec<WithdrawnCapture>, OrderError> {
    let mut withdrawn = Vec::new();
    for &kind in kinds {
        let artifact = Artifact {
            module: module.clone(),
            version: version.clone(),
            kind,
        };
        let key = Key::Artifact(artifact.clone());
        let Some(blob) = store.blob_of(&key).await? else {
            continue;
        };
        let order = Withdrawal {
            key,
            blob,
            by: OPERATOR.to_owned(),
            reason: reason.to_owned(),
        };
        if store.withdraw(order).await? {
            withdrawn.push(WithdrawnCapture { artifact, blob });
        }
    }
    Ok(withdrawn)
}

/// Serves bytes from quarantine, in the place of those that are kept.
pub async fn accept(
    store: &Store,
    artifact: &Artifact,
    blob: BlobId,
    private: &ModulePatterns,
    reason: &str,
) -> Result<AcceptedCapture, OrderError> {
    let key = Key::Artifact(artifact.clone());
    let kept = store.find(&key).await?;
    if kept.as_ref().is_some_and(|kept| kept.blob == blob) {
        return Err(OrderError::Kept(blob));
    }
    let sealed = store.quarantined(blob).await?;
    let sealed = sealed.ok_or(OrderError::Missing(blob))?;
    let (sealed, h1) = checked(&key, sealed).await?;
    if let Some(kept) = &kept
        && kept.evidence.is_proof()
        && kept.h1 != h1
    {
        return Err(OrderError::Proven(kept.evidence.to_string(), blob));
    }
    let evidence = match artifact.kind {
        ArtifactKind::Info => Evidence::Accepted,
        _ if private.matches(artifact.module.as_str()) => Evidence::Private,
        _ => Evidence::Unproven,
    };
    let provenance = Provenance {
        h1,
        source: format!("quarantine, by order of an {OPERATOR}"),
        evidence,
        facts: [("order".to_owned(), reason.to_owned())].into(),
        ..Provenance::default()
    };
    let Some(kept) = kept else {
        let capture = Capture {
            key,
            sealed,
            provenance,
        };
        store.commit(capture).await?;
        return Ok(AcceptedCapture { before: None });
    };
    let replacement = Replacement {
        key,
        old: kept.blob,
        sealed,
        provenance,
        by: OPERATOR.to_owned(),
        reason: reason.to_owned(),
    };
    store.replace(replacement).await?;
    Ok(AcceptedCapture {
        before: Some(kept.blob),
    })
}

async fn checked(
    key: &Key,
    sealed: SealedSpool,
) -> Result<(SealedSpool, Option<String>), OrderError> {
    let (check, key) = (import_checker(), key.clone());
    let judged = tokio::task::spawn_blocking(move || {
        let verdict = check(&key, sealed.file(), sealed.size());
        (sealed, verdict)
    });
    let (sealed, verdict) = judged.await.map_err(|_| StoreError::Closed)?;
    match verdict {
        Ok(checked) => Ok((sealed, checked.h1)),
        Err(why) => Err(OrderError::Unfit(sealed.blob(), why)),
    }
}

/// Bytes of captures that lie in quarantine and are not what is kept now, by the journal; the last
/// word on each.
pub async fn open_matters(store: &Store) -> Result<Vec<OpenMatter>, StoreError> {
    let (mut after, mut matters) = (0, Vec::new());
    loop {
        let entries = store.journal(after, PAGE).await?;
        let Some(last) = entries.last() else {
            return Ok(matters);
        };
        after = last.sequence;
        for entry in entries {
            let Some(matter) = matter(entry.decision) else {
                continue;
            };
            matters.retain(|known: &OpenMatter| {
                (&known.path, known.blob) != (&matter.path, matter.blob)
            });
            if is_open(store, &matter).await? {
                matters.push(matter);
            }
        }
    }
}

fn matter(decision: Decision) -> Option<OpenMatter> {
    let (path, blob, what) = match decision {
        Decision::Conflict {
            path,
            offered,
            source,
            quarantined: true,
            ..
        } => (path, offered, format!("other bytes came from {source}")),
        Decision::Withdrawn {
            path,
            blob,
            by,
            reason,
        } => (path, blob, format!("withdrawn by {by}: {reason}")),
        Decision::Replaced {
            path,
            old,
            by,
            reason,
            ..
        } => (path, old, format!("replaced by {by}: {reason}")),
        Decision::Quarantined {
            path,
            blob,
            source,
            reason,
            held: true,
            ..
        } => (path, blob, format!("{source} sent it: {reason}")),
        _ => return None,
    };
    Some(OpenMatter { path, blob, what })
}

async fn is_open(store: &Store, matter: &OpenMatter) -> Result<bool, StoreError> {
    let Some(key) = Key::parse(&matter.path) else {
        return Ok(false);
    };
    let kept = store.find(&key).await?;
    let is_kept = kept.is_some_and(|kept| kept.blob == matter.blob);
    Ok(!is_kept && store.is_quarantined(matter.blob).await?)
}
