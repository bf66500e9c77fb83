//! Issuer: one maker of tokens, its keys, and whom its tokens name.

use crate::{
    ci::{self, CiMapping},
    claims::TokenClaims,
    introspection::{Introspector, TokenHash},
    key_cache::{KeyCache, nothing_known},
    replay::TokenUses,
    settings::{IntrospectionMode, IssuerSettings, IssuerUrl},
    token::SignedToken,
};
use access::{AuthenticationFailure, CallerRights, FailureReason, Identity, IdentityKind, Secret};
use jiff::Timestamp;
use std::sync::Arc;

/// Whom a token names, and until when that is believed.
pub(crate) type ProvenIdentity = (Identity, Timestamp);

/// One maker of tokens.
pub(crate) struct Issuer {
    pub(crate) url: IssuerUrl,
    pub(crate) keys: KeyCache,
    /// If it is that of `[auth.oidc]`.
    pub(crate) people: Option<PeopleTokens>,
    /// Its entries of `[[auth.ci]]`.
    pub(crate) mappings: Vec<CiMapping>,
    pub(crate) uses: TokenUses,
}

/// The tokens of people and services.
pub(crate) struct PeopleTokens {
    pub(crate) settings: IssuerSettings,
    pub(crate) introspector: Option<Introspector>,
}

// === impl Issuer ===

impl Issuer {
    /// Whom a JWT names.
    pub(crate) async fn prove(
        &self,
        token: &SignedToken<'_>,
        text: &Secret,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<ProvenIdentity, AuthenticationFailure> {
        // A key that is there and does not fit is not made to fit by asking.
        let known = self.keys.find(now, |known| {
            let key = known.keys.find(token.key_id(), token.algorithm());
            key.err()
                .is_none_or(|failure| failure.reason != FailureReason::UnknownKey)
        });
        let known = known.await.ok_or_else(nothing_known)?;
        let claims = token.prove(&known.keys)?;
        claims.check_issuer(self.url.as_str())?;
        let end = claims.check_time(now)?;
        let for_jobs: Vec<&CiMapping> = self.mappings.iter().collect();
        let for_people = self.people.as_ref();
        let is_for_people = for_people.filter(|people| claims.is_for(&people.settings.audience));
        let is_for_jobs = for_jobs.iter().any(|one| claims.is_for(&one.audience));
        match (is_for_people, for_people) {
            (Some(_), _) if is_for_jobs => {
                let detail = "claim aud names the audience of [auth.oidc] and that of [[auth.ci]]";
                Err(AuthenticationFailure::new(FailureReason::Mapping, detail))
            }
            (Some(people), _) => {
                let mut until = end;
                let introspector = people.introspector.as_ref();
                let mode = people.settings.introspection;
                if let Some(one) = introspector.filter(|_| mode == IntrospectionMode::Always) {
                    let (_, active_until) = one.ask(&known.document, text, hash, now).await?;
                    until = until.min(active_until);
                }
                Ok((people.identity(claims)?, until))
            }
            (None, Some(people)) if for_jobs.is_empty() => {
                Err(claims.wrong_audience(&[&people.settings.audience]))
            }
            (None, _) => {
                let mapping = ci::select(&for_jobs, claims)?;
                let id = claims.text("jti").ok_or_else(|| {
                    crate::claims::claim("claim jti is missing: it tells a token from another")
                })?;
                self.uses.note((self.url.as_str(), id), hash, end, now)?;
                Ok((job(mapping, claims)?, end))
            }
        }
    }

    /// Whom a token names that only the issuer can read.
    pub(crate) async fn introspect(
        &self,
        text: &Secret,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<ProvenIdentity, AuthenticationFailure> {
        let people = self.people.as_ref();
        let asked = people.and_then(|people| Some((people, people.introspector.as_ref()?)));
        let (people, introspector) = asked.ok_or_else(|| {
            let detail = "the token is no JWT, and introspection is off";
            AuthenticationFailure::new(FailureReason::UnknownToken, detail)
        })?;
        let unreachable = || {
            let detail = "nothing is known of the issuer, and it could not be asked";
            AuthenticationFailure::new(FailureReason::Introspection, detail)
        };
        let known = self.keys.find(now, |_| true);
        let known = tokio::time::timeout(crate::introspection::DEADLINE, known).await;
        let known = known.ok().flatten().ok_or_else(unreachable)?;
        let (claims, until) = introspector.ask(&known.document, text, hash, now).await?;
        if claims.value("iss").is_some() {
            claims.check_issuer(self.url.as_str())?;
        }
        let end = match claims.value("exp") {
            Some(_) => claims.check_time(now)?,
            None => until,
        };
        let settings = &people.settings;
        let is_ours = claims.is_for(&settings.audience)
            || settings.client.as_ref().is_some_and(|client| {
                claims.value("aud").is_none() && claims.text("client_id") == Some(&client.id)
            });
        if !is_ours {
            return Err(claims.wrong_audience(&[&settings.audience]));
        }
        Ok((people.identity(&claims)?, end.min(until)))
    }
}

// === impl PeopleTokens ===

impl PeopleTokens {
    fn identity(&self, claims: &TokenClaims) -> Result<Identity, AuthenticationFailure> {
        claims.check_scopes(&self.settings.scopes)?;
        let user_claim = self.settings.user_claim.as_str();
        // A service that has its token by client credentials is its own subject, and some issuers leave that out.
        let name = match claims.user(user_claim) {
            Err(_) if user_claim == "sub" && claims.value("sub").is_none() => {
                claims.user("client_id")
            }
            found => found,
        };
        let groups = self.settings.groups_claim.as_deref();
        Ok(Identity {
            name: name.or_else(|_| claims.user(user_claim))?,
            kind: IdentityKind::Oidc,
            groups: groups.map_or(Ok(Vec::new()), |name| claims.groups(name))?,
            rights: CallerRights::Rules,
            project: None,
        })
    }
}

fn job(mapping: &CiMapping, claims: &TokenClaims) -> Result<Identity, AuthenticationFailure> {
    let rights = match (&mapping.scopes, mapping.groups.is_empty()) {
        (None, _) => CallerRights::Rules,
        (Some(scopes), true) => CallerRights::Scopes(scopes.clone()),
        (Some(scopes), false) => CallerRights::RulesWithin(scopes.clone()),
    };
    Ok(Identity {
        name: claims.user("sub")?,
        kind: IdentityKind::Ci,
        groups: mapping.groups.clone(),
        rights,
        project: ci::project(claims),
    })
}

/// The issuers as they are looked up by `iss`.
pub(crate) type IssuerList = Vec<Arc<Issuer>>;
