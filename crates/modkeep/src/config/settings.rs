//! Settings: the resolved texts as typed values, with what only several of them together tell.

use super::{
    resolve::{ConfigError, Resolved},
    value,
};
use gomod::goproxy::{Entry, ProxyList};
use proxy::{ProxyOptions, prefetch::Level};
use server::Limits;
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use upstream::{DatabaseRoute, UpstreamOptions};
use url::Url;

/// Everything that `serve` and `run` need to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Data directory.
    pub data: PathBuf,
    /// Where modules come from.
    pub upstream: ProxyList,
    /// How sources are reached; the observer is still to be set.
    pub upstreams: UpstreamOptions,
    /// Ages and memory of the service.
    pub proxy: ProxyOptions,
    /// What clients may cost.
    pub limits: Limits,
    /// Form of the log.
    pub log_format: LogFormat,
    /// Filter of the log, if one was given.
    pub log_level: Option<String>,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// Why settings cannot be made: a wrong upstream list has a code of its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error(transparent)]
    Value(#[from] ConfigError),
    #[error("{0}")]
    Upstream(ConfigError),
}

// === impl Settings ===

impl Settings {
    pub(crate) fn of(resolved: &Resolved) -> Result<Self, SettingsError> {
        let read = Read(resolved);
        let listen =
            value::address(resolved.text("listen")).map_err(|why| resolved.error("listen", why))?;
        let no_data = || resolved.error("data", "the platform names no data directory; give one");
        Ok(Self {
            listen,
            data: resolved
                .get("data")
                .map(|data| PathBuf::from(&data.text))
                .ok_or_else(no_data)?,
            upstream: list(resolved, listen)?,
            upstreams: read.upstreams()?,
            proxy: read.proxy()?,
            limits: read.limits()?,
            log_format: if resolved.text("log-format") == "json" {
                LogFormat::Json
            } else {
                LogFormat::Text
            },
            log_level: resolved.get("log-level").map(|level| level.text.clone()),
        })
    }
}

fn list(resolved: &Resolved, listen: SocketAddr) -> Result<ProxyList, SettingsError> {
    let refused =
        |why: &dyn std::fmt::Display| SettingsError::Upstream(resolved.error("upstream", why));
    let list = ProxyList::parse(resolved.text("upstream")).map_err(|error| refused(&error))?;
    if list
        .entries()
        .iter()
        .any(|(entry, _)| is_ourselves(entry, listen))
    {
        return Err(refused(&format!(
            "it names {listen}, this server itself; set --upstream to where modules come from"
        )));
    }
    Ok(list)
}

/// Whether an entry is the address we are about to listen on, at least on this host's loopback.
fn is_ourselves(entry: &Entry, listen: SocketAddr) -> bool {
    let Entry::Proxy(url) = entry else {
        return false;
    };
    let Ok(url) = Url::parse(url.reveal()) else {
        return false;
    };
    let here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback() || ip == listen.ip(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback() || ip == listen.ip(),
        None => false,
    };
    here && listen.port() != 0 && url.port_or_known_default() == Some(listen.port())
}

/// Typed access to texts that were checked before.
struct Read<'a>(&'a Resolved);

impl Read<'_> {
    fn duration(&self, name: &'static str) -> Result<Duration, ConfigError> {
        value::duration(self.0.text(name)).map_err(|why| self.0.error(name, why))
    }

    fn count(&self, name: &'static str) -> Result<usize, ConfigError> {
        value::count(self.0.text(name)).map_err(|why| self.0.error(name, why))
    }

    fn upstreams(&self) -> Result<UpstreamOptions, ConfigError> {
        let mut options = UpstreamOptions {
            connect: self.duration("connect-timeout")?,
            header: self.duration("header-timeout")?,
            silence: self.duration("upstream-silence")?,
            breaker: self.0.text("upstream-breaker") == "on",
            hedge: self.0.text("upstream-hedge") == "on",
            stall: self.duration("stall-timeout")?,
            max_in_flight: self.count("upstream-requests")?,
            ca: self.0.get("ca").map(|file| PathBuf::from(&file.text)),
            ..UpstreamOptions::default()
        };
        if let Some(sumdb) = self.0.get("sumdb") {
            let (name, url) = database(&sumdb.text).map_err(|why| self.0.error("sumdb", why))?;
            options.databases.insert(name, DatabaseRoute::Only(url));
        }
        Ok(options)
    }

    fn proxy(&self) -> Result<ProxyOptions, ConfigError> {
        Ok(ProxyOptions {
            list_max_age: self.duration("list-max-age")?,
            list_stale: self.duration("list-stale")?,
            refresh_patience: self.duration("refresh-patience")?,
            absence_max_age: self.duration("absence-max-age")?,
            absence_stale: self.duration("absence-stale")?,
            memory: value::bytes(self.0.text("memory-limit"))
                .map_err(|why| self.0.error("memory-limit", why))?,
            prefetch: match self.0.text("prefetch") {
                "off" => Level::Off,
                "mod" => Level::Mod,
                _ => Level::On,
            },
            ..ProxyOptions::default()
        })
    }

    fn limits(&self) -> Result<Limits, ConfigError> {
        Ok(Limits {
            max_connections: self.count("max-connections")?,
            header_timeout: self.duration("client-header-timeout")?,
            idle_timeout: self.duration("idle-timeout")?,
            stall_timeout: self.duration("client-stall-timeout")?,
            drain_timeout: self.duration("drain-timeout")?,
        })
    }
}

/// `NAME URL` or `NAME+KEY URL`. The key is for whoever checks signatures, which is not us yet.
fn database(spec: &str) -> Result<(String, Url), String> {
    let fields: Vec<&str> = spec.split_ascii_whitespace().collect();
    let &[name, url] = fields.as_slice() else {
        return Err("it must be NAME URL or NAME+KEY URL; a database without a URL is reached through the upstreams".to_owned());
    };
    let url = Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    let name = name.split('+').next().filter(|name| !name.is_empty());
    name.map(str::to_owned)
        .zip(url)
        .ok_or_else(|| "the URL must be http or https".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{database, is_ourselves};
    use gomod::goproxy::ProxyList;

    #[test]
    fn our_own_address_is_recognised() {
        let ours = |list: &str, listen: &str| {
            let list = ProxyList::parse(list).unwrap();
            list.entries()
                .iter()
                .any(|(entry, _)| is_ourselves(entry, listen.parse().unwrap()))
        };
        for list in [
            "http://127.0.0.1:3000",
            "http://localhost:3000/,direct",
            "https://a.example.com|http://[::1]:3000",
        ] {
            assert!(ours(list, "127.0.0.1:3000"), "{list}");
        }
        assert!(ours("http://10.0.0.1:3000", "10.0.0.1:3000"));
        assert!(ours("http://localhost", "0.0.0.0:80"));
        for list in [
            "http://127.0.0.1:3001",
            "http://10.0.0.1:3000",
            "https://a.example.com:3000",
            "direct",
            "off",
            "file:///srv",
        ] {
            assert!(!ours(list, "127.0.0.1:3000"), "{list}");
        }
        assert!(!ours("http://127.0.0.1:3000", "127.0.0.1:0"));
    }

    #[test]
    fn a_database_needs_a_name_and_a_url() {
        let (name, url) =
            database("sum.example.com/a+1234abcd+AbC= https://sum.example.com/x").unwrap();
        assert_eq!(
            (name.as_str(), url.as_str()),
            ("sum.example.com/a", "https://sum.example.com/x")
        );
        for wrong in [
            "",
            "off",
            "sum.golang.org",
            "a b c",
            "a ftp://b",
            "+k https://b.example.com",
        ] {
            assert!(database(wrong).is_err(), "{wrong}");
        }
    }
}
