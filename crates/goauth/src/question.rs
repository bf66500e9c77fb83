//! Question: what `go` asks a GOAUTH command, and the form of the answer.

use access::Secret;
use std::{fmt::Write as _, io::Read};
use url::Url;

/// The most of an answer's header that is read; only its first line is used.
const LONGEST_HEADER: u64 = 64 * 1024;

/// A server whose callers have to say who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoServer {
    url: Url,
}

/// A text is no such server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GoServerError {
    /// It is no URL, or one with a user, a query or a fragment.
    #[error("the server is no URL such as https://modules.corp.example")]
    NoUrl,
    /// go asks nobody for credentials of http.
    #[error("the server is not https: go sends credentials over https only")]
    NotHttps,
}

/// Why the command was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoQuestion {
    /// Before the first fetch.
    First,
    /// A URL was answered with a status from 400 to 499.
    Refused {
        /// The URL.
        url: String,
        /// The status, if it could be read.
        status: Option<u16>,
    },
}

// === impl GoServer ===

impl GoServer {
    /// Reads one.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, GoServerError> {
        let url = Url::parse(text).map_err(|_| GoServerError::NoUrl)?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        if !is_plain || url.query().is_some() || url.fragment().is_some() || url.host().is_none() {
            return Err(GoServerError::NoUrl);
        }
        match url.scheme() {
            "https" => Ok(Self { url }),
            "http" => Err(GoServerError::NotHttps),
            _ => Err(GoServerError::NoUrl),
        }
    }

    /// What the URLs begin with that are its.
    pub fn prefix(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Its URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Whether a URL is its: the same host and port, and a path below its own.
    pub fn has(&self, url: &str) -> bool {
        let Ok(url) = Url::parse(url) else {
            return false;
        };
        let path = self.url.path().trim_end_matches('/');
        let below = url.path().strip_prefix(path);
        url.origin() == self.url.origin()
            && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

// === impl GoQuestion ===

impl GoQuestion {
    /// Reads what `go` gives: the URL as an argument, the answer's header as the input.
    pub fn read(url: Option<&str>, input: impl Read) -> Self {
        let Some(url) = url else {
            return Self::First;
        };
        let mut header = Vec::new();
        // What cannot be read says nothing; then the status is not known.
        let _read = input.take(LONGEST_HEADER).read_to_end(&mut header);
        let header = String::from_utf8_lossy(&header);
        let mut words = header.lines().next().unwrap_or_default().split(' ');
        let is_http = words.next().is_some_and(|word| word.starts_with("HTTP/"));
        let status = words.next().filter(|_| is_http);
        Self::Refused {
            url: url.to_owned(),
            status: status.and_then(|status| status.parse().ok()),
        }
    }

    /// Whether the server said that it does not know who calls.
    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: Some(401),
                ..
            }
        )
    }
}

/// The answer: for URLs of this server, this `Authorization`.
pub(crate) fn answer(server: &GoServer, authorization: &Secret) -> Secret {
    let mut text = String::new();
    // A String takes everything.
    let _always = write!(
        text,
        "{}\n\nAuthorization: {}\n\n",
        server.prefix(),
        authorization.reveal()
    );
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::{GoQuestion, GoServer, GoServerError};

    #[test]
    fn a_server_has_what_is_below_its_url_and_nothing_else() {
        let server = GoServer::parse("https://m.example:8443/go/").unwrap();
        assert_eq!(server.prefix(), "https://m.example:8443/go");
        for url in [
            "https://m.example:8443/go",
            "https://m.example:8443/go/x/@v/list",
        ] {
            assert!(server.has(url), "{url}");
        }
        for url in [
            "https://m.example/go/x",
            "https://m.example:8443/gone/x",
            "https://m.example:8443.evil.example/go/x",
            "https://evil.example/https://m.example:8443/go/x",
            "http://m.example:8443/go/x",
            "",
        ] {
            assert!(!server.has(url), "{url}");
        }
        assert_eq!(
            GoServer::parse("http://m.example"),
            Err(GoServerError::NotHttps)
        );
        for text in [
            "m.example",
            "https://u:p@m.example",
            "https://m.example/?a",
            "ftp://m.example",
        ] {
            assert_eq!(GoServer::parse(text), Err(GoServerError::NoUrl), "{text}");
        }
    }

    #[test]
    fn the_status_is_read_as_go_writes_it() {
        let read = |input: &str| GoQuestion::read(Some("https://m.example/x"), input.as_bytes());
        assert!(read("HTTP/1.1 401 Unauthorized\nContent-Length: 19\n\n").is_unauthorized());
        assert!(read("HTTP/2.0 401 Unauthorized\n\n").is_unauthorized());
        for input in [
            "HTTP/1.1 404 Not Found\n\n",
            "",
            "401",
            "GET 401 x\n",
            "\u{0}",
        ] {
            assert!(!read(input).is_unauthorized(), "{input}");
        }
        assert_eq!(GoQuestion::read(None, std::io::empty()), GoQuestion::First);
    }
}
