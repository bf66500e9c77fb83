//! Session: from what `go` asks to what it is told.
//!
//! Sources, in this order; the first that has something is used: the token that was given, its file, netrc, the variable of a CI
//! job, a CI system that is asked, the client's own credentials, the login of a person. The first four cost no network and
//! are kept nowhere.

use crate::{
    login_file::{KnownLogin, LoginFile, LoginFileError},
    question::{GoQuestion, GoServer, answer},
    token_source::{CiSource, ClientSource, GivenToken, TokenSourceError, is_header_text},
};
use access::Secret;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use std::{io, path::PathBuf};
use upstream::{BuildError, UpstreamOptions};

/// How often an issuer is asked because a server said 401: a server that refuses every token must not make every call
/// ask.
const ASK_AGAIN: i64 = 30;

/// What the command was told.
#[derive(Debug, Clone)]
pub struct AuthOptions {
    /// The servers.
    pub servers: Vec<GoServer>,
    /// A token.
    pub token: Option<Secret>,
    /// A file with one.
    pub token_file: Option<PathBuf>,
    /// A netrc file.
    pub netrc: Option<PathBuf>,
    /// The token that a CI job has in a variable.
    pub ci_token: Option<Secret>,
    /// A CI system that is asked for one.
    pub ci: Option<CiSource>,
    /// A client of an issuer.
    pub client: Option<ClientSource>,
    /// For whom tokens are asked; empty is the host of the server.
    pub audience: String,
    /// Where tokens are kept.
    pub directory: PathBuf,
    /// How others are reached.
    pub reach: UpstreamOptions,
}

/// Answers `go`.
#[derive(Debug, Clone)]
pub struct AuthSession {
    options: AuthOptions,
}

/// What a person is told who logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginPrompt {
    /// Where to go.
    pub url: String,
    /// What to enter there.
    pub code: String,
}

/// There is nothing to tell `go`.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Nothing was configured that could give a token.
    #[error(
        "there is no token for {0}: give --token-file, a netrc entry, or --issuer and --client-id"
    )]
    NoSource(String),
    /// Nobody has logged in.
    #[error(
        "nobody has logged in for {0}; run modkeep auth login with the same options, on a terminal"
    )]
    NoLogin(String),
    /// The file of the token cannot be read.
    #[error("the token cannot be read from {}", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What should be a token is none.
    #[error("{0} is no token: it has characters that cannot be in a header")]
    NoToken(&'static str),
    /// The netrc file cannot be used.
    #[error(transparent)]
    Netrc(#[from] BuildError),
    /// There is no issuer to log in at.
    #[error("logging in needs --issuer and --client-id")]
    NoIssuer,
    /// No token was given.
    #[error(transparent)]
    Source(#[from] TokenSourceError),
    /// It cannot be kept.
    #[error(transparent)]
    File(#[from] LoginFileError),
    /// Nobody can be asked.
    #[error("the network cannot be used")]
    Runtime(#[source] io::Error),
}

// === impl AuthSession ===

impl AuthSession {
    /// A session with these options.
    pub fn new(options: AuthOptions) -> Self {
        Self { options }
    }

    /// What `go` is told.
    ///
    /// # Errors
    /// There is no token for a server that is asked about.
    pub fn answer(&self, question: &GoQuestion, now: Timestamp) -> Result<Secret, SessionError> {
        let concerns = |server: &&GoServer| match question {
            GoQuestion::First => true,
            GoQuestion::Refused { url, .. } => server.has(url),
        };
        let mut text = String::new();
        for server in self.options.servers.iter().filter(concerns) {
            let authorization = self.authorization(server, question, now)?;
            if let Some(authorization) = authorization {
                text += answer(server, &authorization).reveal();
            }
        }
        Ok(Secret::new(text))
    }

    /// Logs a person in; `show` tells what to do.
    ///
    /// # Errors
    /// The issuer does not let anybody log in so, or nobody did.
    pub fn login(&self, show: impl Fn(&LoginPrompt), now: Timestamp) -> Result<(), SessionError> {
        let client = self.options.client.as_ref().ok_or(SessionError::NoIssuer)?;
        for server in &self.options.servers {
            let audience = self.audience(server);
            let login = async {
                let code = client.device_code(&audience, &self.options.reach).await?;
                show(&LoginPrompt {
                    url: code
                        .verification_uri_complete
                        .clone()
                        .unwrap_or_else(|| code.verification_uri.clone()),
                    code: code.user_code.clone(),
                });
                client.by_device_code(&code, &self.options.reach).await
            };
            let given = block_on(login)?;
            let file = self.file(server);
            let lock = file.lock()?;
            file.write(&known(&given, None, now), &lock)?;
        }
        Ok(())
    }

    fn authorization(
        &self,
        server: &GoServer,
        question: &GoQuestion,
        now: Timestamp,
    ) -> Result<Option<Secret>, SessionError> {
        if let Some(at_hand) = self.at_hand(server)? {
            return Ok(Some(at_hand));
        }
        if self.options.ci.is_none() && self.options.client.is_none() {
            return Err(SessionError::NoSource(server.prefix().to_owned()));
        }
        let file = self.file(server);
        let kept = file.read();
        let is_enough = |login: &KnownLogin| match question {
            GoQuestion::First => login.is_fresh(now),
            _ if question.is_unauthorized() => now.as_second() - login.asked < ASK_AGAIN,
            // The server knew who called, and has not what was asked for.
            GoQuestion::Refused { .. } => true,
        };
        if let Some(login) = kept.filter(is_enough) {
            return Ok(Some(bearer(&login.token)));
        }
        if matches!(question, GoQuestion::Refused { .. }) && !question.is_unauthorized() {
            return Ok(None);
        }
        let lock = file.lock()?;
        // Somebody else may have asked while we waited.
        let kept = file.read();
        if let Some(login) = kept.as_ref().filter(|login| is_enough(login)) {
            return Ok(Some(bearer(&login.token)));
        }
        let given = self.renew(server, kept.as_ref())?;
        let login = known(&given, kept.as_ref(), now);
        file.write(&login, &lock)?;
        Ok(Some(bearer(&login.token)))
    }

    /// What costs no network.
    fn at_hand(&self, server: &GoServer) -> Result<Option<Secret>, SessionError> {
        let options = &self.options;
        let whole = |token: &Secret, what| {
            let token = token.reveal().trim();
            let is_token = is_header_text(token);
            is_token
                .then(|| Some(bearer(token)))
                .ok_or(SessionError::NoToken(what))
        };
        if let Some(path) = &options.token_file {
            let text = std::fs::read_to_string(path).map(Secret::new);
            let text = text.map_err(|source| SessionError::TokenFile {
                path: path.clone(),
                source,
            })?;
            return whole(&text, "what is in --token-file");
        }
        if let Some(token) = &options.token {
            return whole(token, "MODKEEP_TOKEN");
        }
        if let Some(path) = options.netrc.as_ref().filter(|path| path.is_file()) {
            let has_more =
                options.ci_token.is_some() || options.ci.is_some() || options.client.is_some();
            match upstream::netrc_authorization(server.url(), path) {
                Ok(Some(found)) => return Ok(Some(Secret::new(found))),
                // Written for others, with entries that are not read here.
                Err(error) if !has_more => return Err(error.into()),
                Ok(None) | Err(_) => {}
            }
        }
        match &options.ci_token {
            Some(token) => whole(token, "the variable of --ci-variable"),
            None => Ok(None),
        }
    }

    fn renew(
        &self,
        server: &GoServer,
        kept: Option<&KnownLogin>,
    ) -> Result<GivenToken, SessionError> {
        let (options, audience) = (&self.options, self.audience(server));
        if let Some(ci) = &options.ci {
            return block_on(ci.get(&audience, &options.reach));
        }
        let no_login = || SessionError::NoLogin(server.prefix().to_owned());
        let client = options.client.as_ref().ok_or_else(no_login)?;
        let refresh = kept.and_then(|login| login.refresh.as_deref());
        match refresh {
            Some(refresh) => block_on(client.by_refresh(refresh, &options.reach)),
            None if client.secret_file.is_some() => {
                block_on(client.by_credentials(&audience, &options.reach))
            }
            None => Err(no_login()),
        }
    }

    fn audience(&self, server: &GoServer) -> String {
        if self.options.audience.is_empty() {
            return server.url().host_str().unwrap_or_default().to_owned();
        }
        self.options.audience.clone()
    }

    fn file(&self, server: &GoServer) -> LoginFile {
        let client = self.options.client.as_ref();
        let ci = self.options.ci.as_ref().map_or("", |ci| ci.url.as_str());
        let words = [
            server.prefix(),
            ci,
            client.map_or("", |client| client.issuer.as_str()),
            client.map_or("", |client| &client.id),
            client.map_or("", |client| &client.scopes),
            &self.audience(server),
        ];
        LoginFile::of(&self.options.directory, &words)
    }
}

fn bearer(token: &str) -> Secret {
    Secret::new(format!("Bearer {token}"))
}

/// What is kept of a token. An issuer that gives no new token for refreshing means that the old one holds.
fn known(given: &GivenToken, kept: Option<&KnownLogin>, now: Timestamp) -> KnownLogin {
    let asked = now.as_second();
    let lasts = given.lasts.map(|lasts| asked.saturating_add(lasts));
    let refresh = given
        .refresh
        .as_ref()
        .map(|refresh| refresh.reveal().to_owned());
    KnownLogin {
        token: given.token.reveal().to_owned(),
        expires: lasts.or_else(|| end_of(given.token.reveal())),
        asked,
        refresh: refresh.or_else(|| kept.and_then(|login| login.refresh.clone())),
    }
}

/// When a JWT ends, as it says itself.
fn end_of(token: &str) -> Option<i64> {
    let payload = BASE64_URL_SAFE_NO_PAD
        .decode(token.split('.').nth(1)?)
        .ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    claims.get("exp")?.as_i64()
}

/// Waits for what needs the network. Only calls that need it pay for a runtime.
fn block_on<T>(work: impl Future<Output = Result<T, TokenSourceError>>) -> Result<T, SessionError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(SessionError::Runtime)?;
    Ok(runtime.block_on(work)?)
}
