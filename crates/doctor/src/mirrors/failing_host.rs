//! Whether a diagnosis is about a public proxy that is not reached.

use super::known::{DATABASE, host_of, is_of_go, is_public_host, place_of};
use crate::diagnosis::{Diagnosis, DiagnosisReason, ReasonKind};
use gomod::artifact::Artifact;
use gomod::goproxy::ProxyUrl;
use gomod::path::ModulePath;
use gomod::version::Version;
use serde::Serialize;

/// A public host that is not reached, and what was asked of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailingHost {
    /// The host, with its port if that is written.
    pub host: String,
    /// Whether it is one of Go's own.
    pub is_of_go: bool,
    /// The module that was asked for, if the message names it.
    #[serde(skip)]
    pub module: Option<(ModulePath, Option<Version>)>,
}

/// Causes below HTTP that a network has, and the database's own name for them.
const CAUSES: [&str; 3] = [
    "tls/handshake",
    "tls/wrong-name",
    "sum/database-unreachable",
];

/// Families of which every cause is one of a network, but for a proxy of the environment.
const FAMILIES: [&str; 2] = ["network", "dns"];

/// Where Go's proxy sends for zips.
const STORAGE: (&str, &str) = ("storage.googleapis.com", "/proxy-golang-org");

/// The public proxy that a diagnosis is about, if there is one. `mirrors` are further hosts of that
/// kind.
pub fn failing(diagnosis: &Diagnosis, mirrors: &[&str]) -> Option<FailingHost> {
    let of_network = diagnosis
        .reasons
        .iter()
        .filter(|reason| is_of_network(reason));
    let mut found = of_network.filter_map(|reason| of_reason(reason, mirrors));
    found.next()
}

fn is_of_network(reason: &DiagnosisReason) -> bool {
    let ReasonKind::Cause(cause) = reason.what else {
        return false;
    };
    let is_meant = FAMILIES.contains(&cause.family()) || CAUSES.contains(&cause.id);
    is_meant && cause.id != "network/http-proxy"
}

// === impl FailingHost ===

impl FailingHost {
    /// The proxy that failed, to be asked from here as well; nothing if what failed is no proxy.
    pub fn proxy(&self) -> Option<ProxyUrl> {
        let host = host_of(&self.host);
        let is_proxy = is_public_host(host) && host != DATABASE && host.matches('.').count() > 1;
        let url = format!("https://{}", self.host);
        ProxyUrl::parse(&url).ok().filter(|_| is_proxy)
    }

    /// A source of this machine's list, if it is a public proxy; `module` is what was asked of it, as
    /// `MODULE@VERSION`.
    pub fn of_source(source: &str, module: &str, mirrors: &[&str]) -> Option<Self> {
        let module = match module.split_once('@') {
            Some((path, version)) => (path, Version::parse(version).ok()),
            None => (module, None),
        };
        let path = ModulePath::parse(module.0).ok();
        Self::at(
            place_of(source),
            "",
            mirrors,
            path.map(|path| (path, module.1)),
        )
    }

    fn at(
        place: &str,
        url: &str,
        mirrors: &[&str],
        module: Option<(ModulePath, Option<Version>)>,
    ) -> Option<Self> {
        let host = host_of(place);
        let is_storage = host == STORAGE.0 && url.contains(STORAGE.1);
        let is_of_go = is_of_go(host) || is_storage;
        let is_mirror = mirrors.iter().any(|mirror| place_of(mirror) == place);
        (is_of_go || is_public_host(host) || is_mirror).then(|| Self {
            host: place.to_owned(),
            is_of_go,
            module,
        })
    }
}

fn of_reason(reason: &DiagnosisReason, mirrors: &[&str]) -> Option<FailingHost> {
    let url = reason.parts.get("url").unwrap_or_default();
    let place = if url.is_empty() {
        reason.parts.get("host")?
    } else {
        place_of(url)
    };
    // The URL of a page, at which a module is looked for, names a package at best.
    let module = if url.is_empty() {
        subject(reason)
    } else {
        of_url(url)
    };
    FailingHost::at(place, url, mirrors, module)
}

/// What a URL of a proxy or a database asks for.
fn of_url(url: &str) -> Option<(ModulePath, Option<Version>)> {
    let (_, rest) = url.split_once("://")?;
    let (_, path) = rest.split_once('/')?;
    if let Some((_, record)) = path
        .split_once("/lookup/")
        .or_else(|| path.split_once("lookup/"))
    {
        let (module, version) = record.split_once('@')?;
        let version = Version::unescape(version).ok();
        return Some((ModulePath::unescape(module).ok()?, version));
    }
    // A base with a path stands before the module; a module's first element has a dot.
    let mut candidate = path;
    loop {
        if let Some(found) = of_path(candidate) {
            return Some(found);
        }
        candidate = candidate.split_once('/')?.1;
    }
}

fn of_path(path: &str) -> Option<(ModulePath, Option<Version>)> {
    if let Ok(artifact) = Artifact::from_escaped_path(path) {
        return Some((artifact.module, Some(artifact.version)));
    }
    let module = path
        .split_once("/@v/")
        .or_else(|| path.split_once("/@latest"))?
        .0;
    let module = ModulePath::unescape(module).ok()?;
    module
        .as_str()
        .split('/')
        .next()?
        .contains('.')
        .then_some((module, None))
}

fn subject(reason: &DiagnosisReason) -> Option<(ModulePath, Option<Version>)> {
    let module = ModulePath::parse(reason.parts.get("module")?).ok()?;
    let version = reason.parts.get("version");
    Some((
        module,
        version.and_then(|version| Version::parse(version).ok()),
    ))
}
