//! Provider: from a token that this site did not make to who presents it.

use crate::{
    ci::CiMapping,
    introspection::{Introspector, TokenHash},
    issuer::{Issuer, IssuerList, PeopleTokens, ProvenIdentity},
    key_cache::KeyCache,
    metrics::IssuerMetrics,
    replay::TokenUses,
    settings::{DEFAULT_KEY_AGE, IntrospectionMode, IssuerUrl, ProviderSettings, SecretFileError},
    token::SignedToken,
    transport::IssuerTransport,
};
use access::{AuthenticationFailure, FailureReason, Identity, IdentityProvider, Secret};
use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use std::sync::Arc;

/// For how long a token that was proven is believed without looking at it again: how soon a key that was taken back, or
/// a token that the issuer ended, proves nothing.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(5);

/// Tokens that are remembered.
const MOST_TOKENS: u64 = 20_000;

/// Tells whose token it is, of all issuers that are configured.
pub struct Provider {
    issuers: IssuerList,
    proven: Cache<TokenHash, RememberedIdentity>,
}

#[derive(Debug, Clone)]
struct RememberedIdentity {
    identity: Arc<Identity>,
    until: Timestamp,
}

// === impl Provider ===

impl Provider {
    /// Knows the issuers of the settings. Asks nothing yet. `reach` makes the way to each issuer.
    ///
    /// # Errors
    /// The secret of a client cannot be read, or an issuer cannot be reached at all.
    pub fn try_new<E: From<SecretFileError>>(
        settings: &ProviderSettings,
        reach: impl Fn(&IssuerUrl) -> Result<Arc<dyn IssuerTransport>, E>,
        metrics: &IssuerMetrics,
    ) -> Result<Self, E> {
        let mut urls: Vec<&IssuerUrl> = settings.issuer.iter().map(|one| &one.issuer).collect();
        for mapping in &settings.ci {
            if !urls.contains(&&mapping.issuer) {
                urls.push(&mapping.issuer);
            }
        }
        let issuers = urls.into_iter();
        let issuers = issuers.map(|url| issuer(url, settings, reach(url)?, metrics));
        Ok(Self {
            issuers: issuers.collect::<Result<_, E>>()?,
            proven: Cache::new(MOST_TOKENS),
        })
    }

    async fn prove(
        &self,
        token: &Secret,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<ProvenIdentity, AuthenticationFailure> {
        if !SignedToken::looks_like_one(token.reveal()) {
            let mut issuers = self.issuers.iter();
            let Some(issuer) = issuers.find(|issuer| issuer.people.is_some()) else {
                let detail = "the token is neither of this server nor a JWT";
                return Err(AuthenticationFailure::new(
                    FailureReason::UnknownToken,
                    detail,
                ));
            };
            return issuer.introspect(token, hash, now).await;
        }
        let signed = SignedToken::parse(token.reveal())?;
        let name = signed.unproven_issuer();
        let mut issuers = self.issuers.iter();
        let Some(issuer) = issuers.find(|issuer| Some(issuer.url.as_str()) == name) else {
            let detail = "claim iss is missing or names an issuer that is not configured here";
            return Err(AuthenticationFailure::new(
                FailureReason::WrongIssuer,
                detail,
            ));
        };
        issuer.prove(&signed, token, hash, now).await
    }
}

#[async_trait]
impl IdentityProvider for Provider {
    async fn identify(
        &self,
        token: &Secret,
        now: Timestamp,
    ) -> Result<Arc<Identity>, AuthenticationFailure> {
        let hash = hash_of(token);
        if let Some(known) = self.proven.get(&hash).filter(|known| now < known.until) {
            return Ok(known.identity);
        }
        let (identity, end) = self.prove(token, &hash, now).await?;
        let identity = Arc::new(identity);
        let latest = now.checked_add(REMEMBERED).unwrap_or(now);
        let remembered = RememberedIdentity {
            identity: Arc::clone(&identity),
            until: end.min(latest),
        };
        self.proven.insert(hash, remembered);
        Ok(identity)
    }
}

fn issuer<E: From<SecretFileError>>(
    url: &IssuerUrl,
    settings: &ProviderSettings,
    transport: Arc<dyn IssuerTransport>,
    metrics: &IssuerMetrics,
) -> Result<Arc<Issuer>, E> {
    let people = settings.issuer.as_ref().filter(|one| &one.issuer == url);
    let age = people.map_or(DEFAULT_KEY_AGE, |one| one.key_age);
    let introspector = match people.and_then(|one| Some((one, one.client.as_ref()?))) {
        Some((one, client)) if one.introspection != IntrospectionMode::Off => {
            let credentials = (client.id.clone(), client.secret()?);
            let transport = Arc::clone(&transport);
            Some(Introspector::new(
                url.clone(),
                credentials,
                transport,
                metrics.clone(),
            ))
        }
        _ => None,
    };
    let people = people.map(|one| PeopleTokens {
        settings: one.clone(),
        introspector,
    });
    let mappings = settings.ci.iter().filter(|one| &one.issuer == url);
    let mappings: Vec<CiMapping> = mappings.cloned().collect();
    Ok(Arc::new(Issuer {
        url: url.clone(),
        keys: KeyCache::new(url.clone(), age, transport, metrics.clone()),
        people,
        mappings,
        uses: TokenUses::default(),
    }))
}

fn hash_of(token: &Secret) -> TokenHash {
    let mut hash = TokenHash::default();
    hash.copy_from_slice(digest(&SHA256, token.reveal().as_bytes()).as_ref());
    hash
}
