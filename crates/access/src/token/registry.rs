//! Registry: the list of tokens in the store, and in memory for the requests.
//!
//! Requests look into memory alone. Whoever changes the list writes it first and then memory; what another
//! process changed comes in with [`TokenRegistry::reload`]. When a token was last used is written once in a
//! while and is lost with a crash: it says which tokens are dead, not who called when.

use super::{
    list::{TokenId, TokenList, TokenListError, TokenRecord},
    text::TokenText,
};
use crate::{
    failure::{AuthenticationFailure, FailureReason},
    identity::Identity,
    scope::AccessScopes,
};
use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use store::{JournalEvent, Store, StoreError};

/// The state of the catalog that holds the list.
const LIST: &str = "access/tokens";

/// The state that holds when each was last used.
const USES: &str = "access/token-uses";

/// How often a change is tried that another process got ahead of.
const TRIES: usize = 20;

/// Tokens with who presents them, by the hashes of their texts.
type TokensByHash = HashMap<String, (TokenRecord, Arc<Identity>)>;

/// All tokens of a site. Cheap to clone.
#[derive(Clone)]
pub struct TokenRegistry {
    store: Store,
    known: Arc<RwLock<TokensByHash>>,
    uses: Arc<Mutex<HashMap<TokenId, Timestamp>>>,
}

/// A token that is to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Who or what it is for.
    pub name: String,
    /// What it may do.
    pub scopes: AccessScopes,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

/// The list was not read or changed.
#[derive(Debug, thiserror::Error)]
pub enum TokenStoreError {
    /// It is not one that can be changed so.
    #[error(transparent)]
    List(#[from] TokenListError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others change the list all the time.
    #[error("the list of tokens was changed by others {TRIES} times in a row; try again")]
    Contended,
    /// No token was made.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

// === impl TokenRegistry ===

impl TokenRegistry {
    /// The tokens of a store, read.
    ///
    /// # Errors
    /// They cannot be read. A server that cannot tell tokens must not start.
    pub async fn open(store: Store) -> Result<Self, TokenStoreError> {
        let registry = Self {
            store,
            known: Arc::default(),
            uses: Arc::default(),
        };
        registry.reload().await?;
        Ok(registry)
    }

    /// Reads what others may have changed.
    ///
    /// # Errors
    /// It cannot be read; what was known stays.
    pub async fn reload(&self) -> Result<(), TokenStoreError> {
        let (list, _) = self.read().await?;
        self.learn(&list);
        Ok(())
    }

    /// Makes a token. Its text is in no other place afterwards.
    ///
    /// # Errors
    /// Nothing was made.
    pub async fn create(
        &self,
        new: NewToken,
        now: Timestamp,
    ) -> Result<(TokenRecord, TokenText), TokenStoreError> {
        let text = TokenText::random().ok_or(TokenStoreError::NoRandomness)?;
        let NewToken {
            name,
            scopes,
            expires,
        } = new;
        let add = |list: &mut TokenList| {
            list.add(text.hash(), name.clone(), scopes.clone(), now, expires)
        };
        let record = self.change(add).await?;
        let facts = format!("{}: {}", record.name, record.scopes);
        self.note("token-created", &record.id, facts).await?;
        Ok((record, text))
    }

    /// Takes a token back. `None` if that was done before.
    ///
    /// # Errors
    /// There is no such token, or the store failed.
    pub async fn revoke(
        &self,
        what: &str,
        now: Timestamp,
    ) -> Result<Option<TokenRecord>, TokenStoreError> {
        let revoked = self.change(|list| list.revoke(what, now)).await?;
        if let Some(record) = &revoked {
            let facts = record.name.clone();
            self.note("token-revoked", &record.id, facts).await?;
        }
        Ok(revoked)
    }

    /// All tokens, and when each was last used.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn list(&self) -> Result<Vec<(TokenRecord, Option<Timestamp>)>, TokenStoreError> {
        let (list, _) = self.read().await?;
        let (written, _) = self.read_uses().await?;
        let fresh = self.uses.lock().clone();
        let last_use = |id: &TokenId| written.get(id.as_str()).max(fresh.get(id)).copied();
        let tokens = list.tokens().iter();
        Ok(tokens
            .map(|token| (token.clone(), last_use(&token.id)))
            .collect())
    }

    /// Who presents a token.
    ///
    /// # Errors
    /// It is unknown, revoked, or expired.
    pub fn identify(
        &self,
        text: &TokenText,
        now: Timestamp,
    ) -> Result<Arc<Identity>, AuthenticationFailure> {
        let known = self.known.read();
        let Some((record, identity)) = known.get(&text.hash()) else {
            let detail = "this server has made no such token";
            return Err(AuthenticationFailure::new(
                FailureReason::UnknownToken,
                detail,
            ));
        };
        record.standing(now)?;
        self.uses.lock().insert(record.id.clone(), now);
        Ok(Arc::clone(identity))
    }

    /// Writes down when tokens were last used.
    ///
    /// # Errors
    /// They will be written another time.
    pub async fn write_uses(&self) -> Result<(), TokenStoreError> {
        let fresh = self.uses.lock().clone();
        if fresh.is_empty() {
            return Ok(());
        }
        let (mut uses, old) = self.read_uses().await?;
        let known: Vec<String> = {
            let known = self.known.read();
            known
                .values()
                .map(|(record, _)| record.id.to_string())
                .collect()
        };
        for (id, at) in &fresh {
            let last = uses.entry(id.to_string()).or_insert(*at);
            *last = (*last).max(*at);
        }
        uses.retain(|id, _| known.contains(id));
        let new = serde_json::to_vec(&uses)
            .map_err(|error| TokenListError::Corrupt(error.to_string()))?;
        // Another process was first: the next round writes both.
        if self.store.swap_state(USES, old, new.into()).await? {
            let mut uses = self.uses.lock();
            uses.retain(|id, at| fresh.get(id) != Some(at));
        }
        Ok(())
    }

    async fn change<T>(
        &self,
        mut apply: impl FnMut(&mut TokenList) -> Result<T, TokenListError>,
    ) -> Result<T, TokenStoreError> {
        for _ in 0..TRIES {
            let (mut list, old) = self.read().await?;
            let made = apply(&mut list)?;
            let new = list.to_bytes()?.into();
            if self.store.swap_state(LIST, old, new).await? {
                self.learn(&list);
                return Ok(made);
            }
        }
        Err(TokenStoreError::Contended)
    }

    async fn read(&self) -> Result<(TokenList, Option<bytes::Bytes>), TokenStoreError> {
        let kept = self.store.state(LIST).await?;
        let list = TokenList::parse(kept.as_deref().unwrap_or_default())?;
        Ok((list, kept))
    }

    /// What cannot be read is forgotten: it is about nothing that is not used again.
    async fn read_uses(
        &self,
    ) -> Result<(BTreeMap<String, Timestamp>, Option<bytes::Bytes>), TokenStoreError> {
        let kept = self.store.state(USES).await?;
        let uses = serde_json::from_slice(kept.as_deref().unwrap_or_default());
        Ok((uses.unwrap_or_default(), kept))
    }

    fn learn(&self, list: &TokenList) {
        let tokens = list.tokens().iter().map(|record| {
            let identity = Arc::new(record.identity());
            (record.hash().to_owned(), (record.clone(), identity))
        });
        *self.known.write() = tokens.collect();
    }

    async fn note(&self, kind: &str, id: &TokenId, facts: String) -> Result<(), StoreError> {
        let event = JournalEvent::new(kind, id.as_str(), facts);
        self.store.event(event).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::{NewToken, TokenRegistry, TokenStoreError};
    use crate::{AccessScopes, FailureReason, token::TokenText};
    use jiff::{SignedDuration, Timestamp};
    use store::{Store, StoreOptions};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    async fn store(data: &tempfile::TempDir) -> Store {
        Store::open(StoreOptions::local(data.path())).await.unwrap()
    }

    fn new(name: &str) -> NewToken {
        NewToken {
            name: name.to_owned(),
            scopes: AccessScopes::parse("read:corp.example/*").unwrap(),
            expires: Some(NOW + SignedDuration::from_secs(60)),
        }
    }

    #[tokio::test]
    async fn a_token_is_known_where_the_store_is_and_its_text_is_in_no_file() {
        let data = tempfile::tempdir().unwrap();
        let registry = TokenRegistry::open(store(&data).await).await.unwrap();
        let (record, text) = registry.create(new("ci"), NOW).await.unwrap();
        assert_eq!(registry.identify(&text, NOW).unwrap().name, "ci");
        registry.write_uses().await.unwrap();
        let store = registry.store.clone();
        drop(registry);
        let again = TokenRegistry::open(store).await.unwrap();
        assert_eq!(again.list().await.unwrap(), [(record, Some(NOW))]);
        let expired = again.identify(&text, NOW + SignedDuration::from_secs(60));
        assert_eq!(expired.unwrap_err().reason, FailureReason::Expired);
        drop(again);
        let secret = text.reveal().as_bytes();
        for file in std::fs::read_dir(data.path()).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap_or_default();
            assert!(
                !bytes.windows(secret.len()).any(|part| part == secret),
                "{}",
                path.display()
            );
        }
    }

    #[tokio::test]
    async fn one_that_is_revoked_by_another_process_is_unknown_after_reading_again() {
        let data = tempfile::tempdir().unwrap();
        let store = store(&data).await;
        let here = TokenRegistry::open(store.clone()).await.unwrap();
        let there = TokenRegistry::open(store).await.unwrap();
        let (record, text) = there.create(new("ci"), NOW).await.unwrap();
        let reason = |registry: &TokenRegistry| {
            let told = registry.identify(&text, NOW);
            told.err().map(|failure| failure.reason)
        };
        assert_eq!(reason(&here), Some(FailureReason::UnknownToken));
        here.reload().await.unwrap();
        assert_eq!(reason(&here), None);
        there.revoke(record.id.as_str(), NOW).await.unwrap();
        here.reload().await.unwrap();
        assert_eq!(reason(&here), Some(FailureReason::Revoked));
    }

    #[tokio::test]
    async fn changes_made_at_once_are_all_there() {
        let data = tempfile::tempdir().unwrap();
        let store = store(&data).await;
        let registries = [
            TokenRegistry::open(store.clone()).await.unwrap(),
            TokenRegistry::open(store.clone()).await.unwrap(),
        ];
        let made = (0..16).map(|number| {
            let registry = registries[number % 2].clone();
            tokio::spawn(async move { registry.create(new(&format!("job {number}")), NOW).await })
        });
        for task in made.collect::<Vec<_>>() {
            task.await.unwrap().unwrap();
        }
        let all = TokenRegistry::open(store)
            .await
            .unwrap()
            .list()
            .await
            .unwrap();
        assert_eq!(all.len(), 16);
    }

    #[tokio::test]
    async fn a_list_that_cannot_be_read_lets_nothing_start() {
        let data = tempfile::tempdir().unwrap();
        let store = store(&data).await;
        assert!(
            store
                .swap_state(super::LIST, None, "{".into())
                .await
                .unwrap()
        );
        let opened = TokenRegistry::open(store).await;
        assert!(matches!(opened.err(), Some(TokenStoreError::List(_))));
        assert!(TokenText::parse("mkt_").is_none());
    }
}
