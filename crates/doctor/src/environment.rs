//! Environment: the settings of `go` on a machine, each with where it comes from.
//!
//! Where a setting comes from decides how it is mended: `go env -w` changes nothing while the
//! variable is also in the environment, which is what most people stumble over. `go env` alone does
//! not say it, so it is put together here from what a thin shell has read: the output of
//! `go env -json`, the environment, the file of `go env -w`, and a few more files.
//!
//! Values may hold secrets. They are kept, for rules have to look at them, and are shown nowhere:
//! what is printed goes through `GoSetting::shown`.

use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What the shell has read; each text as it was found.
#[derive(Debug, Clone, Default)]
pub struct ClientReadings<'r> {
    /// The output of `go env -json`.
    pub env_json: &'r str,
    /// The environment of the process.
    pub process: Vec<(String, String)>,
    /// The file that `go env GOENV` names, if it is there.
    pub file: Option<&'r str>,
    /// The netrc file, if it is there.
    pub netrc: Option<&'r str>,
    /// The go.mod of the main module, if there is one.
    pub go_mod: Option<&'r [u8]>,
    /// Whether this user can write into the module cache.
    pub cache_is_writable: Option<bool>,
    /// For each database below `GOPATH/pkg/sumdb`, its name and its newest head as it was kept.
    pub heads: Vec<(String, String)>,
}

/// The settings of `go` on a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoEnvironment {
    settings: BTreeMap<String, GoSetting>,
    process: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    /// The hosts in netrc.
    pub machines: Vec<String>,
    /// The `go` line of the main module.
    pub go_line: Option<String>,
    /// Whether this user can write into the module cache.
    pub cache_is_writable: Option<bool>,
    /// The heads of checksum databases that are remembered.
    pub heads: Vec<(String, String)>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoSetting {
    /// Its value, which may hold secrets.
    pub value: String,
    /// Where it comes from.
    pub origin: GoSettingOrigin,
}

/// Where a setting comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GoSettingOrigin {
    /// A variable of the environment.
    Environment,
    /// The file of `go env -w`.
    File,
    /// Nobody set it.
    Default,
}

/// Why the readings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// `go env -json` printed something else.
    #[error("the output of go env -json cannot be read")]
    NoJson(#[source] serde_json::Error),
}

/// Longest text of a kind that is read; each is a small file where all is well.
const LONGEST: usize = 1 << 20;

/// Most lines of a file that are looked at.
const MOST_LINES: usize = 10_000;

// === impl GoEnvironment ===

impl GoEnvironment {
    /// Puts the readings together.
    pub fn read(readings: &ClientReadings<'_>) -> Result<Self, EnvironmentError> {
        let values: BTreeMap<String, String> =
            serde_json::from_str(readings.env_json).map_err(EnvironmentError::NoJson)?;
        let process: BTreeMap<String, String> = readings.process.iter().cloned().collect();
        let file = assignments(readings.file.unwrap_or_default());
        let origin = |name: &str| match (process.get(name), file.get(name)) {
            (Some(value), _) if !value.is_empty() => GoSettingOrigin::Environment,
            (_, Some(value)) if !value.is_empty() => GoSettingOrigin::File,
            _ => GoSettingOrigin::Default,
        };
        let settings = values
            .into_iter()
            .map(|(name, value)| {
                let origin = origin(&name);
                (name, GoSetting { value, origin })
            })
            .collect();
        Ok(Self {
            settings,
            machines: machines(readings.netrc.unwrap_or_default()),
            go_line: readings.go_mod.and_then(go_line),
            cache_is_writable: readings.cache_is_writable,
            heads: readings.heads.clone(),
            process,
            file,
        })
    }

    /// A setting of `go`, whether somebody set it or not.
    pub fn get(&self, name: &str) -> Option<&GoSetting> {
        self.settings.get(name)
    }

    /// The value of a setting; empty if there is none.
    pub fn value(&self, name: &str) -> &str {
        self.get(name).map_or("", |setting| setting.value.as_str())
    }

    /// A variable of the environment, whether `go` knows it or not.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.process.get(name).map(String::as_str)
    }

    /// The variable that names the HTTP proxy which `go` uses for a host: none for loopback, and for
    /// what `NO_PROXY` names.
    pub fn http_proxy(&self, is_https: bool, host: &str) -> Option<&'static str> {
        let variables = if is_https {
            ["HTTPS_PROXY", "https_proxy"]
        } else {
            ["HTTP_PROXY", "http_proxy"]
        };
        let is_set = |name: &&str| self.variable(name).is_some_and(|value| !value.is_empty());
        let variable = variables.into_iter().find(is_set)?;
        let exceptions = ["NO_PROXY", "no_proxy"]
            .into_iter()
            .find_map(|name| self.variable(name))
            .unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_here = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        (!is_here && !is_excepted(host, exceptions)).then_some(variable)
    }

    /// The names that are set in the environment or in the file, with where.
    pub fn names(&self) -> impl Iterator<Item = (&str, GoSettingOrigin)> {
        let process = self
            .process
            .keys()
            .map(|name| (name.as_str(), GoSettingOrigin::Environment));
        let file = self
            .file
            .keys()
            .map(|name| (name.as_str(), GoSettingOrigin::File));
        process.chain(file)
    }

    /// Whether a name is set to nothing, and where.
    pub fn set_to_nothing(&self, name: &str) -> Option<GoSettingOrigin> {
        let is_empty =
            |values: &BTreeMap<String, String>| values.get(name).is_some_and(String::is_empty);
        if is_empty(&self.process) {
            Some(GoSettingOrigin::Environment)
        } else {
            is_empty(&self.file).then_some(GoSettingOrigin::File)
        }
    }

    /// Whether `go` knows a setting of this name.
    pub fn is_known(&self, name: &str) -> bool {
        self.settings.contains_key(name)
    }

    /// Every setting that `go` knows.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.settings.keys().map(String::as_str)
    }
}

/// `NAME=VALUE` lines, as in the file of `go env -w`.
fn assignments(text: &str) -> BTreeMap<String, String> {
    let lines = bounded(text).lines().take(MOST_LINES);
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs
        .filter(|(name, _)| name.starts_with(|first: char| first.is_ascii_uppercase()))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The words of a netrc, as `go` reads it: up to a macro definition.
fn words(text: &str) -> impl Iterator<Item = &str> {
    bounded(text)
        .lines()
        .take(MOST_LINES)
        .take_while(|line| !line.trim_start().starts_with("macdef"))
        .flat_map(str::split_whitespace)
}

/// The hosts of a netrc.
fn machines(text: &str) -> Vec<String> {
    let mut words = words(text);
    let mut machines = Vec::new();
    while let Some(word) = words.next() {
        if word == "machine" {
            machines.extend(words.next().map(str::to_owned));
        }
    }
    machines
}

/// User and password that a netrc has for a host, written with its port as in the URL.
pub fn credentials<'n>(netrc: &'n str, host: &str) -> Option<(&'n str, &'n str)> {
    let mut words = words(netrc).skip_while(|word| *word != host);
    words.next()?;
    let (mut user, mut password) = (None, None);
    while let Some(word) = words.next() {
        match word {
            "login" => user = words.next(),
            "password" => password = words.next(),
            "machine" | "default" => break,
            _ => {}
        }
    }
    user.zip(password)
}

/// The name of the database that GOSUMDB means. `go` knows a second name of the public one, for
/// networks that do not reach it under its own.
pub fn database_name(setting: &str) -> Option<&str> {
    let name = setting.split_whitespace().next()?.split('+').next()?;
    Some(match name {
        "sum.golang.google.cn" => "sum.golang.org",
        name => name,
    })
}

fn go_line(go_mod: &[u8]) -> Option<String> {
    let file = gomod::modfile::parse(go_mod, gomod::modfile::ParseMode::Lax).ok()?;
    file.go.map(|go| go.version)
}

fn bounded(text: &str) -> &str {
    let end = text.floor_char_boundary(LONGEST);
    text.get(..end).unwrap_or_default()
}

/// Whether `NO_PROXY` names a host: itself, or a domain above it.
fn is_excepted(name: &str, exceptions: &str) -> bool {
    exceptions.split(',').map(str::trim).any(|exception| {
        let domain = exception.trim_start_matches("*.").trim_start_matches('.');
        exception == "*"
            || !domain.is_empty()
                && (name == domain
                    || name
                        .strip_suffix(domain)
                        .is_some_and(|rest| rest.ends_with('.')))
    })
}

/// What stands between the words of a setting.
const SEPARATORS: [char; 4] = [',', '|', ' ', ';'];

/// A word of a setting: of an http or https URL the origin, for its path may hold a token.
fn open_part(word: &str, is_source: bool) -> String {
    let bare = word.trim_end_matches(SEPARATORS);
    let separator = word.get(bare.len()..).unwrap_or_default();
    let start = match bare.find("://") {
        Some(at) if bare.starts_with("http") => at + "://".len(),
        None if is_source && !bare.starts_with('/') => 0,
        _ => return crate::parts::without_user(word),
    };
    let rest = bare.get(start..).unwrap_or_default();
    let (host, secret) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let scheme = bare.get(..start).unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let hidden = if secret.trim_matches('/').is_empty() {
        secret
    } else {
        "/redacted"
    };
    format!("{scheme}{host}{hidden}{separator}")
}

// === impl GoSetting ===

impl GoSetting {
    /// The value without the secrets of URLs in it.
    pub fn redacted(&self) -> String {
        self.words().map(|word| open_part(word, false)).collect()
    }

    /// The same of a list of sources, where a host needs no scheme.
    pub(crate) fn shown_sources(&self) -> String {
        self.words().map(|word| open_part(word, true)).collect()
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.value.split_inclusive(SEPARATORS)
    }
}

// === impl GoSettingOrigin ===

impl GoSettingOrigin {
    /// Where that is, in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Environment => "the environment",
            Self::File => "the file of go env -w",
            Self::Default => "the default",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientReadings, GoEnvironment, credentials, database_name};

    #[test]
    fn an_http_proxy_holds_for_what_is_neither_here_nor_excepted() {
        let process = [
            ("HTTPS_PROXY", "http://web.example.com:3128"),
            ("NO_PROXY", "inside.example.com,.corp"),
        ];
        let readings = ClientReadings {
            env_json: "{}",
            process: process
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            ..ClientReadings::default()
        };
        let environment = GoEnvironment::read(&readings).unwrap();
        for (is_https, host, expected) in [
            (true, "proxy.example.com", Some("HTTPS_PROXY")),
            (false, "proxy.example.com", None),
            (true, "inside.example.com", None),
            (true, "goproxy.corp", None),
            (true, "localhost", None),
            (true, "127.0.0.2", None),
            (true, "::1", None),
        ] {
            assert_eq!(environment.http_proxy(is_https, host), expected, "{host}");
        }
    }

    #[test]
    fn the_public_database_has_two_names() {
        assert_eq!(
            database_name("sum.golang.google.cn"),
            Some("sum.golang.org")
        );
        assert_eq!(
            database_name("sum.golang.org https://x.example.com"),
            Some("sum.golang.org")
        );
        assert_eq!(
            database_name("sum.example.com/2026+1+x"),
            Some("sum.example.com/2026")
        );
        assert_eq!(database_name(""), None);
    }

    #[test]
    fn credentials_are_those_of_exactly_this_host() {
        let netrc = "machine a.example.com login me password one\nmachine a.example.com:8443\n\tlogin you\n\tpassword two\nmachine b.example.com login nobody\n";
        assert_eq!(credentials(netrc, "a.example.com"), Some(("me", "one")));
        assert_eq!(
            credentials(netrc, "a.example.com:8443"),
            Some(("you", "two"))
        );
        assert_eq!(credentials(netrc, "b.example.com"), None);
        assert_eq!(credentials(netrc, "c.example.com"), None);
    }
}
