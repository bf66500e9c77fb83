//! Introspection: an issuer is asked about a token (RFC 7662).
//!
//! An answer is remembered: a good one until the token ends and for a minute at most, a bad one for ten seconds. The same token is
//! asked about once, however many requests present it at once. Nobody waits longer than two seconds, and an issuer that
//! fails is left alone by [`IssuerBreaker`]. What could not be asked is never believed.

use crate::{
    breaker::IssuerBreaker,
    claims::TokenClaims,
    document::IssuerDocument,
    metrics::IssuerMetrics,
    settings::IssuerUrl,
    transport::{self, IssuerTransport},
};
use access::{AuthenticationFailure, FailureReason, Secret};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// For how long anybody waits for an answer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// For how long a good answer is believed: how soon a token that was taken back proves nothing.
const GOOD: SignedDuration = SignedDuration::from_secs(60);

/// For how long a bad one is.
const BAD: SignedDuration = SignedDuration::from_secs(10);

/// Answers that are remembered.
const ANSWERS: u64 = 10_000;

/// Tokens about which is asked at once without waiting for one another, by chance.
const LANES: usize = 64;

/// The SHA-256 of a token.
pub(crate) type TokenHash = [u8; 32];

/// Asks one issuer about tokens.
pub(crate) struct Introspector {
    issuer: IssuerUrl,
    id: String,
    secret: Secret,
    transport: Arc<dyn IssuerTransport>,
    metrics: IssuerMetrics,
    answers: Cache<TokenHash, IntrospectionAnswer>,
    breaker: Mutex<IssuerBreaker>,
    lanes: Vec<tokio::sync::Mutex<()>>,
}

/// What an issuer said about a token.
#[derive(Debug, Clone)]
struct IntrospectionAnswer {
    /// Its claims, if it is active.
    claims: Option<Arc<TokenClaims>>,
    until: Timestamp,
}

// === impl Introspector ===

impl Introspector {
    pub(crate) fn new(
        issuer: IssuerUrl,
        (id, secret): (String, Secret),
        transport: Arc<dyn IssuerTransport>,
        metrics: IssuerMetrics,
    ) -> Self {
        Self {
            issuer,
            id,
            secret,
            transport,
            metrics,
            answers: Cache::new(ANSWERS),
            breaker: Mutex::default(),
            lanes: (0..LANES).map(|_| tokio::sync::Mutex::default()).collect(),
        }
    }

    /// The claims of a token, and until when they are believed.
    pub(crate) async fn ask(
        &self,
        document: &IssuerDocument,
        token: &Secret,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<(Arc<TokenClaims>, Timestamp), AuthenticationFailure> {
        if let Some(answer) = self.known(hash, now) {
            return answer.judged();
        }
        let asking = async {
            let lane = usize::from(hash[0]) % LANES;
            let _held = match self.lanes.get(lane) {
                Some(lane) => Some(lane.lock().await),
                None => None,
            };
            if let Some(answer) = self.known(hash, now) {
                return answer.judged();
            }
            let answer = self.ask_now(document, token, now).await?;
            self.answers.insert(*hash, answer.clone());
            answer.judged()
        };
        let late = || failure("the issuer did not say within 2 s whether the token is active");
        timeout(DEADLINE, asking)
            .await
            .unwrap_or_else(|_| Err(late()))
    }

    fn known(&self, hash: &TokenHash, now: Timestamp) -> Option<IntrospectionAnswer> {
        self.answers.get(hash).filter(|answer| now < answer.until)
    }

    async fn ask_now(
        &self,
        document: &IssuerDocument,
        token: &Secret,
        now: Timestamp,
    ) -> Result<IntrospectionAnswer, AuthenticationFailure> {
        if !self.breaker.lock().admit(now) {
            self.metrics.introspected(self.issuer.host(), "left_alone");
            return Err(failure(
                "the issuer fails to answer and is left alone for some seconds",
            ));
        }
        let attempt = BreakerAttempt::new(self, now);
        let answer = self.request(document, token, now).await;
        attempt.end(answer.is_ok());
        let outcome = match &answer {
            Ok(answer) if answer.claims.is_some() => "active",
            Ok(_) => "inactive",
            Err(_) => "failed",
        };
        self.metrics.introspected(self.issuer.host(), outcome);
        answer
    }

    async fn request(
        &self,
        document: &IssuerDocument,
        token: &Secret,
        now: Timestamp,
    ) -> Result<IntrospectionAnswer, AuthenticationFailure> {
        let url = document.introspection.as_ref();
        let url = url.ok_or_else(|| failure("the issuer has no introspection_endpoint"))?;
        let mut form = vec![
            ("token", token.reveal()),
            ("token_type_hint", "access_token"),
        ];
        let authorization = document
            .takes_basic
            .then(|| transport::basic(&self.id, &self.secret));
        if authorization.is_none() {
            form.extend([
                ("client_id", self.id.as_str()),
                ("client_secret", self.secret.reveal()),
            ]);
        }
        let reply = self
            .transport
            .post(url, authorization.as_ref(), &form, DEADLINE);
        let reply = reply.await.map_err(|error| {
            tracing::warn!(target: "oidc", issuer = self.issuer.host(), %error, "introspection failed");
            failure("the issuer could not be asked whether the token is active")
        })?;
        if reply.status != 200 {
            let status = reply.status;
            tracing::warn!(target: "oidc", issuer = self.issuer.host(), status, "introspection was refused");
            let detail = format!("the issuer answered {status} to the question about the token");
            return Err(failure(&detail));
        }
        let no_answer = || failure("the issuer's answer about the token is not as RFC 7662 says");
        let claims = TokenClaims::parse(&reply.body).ok_or_else(no_answer)?;
        let is_active = claims.value("active").and_then(serde_json::Value::as_bool);
        let is_active = is_active.ok_or_else(no_answer)?;
        let span = if is_active { GOOD } else { BAD };
        Ok(IntrospectionAnswer {
            claims: is_active.then(|| Arc::new(claims)),
            until: now.checked_add(span).unwrap_or(now),
        })
    }
}

// === impl IntrospectionAnswer ===

impl IntrospectionAnswer {
    fn judged(self) -> Result<(Arc<TokenClaims>, Timestamp), AuthenticationFailure> {
        let inactive = || {
            let detail = "the issuer says that the token is not active";
            AuthenticationFailure::new(FailureReason::Revoked, detail)
        };
        Ok((self.claims.ok_or_else(inactive)?, self.until))
    }
}

/// A question that the breaker let pass; one that ends without an answer, because nobody waits any more, failed.
struct BreakerAttempt<'i> {
    introspector: &'i Introspector,
    since: Timestamp,
    is_over: bool,
}

// === impl BreakerAttempt ===

impl<'i> BreakerAttempt<'i> {
    fn new(introspector: &'i Introspector, since: Timestamp) -> Self {
        Self {
            introspector,
            since,
            is_over: false,
        }
    }

    fn end(mut self, is_good: bool) {
        self.settle(is_good);
    }

    fn settle(&mut self, is_good: bool) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let mut breaker = self.introspector.breaker.lock();
        if is_good {
            breaker.succeed();
        } else {
            breaker.fail(self.since);
        }
        let phase = breaker.phase(self.since);
        let host = self.introspector.issuer.host();
        self.introspector.metrics.breaker(host, phase);
    }
}

impl Drop for BreakerAttempt<'_> {
    fn drop(&mut self) {
        self.settle(false);
    }
}

fn failure(detail: &str) -> AuthenticationFailure {
    AuthenticationFailure::new(FailureReason::Introspection, detail)
}
