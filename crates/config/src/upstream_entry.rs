//! `[[upstream]]`: one source of modules as a table of the file.
//!
//! ```toml
//! [[upstream]]
//! name = "company"
//! url = "https://modules.corp.example.com"
//! credentials = "/etc/modkeep/company.netrc"
//! fallback = "failure"
//!
//! [[upstream]]
//! url = "https://mirror.example.org"
//! breaker = false
//! ```
//!
//! The tables say what a list in the grammar of GOPROXY says, and what such a list has no place for.
//! Credentials in a URL are read and never shown; a file is better.

use crate::{
    error::ConfigError, kind::OptionKind, mask, position::SourceText, table_array::TableArray,
};
use gomod::goproxy::{ProxyList, ProxyListEntry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    fmt::{self, Write as _},
    path::PathBuf,
};
use toml::de::DeArray;
use upstream::ClientGrant;
use url::Url;

/// Names of sources that nobody chose.
const RESERVED_NAMES: [&str; 3] = ["direct", "file", "off"];

/// The tables.
const TABLES: TableArray = TableArray {
    name: "upstream",
    remedy: "write url = \"https://proxy.example.com\" below [[upstream]], for example",
};

/// One source of modules.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UpstreamEntry {
    /// What it is called in metrics, logs and the journal, in place of the origin of its URL: letters, digits,
    /// `-` and `.`.
    #[serde(default)]
    pub name: Option<String>,
    /// An http, https or file URL; or `direct`, or `off`.
    url: String,
    /// When the next source is asked.
    #[serde(default)]
    pub fallback: UpstreamFallback,
    /// File of users and passwords, in the syntax of netrc, for this source alone, in place of
    /// `fetch.credentials`.
    #[serde(default)]
    pub credentials: Option<PathBuf>,
    /// Whether this source is left alone while it fails too often, in place of `fetch.breaker`.
    #[serde(default)]
    pub breaker: Option<bool>,
    /// How a bearer token for this source is granted (OAuth client credentials), in place of `credentials`.
    #[serde(default)]
    oauth: Option<OauthEntry>,
}

/// A grant of client credentials (RFC 6749 section 4.4).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct OauthEntry {
    /// The token endpoint, https.
    token_url: String,
    /// The client's id.
    client_id: String,
    /// File that holds the client's secret and nothing else.
    client_secret_file: PathBuf,
    /// What the token is for, if the server wants to know.
    #[serde(default)]
    scope: Option<String>,
}

/// When the source behind an entry is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UpstreamFallback {
    /// Where this one says that it has not what was asked for: the `,` of GOPROXY.
    #[default]
    Absence,
    /// After any failure too: the `|` of GOPROXY.
    Failure,
}

// === impl UpstreamEntry ===

impl UpstreamEntry {
    /// The URL of the source as it will be asked, unless it is `direct` or `off`.
    pub fn source(&self) -> Option<Url> {
        let list = ProxyList::parse(&self.url).ok()?;
        match list.entries() {
            [(ProxyListEntry::Proxy(url), _)] => Url::parse(url.reveal()).ok(),
            _ => None,
        }
    }

    /// How a token for it is granted, if one is.
    pub(crate) fn grant(&self) -> Option<ClientGrant> {
        let oauth = self.oauth.as_ref()?;
        Some(ClientGrant {
            token_url: Url::parse(&oauth.token_url).ok()?,
            client_id: oauth.client_id.clone(),
            secret_file: oauth.client_secret_file.clone(),
            scope: oauth.scope.clone(),
        })
    }

    /// Why it cannot be an entry.
    fn problem(&self) -> Option<String> {
        if self.oauth.is_some() && self.credentials.is_some() {
            return Some("oauth and credentials are two ways to the same; give one".to_owned());
        }
        if self.oauth.is_some() && self.grant().is_none() {
            return Some("oauth: token-url is no URL".to_owned());
        }
        if self.url.trim().is_empty() {
            return Some("url is empty".to_owned());
        }
        if self.url.contains([',', '|']) {
            return Some("url is one source; write a table for each".to_owned());
        }
        let name = self.name.as_deref()?;
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        let is_word = !name.is_empty() && name.len() <= 64 && name.bytes().all(is_word);
        if RESERVED_NAMES.contains(&name) {
            return Some(format!("name = {name:?} means something else already"));
        }
        (!is_word).then(|| format!("name = {name:?} is not of letters, digits, - and ."))
    }
}

/// Without its URL, which may hold a secret.
impl fmt::Debug for UpstreamEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamEntry")
            .field("name", &self.name)
            .field("fallback", &self.fallback)
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}

// === impl OauthEntry ===

impl OauthEntry {
    /// As an inline table. The secret itself is in its file.
    fn shown(&self) -> String {
        let string = |value: &str| toml::Value::String(value.to_owned()).to_string();
        let scope = self.scope.as_deref();
        let scope = scope.map_or_else(String::new, |scope| format!(", scope = {}", string(scope)));
        format!(
            "{{ token-url = {}, client-id = {}, client-secret-file = {}{scope} }}",
            string(&mask::shown(&OptionKind::Urls, &self.token_url)),
            string(&self.client_id),
            string(&self.client_secret_file.display().to_string()),
        )
    }
}

/// The same in the grammar of GOPROXY.
pub(crate) fn as_list(entries: &[UpstreamEntry]) -> String {
    let mut list = String::new();
    for (index, entry) in entries.iter().enumerate() {
        list += entry.url.trim();
        if index + 1 < entries.len() {
            list += match entry.fallback {
                UpstreamFallback::Absence => ",",
                UpstreamFallback::Failure => "|",
            };
        }
    }
    list
}

/// The tables as they would stand in a file under this name, and as they may be shown.
pub fn shown(name: &str, entries: &[UpstreamEntry]) -> String {
    let mut text = String::new();
    for entry in entries {
        let _ = write!(text, "\n[[{name}]]\n");
        let string = |value: &str| toml::Value::String(value.to_owned()).to_string();
        let source = entry.name.as_deref().map(string);
        let credentials = entry.credentials.as_ref();
        let credentials = credentials.map(|file| string(&file.display().to_string()));
        let fallback = match entry.fallback {
            UpstreamFallback::Absence => None,
            UpstreamFallback::Failure => Some(string("failure")),
        };
        for (key, value) in [
            ("name", source),
            (
                "url",
                Some(string(&mask::shown(&OptionKind::Sources, &entry.url))),
            ),
            ("fallback", fallback),
            ("credentials", credentials),
            ("breaker", entry.breaker.map(|state| state.to_string())),
            ("oauth", entry.oauth.as_ref().map(OauthEntry::shown)),
        ] {
            if let Some(value) = value {
                let _ = writeln!(text, "{key} = {value}");
            }
        }
    }
    text
}

/// Whether an array has tables in it.
pub(crate) fn is_of_tables(array: &DeArray<'_>) -> bool {
    array.iter().any(|element| element.get_ref().is_table())
}

/// Reads the tables, or says what is wrong with each.
pub(crate) fn read(
    array: DeArray<'_>,
    source: SourceText<'_>,
) -> Result<Vec<UpstreamEntry>, Vec<ConfigError>> {
    let first = array
        .iter()
        .next()
        .map_or(0, |element| element.span().start);
    let made = |entry: UpstreamEntry| entry.problem().map_or(Ok(entry.clone()), Err);
    let (entries, mut errors) = TABLES.read(array, source, made);
    let entries: Vec<UpstreamEntry> = entries.into_iter().map(|(_, entry)| entry).collect();
    for (index, entry) in entries.iter().enumerate() {
        let earlier = entries.iter().take(index);
        let is_taken = |name: &String| {
            earlier
                .clone()
                .any(|other| other.name.as_ref() == Some(name))
        };
        if let Some(name) = entry.name.as_ref().filter(|name| is_taken(name)) {
            let why = format!("two of them have the name {name:?}");
            errors.push(TABLES.refuse(first, why, source));
        }
    }
    if errors.is_empty() {
        Ok(entries)
    } else {
        Err(errors)
    }
}
