//! Transport: how an issuer is asked. A port, so that tests decide what it answers and count what it was asked.

use access::Secret;
use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::Duration;
use upstream::{AnswerBounds, UrlClient};
use url::Url;

/// The most bytes of anything that an issuer answers. Key sets with certificates take some ten kilobytes.
const LONGEST_ANSWER: usize = 512 * 1024;

/// What `application/x-www-form-urlencoded` leaves as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'*');

/// What an issuer answered, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerReply {
    /// The HTTP status.
    pub status: u16,
    /// Its clock, if it told.
    pub date: Option<Timestamp>,
    /// The body.
    pub body: Bytes,
}

/// An issuer gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);

/// Asks issuers.
#[async_trait]
pub trait IssuerTransport: Send + Sync {
    /// Asks for a URL.
    ///
    /// # Errors
    /// There was no answer within the deadline.
    async fn get(&self, url: &Url, deadline: Duration) -> Result<IssuerReply, TransportError>;

    /// Sends a form to a URL, as this client if it is one.
    ///
    /// # Errors
    /// There was no answer within the deadline.
    async fn post(
        &self,
        url: &Url,
        authorization: Option<&Secret>,
        form: &[(&str, &str)],
        deadline: Duration,
    ) -> Result<IssuerReply, TransportError>;
}

#[async_trait]
impl IssuerTransport for UrlClient {
    async fn get(&self, url: &Url, deadline: Duration) -> Result<IssuerReply, TransportError> {
        let reply = Self::get(self, url, None, bounds(deadline)).await;
        reply
            .map(IssuerReply::from)
            .map_err(|error| TransportError(error.to_string()))
    }

    async fn post(
        &self,
        url: &Url,
        authorization: Option<&Secret>,
        form: &[(&str, &str)],
        deadline: Duration,
    ) -> Result<IssuerReply, TransportError> {
        let authorization = authorization.map(Secret::reveal);
        let form = encode(form);
        let reply = self.post_form(url, authorization, form, bounds(deadline));
        let reply = reply.await;
        reply
            .map(IssuerReply::from)
            .map_err(|error| TransportError(error.to_string()))
    }
}

impl From<upstream::UrlReply> for IssuerReply {
    fn from(reply: upstream::UrlReply) -> Self {
        Self {
            status: reply.status,
            date: reply.date,
            body: reply.body,
        }
    }
}

fn bounds(deadline: Duration) -> AnswerBounds {
    AnswerBounds {
        deadline,
        bytes: LONGEST_ANSWER,
    }
}

/// A form as it is sent.
pub(crate) fn encode(form: &[(&str, &str)]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, FORM).to_string();
    let pairs = form.iter();
    let pairs = pairs.map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// `Authorization` of a client (RFC 6749 section 2.3.1: both are encoded before they are joined).
pub fn basic(id: &str, secret: &Secret) -> Secret {
    let encoded = |text: &str| utf8_percent_encode(text, FORM).to_string();
    let pair = format!("{}:{}", encoded(id), encoded(secret.reveal()));
    Secret::new(format!("Basic {}", BASE64_STANDARD.encode(pair)))
}
