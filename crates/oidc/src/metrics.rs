//! Metrics of issuers. Why tokens were refused is counted where all credentials are, in the room `access`.

use crate::breaker::BreakerPhase;
use jiff::Timestamp;
use metric::metrics;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
};

/// Which issuer: its host, from the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct IssuerLabels {
    issuer: String,
}

/// How a question to an issuer ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OutcomeLabels {
    issuer: String,
    outcome: &'static str,
}

metrics! {
    /// How issuers are; cheap to clone.
    #[derive(Debug, Clone, Default)]
    pub struct IssuerMetrics {
        /// When the keys of an issuer were fetched last, in seconds since 1970; they hold for hours after that.
        keys_time: Family<IssuerLabels, Gauge> = "modkeep_oidc_keys_fetched_timestamp" in Seconds,
        /// Fetches of an issuer's document and keys, by how they ended.
        fetches: Family<OutcomeLabels, Counter> = "modkeep_oidc_key_fetches",
        /// Tokens about which an issuer was asked, by the answer.
        introspections: Family<OutcomeLabels, Counter> = "modkeep_oidc_introspections",
        /// Whether introspection is left alone since it fails: 0 no, 1 one question decides, 2 yes.
        breaker: Family<IssuerLabels, Gauge> = "modkeep_oidc_introspection_breaker",
    }
}

// === impl IssuerMetrics ===

impl IssuerMetrics {
    pub(crate) fn fetched(&self, issuer: &str, now: Option<Timestamp>) {
        let outcome = match now {
            Some(_) => "ok",
            None => "failed",
        };
        self.fetches
            .get_or_create(&outcome_of(issuer, outcome))
            .inc();
        if let Some(now) = now {
            self.keys_time
                .get_or_create(&of(issuer))
                .set(now.as_second());
        }
    }

    pub(crate) fn introspected(&self, issuer: &str, outcome: &'static str) {
        let labels = outcome_of(issuer, outcome);
        self.introspections.get_or_create(&labels).inc();
    }

    pub(crate) fn breaker(&self, issuer: &str, phase: BreakerPhase) {
        self.breaker.get_or_create(&of(issuer)).set(match phase {
            BreakerPhase::Closed => 0,
            BreakerPhase::HalfOpen => 1,
            BreakerPhase::Open => 2,
        });
    }
}

fn of(issuer: &str) -> IssuerLabels {
    IssuerLabels {
        issuer: issuer.to_owned(),
    }
}

fn outcome_of(issuer: &str, outcome: &'static str) -> OutcomeLabels {
    OutcomeLabels {
        issuer: issuer.to_owned(),
        outcome,
    }
}
