//! Access: who calls, and what they may see.
//!
//! ```text
//! Authorization ─▶ Credential ─▶ Authenticator ─▶ Identity ─▶ AccessPolicy: may it do this to that module?
//!                                  │ tokens of this site (TokenRegistry)
//!                                  └ tokens of an issuer (IdentityProvider)
//! ```
//!
//! Two questions that must not be mixed. *Who is it* is answered by what was presented alone; *may it* by the
//! rules of the site. What is public is answered before either is asked, so an issuer that is down
//! costs public modules nothing, and a wrong password in a client's netrc neither.
//!
//! A module that somebody may not know of is answered like one that does not exist: the answer is made
//! from the name alone, before anything is looked up, so that neither its text nor its time tells.

mod action;
mod authenticator;
mod credential;
mod failure;
mod identity;
mod metrics;
mod policy;
mod rule;
mod scope;
mod secret;
pub mod token;

pub use action::{AccessAction, UnknownAction};
pub use authenticator::{Authenticator, IdentityProvider};
pub use credential::Credential;
pub use failure::{AuthenticationFailure, FailureReason};
pub use identity::{CallerRights, Identity, IdentityKind};
pub use metrics::AccessMetrics;
pub use policy::{AccessPolicy, AccessVerdict, CoveredModules};
pub use rule::AccessRule;
pub use scope::{AccessScope, AccessScopes, ScopeError};
pub use secret::Secret;
