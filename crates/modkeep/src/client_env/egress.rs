//! `modkeep env --egress`: what a client, a sandbox and the server must reach.
//!
//! Whoever opens a firewall, or writes the allow list of a build sandbox, wants host and port and who
//! needs it for what, and nothing that is only reached by somebody else. It is computed from the
//! configuration; redirects of an upstream may lead on, which only the upstream knows.

use config::{Settings, VulnerabilitySource};
use gomod::goproxy::{ProxyList, ProxyListEntry};
use std::fmt::Write as _;
use upstream::{DatabaseRoute, SourceName};
use url::Url;

/// One thing that must be reached.
struct EgressDestination {
    from: &'static str,
    to: String,
    why: String,
}

/// The list, as a table for people.
pub(super) fn page(settings: &Settings, server: &str) -> String {
    let mut all = Vec::new();
    for from in ["client", "sandbox"] {
        all.push(destination(
            from,
            server,
            "modules, checksum database, toolchains",
        ));
    }
    sources(&mut all, &settings.upstream, "modules");
    if let Some(list) = &settings.private_upstream {
        sources(&mut all, list, "private modules");
    }
    for (name, route) in &settings.upstreams.databases {
        let why = match route {
            DatabaseRoute::Only(_) => format!("checksum database {name}"),
            DatabaseRoute::Fallback(_) => {
                format!("checksum database {name}, if no upstream mirrors it")
            }
        };
        all.push(destination("server", route.url().as_str(), &why));
    }
    for (key, url) in &settings.own.witnesses {
        let why = format!("witness {}", key.name());
        all.push(destination("server", url.reveal().as_str(), &why));
    }
    if let Some(VulnerabilitySource::Url(url)) = &settings.vulndb {
        all.push(destination(
            "server",
            url.reveal().as_str(),
            "vulnerability data",
        ));
    }
    written(&all)
}

fn sources(all: &mut Vec<EgressDestination>, list: &ProxyList, what: &str) {
    for (entry, _) in list.entries() {
        match entry {
            ProxyListEntry::Proxy(url) => all.push(destination("server", url.reveal(), what)),
            ProxyListEntry::Direct => all.push(EgressDestination {
                from: "client",
                to: "version control hosts".to_owned(),
                why: format!("{what} that no proxy has: this server does not fetch them itself"),
            }),
            ProxyListEntry::Off => {}
        }
    }
}

/// Host and port of a URL, without what may be secret in it.
fn destination(from: &'static str, url: &str, why: &str) -> EgressDestination {
    let shown = match Url::parse(url) {
        Ok(url) => match (url.host_str(), url.port_or_known_default()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            _ => SourceName::shown(url.as_str()).to_owned(),
        },
        Err(_) => "(not a URL)".to_owned(),
    };
    EgressDestination {
        from,
        to: shown,
        why: why.to_owned(),
    }
}

fn written(all: &[EgressDestination]) -> String {
    let widest = |of: fn(&EgressDestination) -> usize| all.iter().map(of).max().unwrap_or_default();
    let (from, to) = (widest(|it| it.from.len()), widest(|it| it.to.len()));
    let mut text = String::new();
    for EgressDestination {
        from: who,
        to: whom,
        why,
    } in all
    {
        let _ = writeln!(text, "{who:from$}  {whom:to$}  {why}");
    }
    text.push_str("Redirects of an upstream may lead to further hosts; ask who runs it.\n");
    text
}
