//! The client: how `go` is set up here, and the proxies that it would ask.

use super::machine::SettingFiles;
use doctor::{GoEnvironment, environment::credentials};
use gomod::{
    goproxy::{ProxyList, ProxyListEntry, ProxyUrl},
    path::ModulePath,
    pattern::ModulePatterns,
};
use upstream::{UpstreamOptions, Upstreams};
use url::Url;

/// Proxies of a list that are asked. Nobody has as many.
const MOST_PROXIES: usize = 8;

/// How `go` is set up here.
pub(super) struct GoClient {
    pub(super) environment: GoEnvironment,
    netrc: String,
}

// === impl GoClient ===

impl GoClient {
    /// Reads the settings; none if `go` cannot say them.
    pub(super) fn read() -> Option<Self> {
        let env_json = config::go(&["env", "-json"])?;
        let files = SettingFiles::read(&env_json);
        let environment = GoEnvironment::read(&files.readings(&env_json)).ok()?;
        let netrc = files.netrc.unwrap_or_default();
        Some(Self { environment, netrc })
    }

    /// Whether one of the settings that hold patterns, such as GONOPROXY, names the module. `go env`
    /// has filled in what GOPRIVATE means for the others.
    pub(super) fn names(&self, setting: &str, module: &ModulePath) -> bool {
        ModulePatterns::parse(self.environment.value(setting)).matches(module.as_str())
    }

    /// The GOPROXY list, if it can be read.
    pub(super) fn list(&self) -> Option<ProxyList> {
        ProxyList::parse(self.environment.value("GOPROXY")).ok()
    }

    /// The proxies of the list, each once.
    pub(super) fn proxies(&self) -> Vec<ProxyUrl> {
        let list = self.list();
        let mut proxies: Vec<ProxyUrl> = Vec::new();
        for (entry, _) in list.iter().flat_map(ProxyList::entries) {
            if let ProxyListEntry::Proxy(url) = entry
                && !proxies.contains(url)
                && proxies.len() < MOST_PROXIES
            {
                proxies.push(url.clone());
            }
        }
        proxies
    }

    /// The name of a proxy where people read it: its URL without secrets, and a number where that
    /// leaves two alike.
    pub(super) fn name_of(&self, proxy: &ProxyUrl) -> String {
        let name = proxy.to_string();
        let proxies = self.proxies();
        let before = proxies.iter().take_while(|known| *known != proxy);
        match before.filter(|known| known.to_string() == name).count() {
            0 => name,
            others => format!("{name} (number {})", others + 1),
        }
    }

    /// A URL with the credentials that netrc has for its host, which are for TLS only.
    pub(super) fn with_credentials(&self, proxy: &ProxyUrl) -> Option<Url> {
        let mut url = Url::parse(proxy.reveal()).ok()?;
        if url.scheme() == "https" && url.username().is_empty() {
            let host = match (url.host_str()?, url.port()) {
                (host, Some(port)) => format!("{host}:{port}"),
                (host, None) => host.to_owned(),
            };
            if let Some((user, password)) = credentials(&self.netrc, &host) {
                url.set_username(user).ok()?;
                url.set_password(Some(password)).ok()?;
            }
        }
        Some(url)
    }

    /// One proxy as the only source, asked plainly: no breaker, no second question.
    pub(super) fn source(&self, proxy: &ProxyUrl) -> Result<Upstreams, String> {
        let url = self
            .with_credentials(proxy)
            .ok_or("its URL cannot be used")?;
        // Separators of the list's grammar may stand in a password.
        let text = url.as_str().replace(',', "%2C").replace('|', "%7C");
        let list = ProxyList::parse(&text).map_err(|error| error.to_string())?;
        let options = UpstreamOptions {
            breaker: false,
            hedge: false,
            ..UpstreamOptions::default()
        };
        Upstreams::new(&list, &options).map_err(|error| error.to_string())
    }
}
