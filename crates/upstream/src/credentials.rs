//! Credentials: what a source is shown so that it lets us in, from its URL or from a file.
//!
//! A URL with a password stands in a unit file, in a process list, in a shell's history. So there is a
//! file too, in the syntax that git, curl and go read already (netrc): `machine HOST login USER
//! password WORD`. Two things are ours. `HOST:PORT` names one port. An entry without `login` is a bearer
//! token (RFC 6750); with one it is basic (RFC 7617).
//!
//! What it refuses: a `default` entry, which would show its password to every source; `macdef`, which
//! nothing here runs; a secret on plain http to another machine, where anybody on the way reads it.

use std::{fmt, fs, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;
use reqwest::RequestBuilder;
use url::{Host, Url};
use vcs::HostCredential;
use zeroize::Zeroizing;

use crate::{BuildError, SourceName};

/// A file of credentials is some lines; this bounds what a wrong path may cost.
const LONGEST: u64 = 1 << 20;

/// What one source is shown. Its `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// User and password.
    Basic { user: String, password: String },
    /// A token.
    Bearer(String),
}

/// The entries of a file.
#[derive(Debug, Default)]
pub(crate) struct CredentialsFile {
    machines: Vec<Machine>,
}

#[derive(Debug)]
struct Machine {
    host: String,
    port: Option<u16>,
    credentials: Credentials,
}

/// What is wrong in a file, and in which line. Nothing of the file is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub(crate) struct CredentialsError {
    line: usize,
    why: &'static str,
}

// === impl Credentials ===

impl Credentials {
    /// What a source at this URL is shown: what the URL says, else what the file says.
    ///
    /// # Errors
    /// The file cannot be used, or a secret would travel in the open.
    pub(crate) fn of(url: &Url, file: Option<&Path>) -> Result<Option<Self>, BuildError> {
        let found = match (Self::of_url(url), file) {
            (Some(credentials), _) => Some(credentials),
            (None, Some(path)) => CredentialsFile::read(path)?.of_url(url),
            (None, None) => None,
        };
        if found.is_some() && url.scheme() != "https" && !is_loopback(url) {
            return Err(BuildError::InsecureCredentials(SourceName::of(url)));
        }
        Ok(found)
    }

    fn of_url(url: &Url) -> Option<Self> {
        if url.username().is_empty() && url.password().is_none() {
            return None;
        }
        let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        Some(Self::Basic {
            user: decoded(url.username()),
            password: decoded(url.password().unwrap_or_default()),
        })
    }

    /// As version control takes them.
    pub(crate) fn for_host(&self) -> HostCredential {
        match self {
            Self::Basic { user, password } => HostCredential::Basic {
                user: user.clone(),
                password: Zeroizing::new(password.clone()),
            },
            Self::Bearer(token) => HostCredential::Bearer(Zeroizing::new(token.clone())),
        }
    }

    /// Shows them to whoever is asked.
    pub(crate) fn show(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Basic { user, password } => request.basic_auth(user, Some(password)),
            Self::Bearer(token) => request.bearer_auth(token),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic(redacted)",
            Self::Bearer(_) => "Bearer(redacted)",
        })
    }
}

/// Whether a URL leads to this machine, so that nobody is on the way.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The `Authorization` for a URL that a file in the syntax of netrc has, if any.
///
/// # Errors
/// The file cannot be used.
pub fn netrc_authorization(url: &Url, file: &Path) -> Result<Option<String>, BuildError> {
    let found = CredentialsFile::read(file)?.of_url(url);
    Ok(found.map(|found| match found {
        Credentials::Bearer(token) => format!("Bearer {token}"),
        Credentials::Basic { user, password } => {
            format!(
                "Basic {}",
                BASE64_STANDARD.encode(format!("{user}:{password}"))
            )
        }
    }))
}

// === impl CredentialsFile ===

impl CredentialsFile {
    pub(crate) fn read(path: &Path) -> Result<Self, BuildError> {
        let unread = |source| BuildError::ReadCredentials {
            path: path.to_owned(),
            source,
        };
        let bad = |why: String| BuildError::BadCredentials {
            path: path.to_owned(),
            why,
        };
        if fs::metadata(path).map_err(unread)?.len() > LONGEST {
            return Err(bad(format!("it is longer than {LONGEST} bytes")));
        }
        let text = fs::read_to_string(path).map_err(unread)?;
        Self::parse(&text).map_err(|error| bad(error.to_string()))
    }

    /// Reads the entries: words with white space between them, comments from `#` on where a word would
    /// begin a line.
    pub(crate) fn parse(text: &str) -> Result<Self, CredentialsError> {
        let mut words = words(text);
        let mut file = Self::default();
        while let Some((line, word)) = words.next() {
            let wrong = |why| CredentialsError { line, why };
            let mut value = || words.next().map(|(_, value)| value);
            match word {
                "machine" => {
                    let name = value().ok_or_else(|| wrong("machine has no name"))?;
                    file.machines.push(
                        Machine::new(name)
                            .ok_or_else(|| wrong("machine is no HOST or HOST:PORT"))?,
                    );
                }
                "login" | "password" | "account" => {
                    let value =
                        value().ok_or_else(|| wrong("a word is missing behind this one"))?;
                    let machine = file.machines.last_mut();
                    let machine = machine.ok_or_else(|| wrong("it comes before any machine"))?;
                    machine.set(word, value);
                }
                "default" => {
                    return Err(wrong(
                        "a default entry would show its password to every source; name machines",
                    ));
                }
                _ => return Err(wrong("it is none of machine, login, password, account")),
            }
        }
        Ok(file)
    }

    /// The entry for a URL: one for its port before one for its host.
    pub(crate) fn of_url(&self, url: &Url) -> Option<Credentials> {
        let host = url.host_str()?.trim_end_matches('.');
        let port = url.port_or_known_default();
        let of_host = |machine: &&Machine| machine.host.eq_ignore_ascii_case(host);
        let mut exact = self.machines.iter().filter(of_host);
        let mut any = self.machines.iter().filter(of_host);
        let found = exact
            .find(|machine| machine.port.is_some() && machine.port == port)
            .or_else(|| any.find(|machine| machine.port.is_none()))?;
        found.is_complete().then(|| found.credentials.clone())
    }
}

// === impl Machine ===

impl Machine {
    fn new(name: &str) -> Option<Self> {
        // Through a URL, so that a host is what a URL's host is, an IPv6 address in brackets too.
        let url = Url::parse(&format!("https://{name}")).ok()?;
        let is_plain = url.path() == "/" && url.query().is_none() && url.username().is_empty();
        Some(Self {
            host: url.host_str().filter(|_| is_plain)?.to_owned(),
            port: name
                .rsplit_once(':')
                .and_then(|(_, port)| port.parse().ok()),
            credentials: Credentials::Bearer(String::new()),
        })
    }

    fn set(&mut self, word: &str, value: &str) {
        let secret = match &self.credentials {
            Credentials::Bearer(token) => token.clone(),
            Credentials::Basic { password, .. } => password.clone(),
        };
        match (word, &mut self.credentials) {
            ("login", credentials) => {
                *credentials = Credentials::Basic {
                    user: value.to_owned(),
                    password: secret,
                };
            }
            ("password", Credentials::Bearer(token)) => value.clone_into(token),
            ("password", Credentials::Basic { password, .. }) => value.clone_into(password),
            _ => {}
        }
    }

    /// An entry without a password shows nothing.
    fn is_complete(&self) -> bool {
        match &self.credentials {
            Credentials::Bearer(secret) => !secret.is_empty(),
            Credentials::Basic { .. } => true,
        }
    }
}

/// Words with their line numbers.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = (1..).zip(text.lines());
    lines.flat_map(|(number, line)| {
        let is_comment = line.trim_start().starts_with('#');
        let words = line.split_whitespace().take_while(move |_| !is_comment);
        words.map(move |word| (number, word))
    })
}

#[cfg(test)]
mod tests {
    use super::{Credentials, CredentialsFile};
    use crate::BuildError;
    use url::Url;

    fn basic(user: &str, password: &str) -> Credentials {
        Credentials::Basic {
            user: user.to_owned(),
            password: password.to_owned(),
        }
    }

    #[test]
    fn a_source_is_shown_the_entry_of_its_host_and_port() {
        let text = "# of the company\nmachine a.example.com login robot password word\n\
                    machine a.example.com:8443\n  login other\n  password other-word\n\
                    machine b.example.com password token\nmachine [::1]:80 login x password y\n\
                    machine c.example.com login only-a-name account z\n";
        let file = CredentialsFile::parse(text).unwrap();
        let shown = |url: &str| file.of_url(&Url::parse(url).unwrap());
        assert_eq!(
            shown("https://a.example.com/go"),
            Some(basic("robot", "word"))
        );
        assert_eq!(
            shown("https://A.Example.com."),
            Some(basic("robot", "word"))
        );
        assert_eq!(
            shown("https://a.example.com:8443"),
            Some(basic("other", "other-word"))
        );
        assert_eq!(
            shown("https://b.example.com"),
            Some(Credentials::Bearer("token".to_owned()))
        );
        assert_eq!(shown("http://[::1]/"), Some(basic("x", "y")));
        assert_eq!(
            shown("https://c.example.com"),
            Some(basic("only-a-name", ""))
        );
        assert_eq!(shown("https://sub.a.example.com"), None);
        assert!(!format!("{file:?}").contains("word"));
    }

    #[test]
    fn what_is_wrong_is_said_by_its_line_and_never_repeated() {
        for (text, line) in [
            ("machine", 1),
            ("login secret", 1),
            ("machine a.example.com\nlogin", 2),
            ("\ndefault login secret password secret", 2),
            ("machine a.example.com\nmacdef init\ncd secret\n\n", 2),
            ("machine https://secret@a/x", 1),
            ("secret", 1),
        ] {
            let error = CredentialsFile::parse(text)
                .map(drop)
                .unwrap_err()
                .to_string();
            assert!(
                error.starts_with(&format!("line {line}: ")),
                "{text:?}: {error}"
            );
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_secret_on_plain_http_stays_on_this_machine() {
        let of = |url: &str| Credentials::of(&Url::parse(url).unwrap(), None);
        for url in [
            "http://u:p@127.0.0.1:1",
            "http://u:p@localhost",
            "http://u:p@[::1]:1",
            "https://u:p@a.example.com",
        ] {
            assert_eq!(of(url).unwrap(), Some(basic("u", "p")), "{url}");
        }
        for url in [
            "http://u:p@a.example.com",
            "http://u:p@10.0.0.1",
            "http://u:p@localhost.example.com",
        ] {
            assert!(
                matches!(of(url), Err(BuildError::InsecureCredentials(_))),
                "{url}"
            );
        }
    }
}
