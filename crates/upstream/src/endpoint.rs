//! An endpoint: one URL that is asked small things directly, beside the list of sources.
//!
//! A witness that signs a log's heads, and a log that is audited, are no sources of modules: no list
//! names them, nothing falls back past them, and what they say is judged by whoever asked. What they
//! share with sources is how they are reached: trust, the way out, deadlines, bounded answers, and
//! no redirect that leads somewhere else.

use std::{
    fmt,
    io::{self, Read as _},
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use http::header;
use reqwest::{Body, Client, RequestBuilder};
use tokio::time::timeout;
use url::Url;

use crate::{
    BuildError, SourceName, UpstreamOptions, client,
    credentials::{Credentials, is_loopback},
    failure::cause_of,
    tls,
};

/// Bytes of a file that are sent at once.
const PIECE: usize = 128 << 10;

/// One URL with everything below it. Cloning shares its connections.
#[derive(Clone)]
pub struct Endpoint {
    shared: Arc<EndpointParts>,
}

struct EndpointParts {
    name: SourceName,
    base: Url,
    client: Client,
    credentials: Option<Credentials>,
    stall: Duration,
}

/// What an endpoint answered, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The media type, without parameters; empty if there is none.
    pub media: String,
    /// The body.
    pub body: Bytes,
}

/// Why an endpoint gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It could not be reached, or the connection broke.
    #[error("{name}: {why}")]
    Unreachable {
        /// Its name.
        name: SourceName,
        /// Why.
        why: String,
    },
    /// It did not answer in time.
    #[error("{0} did not answer in time")]
    Timeout(SourceName),
    /// Its answer is longer than anything that was asked for.
    #[error("{name} answered with more than {limit} bytes")]
    TooLong {
        /// Its name.
        name: SourceName,
        /// The limit.
        limit: usize,
    },
}

// === impl Endpoint ===

impl Endpoint {
    /// Prepares a client for everything below a URL. Asks nothing yet.
    ///
    /// # Errors
    /// Whatever would make every request fail.
    pub fn try_new(base: &Url, options: &UpstreamOptions) -> Result<Self, BuildError> {
        let name = SourceName::of(base);
        if !matches!(base.scheme(), "http" | "https") {
            return Err(BuildError::Scheme(name));
        }
        let tls = tls::client_config(options.ca.as_deref())?;
        let client = client::plain(&name, base, &tls, options)?;
        let credentials = Credentials::of(base, options.credentials.as_deref())?;
        let mut base = base.clone();
        // They are shown to whoever is asked, and are no part of the address.
        let _ = (base.set_username(""), base.set_password(None));
        let path = format!("{}/", base.path().trim_end_matches('/'));
        base.set_path(&path);
        let shared = EndpointParts {
            name,
            base,
            client,
            credentials,
            stall: options.stall,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Its name: the origin of its URL.
    pub fn name(&self) -> &SourceName {
        &self.shared.name
    }

    /// Asks for a path below the URL; the answer has at most `limit` bytes.
    pub async fn get(&self, path: &str, limit: usize) -> Result<Reply, EndpointError> {
        let request = self.shared.client.get(self.url(path));
        self.send(request, self.shared.stall, limit).await
    }

    /// Shows this user and password to whoever is asked, instead of what the URL says.
    ///
    /// # Errors
    /// They would travel in the open.
    pub fn with_basic(self, user: &str, password: &str) -> Result<Self, BuildError> {
        self.showing(Credentials::Basic {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }

    /// Shows this token.
    ///
    /// # Errors
    /// It would travel in the open.
    pub fn with_token(self, token: &str) -> Result<Self, BuildError> {
        self.showing(Credentials::Bearer(token.to_owned()))
    }

    fn showing(self, credentials: Credentials) -> Result<Self, BuildError> {
        let EndpointParts {
            name, base, client, ..
        } = &*self.shared;
        if base.scheme() != "https" && !is_loopback(base) {
            return Err(BuildError::InsecureCredentials(name.clone()));
        }
        let shared = EndpointParts {
            name: name.clone(),
            base: base.clone(),
            client: client.clone(),
            credentials: Some(credentials),
            stall: self.shared.stall,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Whether nobody on the way to it can read or change what is sent.
    pub fn is_guarded(&self) -> bool {
        self.shared.base.scheme() == "https" || is_loopback(&self.shared.base)
    }

    /// Puts a file of this length at a path below the URL, and waits so long for the answer; `progress` is
    /// told how much is on its way.
    pub async fn put(
        &self,
        path: &str,
        (file, length): (std::fs::File, u64),
        progress: impl Fn(u64) + Send + Sync + 'static,
        patience: Duration,
        limit: usize,
    ) -> Result<Reply, EndpointError> {
        let request = self.shared.client.put(self.url(path));
        let request = request
            .header(header::CONTENT_LENGTH, length)
            .header(header::CONTENT_TYPE, "application/zip")
            .body(Body::wrap_stream(pieces(file, length, progress)));
        self.send(request, patience, limit).await
    }

    /// Sends a text to a path below the URL, and waits so long for the answer.
    pub async fn post(
        &self,
        path: &str,
        text: String,
        patience: Duration,
        limit: usize,
    ) -> Result<Reply, EndpointError> {
        let request = self.shared.client.post(self.url(path)).body(text);
        self.send(request, patience, limit).await
    }

    /// The base is known to be one that can be joined, and the paths are our own.
    fn url(&self, path: &str) -> Url {
        let base = &self.shared.base;
        base.join(path).unwrap_or_else(|_| base.clone())
    }

    async fn send(
        &self,
        request: RequestBuilder,
        patience: Duration,
        limit: usize,
    ) -> Result<Reply, EndpointError> {
        let name = || self.shared.name.clone();
        let request = match &self.shared.credentials {
            Some(credentials) => credentials.show(request),
            None => request,
        };
        let answered = timeout(patience, receive(request, limit)).await;
        match answered {
            Err(_) => Err(EndpointError::Timeout(name())),
            Ok(Err(error)) => Err(EndpointError::Unreachable {
                name: name(),
                why: cause_of(&error),
            }),
            Ok(Ok(None)) => Err(EndpointError::TooLong {
                name: name(),
                limit,
            }),
            Ok(Ok(Some(reply))) => Ok(reply),
        }
    }
}

/// The pieces of a file. Each is read where it is needed: a local file makes nobody wait for long.
fn pieces(
    file: std::fs::File,
    length: u64,
    progress: impl Fn(u64) + Send + Sync + 'static,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let state = (file.take(length), 0, progress);
    stream::try_unfold(state, |(mut rest, mut sent, progress)| async move {
        let mut piece = vec![0; PIECE];
        let count = rest.read(&mut piece)?;
        piece.truncate(count);
        sent += count as u64;
        progress(sent);
        Ok((count > 0).then(|| (Bytes::from(piece), (rest, sent, progress))))
    })
}

/// The answer; `None` if it is too long.
async fn receive(request: RequestBuilder, limit: usize) -> reqwest::Result<Option<Reply>> {
    let mut response = request.send().await?;
    let media = response.headers().get(header::CONTENT_TYPE);
    let media = media.and_then(|media| media.to_str().ok()).unwrap_or("");
    let media = media.split(';').next().unwrap_or("").trim().to_owned();
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(Reply {
        status: response.status().as_u16(),
        media,
        body: body.freeze(),
    }))
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Endpoint").field(self.name()).finish()
    }
}
