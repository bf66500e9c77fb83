//! Token source: where a token is had that is not at hand: a CI system, or an issuer.

use access::Secret;
use oidc::{IssuerDocument, IssuerUrl};
use serde::Deserialize;
use std::{path::PathBuf, time::Duration};
use upstream::{AnswerBounds, BuildError, EndpointError, UpstreamOptions, UrlClient, UrlReply};
use url::{Url, form_urlencoded};

/// What an answer may cost.
const BOUNDS: AnswerBounds = AnswerBounds {
    deadline: Duration::from_secs(10),
    bytes: 256 * 1024,
};

/// What a device code is asked for with.
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// How often an issuer is asked whether somebody has logged in, if it does not say (RFC 8628 section 3.2).
const POLL: Duration = Duration::from_secs(5);

/// A CI system that gives its jobs tokens on demand: GitHub and its like.
#[derive(Debug, Clone)]
pub struct CiSource {
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
    pub url: Url,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub token: Secret,
}

/// A client of an issuer.
#[derive(Debug, Clone)]
pub struct ClientSource {
    /// The issuer.
    pub issuer: IssuerUrl,
    /// The client.
    pub id: String,
    /// The file of its secret, if it has one.
    pub secret_file: Option<PathBuf>,
    /// The scopes that are asked for.
    pub scopes: String,
}

/// There was no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenSourceError {
    /// Nobody could be asked.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// There was no answer.
    #[error(transparent)]
    NoAnswer(#[from] EndpointError),
    /// The issuer does not describe itself.
    #[error("the issuer {issuer} does not describe itself: {why}")]
    Document {
        /// The issuer.
        issuer: String,
        /// Why.
        why: String,
    },
    /// The issuer has not what is needed.
    #[error("the issuer has no {0}")]
    Missing(&'static str),
    /// The secret cannot be read.
    #[error(transparent)]
    Secret(#[from] oidc::SecretFileError),
    /// The answer is a refusal.
    #[error("{host} answered {status}: {error}")]
    Refused {
        /// Who.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What it calls the error.
        error: String,
    },
}

/// A token that was given.
#[derive(Debug, Clone)]
pub(crate) struct GivenToken {
    pub(crate) token: Secret,
    pub(crate) lasts: Option<i64>,
    pub(crate) refresh: Option<Secret>,
}

/// What a person has to do to log in.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct DeviceCode {
    #[serde(rename = "device_code")]
    secret: String,
    pub(crate) user_code: String,
    pub(crate) verification_uri: String,
    pub(crate) verification_uri_complete: Option<String>,
    expires_in: u64,
    interval: Option<u64>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    /// What a CI system calls it.
    value: Option<String>,
    expires_in: Option<i64>,
    refresh_token: Option<String>,
    error: Option<String>,
}

// === impl CiSource ===

impl CiSource {
    /// A token for this audience.
    pub(crate) async fn get(
        &self,
        audience: &str,
        options: &UpstreamOptions,
    ) -> Result<GivenToken, TokenSourceError> {
        let client = UrlClient::try_new(&self.url, options)?;
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("audience", audience);
        let authorization = Secret::new(format!("Bearer {}", self.token.reveal()));
        let reply = client
            .get(&url, Some(authorization.reveal()), BOUNDS)
            .await?;
        given(&url, &reply)
    }
}

// === impl ClientSource ===

impl ClientSource {
    /// A token of the client itself.
    pub(crate) async fn by_credentials(
        &self,
        audience: &str,
        options: &UpstreamOptions,
    ) -> Result<GivenToken, TokenSourceError> {
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(self.wishes(audience));
        self.ask(&form, options).await
    }

    /// A new token for a person who logged in.
    pub(crate) async fn by_refresh(
        &self,
        refresh: &str,
        options: &UpstreamOptions,
    ) -> Result<GivenToken, TokenSourceError> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        self.ask(&form, options).await
    }

    /// A code with which a person logs in elsewhere.
    pub(crate) async fn device_code(
        &self,
        audience: &str,
        options: &UpstreamOptions,
    ) -> Result<DeviceCode, TokenSourceError> {
        let (client, document) = self.reach(options).await?;
        let url = document.device;
        let url = url.ok_or(TokenSourceError::Missing("device_authorization_endpoint"))?;
        let form = self.wishes(audience);
        let (authorization, form) = self.signed(document.takes_basic, &form)?;
        let authorization = authorization.as_ref().map(Secret::reveal);
        let reply = client.post_form(&url, authorization, form, BOUNDS).await?;
        serde_json::from_slice(&reply.body).map_err(|_| refusal(&url, &reply))
    }

    /// The token, once the person has logged in.
    pub(crate) async fn by_device_code(
        &self,
        code: &DeviceCode,
        options: &UpstreamOptions,
    ) -> Result<GivenToken, TokenSourceError> {
        let form = [
            ("grant_type", DEVICE_GRANT),
            ("device_code", code.secret.as_str()),
        ];
        let end = tokio::time::Instant::now() + Duration::from_secs(code.expires_in.min(3600));
        let mut pause = code
            .interval
            .map_or(POLL, Duration::from_secs)
            .min(POLL * 12);
        loop {
            let error = match self.ask(&form, options).await {
                Ok(token) => return Ok(token),
                Err(error) => error,
            };
            match &error {
                TokenSourceError::Refused { error, .. } if error == "authorization_pending" => {}
                TokenSourceError::Refused { error, .. } if error == "slow_down" => pause += POLL,
                TokenSourceError::NoAnswer(_) => {}
                _ => return Err(error),
            }
            if tokio::time::Instant::now() + pause > end {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Scopes and audience. Issuers differ in what the second is called.
    fn wishes<'a>(&'a self, audience: &'a str) -> Vec<(&'static str, &'a str)> {
        let mut form = Vec::new();
        if !self.scopes.is_empty() {
            form.push(("scope", self.scopes.as_str()));
        }
        if !audience.is_empty() {
            form.push(("audience", audience));
            if Url::parse(audience).is_ok() {
                form.push(("resource", audience));
            }
        }
        form
    }

    async fn reach(
        &self,
        options: &UpstreamOptions,
    ) -> Result<(UrlClient, IssuerDocument), TokenSourceError> {
        let client = UrlClient::try_new(self.issuer.url(), options)?;
        let document = IssuerDocument::fetch(&client, &self.issuer).await;
        let document = document.map_err(|error| TokenSourceError::Document {
            issuer: self.issuer.to_string(),
            why: error.to_string(),
        })?;
        Ok((client, document))
    }

    async fn ask(
        &self,
        form: &[(&str, &str)],
        options: &UpstreamOptions,
    ) -> Result<GivenToken, TokenSourceError> {
        let (client, document) = self.reach(options).await?;
        let url = document.token;
        let url = url.ok_or(TokenSourceError::Missing("token_endpoint"))?;
        let (authorization, form) = self.signed(document.takes_basic, form)?;
        let authorization = authorization.as_ref().map(Secret::reveal);
        let reply = client.post_form(&url, authorization, form, BOUNDS).await?;
        given(&url, &reply)
    }

    /// The form with what proves the client, and the header that does.
    fn signed(
        &self,
        takes_basic: bool,
        form: &[(&str, &str)],
    ) -> Result<(Option<Secret>, String), TokenSourceError> {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(form);
        let secret = match &self.secret_file {
            None => None,
            Some(file) => {
                let client = oidc::IssuerClient {
                    id: self.id.clone(),
                    secret_file: file.clone(),
                };
                Some(client.secret()?)
            }
        };
        let authorization = match secret {
            Some(secret) if takes_basic => Some(oidc::client_basic(&self.id, &secret)),
            Some(secret) => {
                text.append_pair("client_id", &self.id);
                text.append_pair("client_secret", secret.reveal());
                None
            }
            None => {
                text.append_pair("client_id", &self.id);
                None
            }
        };
        Ok((authorization, text.finish()))
    }
}

fn given(url: &Url, reply: &UrlReply) -> Result<GivenToken, TokenSourceError> {
    let answer: Option<TokenAnswer> = serde_json::from_slice(&reply.body).ok();
    let Some(answer) = answer.filter(|_| reply.status == 200) else {
        return Err(refusal(url, reply));
    };
    let token = answer.access_token.or(answer.value);
    let token = token.filter(|token| is_header_text(token));
    Ok(GivenToken {
        token: Secret::new(token.ok_or_else(|| refusal(url, reply))?),
        lasts: answer.expires_in,
        refresh: answer.refresh_token.map(Secret::new),
    })
}

/// Whether a text can stand in a header as a token (RFC 6750 section 2.1).
pub(crate) fn is_header_text(token: &str) -> bool {
    let is_token68 = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    !token.is_empty() && token.bytes().all(is_token68)
}

fn refusal(url: &Url, reply: &UrlReply) -> TokenSourceError {
    let answer: Option<TokenAnswer> = serde_json::from_slice(&reply.body).ok();
    let error = answer.and_then(|answer| answer.error);
    let error = error.unwrap_or_else(|| "no token".to_owned());
    TokenSourceError::Refused {
        host: url.host_str().unwrap_or_default().to_owned(),
        status: reply.status,
        error: error
            .chars()
            .filter(char::is_ascii_graphic)
            .take(80)
            .collect(),
    }
}
