//! Check: whether an issuer is what the settings say, found out before anybody depends on it.
//!
//! The issuer is asked for its document and keys. If a client is configured, one token is asked for with its own
//! credentials and the configured scopes: the answer tells a wrong name or secret from a scope that does not exist, and the
//! token tells for which audience the issuer makes them. An issuer that gives a client no tokens of its own still says
//! whether it knows it. What an issuer does not tell is not reported.

use crate::{
    claims::{LEEWAY, TokenClaims},
    document::IssuerDocument,
    key_cache::fetch,
    settings::{IssuerSettings, IssuerUrl},
    transport::{self, IssuerReply, IssuerTransport},
};
use access::Secret;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use codes::Code;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::time::Duration;

/// For how long an answer is waited for.
const DEADLINE: Duration = Duration::from_secs(5);

/// One thing that is wrong with an issuer or its settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {why}")]
pub struct IssuerProblem {
    /// Its code.
    pub code: Code,
    /// What exactly.
    pub why: String,
}

/// What was found out about an issuer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssuerReport {
    /// What is wrong.
    pub problems: Vec<IssuerProblem>,
    /// What could not be seen, in words.
    pub unseen: Vec<&'static str>,
}

#[derive(Deserialize)]
struct ClientToken {
    access_token: Option<String>,
    error: Option<String>,
}

// === impl IssuerReport ===

impl IssuerReport {
    /// Asks an issuer whose tokens CI jobs present.
    pub async fn of_ci(
        transport: &dyn IssuerTransport,
        issuer: &IssuerUrl,
        now: Timestamp,
    ) -> Self {
        let mut report = Self::default();
        report.look(transport, issuer, now).await;
        report
    }

    /// Asks the issuer of people and services.
    pub async fn of_people(
        transport: &dyn IssuerTransport,
        settings: &IssuerSettings,
        secret: Option<&Secret>,
        now: Timestamp,
    ) -> Self {
        let mut report = Self::default();
        let Some(document) = report.look(transport, &settings.issuer, now).await else {
            return report;
        };
        report.compare_scopes(settings, &document);
        match (settings.client.as_ref(), secret) {
            (Some(client), Some(secret)) => {
                let client = (client.id.as_str(), secret);
                report
                    .try_client(transport, settings, &document, client)
                    .await;
            }
            _ => report
                .unseen
                .push("the audience of tokens: there is no client-id to ask for one"),
        }
        report
    }

    fn add(&mut self, code: Code, why: String) {
        if !self.problems.iter().any(|known| known.code == code) {
            self.problems.push(IssuerProblem { code, why });
        }
    }

    async fn look(
        &mut self,
        transport: &dyn IssuerTransport,
        issuer: &IssuerUrl,
        now: Timestamp,
    ) -> Option<IssuerDocument> {
        match fetch(transport, issuer).await {
            Err(error) => {
                self.add(Code::IssuerUnreachable, error.to_string());
                None
            }
            Ok((document, _, reply)) => {
                self.compare_clocks(issuer, &reply, now);
                Some(document)
            }
        }
    }

    fn compare_clocks(&mut self, issuer: &IssuerUrl, reply: &IssuerReply, now: Timestamp) {
        let Some(theirs) = reply.date else {
            return self.unseen.push("the issuer's clock: it sends no Date");
        };
        let apart = now.duration_since(theirs);
        if apart.abs() > LEEWAY + SignedDuration::from_secs(1) {
            let (seconds, host) = (apart.as_secs().unsigned_abs(), issuer.host());
            let which = if apart.is_negative() {
                "behind"
            } else {
                "ahead of"
            };
            let why = format!("the clock here is {seconds} s {which} that of {host}");
            self.add(Code::IssuerClock, why);
        }
    }

    fn compare_scopes(&mut self, settings: &IssuerSettings, document: &IssuerDocument) {
        let Some(known) = &document.scopes else {
            return self.unseen.push("the issuer's scopes: it lists none");
        };
        let missing = settings.scopes.iter().find(|scope| !known.contains(scope));
        if let Some(scope) = missing {
            let why = format!(
                "scope {scope:?} is not in scopes_supported of {}",
                settings.issuer
            );
            self.add(Code::IssuerScope, why);
        }
    }

    async fn try_client(
        &mut self,
        transport: &dyn IssuerTransport,
        settings: &IssuerSettings,
        document: &IssuerDocument,
        (id, secret): (&str, &Secret),
    ) {
        let Some(url) = &document.token else {
            return self
                .unseen
                .push("whether the client is known: the issuer has no token_endpoint");
        };
        let scopes = settings.scopes.join(" ");
        let mut form = vec![
            ("grant_type", "client_credentials"),
            // RFC 8707, and what issuers call it that are older.
            ("resource", settings.audience.as_str()),
            ("audience", settings.audience.as_str()),
        ];
        if settings.audience.parse::<url::Url>().is_err() {
            form.retain(|(name, _)| *name != "resource");
        }
        if !scopes.is_empty() {
            form.push(("scope", scopes.as_str()));
        }
        let basic = document.takes_basic.then(|| transport::basic(id, secret));
        if basic.is_none() {
            form.extend([("client_id", id), ("client_secret", secret.reveal())]);
        }
        match transport.post(url, basic.as_ref(), &form, DEADLINE).await {
            Err(error) => self.add(Code::IssuerUnreachable, format!("{url}: {error}")),
            Ok(reply) => self.judge_token(settings, &reply),
        }
    }

    fn judge_token(&mut self, settings: &IssuerSettings, reply: &IssuerReply) {
        let text: Option<ClientToken> = serde_json::from_slice(&reply.body).ok();
        let error = text.as_ref().and_then(|text| text.error.as_deref());
        match error {
            Some("invalid_client") => self.refused(settings),
            Some("invalid_scope") => {
                let why = format!(
                    "the issuer refuses the scopes {:?}",
                    settings.scopes.join(" ")
                );
                self.add(Code::IssuerScope, why);
            }
            Some("invalid_target") => {
                let why = format!(
                    "the issuer makes no tokens for the audience {:?}",
                    settings.audience
                );
                self.add(Code::IssuerAudience, why);
            }
            Some(_) => self
                .unseen
                .push("the audience of tokens: the issuer gives this client none"),
            None if reply.status == 401 => self.refused(settings),
            None => match text
                .and_then(|text| text.access_token)
                .map(zeroize::Zeroizing::new)
            {
                None => self
                    .unseen
                    .push("whether the client is known: the answer is no token"),
                Some(token) => self.judge_audience(settings, &token),
            },
        }
    }

    fn refused(&mut self, settings: &IssuerSettings) {
        let id = settings.client.as_ref().map_or("", |client| &client.id);
        let why = format!(
            "{} refuses the client {id:?} or its secret",
            settings.issuer
        );
        self.add(Code::IssuerClient, why);
    }

    fn judge_audience(&mut self, settings: &IssuerSettings, token: &str) {
        let claims = token.split('.').nth(1).and_then(|payload| {
            let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
            TokenClaims::parse(&payload)
        });
        match claims {
            None => self
                .unseen
                .push("the audience of tokens: those of this issuer are opaque"),
            // Many issuers leave out what they do not know, and say nothing.
            Some(claims) if claims.is_for(&settings.audience) => {
                if let Err(failure) = claims.check_scopes(&settings.scopes) {
                    let why = format!("a token that the issuer makes for this client: {failure}");
                    self.add(Code::IssuerScope, why);
                }
            }
            Some(_) => {
                let why = format!(
                    "a token that the issuer makes is not for {:?} (aud)",
                    settings.audience
                );
                self.add(Code::IssuerAudience, why);
            }
        }
    }
}
