//! Access line: what the log says of one request. Its fields are a promise: [`ACCESS_FIELDS`] lists them,
//! `docs/logs.md` is made of that, and a test holds both to what a server writes.
//!
//! What comes from a client is bounded and printable when it stands here, query strings and other
//! headers than the user agent never do. Names that must stay here do not leave with a log either:
//! their path and facts are left out, unless `log-private` is on (law L7).

use super::{AnswerEnd, RequestSpan, RequestSubject};
use http::HeaderValue;
use protocol::Resource;
use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

/// The fields of an access line and what they say, in the order of the line.
pub const ACCESS_FIELDS: &[(&str, &str)] = &[
    (
        "request",
        "Id of the request; error bodies and the header `Modkeep-Request` show it, `/-/requests/ID` tells of it.",
    ),
    ("peer", "Address of the other end of the connection."),
    (
        "client",
        "Address of whoever asks: what budgets are kept by. The same as `peer`, where no proxy is trusted to name another.",
    ),
    (
        "caller",
        "Who it proved to be: the name of a token or the subject of an issuer, at most 128 bytes. Requests that nobody had to be \
         known for do not have this field.",
    ),
    ("method", "Method of the request."),
    (
        "path",
        "Path as it was asked for, without the query; at most 512 bytes, then `...`. `(private)` where it holds a private \
         name and `log-private` is off.",
    ),
    (
        "agent",
        "`User-Agent`, at most 128 bytes, then `...`; empty where there was none.",
    ),
    (
        "kind",
        "What was asked for: `info`, `mod`, `zip`, `list`, `latest`, `query`, `sumdb`, `proof`, `cases`, `index`, `journal`, \
         `vuln`, `publish`, `admin`, `health`, `metrics`, `page`, `invalid`.",
    ),
    (
        "status",
        "Status of the answer; 0 where the client left before it.",
    ),
    (
        "outcome",
        "How it ended: `2xx`, `3xx`, `4xx`, `5xx`, or `cut` where the body did not end as it should.",
    ),
    (
        "code",
        "`MK` code of a refusal. Answers that are no refusals do not have this field.",
    ),
    (
        "facts",
        "What the refusal says of this case, at most 512 bytes; empty where the path is `(private)`. Only with `code`.",
    ),
    (
        "source",
        "Where the answer came from: `memory`, `store`, `stale`, `computed`, `kept`, `upstream`, or `none`.",
    ),
    (
        "upstream",
        "The source that it was fetched from, if it was; credentials are never shown.",
    ),
    ("bytes", "Bytes of the body that were handed over."),
    (
        "milliseconds",
        "Time from the head of the request to the end of the answer, to three digits behind the point.",
    ),
    (
        "why",
        "Why a body did not end as it should; empty where it did.",
    ),
];

/// Bytes of a path that are shown: the longest of a published module has about 200.
const PATH: usize = 512;
/// Bytes of a user agent, and of a caller's name, that are shown: `go` says `Go-http-client/1.1`.
const AGENT: usize = 128;
/// Bytes of facts that are shown.
const FACTS: usize = 512;

/// What stands in the place of what must stay here.
pub(super) const PRIVATE: &str = "(private)";

/// How loud a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineLevel {
    /// Somebody should look.
    Warn,
    /// One a request.
    Info,
    /// What comes in crowds: health checks, scrapes, tiles.
    Debug,
}

/// What an access line says that a request is about.
pub(super) struct LineSubject<'e>(pub(super) &'e RequestSpan);

/// A number of milliseconds, to three digits behind the point.
pub(super) fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 1e3).round() / 1e3
}

/// At most this many bytes, as graphic ASCII and spaces.
pub(super) fn printable(text: &[u8], most: usize) -> Cow<'_, str> {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~');
    if text.len() <= most
        && text.iter().all(plain)
        && let Ok(text) = str::from_utf8(text)
    {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().min(most) + 8);
    for byte in text.iter().take(most) {
        // Writing to a string does not fail.
        let _ = write!(shown, "{}", byte.escape_ascii());
    }
    if text.len() > most {
        shown.push_str("...");
    }
    Cow::Owned(shown)
}

// === impl RequestSpan ===

impl RequestSpan {
    /// Writes the line.
    pub(super) fn log(&self) {
        let milliseconds = rounded(self.began.elapsed().as_secs_f64() * 1e3);
        let path = self.path();
        let agent = self.agent.as_ref().map(HeaderValue::as_bytes);
        let agent = printable(agent.unwrap_or_default(), AGENT);
        let code = self
            .refusal
            .as_ref()
            .map(|refusal| refusal.code.to_string());
        let caller = self.caller.as_ref();
        let caller = caller.map(|identity| printable(identity.name.as_bytes(), AGENT));
        let why = self.why();
        let why = &*why;
        let facts = self
            .refusal
            .as_ref()
            .map(|refusal| self.facts(&refusal.facts));
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "access",
                    request = self.id.as_str(),
                    peer = %self.peer.via.unwrap_or(self.peer.address),
                    client = %self.client,
                    caller = caller.as_deref(),
                    method = self.method.as_str(),
                    path = path.as_ref(),
                    agent = agent.as_ref(),
                    kind = self.kind(),
                    status = self.status.map_or(0, |status| status.as_u16()),
                    outcome = self.outcome(),
                    code = code.as_deref(),
                    facts = facts.as_deref(),
                    source = self.source(),
                    upstream = self.upstream(),
                    bytes = self.sent,
                    milliseconds,
                    why,
                    "{} {}", self.method, LineSubject(self),
                )
            };
        }
        if self.is_hidden() {
            tracing::debug!(target: "access", request = self.id.as_str(), subject = %self.subject);
        }
        match self.loudness() {
            LineLevel::Warn => line!(warn),
            LineLevel::Info => line!(info),
            LineLevel::Debug => line!(debug),
        }
    }

    pub(super) fn loudness(&self) -> LineLevel {
        let is_failure = matches!(self.ending, AnswerEnd::Failed(_))
            || self.status.is_some_and(|status| status.is_server_error());
        match self.kind() {
            // That it is not ready is an answer, and it is asked for every few seconds.
            "health" => LineLevel::Debug,
            _ if is_failure => LineLevel::Warn,
            "metrics" => LineLevel::Debug,
            _ if self.subject.is_a_tile() => LineLevel::Debug,
            _ => LineLevel::Info,
        }
    }

    /// Whether the line must not say what was asked for.
    pub(super) fn is_hidden(&self) -> bool {
        self.is_private && !self.shows_private
    }

    fn path(&self) -> Cow<'_, str> {
        if self.is_hidden() {
            return PRIVATE.into();
        }
        printable(self.uri.path().as_bytes(), PATH)
    }

    fn facts<'f>(&self, facts: &'f str) -> Cow<'f, str> {
        if self.is_hidden() {
            return "".into();
        }
        printable(facts.trim_end().as_bytes(), FACTS)
    }
}

impl fmt::Display for LineSubject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_hidden() {
            return f.write_str(PRIVATE);
        }
        fmt::Display::fmt(&self.0.subject, f)
    }
}

// === impl RequestSubject ===

impl RequestSubject {
    /// Whether it is one of the many pieces of a log that a client reads for one lookup.
    fn is_a_tile(&self) -> bool {
        match self.resource() {
            Some(Resource::Sumdb { path, .. }) => path.starts_with("tile/"),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{printable, rounded};

    #[test]
    fn what_a_client_sends_is_bounded_and_printable() {
        for (text, most, shown) in [
            (&b"Go-http-client/1.1"[..], 32, "Go-http-client/1.1"),
            (b"", 4, ""),
            (b"abcdef", 4, "abcd..."),
            (b"a\nb\x1b[2J\xc3\xa9", 32, "a\\nb\\x1b[2J\\xc3\\xa9"),
        ] {
            assert_eq!(printable(text, most), shown);
        }
    }

    #[test]
    fn times_have_three_digits_behind_the_point() {
        for (time, shown) in [
            (0.123_456_789, "0.123"),
            (12.0, "12.0"),
            (98_765.432_109, "98765.432"),
            (0.000_4, "0.0"),
        ] {
            assert_eq!(format!("{:?}", rounded(time)), shown);
        }
    }
}
