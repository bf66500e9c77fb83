//! Key cache: the keys of one issuer, kept while it is away.
//!
//! * Keys that are known validate at once, whatever the issuer does, for as long as the settings say (24 h).
//! * Keys older than a quarter of an hour are fetched again beside the request that notices; nobody waits.
//! * A key that is not known is a reason to ask, at most once in ten seconds for all callers together. Whoever comes
//!   while somebody asks waits for that answer. Whoever comes later within the ten seconds is told that the key is not known,
//!   so invented names of keys cost the issuer next to nothing.
//! * A fetch goes on when whoever began it leaves: leaving callers must not keep the others from the keys.

use crate::{
    breaker::within,
    document::IssuerDocument,
    fetch::{FetchError, fetch_one},
    key_set::KeySet,
    metrics::IssuerMetrics,
    settings::IssuerUrl,
    transport::{IssuerReply, IssuerTransport},
};
use access::{AuthenticationFailure, FailureReason};
use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// After which keys are fetched again: how soon a key that an issuer took back is not believed any more.
const REFRESH: SignedDuration = SignedDuration::from_mins(15);

/// How often an issuer is asked at most.
const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(10);

/// What an issuer said, and when.
#[derive(Debug, Clone)]
pub(crate) struct KnownIssuer {
    pub(crate) document: Arc<IssuerDocument>,
    pub(crate) keys: Arc<KeySet>,
    fetched: Timestamp,
}

/// The keys of one issuer. Cloning shares them.
#[derive(Clone)]
pub(crate) struct KeyCache {
    shared: Arc<KeyCacheParts>,
}

struct KeyCacheParts {
    issuer: IssuerUrl,
    transport: Arc<dyn IssuerTransport>,
    metrics: IssuerMetrics,
    longest: SignedDuration,
    known: RwLock<Option<KnownIssuer>>,
    /// Held by whoever asks; when it was asked last.
    asked: Arc<Mutex<Option<Timestamp>>>,
}

// === impl KeyCache ===

impl KeyCache {
    pub(crate) fn new(
        issuer: IssuerUrl,
        longest: Duration,
        transport: Arc<dyn IssuerTransport>,
        metrics: IssuerMetrics,
    ) -> Self {
        let longest = SignedDuration::try_from(longest).unwrap_or(SignedDuration::MAX);
        let shared = KeyCacheParts {
            issuer,
            transport,
            metrics,
            longest,
            known: RwLock::new(None),
            asked: Arc::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// What is known of the issuer, if `suffices` says that it will do; else it is asked, if that may be.
    pub(crate) async fn find(
        &self,
        now: Timestamp,
        suffices: impl Fn(&KnownIssuer) -> bool,
    ) -> Option<KnownIssuer> {
        if let Some(known) = self.known(now).filter(&suffices) {
            if !within(known.fetched, REFRESH, now) {
                self.renew(now);
            }
            return Some(known);
        }
        let asked = Arc::clone(&self.shared.asked).lock_owned().await;
        // Somebody else may have asked meanwhile.
        if let Some(known) = self.known(now).filter(&suffices) {
            return Some(known);
        }
        if !asked.is_some_and(|since| within(since, ASK_AGAIN, now)) {
            let cache = self.clone();
            let task = tokio::spawn(async move { cache.fetch(asked, now).await });
            // It does not panic; if the runtime ends, nothing is known.
            task.await.ok();
        }
        self.known(now)
    }

    /// What is known, unless it is too old.
    fn known(&self, now: Timestamp) -> Option<KnownIssuer> {
        let known = self.shared.known.read().clone()?;
        within(known.fetched, self.shared.longest, now).then_some(known)
    }

    /// Asks beside the request, unless somebody does or did.
    fn renew(&self, now: Timestamp) {
        let Ok(asked) = Arc::clone(&self.shared.asked).try_lock_owned() else {
            return;
        };
        if !asked.is_some_and(|since| within(since, ASK_AGAIN, now)) {
            let cache = self.clone();
            tokio::spawn(async move { cache.fetch(asked, now).await });
        }
    }

    async fn fetch(&self, mut asked: OwnedMutexGuard<Option<Timestamp>>, now: Timestamp) {
        *asked = Some(now);
        let issuer = &self.shared.issuer;
        match fetch(self.shared.transport.as_ref(), issuer).await {
            Ok((document, keys, _)) => {
                self.shared.metrics.fetched(issuer.host(), Some(now));
                *self.shared.known.write() = Some(KnownIssuer {
                    document: Arc::new(document),
                    keys: Arc::new(keys),
                    fetched: now,
                });
            }
            Err(why) => {
                self.shared.metrics.fetched(issuer.host(), None);
                tracing::warn!(
                    target: "oidc",
                    issuer = issuer.host(),
                    error = %why,
                    "the keys of the issuer could not be fetched; known ones go on validating",
                );
            }
        }
    }
}

/// Asks an issuer for its document and its keys; the reply to the first tells its clock.
pub(crate) async fn fetch(
    transport: &dyn IssuerTransport,
    issuer: &IssuerUrl,
) -> Result<(IssuerDocument, KeySet, IssuerReply), FetchError> {
    let url = issuer.document();
    let reply = fetch_one(transport, &url).await?;
    let document = IssuerDocument::parse(issuer, &reply.body);
    let document = document.map_err(|error| FetchError::new(&url, error.to_string()))?;
    let keys = fetch_one(transport, &document.keys).await?;
    let keys = KeySet::parse(&keys.body);
    let keys = keys.map_err(|error| FetchError::new(&document.keys, error.to_string()))?;
    Ok((document, keys, reply))
}

/// The failure where nothing is known of an issuer.
pub(crate) fn nothing_known() -> AuthenticationFailure {
    let detail = "no key of the issuer is known, and it could not be asked";
    AuthenticationFailure::new(FailureReason::UnknownKey, detail)
}
