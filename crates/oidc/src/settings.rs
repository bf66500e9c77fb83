//! Settings of issuers, as an operator writes them.

use crate::ci::CiMapping;
use access::Secret;
use std::{fmt, io, path::PathBuf, time::Duration};
use url::{Host, Url};

/// For how long keys that are known go on validating while their issuer cannot be asked. A day lets people
/// work through an outage; keys that an issuer took back because they leaked hold no longer than that.
pub const DEFAULT_KEY_AGE: Duration = Duration::from_hours(24);

/// The longest file of a secret.
const LONGEST_SECRET: usize = 4096;

/// All issuers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderSettings {
    /// `[auth.oidc]`.
    pub issuer: Option<IssuerSettings>,
    /// `[[auth.ci]]`.
    pub ci: Vec<CiMapping>,
}

/// The issuer of the tokens of people and services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerSettings {
    /// Who.
    pub issuer: IssuerUrl,
    /// What `aud` has to name.
    pub audience: String,
    /// As whom it is asked about tokens.
    pub client: Option<IssuerClient>,
    /// The scopes that every token needs.
    pub scopes: Vec<String>,
    /// The claim that names the caller.
    pub user_claim: String,
    /// The claim with the groups, perhaps below others: `realm_access.roles`.
    pub groups_claim: Option<String>,
    /// Which tokens it is asked about.
    pub introspection: IntrospectionMode,
    /// For how long its keys hold while it cannot be asked.
    pub key_age: Duration,
}

/// As whom an issuer is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerClient {
    /// The name.
    pub id: String,
    /// The file of the secret.
    pub secret_file: PathBuf,
}

/// Which tokens an issuer is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IntrospectionMode {
    /// None: a token that is no JWT proves nothing.
    #[default]
    Off,
    /// Those that are no JWT.
    Opaque,
    /// All: those that were taken back prove nothing any more.
    Always,
}

/// The URL of an issuer, letter by letter as `iss` says it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuerUrl {
    text: String,
    url: Url,
}

/// A text is no URL of an issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerUrlError {
    /// It is no URL.
    #[error("the issuer is no URL such as https://login.corp.example")]
    NoUrl,
    /// Whoever is between could pose as the issuer.
    #[error("the issuer is not https; only one on this machine itself may be http")]
    NotHttps,
    /// It has what an issuer cannot have (RFC 8414 section 2).
    #[error("the issuer has a user, a query or a fragment")]
    TooMuch,
}

/// The file of a client's secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// It cannot be read.
    #[error("the secret of the client cannot be read from {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no secret in it.
    #[error("{} has no line with a secret of at most {LONGEST_SECRET} bytes", .0.display())]
    Empty(PathBuf),
}

// === impl IssuerUrl ===

impl IssuerUrl {
    /// Reads one.
    ///
    /// # Errors
    /// It is none, or one that cannot be trusted.
    pub fn parse(text: &str) -> Result<Self, IssuerUrlError> {
        let url = Url::parse(text).map_err(|_| IssuerUrlError::NoUrl)?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(IssuerUrlError::NoUrl);
        }
        if !is_safe(&url) {
            return Err(IssuerUrlError::NotHttps);
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err(IssuerUrlError::TooMuch);
        }
        Ok(Self {
            text: text.to_owned(),
            url,
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Its host, for metrics and logs.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Where its document is.
    pub fn document(&self) -> Url {
        let mut url = self.url.clone();
        let base = url.path().trim_end_matches('/');
        let path = format!("{base}/.well-known/openid-configuration");
        url.set_path(&path);
        url
    }

    /// Whether it may send us to this URL: https, or this machine where it is on this machine itself.
    pub fn permits(&self, url: &Url) -> bool {
        url.scheme() == "https"
            || (url.scheme() == "http" && is_loopback(&self.url) && is_loopback(url))
    }
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || is_loopback(url)
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

// === impl IssuerClient ===

impl IssuerClient {
    /// The secret in its file, without the line's end.
    ///
    /// # Errors
    /// The file cannot be read, or has none.
    pub fn secret(&self) -> Result<Secret, SecretFileError> {
        let read = std::fs::read_to_string(&self.secret_file).map(zeroize::Zeroizing::new);
        let text = read.map_err(|source| SecretFileError::Read {
            path: self.secret_file.clone(),
            source,
        })?;
        let line = text.trim_end_matches(['\r', '\n']);
        if line.is_empty() || line.len() > LONGEST_SECRET || line.contains(['\r', '\n']) {
            return Err(SecretFileError::Empty(self.secret_file.clone()));
        }
        Ok(Secret::new(line))
    }
}

// === impl IntrospectionMode ===

impl IntrospectionMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Off, Self::Opaque, Self::Always];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Opaque => "opaque",
            Self::Always => "always",
        }
    }

    /// The mode of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}
