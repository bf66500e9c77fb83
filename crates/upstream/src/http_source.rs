//! A source behind http or https.
//!
//! Clients, and with them connection pools, of its own per source: what hangs here hangs nobody else.
//! Bodies are asked for as they are (`Accept-Encoding: identity`): their hashes depend on every
//! byte. Redirects are followed by our own rules, see [`crate::redirect`].

mod vitals;

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use reqwest::{Client, Response};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::{
    Absence, BuildError, Download, Failure, RequestKind, SourceName, UpstreamOptions,
    absence_text::{self, UrlSecrets},
    answer::{Meaning, doubtful_type, meaning},
    client::Clients,
    connections::Moment,
    credentials::Credentials,
    download::{Body, HttpBody},
    failure::ended_without_a_word,
    redirect::Trail,
    request::RequestPath,
    source::{Ask, Reply},
    source_credentials::{SourceCredentials, show},
};

/// Longest text of a 404 or 410 that is read. `go` shows at most 648 bytes of it.
const MAX_ABSENCE_TEXT: usize = 4096;

/// How long that text may dawdle: the status has answered already, and a prefix probe waits.
const ABSENCE_PATIENCE: Duration = Duration::from_secs(2);

/// A source behind http or https.
pub(crate) struct HttpSource {
    name: SourceName,
    clients: Clients,
    base: Url,
    credentials: SourceCredentials,
    secrets: UrlSecrets,
    connect: Duration,
}

/// Who spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// The source itself, at every hop.
    Source,
    /// Somebody that it redirected to.
    Elsewhere,
}

// === impl HttpSource ===

impl HttpSource {
    pub(crate) fn try_new(
        name: SourceName,
        url: &Url,
        tls: &rustls::ClientConfig,
        options: &UpstreamOptions,
    ) -> Result<Self, BuildError> {
        let clients = Clients::try_new(&name, url, tls, options)?;
        let credentials = SourceCredentials::try_new(url, options)?;
        let mut base = url.clone();
        // Both setters fail only for URLs without a host, which http and https URLs are not.
        let _ = (base.set_username(""), base.set_password(None));
        base.set_fragment(None);
        Ok(Self {
            name,
            clients,
            base,
            credentials,
            secrets: UrlSecrets::of(url),
            connect: options.connect,
        })
    }

    /// This moment in the life of the connections to the source.
    pub(crate) fn moment(&self) -> Moment {
        self.clients.home().client().1
    }

    /// Whether a request of that moment is on a connection that had rested.
    pub(crate) fn rested_since(&self, moment: Moment) -> bool {
        self.clients.home().rested_since(moment)
    }

    /// Connections of that moment are silent, and fresh ones are not.
    pub(crate) fn are_silent(&self, moment: Moment) {
        self.clients.home().are_silent(moment);
    }

    /// Ends when somebody else finds that of the connections of that moment.
    pub(crate) async fn silent_since(&self, moment: Moment) {
        self.clients.home().silent_since(moment).await;
    }

    /// Asks once, follows redirects, and classifies the answer.
    pub(crate) async fn get(&self, ask: Ask<'_>) -> Reply {
        match timeout_at(ask.deadline, self.answer(ask)).await {
            Err(_) => Reply::Failed(Failure::Timeout(ask.header)),
            Ok(Err(failure)) => Reply::Failed(failure),
            Ok(Ok((Meaning::Absent, Whose::Elsewhere, response))) => {
                Reply::Absent(self.absence_elsewhere(&response))
            }
            Ok(Ok((Meaning::Absent, Whose::Source, response))) => {
                Reply::Absent(self.absence(response, ask.deadline).await)
            }
            // Rarely more than made on the spot, and large.
            Ok(Ok((_, _, response))) => Box::pin(self.found(response, ask)).await,
        }
    }

    /// The first answer that is no redirect, content or absence, and whose it is.
    async fn answer(&self, ask: Ask<'_>) -> Result<(Meaning, Whose, Response), Failure> {
        let mut trail = Trail::new(self.url(ask.path));
        loop {
            let response = self.send(&trail, ask.header_only, ask.fresh).await?;
            if ask.header_only && response.status() == StatusCode::PARTIAL_CONTENT {
                return Ok((Meaning::Content, whose(&trail), response));
            }
            match meaning(response.status(), response.headers()) {
                Meaning::Failed(failure) => return Err(failure),
                Meaning::Elsewhere => {
                    let location = response
                        .headers()
                        .get(header::LOCATION)
                        .map_or(&b""[..], HeaderValue::as_bytes);
                    trail.follow(location)?;
                }
                answer => return Ok((answer, whose(&trail), response)),
            }
        }
    }

    /// Sends one request, with what the source is to be shown. Where it does not let that in, and something
    /// newer is known, it is asked once more. Nobody but the source itself is shown anything.
    async fn send(
        &self,
        trail: &Trail,
        first_byte: bool,
        fresh: bool,
    ) -> Result<Response, Failure> {
        let is_home = trail.within_origin();
        let shown = match self.credentials.shown() {
            None if is_home && self.credentials.is_granted() => {
                Box::pin(self.credentials.renewed(None)).await
            }
            shown => shown.filter(|_| is_home),
        };
        let sending = self.send_as(trail, shown.as_ref(), first_byte, fresh);
        let response = sending.await?;
        if !is_home || response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        // Rare, and as large as all of the above.
        let again = async {
            match self.credentials.renewed(shown.as_ref()).await {
                Some(newer) => self.send_as(trail, Some(&newer), first_byte, fresh).await,
                None => Ok(response),
            }
        };
        Box::pin(again).await
    }

    /// Sends one request. A resting connection may be closed by the other side just when it is used
    /// again; so where a connection ended without a word, the request is sent once more, and not on
    /// another that rested. Nothing was answered, and GET changes nothing: `net/http` does the same.
    async fn send_as(
        &self,
        trail: &Trail,
        credentials: Option<&Arc<Credentials>>,
        first_byte: bool,
        fresh: bool,
    ) -> Result<Response, Failure> {
        let connections = self.clients.of_hop(trail)?;
        let outcome = if fresh {
            self.send_once(connections.fresh(), trail, credentials, first_byte)
                .await
        } else {
            let (client, moment) = connections.client();
            match self
                .send_once(&client, trail, credentials, first_byte)
                .await
            {
                Err(error) if ended_without_a_word(&error) => {
                    connections.drop_resting(moment);
                    let (client, _) = connections.client();
                    self.send_once(&client, trail, credentials, first_byte)
                        .await
                }
                outcome => outcome,
            }
        };
        outcome.map_err(|error| Failure::of_request(&error, self.connect))
    }

    async fn send_once(
        &self,
        client: &Client,
        trail: &Trail,
        credentials: Option<&Arc<Credentials>>,
        first_byte: bool,
    ) -> reqwest::Result<Response> {
        let mut request = client.get(trail.current().clone());
        if first_byte {
            request = request.header(header::RANGE, "bytes=0-0");
        }
        show(credentials, request).send().await
    }

    fn url(&self, path: &RequestPath) -> Url {
        let mut url = self.base.clone();
        url.set_path(&path.below(&self.base));
        url
    }

    async fn found(&self, response: Response, ask: Ask<'_>) -> Reply {
        let whole = (response.status() == StatusCode::PARTIAL_CONTENT)
            .then(|| whole_length(response.headers()));
        let doubt = doubtful_type(response.headers(), ask.path.kind());
        let mut body = Box::new(HttpBody::new(response));
        let length = whole.unwrap_or_else(|| body.length());
        if let Some(media_type) = doubt
            && let Err(failure) = Box::pin(looked_at(&mut body, media_type, ask)).await
        {
            return Reply::Failed(failure);
        }
        if let Some(length) = length.filter(|length| *length > ask.limit) {
            return Reply::Failed(Failure::Content(format!(
                "{length} bytes where at most {} are allowed",
                ask.limit
            )));
        }
        Reply::Found(Download::new(
            self.name.clone(),
            length,
            Body::Http(body),
            ask.limit,
            ask.stall,
        ))
    }

    /// Absence where a redirect led. The source vouches for where it leads, not for the words there:
    /// they may be those of a page that nobody here should read.
    fn absence_elsewhere(&self, response: &Response) -> Absence {
        Absence {
            status: response.status().as_u16(),
            text: "not found where the source redirects to".to_owned(),
            content_type: None,
            source: self.name.clone(),
        }
    }

    /// The status is the answer; its text is a courtesy. If the text breaks off or dawdles, what
    /// came of it is kept.
    async fn absence(&self, mut response: Response, deadline: Instant) -> Absence {
        let deadline = deadline.min(Instant::now() + ABSENCE_PATIENCE);
        let mut text = Vec::new();
        while text.len() <= MAX_ABSENCE_TEXT {
            match timeout_at(deadline, response.chunk()).await {
                Ok(Ok(Some(piece))) => text.extend_from_slice(&piece),
                _ => break,
            }
        }
        text.truncate(MAX_ABSENCE_TEXT);
        Absence {
            status: response.status().as_u16(),
            text: absence_text::relayed(text, &self.secrets),
            content_type: content_type(response.headers()),
            source: self.name.clone(),
        }
    }
}

/// What is said to be a page is looked at before anybody is promised it: what is no zip there is a
/// login page or a gateway's error. Of a checksum database some files have no form of their own, so
/// there the type decides. Other files are judged whole, where they are read.
async fn looked_at(body: &mut HttpBody, media_type: String, ask: Ask<'_>) -> Result<(), Failure> {
    const MARK: &[u8] = b"PK";
    if ask.path.kind() == RequestKind::Sumdb {
        return Err(Failure::Content(format!("content type {media_type}")));
    }
    let first = timeout_at(ask.deadline, body.first()).await;
    let first = first.map_err(|_| Failure::Timeout(ask.header))?;
    let first = first.map_err(Failure::Broken)?;
    // Where only the first byte was asked for, it is all there is to see.
    let is_zip = first.starts_with(MARK) || (ask.header_only && first.starts_with(&MARK[..1]));
    if is_zip {
        Ok(())
    } else {
        Err(Failure::Content(format!(
            "content type {media_type}, and no zip"
        )))
    }
}

/// Whose answer it is at the end of a trail.
fn whose(trail: &Trail) -> Whose {
    if trail.stayed_home() {
        Whose::Source
    } else {
        Whose::Elsewhere
    }
}

/// The length of the whole of which a part was sent: `Content-Range: bytes 0-0/LENGTH`.
fn whole_length(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (_, length) = range.strip_prefix("bytes ")?.split_once('/')?;
    length.parse().ok()
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    headers
        .get(header::CONTENT_TYPE)?
        .to_str()
        .ok()
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{ABSENCE_PATIENCE, HttpSource, whole_length};
    use crate::{SourceName, UpstreamOptions, tls};
    use bytes::Bytes;
    use futures_util::{StreamExt, stream};
    use std::time::Duration;
    use tokio::time::Instant;
    use url::Url;

    #[tokio::test(start_paused = true)]
    async fn a_text_that_dawdles_does_not_hold_up_the_answer() {
        let url = Url::parse("https://a.example").unwrap();
        let tls = tls::client_config(None).unwrap();
        let source = HttpSource::try_new(
            SourceName::of(&url),
            &url,
            &tls,
            &UpstreamOptions::default(),
        )
        .unwrap();
        for (deadline, patience) in [(30, ABSENCE_PATIENCE), (1, Duration::from_secs(1))] {
            let text = stream::iter([Ok::<_, std::io::Error>(Bytes::from("not found"))])
                .chain(stream::pending());
            let mut response = http::Response::new(reqwest::Body::wrap_stream(text));
            *response.status_mut() = http::StatusCode::GONE;
            let begun = Instant::now();
            let absence = source
                .absence(response.into(), begun + Duration::from_secs(deadline))
                .await;
            assert_eq!((absence.status, absence.text.as_str()), (410, "not found"));
            assert_eq!(begun.elapsed(), patience);
        }
    }

    #[test]
    fn a_part_says_how_long_the_whole_is() {
        for (range, length) in [
            ("bytes 0-0/12345", Some(12345)),
            ("bytes 0-0/*", None),
            ("bytes 0-0", None),
            ("lines 0-0/7", None),
        ] {
            let value = http::HeaderValue::from_static(range);
            let headers = http::HeaderMap::from_iter([(http::header::CONTENT_RANGE, value)]);
            assert_eq!(whole_length(&headers), length, "{range}");
        }
    }
}
