//! Access setup: who tells callers, and what is asked of them.
//!
//! Tokens of this site are known in any case, so that an operator can be one from elsewhere; rules decide whether
//! anybody else has to be known.

use crate::{failure::Failure, issuers};
use access::{AccessMetrics, Authenticator, token::TokenRegistry};
use codes::Code;
use config::Settings;
use jobs::{JobRun, PeriodicTask};
use oidc::IssuerMetrics;
use server::AccessControl;
use std::{sync::Arc, time::Duration};
use store::Store;

/// What a server needs to know its callers.
pub(crate) struct CallerParts {
    pub(crate) control: Arc<AccessControl>,
    pub(crate) tokens: TokenRegistry,
    pub(crate) metrics: AccessMetrics,
    pub(crate) issuer_metrics: IssuerMetrics,
}

/// Reads tokens that others made or took back, and writes down when tokens were used.
pub(crate) struct TokenJob {
    tokens: TokenRegistry,
    runs: u32,
}

// === impl CallerParts ===

impl CallerParts {
    /// Reads the tokens. A server that cannot tell its callers does not start.
    pub(crate) async fn open(settings: &Settings, store: &Store) -> Result<Self, Failure> {
        let tokens = TokenRegistry::open(store.clone()).await;
        let tokens = tokens.map_err(|error| Failure::of(Code::StoreUnavailable, &error))?;
        let (metrics, issuer_metrics) = (AccessMetrics::default(), IssuerMetrics::default());
        let reach = &settings.upstreams;
        let provider = issuers::provider(&settings.issuers, reach, &issuer_metrics).await?;
        let authenticator = Authenticator::new(tokens.clone(), provider, metrics.clone());
        let control = AccessControl::new(settings.access.clone(), Arc::new(authenticator));
        Ok(Self {
            control: Arc::new(control),
            tokens,
            metrics,
            issuer_metrics,
        })
    }
}

// === impl TokenJob ===

impl TokenJob {
    /// How often the list is read: a token that was taken back is good for no longer.
    pub(crate) const PERIOD: Duration = Duration::from_secs(1);

    /// After how many reads it is written down when tokens were used.
    const RUNS_PER_WRITE: u32 = 60;

    pub(crate) fn new(tokens: TokenRegistry) -> Self {
        Self { tokens, runs: 0 }
    }
}

impl PeriodicTask for TokenJob {
    async fn run(&mut self) -> JobRun {
        self.runs = (self.runs + 1) % Self::RUNS_PER_WRITE;
        let mut done = self.tokens.reload().await;
        if done.is_ok() && self.runs == 0 {
            done = self.tokens.write_uses().await;
        }
        match done {
            Ok(()) => JobRun::succeeded(),
            Err(error) => {
                tracing::warn!(%error, "tokens are known as they were: the list cannot be read or written");
                JobRun::failed()
            }
        }
    }
}
