//! Settings: the resolved texts as typed values, with what only several of them together tell.

use super::{
    VulnerabilitySource,
    error::ConfigError,
    resolve::{Resolved, Sourced},
    sumdb, value, witness,
};
use codes::Code;
use gomod::goproxy::{ProxyList, ProxyListEntry};
use proxy::{
    DiskOptions, DiskReserve, Mode, ProxyOptions, Scope, ScrubOptions, Share, VerifyOptions,
    prefetch::Level,
};
use server::{Limits, ListenAddress, TrustedProxies};
use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};
use store::own::check_name;
use tlog::note::VerifierKey;
use upstream::{AllowedNets, DatabaseRoute, SourceUrl, UpstreamOptions};
use url::Url;

/// Everything that `serve` and `run` need to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Addresses to listen on.
    pub listen: Vec<ListenAddress>,
    /// Whether nobody chose them.
    pub listen_is_default: bool,
    /// Address at which operators are answered, if it is another.
    pub admin_listen: Option<ListenAddress>,
    /// Whether the sockets of the process that serves the data directory are taken over.
    pub take_over: bool,
    /// Host names under which clients reach this server, beside those that no outsider can own.
    pub public_hosts: Vec<String>,
    /// The proxies in front of this server.
    pub trusted_proxies: TrustedProxies,
    /// The URL under which clients reach this server, without a slash at its end.
    pub public_url: Option<String>,
    /// Data directory.
    pub data: PathBuf,
    /// Where modules come from.
    pub upstream: ProxyList,
    /// Whether nobody chose it.
    pub upstream_is_built_in: bool,
    /// Where private modules come from.
    pub private_upstream: Option<ProxyList>,
    /// The checksum database of the site's own.
    pub own: OwnSettings,
    /// How sources are reached; the observer is still to be set.
    pub upstreams: UpstreamOptions,
    /// Ages and memory of the service.
    pub proxy: ProxyOptions,
    /// Whether the checksum database's log is mirrored in full.
    pub sumdb_mirror: bool,
    /// Requests a second for it.
    pub sumdb_mirror_rate: NonZeroU32,
    /// Where the public vulnerability database is fetched from, if from anywhere.
    pub vulndb: Option<VulnerabilitySource>,
    /// Directory of the site's own advisories.
    pub advisories: Option<PathBuf>,
    /// The configuration file, whose deny list is read again when it changes.
    pub config_file: Option<PathBuf>,
    /// What clients may cost.
    pub limits: Limits,
    /// Form of the log.
    pub log_format: LogFormat,
    /// Filter of the log, if one was given.
    pub log_level: Option<String>,
}

/// The checksum database of the site's own that takes records.
#[derive(Debug, Clone, Default)]
pub struct OwnSettings {
    /// Its name.
    pub active: Option<String>,
    /// What it has.
    pub scope: Scope,
    /// Who is asked to sign its heads: key and submission prefix.
    pub witnesses: Vec<(VerifierKey, SourceUrl)>,
    /// How many of them must.
    pub quorum: usize,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

// === impl Settings ===

impl Settings {
    pub(crate) fn of(resolved: &Resolved) -> Result<Self, ConfigError> {
        let read = Read(resolved);
        let listen = value::addresses(resolved.text("listen"));
        let listen = listen.map_err(|why| resolved.error("listen", why))?;
        let no_data = || resolved.error("data", "the platform names no data directory; give one");
        Ok(Self {
            listen_is_default: resolved.get("listen").is_some_and(Sourced::is_default),
            take_over: read.switch("take-over")?,
            admin_listen: read.admin_listen()?,
            public_hosts: read.public_hosts()?,
            trusted_proxies: read.trusted_proxies()?,
            public_url: read.public_url()?.map(without_slash),
            data: resolved
                .get("data")
                .map(|data| PathBuf::from(&data.text))
                .ok_or_else(no_data)?,
            upstream: list(resolved, "upstream", &listen)?,
            upstream_is_built_in: resolved.get("upstream").is_some_and(Sourced::is_default),
            private_upstream: match resolved.get("private-upstream") {
                Some(_) => Some(list(resolved, "private-upstream", &listen)?),
                None => None,
            },
            listen,
            own: read.own()?,
            upstreams: read.upstreams()?,
            proxy: read.proxy()?,
            sumdb_mirror: resolved.text("sumdb-mirror") == "tiles",
            sumdb_mirror_rate: read.rate("sumdb-mirror-rate")?,
            vulndb: read.vulndb()?,
            advisories: resolved
                .get("advisories")
                .map(|directory| PathBuf::from(&directory.text)),
            config_file: resolved.file.clone(),
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

fn list(
    resolved: &Resolved,
    option: &'static str,
    listen: &[ListenAddress],
) -> Result<ProxyList, ConfigError> {
    let refused = |why: &dyn std::fmt::Display| {
        let error = resolved.error(option, why);
        error.coded(Code::BadUpstreamList)
    };
    let list = ProxyList::parse(resolved.text(option)).map_err(|error| refused(&error))?;
    let ours = listen.iter().filter_map(ListenAddress::tcp);
    let mut named = ours.filter(|ours| {
        let mut entries = list.entries().iter();
        entries.any(|(entry, _)| is_ourselves(entry, *ours))
    });
    if let Some(listen) = named.next() {
        return Err(refused(&format!(
            "it names {listen}, this server itself; set --{option} to where modules come from"
        )));
    }
    Ok(list)
}

#[expect(clippy::needless_pass_by_value, reason = "used as a step of a chain")]
fn without_slash(url: Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// Whether an entry is the address we are about to listen on, at least on this host's loopback.
fn is_ourselves(entry: &ProxyListEntry, listen: SocketAddr) -> bool {
    let ProxyListEntry::Proxy(url) = entry else {
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

    fn switch(&self, name: &'static str) -> Result<bool, ConfigError> {
        value::switch(self.0.text(name)).map_err(|why| self.0.error(name, why))
    }

    fn count(&self, name: &'static str) -> Result<usize, ConfigError> {
        value::count(self.0.text(name)).map_err(|why| self.0.error(name, why))
    }

    fn size(&self, name: &'static str) -> Result<usize, ConfigError> {
        let bytes = value::bytes(self.0.text(name)).map_err(|why| self.0.error(name, why))?;
        Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
    }

    fn rate(&self, name: &'static str) -> Result<NonZeroU32, ConfigError> {
        let count = u32::try_from(self.count(name)?).unwrap_or(u32::MAX);
        Ok(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN))
    }

    fn upstreams(&self) -> Result<UpstreamOptions, ConfigError> {
        let mut options = UpstreamOptions {
            connect: self.duration("connect-timeout")?,
            header: self.duration("header-timeout")?,
            silence: self.duration("upstream-silence")?,
            breaker: self.switch("upstream-breaker")?,
            hedge: self.switch("upstream-hedge")?,
            stall: self.duration("stall-timeout")?,
            max_in_flight: self.count("upstream-requests")?,
            allow_net: match self.0.get("allow-net") {
                Some(nets) => nets
                    .text
                    .parse()
                    .map_err(|why| self.0.error("allow-net", why))?,
                None => AllowedNets::default(),
            },
            credentials: self
                .0
                .get("credentials")
                .map(|file| PathBuf::from(&file.text)),
            ca: self.0.get("ca").map(|file| PathBuf::from(&file.text)),
            ..UpstreamOptions::default()
        };
        if let Some(database) = self.directly()?
            && (self.0.text("verify") != "off" || matches!(database.route, DatabaseRoute::Only(_)))
        {
            // Where nothing is verified, clients may as well go to the database themselves.
            options.databases.insert(database.name, database.route);
        }
        Ok(options)
    }

    /// The database as it is reached: one whose name is private is not asked of the upstreams first.
    fn directly(&self) -> Result<Option<sumdb::Database>, ConfigError> {
        let private = self.0.private()?;
        let database = self.database()?;
        Ok(database.map(|database| match database.route {
            DatabaseRoute::Fallback(url) if private.matches(&database.name) => sumdb::Database {
                route: DatabaseRoute::Only(url),
                ..database
            },
            _ => database,
        }))
    }

    fn database(&self) -> Result<Option<sumdb::Database>, ConfigError> {
        sumdb::parse(self.0.text("sumdb")).map_err(|why| self.0.error("sumdb", why))
    }

    fn verify(&self) -> Result<VerifyOptions, ConfigError> {
        let mode = match self.0.text("verify") {
            "available" => Mode::Available,
            "off" => Mode::Off,
            _ => Mode::Required,
        };
        let asked = self
            .0
            .get("verify")
            .is_some_and(|verify| !verify.is_default());
        let (mode, database) = sumdb::verified(mode, asked, self.database()?.as_ref())
            .map_err(|why| self.0.error("verify", why).together_with("sumdb"))?;
        Ok(VerifyOptions {
            mode,
            database: Some(database),
            private: self.0.private()?,
            no_sumdb: self.0.no_sumdb()?,
        })
    }

    fn own(&self) -> Result<OwnSettings, ConfigError> {
        let active = self.0.get("own-sumdb").map(|name| name.text.clone());
        let scope = match self.0.text("own-sumdb-scope") {
            "all" => Scope::All,
            _ => Scope::Private,
        };
        if let Some(name) = &active {
            check_name(name).map_err(|error| self.0.error("own-sumdb", error))?;
            if scope == Scope::All && self.verify()?.mode == Mode::Off {
                let why = "public records are copied after proof, and --verify is off";
                return Err(self.0.error("own-sumdb-scope", why).together_with("verify"));
            }
        }
        let witnesses = match self.0.get("witness") {
            Some(list) => witness::parse(&list.text).map_err(|why| self.0.error("witness", why))?,
            None => Vec::new(),
        };
        let quorum = match self.0.get("witness-quorum") {
            Some(_) => self.count("witness-quorum")?,
            None => 0,
        };
        if quorum > witnesses.len() {
            let why = format!("there are {} witnesses only", witnesses.len());
            return Err(self.0.error("witness-quorum", why).together_with("witness"));
        }
        Ok(OwnSettings {
            active,
            scope,
            witnesses,
            quorum,
        })
    }

    fn proxy(&self) -> Result<ProxyOptions, ConfigError> {
        Ok(ProxyOptions {
            verify: self.verify()?,
            list_max_age: self.duration("list-max-age")?,
            list_stale: self.duration("list-stale")?,
            refresh_patience: self.duration("refresh-patience")?,
            absence_max_age: self.duration("absence-max-age")?,
            absence_stale: self.duration("absence-stale")?,
            memory: self.size("memory-limit")? as u64,
            prefetch: match self.0.text("prefetch") {
                "off" => Level::Off,
                "mod" => Level::Mod,
                _ => Level::On,
            },
            disk: self.disk()?,
            denied: self.0.denied.clone(),
            scrub: self.scrub()?,
            log_private: self.switch("log-private")?,
            ..ProxyOptions::default()
        })
    }

    fn disk(&self) -> Result<DiskOptions, ConfigError> {
        let option = "disk-reserve";
        let given = self.0.get(option).map(|given| value::bytes(&given.text));
        let given = given.transpose().map_err(|why| self.0.error(option, why))?;
        Ok(DiskOptions {
            reserve: given.map_or(DiskReserve::Usual, DiskReserve::Bytes),
            measure: None,
        })
    }

    fn vulndb(&self) -> Result<Option<VulnerabilitySource>, ConfigError> {
        let is_chosen = self
            .0
            .get("vulndb")
            .is_some_and(|given| !given.is_default());
        match self.0.text("vulndb") {
            "off" => Ok(None),
            // Who is off the network is not asked to reach one place of it, every hour in vain.
            _ if !is_chosen && self.0.text("upstream") == "off" => Ok(None),
            text => VulnerabilitySource::parse(text)
                .map(Some)
                .map_err(|why| self.0.error("vulndb", why)),
        }
    }

    fn scrub(&self) -> Result<ScrubOptions, ConfigError> {
        let period = value::duration_or_off(self.0.text("scrub-period"))
            .map_err(|why| self.0.error("scrub-period", why))?;
        let percent = u8::try_from(self.count("scrub-cpu")?).ok();
        let share = percent.and_then(Share::percent).ok_or_else(|| {
            self.0
                .error("scrub-cpu", "it is a percentage of one core, from 1 to 100")
        })?;
        Ok(ScrubOptions {
            period,
            share,
            ..ScrubOptions::default()
        })
    }

    fn admin_listen(&self) -> Result<Option<ListenAddress>, ConfigError> {
        let option = "admin-listen";
        let given = self.0.get(option).map(|given| value::address(&given.text));
        given.transpose().map_err(|why| self.0.error(option, why))
    }

    fn public_hosts(&self) -> Result<Vec<String>, ConfigError> {
        let option = "public-host";
        let given = self.0.get(option).map_or("", |given| &given.text);
        let names = given.split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty()).map(value::host_name);
        let mut hosts: Vec<String> = names
            .collect::<Result<_, _>>()
            .map_err(|why| self.0.error(option, why))?;
        let url = self.public_url()?;
        hosts.extend(url.and_then(|url| url.host_str().map(str::to_owned)));
        Ok(hosts)
    }

    fn trusted_proxies(&self) -> Result<TrustedProxies, ConfigError> {
        let option = "trusted-proxies";
        let given = self.0.get(option).map_or("", |given| &given.text);
        given.parse().map_err(|why| self.0.error(option, why))
    }

    fn public_url(&self) -> Result<Option<Url>, ConfigError> {
        let option = "public-url";
        let given = self.0.get(option);
        let url = given.map(|given| value::public_url(&given.text));
        url.transpose().map_err(|why| self.0.error(option, why))
    }

    fn limits(&self) -> Result<Limits, ConfigError> {
        Ok(Limits {
            max_connections: self.count("max-connections")?,
            header_timeout: self.duration("client-header-timeout")?,
            idle_timeout: self.duration("idle-timeout")?,
            stall_timeout: self.duration("client-stall-timeout")?,
            lame_duck: self.duration("lame-duck")?,
            drain_timeout: self.duration("drain-timeout")?,
            answer_memory: self.size("answer-memory")?,
            posted_memory: self.size("posted-memory")?,
            ..Limits::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::is_ourselves;
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
}
