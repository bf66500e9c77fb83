//! Replay: a token of a CI system is one token, and each is remembered until it ends.
//!
//! A job uses its token for hundreds of requests, so a second use is no replay. What is one: another token with the same
//! `jti`, for instance the same claims signed again with a signature that was bent. So a `jti` belongs to the SHA-256 of
//! the token with which it came first (decision 28).

use crate::introspection::TokenHash;
use access::{AuthenticationFailure, FailureReason};
use jiff::Timestamp;
use parking_lot::Mutex;
use std::collections::HashMap;

/// Tokens that are remembered: a day of jobs of a large company, in some tens of megabytes.
const MOST: usize = 100_000;

/// The longest `jti`.
const LONGEST: usize = 256;

/// The tokens that were seen, by issuer and `jti`.
#[derive(Debug, Default)]
pub(crate) struct TokenUses {
    uses: Mutex<HashMap<(String, String), TokenUse>>,
}

#[derive(Debug)]
struct TokenUse {
    hash: TokenHash,
    until: Timestamp,
}

// === impl TokenUses ===

impl TokenUses {
    /// Takes note of a token.
    ///
    /// # Errors
    /// Another one has its `jti`.
    pub(crate) fn note(
        &self,
        (issuer, id): (&str, &str),
        hash: &TokenHash,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), AuthenticationFailure> {
        let replayed = |detail| AuthenticationFailure::new(FailureReason::Replayed, detail);
        if id.is_empty() || id.len() > LONGEST {
            let detail = "claim jti is empty or too long";
            return Err(AuthenticationFailure::new(FailureReason::Claim, detail));
        }
        let mut uses = self.uses.lock();
        let key = (issuer.to_owned(), id.to_owned());
        if let Some(known) = uses.get(&key).filter(|known| now < known.until) {
            if &known.hash == hash {
                return Ok(());
            }
            return Err(replayed(
                "claim jti is that of another token which was used already",
            ));
        }
        if uses.len() >= MOST {
            uses.retain(|_, known| now < known.until);
        }
        if uses.len() >= MOST {
            // Not to remember it would be to let it be used again.
            return Err(replayed(
                "too many tokens of CI are in use to remember this one",
            ));
        }
        uses.insert(key, TokenUse { hash: *hash, until });
        Ok(())
    }
}
