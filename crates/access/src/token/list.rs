//! List: all tokens of a site. Pure.

use crate::{
    failure::{AuthenticationFailure, FailureReason},
    identity::{CallerRights, Identity, IdentityKind},
    scope::AccessScopes,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most tokens of one site: a list of this length takes some megabytes.
const MOST: usize = 10_000;

/// What a token is called in lists: the beginning of its hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TokenId(String);

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TokenRecord {
    /// What it is called.
    pub id: TokenId,
    /// Who or what it was made for; the name of its identity.
    pub name: String,
    /// SHA-256 of its text, in hexadecimal digits.
    hash: String,
    /// What it may do.
    pub scopes: AccessScopes,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// When it was taken back, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
}

/// All tokens, the oldest first. Those that were taken back stay, so that whoever uses one still is told so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TokenList {
    tokens: Vec<TokenRecord>,
}

/// A list cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenListError {
    /// There is no such token.
    #[error("there is no token {0:?}; modkeep token list shows all")]
    Unknown(String),
    /// Several tokens have this name.
    #[error("{0} tokens are called {1:?}; name one by its id")]
    Ambiguous(usize, String),
    /// The list is full.
    #[error(
        "there are {MOST} tokens, the most that one site keeps; those that ended are dropped after a year"
    )]
    Full,
    /// What is kept is no list of tokens.
    #[error("the list of tokens cannot be read: {0}")]
    Corrupt(String),
}

// === impl TokenId ===

impl TokenId {
    /// The id of the token with this hash.
    fn of(hash: &str) -> Self {
        Self(hash.get(..12).unwrap_or(hash).to_owned())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl TokenRecord ===

impl TokenRecord {
    /// Whether it proves anything at this moment, and why not.
    pub fn standing(&self, now: Timestamp) -> Result<(), AuthenticationFailure> {
        if let Some(revoked) = self.revoked {
            let detail = format!(
                "token {} was revoked on {}",
                self.id,
                revoked.strftime("%F")
            );
            return Err(AuthenticationFailure::new(FailureReason::Revoked, detail));
        }
        if let Some(expires) = self.expires.filter(|expires| *expires <= now) {
            let detail = format!("token {} expired on {}", self.id, expires.strftime("%F"));
            return Err(AuthenticationFailure::new(FailureReason::Expired, detail));
        }
        Ok(())
    }

    /// Who presents it.
    pub fn identity(&self) -> Identity {
        Identity {
            name: self.name.clone(),
            kind: IdentityKind::Token,
            groups: Vec::new(),
            rights: CallerRights::Scopes(self.scopes.clone()),
            project: None,
        }
    }

    /// SHA-256 of its text.
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }
}

// === impl TokenList ===

impl TokenList {
    /// Reads what is kept; nothing is an empty list.
    ///
    /// # Errors
    /// [`TokenListError::Corrupt`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TokenListError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(bytes).map_err(|error| TokenListError::Corrupt(error.to_string()))
    }

    /// What is kept.
    ///
    /// # Errors
    /// [`TokenListError::Corrupt`], which does not happen.
    pub fn to_bytes(&self) -> Result<Vec<u8>, TokenListError> {
        serde_json::to_vec(self).map_err(|error| TokenListError::Corrupt(error.to_string()))
    }

    /// All of them.
    pub fn tokens(&self) -> &[TokenRecord] {
        &self.tokens
    }

    /// Adds one. Those that ended a year ago make room.
    ///
    /// # Errors
    /// [`TokenListError::Full`].
    pub fn add(
        &mut self,
        hash: String,
        name: String,
        scopes: AccessScopes,
        created: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<TokenRecord, TokenListError> {
        /// For how long one that ended stays in the list.
        const KEPT_SECONDS: i64 = 366 * 24 * 3600;
        let is_needed = |token: &TokenRecord| {
            let end = token.revoked.or(token.expires);
            end.is_none_or(|end| created.as_second() - end.as_second() < KEPT_SECONDS)
        };
        self.tokens.retain(is_needed);
        if self.tokens.len() >= MOST {
            return Err(TokenListError::Full);
        }
        let record = TokenRecord {
            id: TokenId::of(&hash),
            name,
            hash,
            scopes,
            created,
            expires,
            revoked: None,
        };
        self.tokens.push(record.clone());
        Ok(record)
    }

    /// Takes one back, by its id or by its name if only one that counts has it. `None` if it was taken back before.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub fn revoke(
        &mut self,
        what: &str,
        now: Timestamp,
    ) -> Result<Option<TokenRecord>, TokenListError> {
        let is_meant = |token: &&mut TokenRecord| {
            token.id.as_str() == what || (token.name == what && token.revoked.is_none())
        };
        let mut meant: Vec<_> = self.tokens.iter_mut().filter(is_meant).collect();
        match &mut meant[..] {
            [] => Err(TokenListError::Unknown(what.to_owned())),
            [token] if token.revoked.is_some() => Ok(None),
            [token] => {
                token.revoked = Some(now);
                Ok(Some(token.clone()))
            }
            several => Err(TokenListError::Ambiguous(several.len(), what.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{TokenList, TokenListError};
    use crate::{AccessScopes, FailureReason};
    use jiff::Timestamp;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn add(list: &mut TokenList, hash: &str, name: &str, expires: Option<i64>) {
        let scopes = AccessScopes::parse("read:corp.example/*").unwrap();
        list.add(
            hash.repeat(8),
            name.to_owned(),
            scopes,
            at(100),
            expires.map(at),
        )
        .unwrap();
    }

    #[test]
    fn a_token_counts_until_it_ends_or_is_taken_back() {
        let mut list = TokenList::default();
        add(&mut list, "0123abcd", "ci", Some(200));
        let reason = |list: &TokenList, now| {
            let standing = list.tokens()[0].standing(at(now));
            standing.map_err(|failure| failure.reason)
        };
        assert_eq!(reason(&list, 199), Ok(()));
        assert_eq!(reason(&list, 200), Err(FailureReason::Expired));
        assert!(list.revoke("ci", at(150)).unwrap().is_some());
        assert_eq!(reason(&list, 160), Err(FailureReason::Revoked));
        assert_eq!(
            list.revoke("0123abcd0123", at(151)),
            Ok(None),
            "once is enough"
        );
        assert_eq!(
            list.revoke("ci", at(151)),
            Err(TokenListError::Unknown("ci".to_owned()))
        );
        let again = TokenList::parse(&list.to_bytes().unwrap()).unwrap();
        assert_eq!(again, list);
    }

    #[test]
    fn a_name_that_several_have_revokes_none_of_them() {
        let mut list = TokenList::default();
        add(&mut list, "0123abcd", "ci", None);
        add(&mut list, "4567abcd", "ci", None);
        let error = list.revoke("ci", at(1)).unwrap_err();
        assert_eq!(error, TokenListError::Ambiguous(2, "ci".to_owned()));
        assert!(list.revoke("4567abcd4567", at(1)).unwrap().is_some());
        assert!(
            list.revoke("ci", at(2)).unwrap().is_some(),
            "one is left of that name"
        );
    }

    #[test]
    fn what_is_kept_and_cannot_be_read_is_no_empty_list() {
        assert!(TokenList::parse(b"").unwrap().tokens().is_empty());
        for bytes in [&b"{"[..], b"[]", br#"{"tokens":[{"id":"x"}]}"#] {
            assert!(matches!(
                TokenList::parse(bytes),
                Err(TokenListError::Corrupt(_))
            ));
        }
    }

    #[test]
    fn those_that_ended_long_ago_make_room() {
        let mut list = TokenList::default();
        add(&mut list, "0123abcd", "old", Some(200));
        let scopes = AccessScopes::parse("read").unwrap();
        let later = at(200 + 367 * 24 * 3600);
        list.add("ff".repeat(32), "new".to_owned(), scopes, later, None)
            .unwrap();
        let names: Vec<_> = list
            .tokens()
            .iter()
            .map(|token| token.name.as_str())
            .collect();
        assert_eq!(names, ["new"]);
    }
}
