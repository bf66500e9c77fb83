//! Vitals: whether a source is well, by asking it for what it must be able to give.
//!
//! Always on a connection of its own: one that rested may be dead though the source is well. What it
//! gave before must come whole, or the source is not well: a page, or half of a file, with status 200
//! is what clients would get as well. Of a zip only the first byte is asked for. Its base URL, which is
//! nothing of the protocol, can only tell that somebody answers.

use http::{StatusCode, header};
use reqwest::Response;

use super::HttpSource;
use crate::{RequestKind, breaker::Signal, known_paths::KnownPath, redirect::Trail};

/// Most bytes that are read of an answer. What is longer and came so far is well.
const ENOUGH: u64 = 64 << 10;

// === impl HttpSource ===

impl HttpSource {
    /// Asks for a path that the source gave before, or for its base URL, whose redirects are not
    /// followed.
    pub(crate) async fn ping(&self, known: Option<&KnownPath>) -> Signal {
        let url = known.map_or_else(|| self.base.clone(), |known| self.url(&known.path));
        let is_zip = known.is_some_and(|known| known.path.kind() == RequestKind::Zip);
        let mut trail = Trail::new(url);
        loop {
            let Ok(response) = self.send(&trail, is_zip, true).await else {
                return Signal::Silent;
            };
            let Some(known) = known else {
                return signal(response.status(), false);
            };
            let location = response.headers().get(header::LOCATION);
            match location {
                Some(location) if response.status().is_redirection() => {
                    if trail.follow(location.as_bytes()).is_err() {
                        return Signal::Unwell;
                    }
                }
                _ if response.status() == StatusCode::OK && !is_zip => {
                    return body_signal(response, known).await;
                }
                _ => return signal(response.status(), true),
            }
        }
    }
}

/// What a body says about the health of a source.
async fn body_signal(mut response: Response, known: &KnownPath) -> Signal {
    let (mut received, mut is_page) = (0_u64, false);
    while received < ENOUGH {
        match response.chunk().await {
            Ok(Some(piece)) => {
                is_page |= received == 0 && piece.starts_with(b"<");
                received += piece.len() as u64;
            }
            Ok(None) => break,
            Err(_) => return Signal::Unwell,
        }
    }
    let is_right = received >= ENOUGH || known.length.is_none_or(|length| length == received);
    if is_right && !is_page {
        Signal::Good
    } else {
        Signal::Unwell
    }
}

/// What a status says about the health of a source. Of a path that it gave before, content and
/// absence are good answers; of its base URL, which is nothing of the protocol, any but an error of
/// the server.
fn signal(status: StatusCode, of_path: bool) -> Signal {
    match status.as_u16() {
        200 | 206 | 404 | 410 | 416 => Signal::Good,
        429 => Signal::Limited,
        status if !of_path && status < 500 => Signal::Good,
        _ => Signal::Unwell,
    }
}

#[cfg(test)]
mod tests {
    use super::signal;
    use crate::breaker::Signal;
    use http::StatusCode;

    #[test]
    fn a_status_is_a_sign_of_health_or_not() {
        for (status, of_path, of_base) in [
            (200, Signal::Good, Signal::Good),
            (206, Signal::Good, Signal::Good),
            (302, Signal::Unwell, Signal::Good),
            (401, Signal::Unwell, Signal::Good),
            (403, Signal::Unwell, Signal::Good),
            (404, Signal::Good, Signal::Good),
            (410, Signal::Good, Signal::Good),
            (416, Signal::Good, Signal::Good),
            (429, Signal::Limited, Signal::Limited),
            (500, Signal::Unwell, Signal::Unwell),
            (503, Signal::Unwell, Signal::Unwell),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(
                (signal(status, true), signal(status, false)),
                (of_path, of_base),
                "{status}"
            );
        }
    }
}
