//! A client of single URLs: small questions to services that are no sources of modules.
//!
//! An issuer of tokens names the URLs of its keys and of its introspection itself, and they may be on
//! several hosts. They are reached as sources are: the same trust, the same way out, no redirect, and every
//! answer bounded in time and length. What is sent as a credential goes to the URL that was asked and
//! to no other.

use crate::{
    BuildError, EndpointError, SourceName, UpstreamOptions, client, failure::cause_of, tls,
};
use bytes::{Bytes, BytesMut};
use http::header;
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use reqwest::{Client, RequestBuilder};
use std::{fmt, time::Duration};
use tokio::time::timeout;
use url::Url;

/// How HTTP writes a date.
static DATES: DateTimeParser = DateTimeParser::new();

/// Asks single URLs. Cloning shares its connections.
#[derive(Clone)]
pub struct UrlClient {
    client: Client,
}

/// What an answer may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerBounds {
    /// From asking to the end of the answer.
    pub deadline: Duration,
    /// Bytes of its body.
    pub bytes: usize,
}

/// What a URL answered, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlReply {
    /// The HTTP status.
    pub status: u16,
    /// The server's clock, if it told.
    pub date: Option<Timestamp>,
    /// The body.
    pub body: Bytes,
}

// === impl UrlClient ===

impl UrlClient {
    /// Prepares a client for this URL and others of the same service. Asks nothing yet.
    ///
    /// # Errors
    /// Whatever would make every request fail.
    pub fn try_new(service: &Url, options: &UpstreamOptions) -> Result<Self, BuildError> {
        let name = SourceName::of(service);
        if !matches!(service.scheme(), "http" | "https") {
            return Err(BuildError::Scheme(name));
        }
        let tls = tls::client_config(options.ca.as_deref())?;
        let client = client::plain(&name, service, &tls, options)?;
        Ok(Self { client })
    }

    /// Asks for a URL, with this `Authorization` if there is one.
    ///
    /// # Errors
    /// No answer within the bounds.
    pub async fn get(
        &self,
        url: &Url,
        authorization: Option<&str>,
        bounds: AnswerBounds,
    ) -> Result<UrlReply, EndpointError> {
        let request = self.client.get(url.clone());
        send(url, authorized(request, authorization), bounds).await
    }

    /// Sends a form to a URL, with this `Authorization` if there is one.
    ///
    /// # Errors
    /// No answer within the bounds.
    pub async fn post_form(
        &self,
        url: &Url,
        authorization: Option<&str>,
        form: String,
        bounds: AnswerBounds,
    ) -> Result<UrlReply, EndpointError> {
        let request = self.client.post(url.clone());
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form);
        send(url, authorized(request, authorization), bounds).await
    }
}

impl fmt::Debug for UrlClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UrlClient")
    }
}

fn authorized(request: RequestBuilder, authorization: Option<&str>) -> RequestBuilder {
    let request = request.header(header::ACCEPT, "application/json");
    match authorization {
        Some(value) => request.header(header::AUTHORIZATION, value),
        None => request,
    }
}

async fn send(
    url: &Url,
    request: RequestBuilder,
    bounds: AnswerBounds,
) -> Result<UrlReply, EndpointError> {
    let name = || SourceName::of(url);
    match timeout(bounds.deadline, receive(request, bounds.bytes)).await {
        Err(_) => Err(EndpointError::Timeout(name())),
        Ok(Err(error)) => Err(EndpointError::Unreachable {
            name: name(),
            why: cause_of(&error),
        }),
        Ok(Ok(None)) => Err(EndpointError::TooLong {
            name: name(),
            limit: bounds.bytes,
        }),
        Ok(Ok(Some(reply))) => Ok(reply),
    }
}

/// The answer; `None` if it is too long.
async fn receive(request: RequestBuilder, limit: usize) -> reqwest::Result<Option<UrlReply>> {
    let mut response = request.send().await?;
    let date = response.headers().get(header::DATE);
    let date = date.and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| DATES.parse_timestamp(date).ok());
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(UrlReply {
        status: response.status().as_u16(),
        date,
        body: body.freeze(),
    }))
}
