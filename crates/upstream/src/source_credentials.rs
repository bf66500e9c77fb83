//! Source credentials: what a source is shown now, and how that is renewed when it is refused.
//!
//! Secrets change while a server runs: another program writes a new password into the file, or a token lives for
//! an hour only and is granted by an authorisation server (RFC 6749 section 4.4). So a 401 is a reason to look
//! again: once for all who meet it, and whoever met it asks once more, if there is something new to
//! show. A 403 is none: the source knows who asks.

use std::{fmt, fs, path::PathBuf, sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use parking_lot::RwLock;
use reqwest::RequestBuilder;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::{
    AnswerBounds, BuildError, SourceName, UpstreamOptions, UrlClient,
    credentials::{Credentials, is_loopback},
    options::ClientGrant,
};

/// What an authorisation server may cost.
const BOUNDS: AnswerBounds = AnswerBounds {
    deadline: Duration::from_secs(10),
    bytes: 64 * 1024,
};

/// What a source is shown. Its `Debug` shows no secret.
pub(crate) struct SourceCredentials {
    shown: RwLock<Option<Arc<Credentials>>>,
    renewal: Renewal,
    /// Renewals go one after the other.
    turn: Mutex<()>,
}

/// How credentials are renewed.
enum Renewal {
    /// Not at all: they stand in the URL, or there are none.
    Never,
    /// The file is read again.
    File { url: Url, path: PathBuf },
    /// A token is granted.
    Grant {
        client: UrlClient,
        grant: ClientGrant,
    },
}

/// What an authorisation server answers (RFC 6749 section 5.1).
#[derive(Deserialize)]
struct GrantedToken {
    access_token: String,
    token_type: String,
}

// === impl SourceCredentials ===

impl SourceCredentials {
    /// What a source at this URL is shown.
    ///
    /// # Errors
    /// The file cannot be used, or a secret would travel in the open.
    pub(crate) fn try_new(url: &Url, options: &UpstreamOptions) -> Result<Self, BuildError> {
        if let Some(grant) = &options.grant {
            for asked in [&grant.token_url, url] {
                if asked.scheme() != "https" && !is_loopback(asked) {
                    return Err(BuildError::InsecureCredentials(SourceName::of(asked)));
                }
            }
            let client = UrlClient::try_new(&grant.token_url, options)?;
            let grant = grant.clone();
            return Ok(Self::new(None, Renewal::Grant { client, grant }));
        }
        let shown = Credentials::of(url, options.credentials.as_deref())?;
        let stands_in_url = !url.username().is_empty() || url.password().is_some();
        let renewal = match &options.credentials {
            Some(path) if !stands_in_url => Renewal::File {
                url: url.clone(),
                path: path.clone(),
            },
            _ => Renewal::Never,
        };
        Ok(Self::new(shown, renewal))
    }

    fn new(shown: Option<Credentials>, renewal: Renewal) -> Self {
        Self {
            shown: RwLock::new(shown.map(Arc::new)),
            renewal,
            turn: Mutex::default(),
        }
    }

    /// What is shown now.
    pub(crate) fn shown(&self) -> Option<Arc<Credentials>> {
        self.shown.read().clone()
    }

    /// Whether it is a token that has to be granted before the source is asked at all.
    pub(crate) fn is_granted(&self) -> bool {
        matches!(self.renewal, Renewal::Grant { .. })
    }

    /// What is to be shown after the source refused `refused`; `None` if nothing else is known.
    pub(crate) async fn renewed(
        &self,
        refused: Option<&Arc<Credentials>>,
    ) -> Option<Arc<Credentials>> {
        if matches!(self.renewal, Renewal::Never) {
            return None;
        }
        let _turn = self.turn.lock().await;
        let shown = self.shown.read().clone();
        let is_other = |new: &Arc<Credentials>| refused.is_none_or(|refused| **refused != **new);
        if let Some(shown) = shown.filter(is_other) {
            // Somebody else has renewed them meanwhile.
            return Some(shown);
        }
        let found = match &self.renewal {
            Renewal::Never => return None,
            Renewal::File { url, path } => {
                let (url, path) = (url.clone(), path.clone());
                let read = move || Credentials::of(&url, Some(&path));
                let read = tokio::task::spawn_blocking(read).await.ok()?;
                read.map_err(|error| error.to_string())
            }
            Renewal::Grant { client, grant } => granted(client, grant).await.map(Some),
        };
        match found {
            Ok(found) => {
                let found = found.map(Arc::new).filter(is_other)?;
                tracing::info!("the credentials of a source were renewed");
                *self.shown.write() = Some(Arc::clone(&found));
                Some(found)
            }
            Err(why) => {
                tracing::warn!(why, "the credentials of a source could not be renewed");
                None
            }
        }
    }
}

impl fmt::Debug for SourceCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SourceCredentials(redacted)")
    }
}

/// Shows credentials, if there are any, to whoever is asked.
pub(crate) fn show(
    credentials: Option<&Arc<Credentials>>,
    request: RequestBuilder,
) -> RequestBuilder {
    match credentials {
        Some(credentials) => credentials.show(request),
        None => request,
    }
}

/// Asks for a token. Nothing that came is repeated in an error: it may hold one.
async fn granted(client: &UrlClient, grant: &ClientGrant) -> Result<Credentials, String> {
    let secret = read_secret(grant.secret_file.clone()).await?;
    // Both are encoded as in a form first (RFC 6749 section 2.3.1).
    let encoded =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(&grant.client_id), encoded(&secret));
    let basic = format!("Basic {}", BASE64_STANDARD.encode(pair));
    let form = grant_form(grant);
    let reply = client
        .post_form(&grant.token_url, Some(&basic), form, BOUNDS)
        .await;
    let reply = reply.map_err(|error| error.to_string())?;
    if !(200..300).contains(&reply.status) {
        return Err(format!(
            "the authorisation server answered {}",
            reply.status
        ));
    }
    let token: GrantedToken = serde_json::from_slice(&reply.body)
        .map_err(|_| "the authorisation server granted no token".to_owned())?;
    if !token.token_type.eq_ignore_ascii_case("bearer") || token.access_token.is_empty() {
        return Err("the authorisation server granted no bearer token".to_owned());
    }
    Ok(Credentials::Bearer(token.access_token))
}

/// The form of a request for a token.
fn grant_form(grant: &ClientGrant) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if let Some(scope) = &grant.scope {
        form.append_pair("scope", scope);
    }
    form.finish()
}

async fn read_secret(path: PathBuf) -> Result<String, String> {
    let shown = path.display().to_string();
    let read = tokio::task::spawn_blocking(move || fs::read_to_string(path)).await;
    let text = read.map_err(|error| error.to_string())?;
    let text = text.map_err(|error| format!("{shown}: {error}"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
