//! Plan: whom `go` would ask for a module.

use super::ProbeRole;
use super::place::authority;
use crate::environment::{GoEnvironment, database_name};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gomod::goproxy::{ProxyFallback, ProxyList, ProxyListEntry, ProxyUrl};
use gomod::path::ModulePath;
use gomod::pattern::ModulePatterns;
use gomod::version::Version;
use std::fmt;

/// A source to ask for a module.
#[derive(Clone, PartialEq, Eq)]
pub struct ProbeTarget {
    /// The source, without secrets.
    pub source: String,
    pub(crate) role: ProbeRole,
    pub(crate) is_https: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The path of the base URL, without a slash at its end.
    pub(crate) base: String,
    /// The value of the `Authorization` header, if there is one. Sent over TLS only.
    pub(crate) authorization: Option<String>,
    pub(crate) goes_on: bool,
    pub(crate) module: ModulePath,
    pub(crate) version: Option<Version>,
    /// The checksum database that is asked through this proxy, if any is.
    pub(crate) database: Option<String>,
}

/// What `go` asks for a module: the proxies in their order, and the checksum database at its own
/// address. Nothing for a module that goes past all proxies, for a list that `go` cannot read, and
/// for `off` and `direct`, which are no hosts.
pub fn plan(
    environment: &GoEnvironment,
    module: &ModulePath,
    version: Option<&Version>,
) -> Vec<ProbeTarget> {
    let matches =
        |name: &str| ModulePatterns::parse(environment.value(name)).matches(module.as_str());
    let Ok(list) = ProxyList::parse(environment.value("GOPROXY")) else {
        return Vec::new();
    };
    // `go env` has filled in what GOPRIVATE means for the others.
    if matches("GONOPROXY") {
        return Vec::new();
    }
    let database = SumdbSetting::of(environment.value("GOSUMDB")).filter(|_| !matches("GONOSUMDB"));
    let through_proxies = database
        .as_ref()
        .filter(|database| database.url.is_none())
        .map(|database| database.name.clone());
    let mut targets: Vec<ProbeTarget> = list
        .entries()
        .iter()
        .filter_map(|(entry, fallback)| {
            let ProxyListEntry::Proxy(url) = entry else {
                return None;
            };
            let mut target = ProbeTarget::new(url, module, version)?;
            target.goes_on = *fallback == ProxyFallback::OnAnyError;
            target.database.clone_from(&through_proxies);
            Some(target)
        })
        .collect();
    if !targets.is_empty() {
        targets.extend(database.and_then(|database| database.target(module)));
    }
    targets
}

/// What GOSUMDB says.
struct SumdbSetting {
    name: String,
    /// Where it is, if that is written; then proxies are not asked for it.
    url: Option<String>,
}

// === impl SumdbSetting ===

impl SumdbSetting {
    fn of(setting: &str) -> Option<Self> {
        let name = database_name(setting)?;
        let mut words = setting.split_whitespace();
        // The second name of the public database is an address too.
        let alias = words
            .next()
            .filter(|word| *word != name && !word.contains('+'));
        let url = words.next().map(str::to_owned);
        (!name.is_empty() && name != "off").then(|| Self {
            name: name.to_owned(),
            url: url.or_else(|| alias.map(|alias| format!("https://{alias}"))),
        })
    }

    fn target(self, module: &ModulePath) -> Option<ProbeTarget> {
        let url = self.url.unwrap_or_else(|| format!("https://{}", self.name));
        let url = ProxyUrl::parse(&url).ok()?;
        let mut target = ProbeTarget::new(&url, module, None)?;
        target.role = ProbeRole::Database;
        Some(target)
    }
}

// === impl ProbeTarget ===

impl ProbeTarget {
    /// A proxy at this URL, as the only one of its list.
    fn new(url: &ProxyUrl, module: &ModulePath, version: Option<&Version>) -> Option<Self> {
        let (scheme, rest) = url.reveal().split_once("://")?;
        let is_https = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        let (host, port) = host_and_port(place, is_https)?;
        let base = path.split(['?', '#']).next()?.trim_end_matches('/');
        Some(Self {
            source: url.to_string(),
            role: ProbeRole::Proxy,
            is_https,
            host,
            port,
            base: base.to_owned(),
            authorization: user.map(|user| format!("Basic {}", STANDARD.encode(user))),
            goes_on: false,
            module: module.clone(),
            version: version.cloned(),
            database: None,
        })
    }

    /// With these credentials, as a netrc has them.
    #[must_use]
    pub fn with_credentials(mut self, user: &str, password: &str) -> Self {
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        self.authorization = Some(format!("Basic {credentials}"));
        self
    }

    /// The variable that names the HTTP proxy through which `go` asks this source, if there is one. A
    /// probe connects by itself, so what it sees is then not what `go` sees.
    pub fn http_proxy(&self, environment: &GoEnvironment) -> Option<&'static str> {
        environment.http_proxy(self.is_https, &self.host)
    }

    /// Host and port as a netrc has them.
    pub fn authority(&self) -> String {
        authority(&self.host, self.port, self.is_https)
    }
}

/// Without the credentials.
impl fmt::Debug for ProbeTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("source", &self.source)
            .field("module", &self.module)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

fn host_and_port(place: &str, is_https: bool) -> Option<(String, u16)> {
    let usual = if is_https { 443 } else { 80 };
    if let Some(rest) = place.strip_prefix('[') {
        let (host, behind) = rest.split_once(']')?;
        let port = behind.strip_prefix(':').map_or(Ok(usual), str::parse);
        return Some((host.to_owned(), port.ok()?));
    }
    Some(match place.rsplit_once(':') {
        Some((host, port)) => (host.to_owned(), port.parse().ok()?),
        None => (place.to_owned(), usual),
    })
}

#[cfg(test)]
mod tests {
    use super::plan;
    use crate::environment::{ClientReadings, GoEnvironment};
    use gomod::path::ModulePath;

    #[test]
    fn the_database_is_asked_where_go_asks_it() {
        for (setting, address, through_proxies) in [
            (
                "sum.golang.org",
                "https://sum.golang.org",
                Some("sum.golang.org"),
            ),
            ("sum.golang.google.cn", "https://sum.golang.google.cn", None),
            (
                "sum.golang.org https://s.example.com",
                "https://s.example.com",
                None,
            ),
            (
                "sum.example.com+033de0ae+x",
                "https://sum.example.com",
                Some("sum.example.com"),
            ),
        ] {
            let json = format!(r#"{{"GOPROXY":"https://p.example.com","GOSUMDB":"{setting}"}}"#);
            let readings = ClientReadings {
                env_json: &json,
                ..ClientReadings::default()
            };
            let environment = GoEnvironment::read(&readings).unwrap();
            let module = ModulePath::parse("example.com/a").unwrap();
            let targets = plan(&environment, &module, None);
            let [proxy, database] = targets.as_slice() else {
                panic!("{setting}: {targets:?}");
            };
            assert_eq!(proxy.database.as_deref(), through_proxies, "{setting}");
            assert_eq!(database.source, address, "{setting}");
        }
    }
}
