//! Signed token: a JWT in its compact form (RFC 7515 section 7.1), read and not yet believed.

use crate::{
    algorithm::SignatureAlgorithm,
    claims::TokenClaims,
    key_set::{KeySet, LONGEST_KEY_ID},
};
use access::{AuthenticationFailure, FailureReason};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

/// What `typ` may say: a JWT, or one that is for access (RFC 9068). Others are for other purposes.
const TYPES: [&str; 4] = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"];

/// A token whose parts were read.
#[derive(Debug, Clone)]
pub struct SignedToken<'t> {
    algorithm: SignatureAlgorithm,
    key_id: Option<String>,
    claims: TokenClaims,
    /// Header and payload as they came: what was signed.
    text: &'t str,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct HeaderText {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<serde_json::Value>,
}

// === impl SignedToken ===

impl<'t> SignedToken<'t> {
    /// Whether a token is meant to be a JWT: three parts, and the first is an object in base64.
    pub fn looks_like_one(token: &str) -> bool {
        token.starts_with("eyJ") && token.matches('.').count() == 2
    }

    /// Reads the parts.
    ///
    /// # Errors
    /// It is no JWT, or one that is signed in a way that is not taken.
    pub fn parse(token: &'t str) -> Result<Self, AuthenticationFailure> {
        let malformed = |detail: &str| AuthenticationFailure::new(FailureReason::Malformed, detail);
        let no_token = || malformed("the token is no JWT of three parts in base64url");
        let (text, signature) = token.rsplit_once('.').ok_or_else(no_token)?;
        let (header, payload) = text.split_once('.').ok_or_else(no_token)?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| no_token());
        let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
        let header: HeaderText = serde_json::from_slice(&header)
            .map_err(|_| malformed("the header of the token is not as RFC 7515 says"))?;
        if header.crit.is_some() {
            return Err(malformed(
                "the token needs an extension (crit), and none is known here",
            ));
        }
        let is_known = |kind: &String| TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known));
        if header.typ.as_ref().is_some_and(|kind| !is_known(kind)) {
            return Err(malformed("the token is for another purpose (typ)"));
        }
        if header
            .kid
            .as_ref()
            .is_some_and(|id| id.len() > LONGEST_KEY_ID)
        {
            return Err(malformed("the name of the key (kid) is too long"));
        }
        let algorithm = SignatureAlgorithm::parse(&header.alg).ok_or_else(|| {
            let detail = "the algorithm of the token (alg) is not allowed";
            AuthenticationFailure::new(FailureReason::BadSignature, detail)
        })?;
        let claims = TokenClaims::parse(&payload).ok_or_else(|| {
            malformed("the claims of the token are no JSON object, or one is there twice")
        })?;
        Ok(Self {
            algorithm,
            key_id: header.kid,
            claims,
            text,
            signature,
        })
    }

    /// The name of its key.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// How it says that it is signed.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Who it says made it, unproven: only good for choosing whose keys to try.
    pub fn unproven_issuer(&self) -> Option<&str> {
        self.claims.text("iss")
    }

    /// Its claims, once one of these keys is found to have signed it.
    ///
    /// # Errors
    /// None has.
    pub fn prove(&self, keys: &KeySet) -> Result<&TokenClaims, AuthenticationFailure> {
        let key = keys.find(self.key_id(), self.algorithm)?;
        if self
            .algorithm
            .verify(key, self.text.as_bytes(), &self.signature)
        {
            return Ok(&self.claims);
        }
        let detail = "the signature of the token is not that of its issuer";
        Err(AuthenticationFailure::new(
            FailureReason::BadSignature,
            detail,
        ))
    }
}
