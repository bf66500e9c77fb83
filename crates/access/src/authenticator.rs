//! Authenticator: from what is presented to who it is.
//!
//! A token of this site is told by its beginning and is looked up here. Everything else goes to the identity
//! provider, if there is one: it may have to ask an issuer, so it is asked for guarded modules only.

use crate::{
    credential::Credential,
    failure::{AuthenticationFailure, FailureReason},
    identity::Identity,
    metrics::AccessMetrics,
    secret::Secret,
    token::{TokenRegistry, TokenText},
};
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::Arc;

/// Whoever can say what a token means that this site did not make.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Who presents this token.
    ///
    /// # Errors
    /// It proves nothing, or whoever could say could not be asked.
    async fn identify(
        &self,
        token: &Secret,
        now: Timestamp,
    ) -> Result<Arc<Identity>, AuthenticationFailure>;
}

/// Tells callers.
pub struct Authenticator {
    tokens: TokenRegistry,
    provider: Option<Arc<dyn IdentityProvider>>,
    metrics: AccessMetrics,
}

// === impl Authenticator ===

impl Authenticator {
    /// Knows the tokens of this site, and asks the provider about others.
    pub fn new(
        tokens: TokenRegistry,
        provider: Option<Arc<dyn IdentityProvider>>,
        metrics: AccessMetrics,
    ) -> Self {
        Self {
            tokens,
            provider,
            metrics,
        }
    }

    /// Who presents this `Authorization` header.
    ///
    /// # Errors
    /// It proves nothing; the reason is counted.
    pub async fn authenticate(
        &self,
        authorization: &[u8],
        now: Timestamp,
    ) -> Result<Arc<Identity>, AuthenticationFailure> {
        let told = match Credential::parse(authorization) {
            Ok(credential) => self.identify(&credential.token, now).await,
            Err(failure) => Err(failure),
        };
        match &told {
            Ok(identity) => self.metrics.known(identity.kind),
            Err(failure) => self.metrics.failed(failure.reason),
        }
        told
    }

    /// A failure of what carries the header, counted as others are.
    pub fn malformed(&self, detail: &str) -> AuthenticationFailure {
        let reason = FailureReason::Malformed;
        self.metrics.failed(reason);
        AuthenticationFailure::new(reason, detail)
    }

    async fn identify(
        &self,
        token: &Secret,
        now: Timestamp,
    ) -> Result<Arc<Identity>, AuthenticationFailure> {
        if let Some(own) = TokenText::parse(token.reveal()) {
            return self.tokens.identify(&own, now);
        }
        match &self.provider {
            Some(provider) => provider.identify(token, now).await,
            None => Err(AuthenticationFailure::new(
                FailureReason::UnknownToken,
                "it is no token of this server, and no issuer is configured",
            )),
        }
    }
}
