//! Oidc: who calls, by what an issuer of tokens says.
//!
//! ```text
//! token ─▶ known already? ─▶ a JWT ─▶ Issuer of its iss ─▶ signature, times ─▶ [auth.oidc]: audience, scopes, groups
//!               │              │         │ keys, kept for hours                └ [[auth.ci]]: audience, claims, events, jti
//!               │              │         └ introspection, if it is for all tokens
//!               │              └ opaque ─▶ introspection
//!               └ by its SHA-256, until it expires or five minutes are over
//! ```
//!
//! One refusal stands before all others: an algorithm that is not one of a pair of keys is none
//! ([`SignatureAlgorithm`]). What an issuer says is bounded and read strictly. An issuer that is away costs nothing while
//! its keys are known, and little where it has to be asked: keys and introspection are asked for at a bounded rate,
//! for all callers together, within deadlines.
//!
//! Refused here: symmetric signatures, tokens without an end, tokens for somebody else, mappings of CI tokens that
//! would fit strangers. Not done here: which modules an identity may see; see the room `access`.

mod algorithm;
mod breaker;
mod check;
mod ci;
mod claims;
mod document;
mod fetch;
mod introspection;
mod issuer;
mod key_cache;
mod key_set;
mod metrics;
mod provider;
mod replay;
mod settings;
mod token;
mod transport;
mod verification_key;

pub use algorithm::SignatureAlgorithm;
pub use breaker::{BreakerPhase, IssuerBreaker};
pub use check::{IssuerProblem, IssuerReport};
pub use ci::{CiMapping, CiMappingError, ClaimFilter, DEFAULT_DENIED_EVENTS};
pub use claims::TokenClaims;
pub use document::{DocumentError, IssuerDocument};
pub use fetch::FetchError;
pub use key_set::{KeySet, KeySetError};
pub use metrics::IssuerMetrics;
pub use provider::Provider;
pub use settings::{
    DEFAULT_KEY_AGE, IntrospectionMode, IssuerClient, IssuerSettings, IssuerUrl, IssuerUrlError,
    ProviderSettings, SecretFileError,
};
pub use token::SignedToken;
pub use transport::{IssuerReply, IssuerTransport, TransportError, basic as client_basic};
pub use verification_key::VerificationKey;
