//! Settings: the resolved texts as typed values, with what only several of them together tell.

use super::{
    VulnerabilitySource,
    config_value::ConfigValue,
    error::ConfigError,
    resolve::ResolvedConfig,
    sumdb,
    tables::Configuration,
    types::{
        AuthRequirement, ByteSize, DurationOrOff, LogFormat, MirrorExtent, PrefetchMode,
        RecordScope, SourceList, VerifyMode,
    },
    upstream_entry::UpstreamEntry,
    value, witness,
};
use access::{AccessPolicy, CoveredModules};
use checksumdb::{Mode, Scope, VerifyOptions};
use codes::Code;
use gomod::goproxy::{ProxyList, ProxyListEntry};
use oidc::ProviderSettings;
use prefetch::Level;
use proxy::ProxyOptions;
use publish::PublishOptions;
use repair::{ScrubOptions, Share};
use server::{Limits, ListenAddress, TlsFiles, TrustedProxies};
use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};
use store::{BucketLocation, BucketOptions, DiskOptions, DiskReserve, own::check_name};
use tlog::note::VerifierKey;

use upstream::{AllowedNets, DatabaseRoute, SourceOptions, SourceUrl, UpstreamOptions};
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
    /// Where everything is kept.
    pub store: StoreSettings,
    /// TLS towards clients, if it is wanted.
    pub tls: Option<TlsSettings>,
    /// Who may do what.
    pub access: AccessPolicy,
    /// Whose tokens are believed, beside those of this site.
    pub issuers: ProviderSettings,
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

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsSettings {
    /// From these files.
    Files(TlsFiles),
    /// It is made here.
    SelfSigned {
        /// Roots of client certificates.
        client_roots: Option<PathBuf>,
    },
}

/// Where everything is kept.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// Data directory.
    pub data: PathBuf,
    /// The bucket that artifacts lie in, if one is named.
    pub bucket: Option<BucketOptions>,
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

// === impl Settings ===

impl Settings {
    /// What the values amount to.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn of(resolved: &ResolvedConfig) -> Result<Self, ConfigError> {
        let options = &resolved.options;
        let read = CombinedOptions { resolved, options };
        let listen = &options.listen;
        let (upstream, private) = (&options.upstream, &options.private.upstream);
        Ok(Self {
            listen: listen.addresses.to_vec(),
            listen_is_default: listen.addresses.is_default(),
            take_over: *listen.take_over,
            admin_listen: (*listen.admin).clone(),
            public_hosts: read.public_hosts()?,
            trusted_proxies: read.trusted_proxies()?,
            public_url: listen.public_url.as_ref().map(without_slash),
            store: StoreSettings::of(resolved)?,
            tls: read.tls()?,
            access: read.access()?,
            issuers: resolved.issuers().clone(),
            upstream: list(upstream, upstream, &listen.addresses)?,
            upstream_is_built_in: upstream.is_default(),
            private_upstream: match private.as_ref() {
                Some(sources) => Some(list(private, sources, &listen.addresses)?),
                None => None,
            },
            own: read.own()?,
            upstreams: read.upstreams()?,
            proxy: read.proxy()?,
            sumdb_mirror: *options.sumdb.mirror == MirrorExtent::Tiles,
            sumdb_mirror_rate: rate(*options.sumdb.mirror_rate),
            vulndb: read.vulndb()?,
            advisories: (*options.vulndb.advisories).clone(),
            config_file: resolved.file.clone(),
            limits: read.limits(),
            log_format: *options.log.format,
            log_level: options.log.level.as_ref().map(|filter| filter.0.clone()),
        })
    }
}

// === impl StoreSettings ===

impl StoreSettings {
    /// What the values say about it.
    ///
    /// # Errors
    /// No directory is named, not even by the platform; or the bucket is one only in part.
    pub fn of(resolved: &ResolvedConfig) -> Result<Self, ConfigError> {
        let options = &resolved.options;
        let (directory, blobs) = (&options.storage.directory, &options.blobs);
        let none = || directory.error("the platform names no data directory; give one");
        let endpoint = blobs.endpoint.as_ref().map(without_slash);
        if blobs.location.is_none() && endpoint.is_some() {
            let error = blobs.endpoint.error("no bucket is named");
            return Err(error.together_with(blobs.location.option()));
        }
        let bucket = |location: &BucketLocation| BucketOptions {
            location: location.clone(),
            endpoint,
            region: (*blobs.region).clone(),
            ca: (*options.fetch.ca).clone(),
        };
        Ok(Self {
            data: directory.as_ref().cloned().ok_or_else(none)?,
            bucket: blobs.location.as_ref().map(bucket),
        })
    }
}

fn list<T>(
    setting: &ConfigValue<T>,
    sources: &SourceList,
    listen: &[ListenAddress],
) -> Result<ProxyList, ConfigError> {
    let refused = |why: &dyn std::fmt::Display| setting.error(why).coded(Code::BadUpstreamList);
    let list = ProxyList::parse(sources.reveal()).map_err(|error| refused(&error))?;
    let ours = listen.iter().filter_map(ListenAddress::tcp);
    let mut named = ours.filter(|ours| {
        let mut entries = list.entries().iter();
        entries.any(|(entry, _)| is_ourselves(entry, *ours))
    });
    if let Some(listen) = named.next() {
        return Err(refused(&format!(
            "it names {listen}, this server itself; set --{} to where modules come from",
            setting.option().flag
        )));
    }
    Ok(list)
}

/// A count of requests a second.
fn rate(count: usize) -> NonZeroU32 {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)
}

/// A size in memory.
fn size(bytes: ByteSize) -> usize {
    usize::try_from(bytes.0).unwrap_or(usize::MAX)
}

fn without_slash(url: &Url) -> String {
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

/// What only several options together tell.
struct CombinedOptions<'a> {
    resolved: &'a ResolvedConfig,
    options: &'a Configuration,
}

impl CombinedOptions<'_> {
    fn tls(&self) -> Result<Option<TlsSettings>, ConfigError> {
        let tls = &self.options.tls;
        let client_roots = (*tls.client_ca).clone();
        match (tls.certificate.as_ref(), tls.key.as_ref(), *tls.self_signed) {
            (None, None, false) if client_roots.is_some() => {
                let error = tls
                    .client_ca
                    .error("client certificates are asked for over TLS only");
                Err(error.together_with(tls.certificate.option()))
            }
            (None, None, false) => Ok(None),
            (None, None, true) => Ok(Some(TlsSettings::SelfSigned { client_roots })),
            (Some(certificate), Some(key), false) => Ok(Some(TlsSettings::Files(TlsFiles {
                certificate: certificate.clone(),
                key: key.clone(),
                client_roots,
            }))),
            (Some(_), None, _) => {
                let error = tls.certificate.error("its key is missing");
                Err(error.together_with(tls.key.option()))
            }
            (None, Some(_), _) => {
                let error = tls.key.error("its certificate is missing");
                Err(error.together_with(tls.certificate.option()))
            }
            (Some(_), Some(_), true) => {
                let error = tls.self_signed.error("a certificate is given already");
                Err(error.together_with(tls.certificate.option()))
            }
        }
    }

    /// Whoever writes rules, or names an issuer, means it: it is in force without a further word.
    fn access(&self) -> Result<AccessPolicy, ConfigError> {
        let rules = self.resolved.tables.access.clone();
        let issuers = &self.resolved.tables.issuers;
        let names_issuers = issuers.issuer.is_some() || !issuers.ci.is_empty();
        let require = &self.options.auth.require;
        let covered = match **require {
            Some(AuthRequirement::Off) if !rules.is_empty() => {
                return Err(require
                    .error("there are [[access]] rules, and nobody would be asked who calls"));
            }
            Some(AuthRequirement::Off) => CoveredModules::None,
            None if rules.is_empty() && !names_issuers => CoveredModules::None,
            None | Some(AuthRequirement::Private) => CoveredModules::Private,
            Some(AuthRequirement::All) => CoveredModules::All,
        };
        Ok(AccessPolicy::new(covered, rules))
    }

    fn upstreams(&self) -> Result<UpstreamOptions, ConfigError> {
        let fetch = &self.options.fetch;
        let mut options = UpstreamOptions {
            connect: *fetch.connect_timeout,
            header: *fetch.header_timeout,
            silence: *fetch.silence,
            breaker: *fetch.breaker,
            hedge: *fetch.hedge,
            stall: *fetch.stall_timeout,
            max_in_flight: *fetch.requests,
            allow_net: match fetch.allow_net.as_ref() {
                Some(nets) => {
                    let nets = nets.as_str().parse();
                    nets.map_err(|why| fetch.allow_net.error(why))?
                }
                None => AllowedNets::default(),
            },
            credentials: (*fetch.credentials).clone(),
            ca: (*fetch.ca).clone(),
            per_source: self.per_source(),
            ..UpstreamOptions::default()
        };
        if let Some(database) = self.directly()?
            && (*self.options.verify.mode != VerifyMode::Off
                || matches!(database.route, DatabaseRoute::Only(_)))
        {
            // Where nothing is verified, clients may as well go to the database themselves.
            options.databases.insert(database.name, database.route);
        }
        Ok(options)
    }

    /// What the tables of upstreams say beyond the list.
    fn per_source(&self) -> Vec<(Url, SourceOptions)> {
        let private = self.options.private.upstream.as_ref();
        let entries = &self.options.upstream.entries;
        let entries = entries
            .iter()
            .chain(private.iter().flat_map(|list| &list.entries));
        let source = |entry: &UpstreamEntry| {
            let options = SourceOptions {
                name: entry.name.clone(),
                breaker: entry.breaker,
                credentials: entry.credentials.clone(),
                grant: entry.grant(),
            };
            Some((entry.source()?, options))
        };
        entries.filter_map(source).collect()
    }

    /// The database as it is reached: one whose name is private is not asked of the upstreams first.
    fn directly(&self) -> Result<Option<sumdb::Database>, ConfigError> {
        let private = self.resolved.private()?;
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
        let database = &self.options.sumdb.database;
        sumdb::parse(database.reveal()).map_err(|why| database.error(why))
    }

    fn verify(&self) -> Result<VerifyOptions, ConfigError> {
        let verify = &self.options.verify.mode;
        let mode = match **verify {
            VerifyMode::Required => Mode::Required,
            VerifyMode::Available => Mode::Available,
            VerifyMode::Off => Mode::Off,
        };
        let asked = !verify.is_default();
        let (mode, database) =
            sumdb::verified(mode, asked, self.database()?.as_ref()).map_err(|why| {
                verify
                    .error(why)
                    .together_with(self.options.sumdb.database.option())
            })?;
        Ok(VerifyOptions {
            mode,
            database: Some(database),
            private: self.resolved.private()?,
            no_sumdb: self.resolved.no_sumdb()?,
        })
    }

    fn own(&self) -> Result<OwnSettings, ConfigError> {
        let own = &self.options.own_sumdb;
        let scope = match *own.scope {
            RecordScope::Private => Scope::Private,
            RecordScope::All => Scope::All,
        };
        if let Some(name) = own.name.as_ref() {
            check_name(name).map_err(|error| own.name.error(error))?;
            if scope == Scope::All && self.verify()?.mode == Mode::Off {
                let why = "public records are copied after proof, and --verify is off";
                let verify = self.options.verify.mode.option();
                return Err(own.scope.error(why).together_with(verify));
            }
        }
        let witnesses = match own.witnesses.as_ref() {
            Some(list) => witness::parse(list.reveal()).map_err(|why| own.witnesses.error(why))?,
            None => Vec::new(),
        };
        let quorum = own.witness_quorum.unwrap_or(0);
        if quorum > witnesses.len() {
            let why = format!("there are {} witnesses only", witnesses.len());
            let error = own.witness_quorum.error(why);
            return Err(error.together_with(own.witnesses.option()));
        }
        Ok(OwnSettings {
            active: (*own.name).clone(),
            scope,
            witnesses,
            quorum,
        })
    }

    fn proxy(&self) -> Result<ProxyOptions, ConfigError> {
        let cache = &self.options.cache;
        Ok(ProxyOptions {
            verify: self.verify()?,
            list_max_age: *cache.list_max_age,
            list_stale: *cache.list_stale,
            refresh_patience: *cache.refresh_patience,
            absence_max_age: *cache.absence_max_age,
            absence_stale: *cache.absence_stale,
            memory: cache.memory.0,
            prefetch: match *self.options.prefetch.mode {
                PrefetchMode::Off => Level::Off,
                PrefetchMode::Mod => Level::Mod,
                PrefetchMode::On => Level::On,
            },
            disk: self.disk(),
            denied: self.resolved.tables.denied.clone(),
            scrub: self.scrub()?,
            log_private: *self.options.log.private,
            publish: self.publish()?,
            ..ProxyOptions::default()
        })
    }

    fn publish(&self) -> Result<PublishOptions, ConfigError> {
        let publish = &self.options.publish;
        Ok(PublishOptions {
            modules: self.resolved.published()?,
            require_tag: *publish.require_tag,
            allow_pseudo: *publish.pseudo,
            list_retired: *publish.list_retired,
        })
    }

    fn disk(&self) -> DiskOptions {
        let reserve = *self.options.storage.disk_reserve;
        DiskOptions {
            reserve: reserve.map_or(DiskReserve::Usual, |reserve| DiskReserve::Bytes(reserve.0)),
            measure: None,
        }
    }

    fn vulndb(&self) -> Result<Option<VulnerabilitySource>, ConfigError> {
        let source = &self.options.vulndb.source;
        match source.reveal() {
            "off" => Ok(None),
            // Who is off the network is not asked to reach one place of it, every hour in vain.
            _ if source.is_default() && self.options.upstream.reveal() == "off" => Ok(None),
            text => VulnerabilitySource::parse(text)
                .map(Some)
                .map_err(|why| source.error(why)),
        }
    }

    fn scrub(&self) -> Result<ScrubOptions, ConfigError> {
        let scrub = &self.options.scrub;
        let DurationOrOff(period) = *scrub.period;
        let percent = u8::try_from(*scrub.cpu).ok();
        let share = percent.and_then(Share::percent).ok_or_else(|| {
            let why = "it is a percentage of one core, from 1 to 100";
            scrub.cpu.error(why)
        })?;
        Ok(ScrubOptions {
            period,
            share,
            ..ScrubOptions::default()
        })
    }

    fn public_hosts(&self) -> Result<Vec<String>, ConfigError> {
        let listen = &self.options.listen;
        let names = listen.public_hosts.as_ref();
        let names = names.map_or("", |names| names.as_str()).split(',');
        let names = names.map(str::trim).filter(|name| !name.is_empty());
        let mut hosts: Vec<String> = names
            .map(value::host_name)
            .collect::<Result<_, _>>()
            .map_err(|why| listen.public_hosts.error(why))?;
        let url = listen.public_url.as_ref();
        hosts.extend(url.and_then(|url| url.host_str().map(str::to_owned)));
        Ok(hosts)
    }

    fn trusted_proxies(&self) -> Result<TrustedProxies, ConfigError> {
        let proxies = &self.options.listen.trusted_proxies;
        let nets = proxies.as_ref().map_or("", |nets| nets.as_str());
        nets.parse().map_err(|why| proxies.error(why))
    }

    fn limits(&self) -> Limits {
        let (limits, listen) = (&self.options.limits, &self.options.listen);
        Limits {
            max_connections: *limits.max_connections,
            header_timeout: *limits.header_timeout,
            idle_timeout: *limits.idle_timeout,
            stall_timeout: *limits.stall_timeout,
            lame_duck: *listen.lame_duck,
            drain_timeout: *listen.drain_timeout,
            answer_memory: size(*limits.answer_memory),
            posted_memory: size(*limits.posted_memory),
            ..Limits::default()
        }
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
