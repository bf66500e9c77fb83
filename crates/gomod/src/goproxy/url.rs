//! The URL of a proxy, accepted where Go's `net/url` accepts it.
//!
//! Not a general URL parser: it decides whether the text can be used and knows where the secrets
//! are. The text itself stays as it was written, for servers may care.

use std::{fmt, net::Ipv6Addr};

/// The base URL of a proxy. Shown without user, password, path, query and fragment, each of which
/// may hold a token; of a directory the path is shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ProxyUrl {
    text: String,
    scheme: ProxyScheme,
}

/// How a proxy is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyScheme {
    /// Unencrypted. `go` never sends credentials this way.
    Http,
    /// Encrypted.
    Https,
    /// A directory laid out like the protocol's paths.
    File,
}

/// Why a URL is refused. No variant repeats a part of it that could be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Neither a URL nor a word with a meaning.
    #[error("missing scheme")]
    NoScheme,
    /// Only `https`, `http` and `file` are known.
    #[error("invalid scheme (must be https, http, file)")]
    UnknownScheme,
    /// A control character.
    #[error("control character")]
    ControlCharacter,
    /// `http` and `https` need a host.
    #[error("missing host")]
    NoHost,
    /// The host holds what no host can.
    #[error("invalid host")]
    InvalidHost,
    /// Behind the host's colon there is something else than digits.
    #[error("invalid port")]
    InvalidPort,
    /// User or password hold what has to be percent-encoded there.
    #[error("invalid user or password")]
    InvalidUser,
    /// A percent sign without two hexadecimal digits.
    #[error("invalid percent-encoding")]
    InvalidEscape,
    /// A `file` URL with a host, a query or anything else but a path.
    #[error("file URL with non-path elements")]
    FileWithMore,
}

/// A URL cut into its parts, nothing checked.
struct UrlParts<'a> {
    scheme: &'a str,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

// === impl ProxyUrl ===

impl ProxyUrl {
    /// Accepts a usable base URL.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        if text.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(UrlError::ControlCharacter);
        }
        let parts = UrlParts::cut(text).ok_or(UrlError::NoScheme)?;
        let scheme = ProxyScheme::parse(parts.scheme)?;
        match scheme {
            ProxyScheme::File => parts.check_file()?,
            ProxyScheme::Http | ProxyScheme::Https => parts.check_remote()?,
        }
        Ok(Self {
            text: text.to_owned(),
            scheme,
        })
    }

    /// The URL as it was written, **with its secrets**, for whoever connects.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// How the proxy is reached.
    pub const fn scheme(&self) -> ProxyScheme {
        self.scheme
    }

    /// Whether the URL holds a user or a password.
    pub fn has_credentials(&self) -> bool {
        let authority = UrlParts::cut(&self.text).and_then(|parts| parts.authority);
        authority.is_some_and(|authority| authority.contains('@'))
    }

    /// Whether using it would send credentials unencrypted, which `go` refuses when it connects.
    pub fn sends_credentials_in_clear(&self) -> bool {
        self.scheme == ProxyScheme::Http && self.has_credentials()
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parts) = UrlParts::cut(&self.text) else {
            return f.write_str("redacted");
        };
        write!(f, "{}:", parts.scheme)?;
        if let Some(authority) = parts.authority {
            match authority.rsplit_once('@') {
                Some((_, host)) => write!(f, "//redacted@{host}")?,
                None => write!(f, "//{authority}")?,
            }
        }
        match (self.scheme, parts.path) {
            // Hosted registries put tokens into the path.
            (ProxyScheme::Http | ProxyScheme::Https, path)
                if !path.trim_matches('/').is_empty() =>
            {
                f.write_str("/redacted")?;
            }
            (_, path) => f.write_str(path)?,
        }
        // An empty one is kept: it says nothing, and without it the URL could end in a space.
        for (mark, secret) in [('?', parts.query), ('#', parts.fragment)] {
            match secret {
                Some("") => write!(f, "{mark}")?,
                Some(_) => write!(f, "{mark}redacted")?,
                None => {}
            }
        }
        Ok(())
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({self})")
    }
}

// === impl ProxyScheme ===

impl ProxyScheme {
    fn parse(text: &str) -> Result<Self, UrlError> {
        match text.to_ascii_lowercase().as_str() {
            "https" => Ok(Self::Https),
            "http" => Ok(Self::Http),
            "file" => Ok(Self::File),
            _ => Err(UrlError::UnknownScheme),
        }
    }
}

// === impl UrlParts ===

impl<'a> UrlParts<'a> {
    /// `None` without a scheme.
    fn cut(text: &'a str) -> Option<Self> {
        let (text, fragment) = match text.split_once('#') {
            Some((text, fragment)) => (text, Some(fragment)),
            None => (text, None),
        };
        let (scheme, rest) = text.split_once(':')?;
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(word) {
            return None;
        }
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(authority), path)
            }
            None => (None, rest),
        };
        Some(Self {
            scheme,
            authority,
            path,
            query,
            fragment,
        })
    }

    fn check_file(&self) -> Result<(), UrlError> {
        // `file:` alone is the root for `go`, like `file:///`.
        let only_path = match self.authority {
            Some(authority) => authority.is_empty(),
            None => self.path.is_empty(),
        };
        if !only_path
            || self.query.is_some()
            || self.fragment.is_some_and(|fragment| !fragment.is_empty())
        {
            return Err(UrlError::FileWithMore);
        }
        check_escapes(self.path, |_| true)
    }

    fn check_remote(&self) -> Result<(), UrlError> {
        let authority = self.authority.ok_or(UrlError::NoHost)?;
        let host = match authority.rsplit_once('@') {
            Some((user, host)) => {
                check_user(user)?;
                host
            }
            None => authority,
        };
        check_host(host)?;
        check_escapes(self.path, |_| true)?;
        check_escapes(self.fragment.unwrap_or_default(), |_| true)
    }
}

fn check_user(user: &str) -> Result<(), UrlError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    if !user.chars().all(allowed) {
        return Err(UrlError::InvalidUser);
    }
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    check_escapes(name, |_| true)?;
    check_escapes(password, |_| true)
}

fn check_host(host: &str) -> Result<(), UrlError> {
    if let Some(literal) = host.strip_prefix('[') {
        let (address, port) = literal.rsplit_once(']').ok_or(UrlError::InvalidHost)?;
        return check_port(port).and_then(|()| check_address(address));
    }
    let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
    if name.is_empty() {
        return Err(UrlError::NoHost);
    }
    check_port(port)?;
    if name.contains('[') || !name.chars().all(|c| is_host_character(c) || c == '%') {
        return Err(UrlError::InvalidHost);
    }
    // Percent-encoding is for what a host cannot hold otherwise; `%25` is history.
    check_escapes(name, |byte| byte >= 0x80 || byte == b'%')
}

/// Nothing, or a colon and any number of digits.
fn check_port(port: &str) -> Result<(), UrlError> {
    let digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if port.is_empty() || port.strip_prefix(':').is_some_and(digits) {
        Ok(())
    } else {
        Err(UrlError::InvalidPort)
    }
}

/// An IPv6 address, perhaps with a zone behind `%25` (RFC 6874).
fn check_address(address: &str) -> Result<(), UrlError> {
    let (address, zone) = match address.split_once("%25") {
        Some((address, zone)) => (address, Some(zone)),
        None => (address, None),
    };
    let zone_is_fine = zone.is_none_or(|zone| {
        let decoded = |byte: u8| byte == b' ' || byte == b'%' || is_host_character(byte.into());
        !zone.is_empty()
            && zone.chars().all(|c| is_host_character(c) || c == '%')
            && check_escapes(zone, |byte| byte.is_ascii() && decoded(byte)).is_ok()
    });
    if zone_is_fine && address.parse::<Ipv6Addr>().is_ok() {
        Ok(())
    } else {
        Err(UrlError::InvalidHost)
    }
}

/// What may stand in a host unencoded: RFC 3986's set, some quotes and brackets for history's
/// sake, and everything beyond ASCII.
fn is_host_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() || "-._~!$&'()*+,;=:[]<>\"".contains(c)
}

/// Every percent sign begins an encoded byte that is allowed there.
fn check_escapes(text: &str, allowed: impl Fn(u8) -> bool) -> Result<(), UrlError> {
    text.split('%').skip(1).try_for_each(|rest| {
        let digits = rest.get(..2).filter(|digits| !digits.starts_with('+'));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if allowed(byte) => Ok(()),
            _ => Err(UrlError::InvalidEscape),
        }
    })
}
