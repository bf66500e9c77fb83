//! Exchange: one request and its answer on a connection that is there already.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::io;
use std::pin::pin;
use tokio::io::{AsyncRead, AsyncWrite};

/// An answer, as far as it is looked at.
#[derive(Debug)]
pub(crate) struct HttpAnswer {
    pub(crate) status: StatusCode,
    /// Where a redirect leads.
    pub(crate) location: Option<String>,
    /// Empty if it was longer than asked for, or broke off.
    pub(crate) body: Bytes,
    /// Whether the body is all of it.
    pub(crate) is_whole: bool,
}

/// One request and its answer, of which at most `longest` bytes are read.
pub(crate) async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Empty<Bytes>>,
    longest: usize,
) -> io::Result<HttpAnswer> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let exchange = async {
        let response = sender
            .send_request(request)
            .await
            .map_err(io::Error::other)?;
        let status = response.status();
        let location = location(&response);
        // What a redirect says is in its head, and nobody waits for the rest.
        let body = if location.is_some() {
            Ok(Bytes::new())
        } else {
            let body = Limited::new(response.into_body(), longest).collect().await;
            body.map(http_body_util::Collected::to_bytes)
        };
        Ok(HttpAnswer {
            status,
            location,
            is_whole: body.is_ok(),
            body: body.unwrap_or_default(),
        })
    };
    let mut exchange = pin!(exchange);
    let ended = tokio::select! {
        biased;
        answer = &mut exchange => return answer,
        ended = connection => ended,
    };
    // The connection may be at its end with the answer already handed over.
    match (exchange.await, ended) {
        (Err(_), Err(reason)) => Err(io::Error::other(reason)),
        (answer, _) => answer,
    }
}

fn location<B>(response: &Response<B>) -> Option<String> {
    let value = response.headers().get(header::LOCATION)?;
    let location = value.to_str().ok()?.to_owned();
    response.status().is_redirection().then_some(location)
}
