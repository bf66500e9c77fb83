//! Where modules come from: GOPROXY, and what is sent there.

use super::{LintCase, LintRule, about};
use crate::cause::RemedyKind;
use crate::environment::{GoEnvironment, GoSettingOrigin};
use crate::mirrors::{INSIDE, is_public};
use gomod::goproxy::{ProxyFallback, ProxyList, ProxyListEntry, ProxyUrl};

pub(super) static EMPTY: LintRule = LintRule {
    id: "env/empty-proxy",
    title: "GOPROXY is set to nothing",
    believed: "An empty GOPROXY turns the proxy off.",
    truth: "An empty variable counts as unset: go uses its default list, and module names go to a public proxy.",
};

pub(super) static UNREADABLE: LintRule = LintRule {
    id: "env/unreadable-proxy",
    title: "GOPROXY is not a list that go can use",
    believed: "The entry is used.",
    truth: "Entries are URLs (https, http, file), direct or off, separated by , or |; every fetch fails on anything else.",
};

pub(super) static BEHIND_END: LintRule = LintRule {
    id: "env/behind-the-end",
    title: "what stands behind direct or off is never asked",
    believed: "The list goes on behind direct.",
    truth: "direct and off end the list, whatever follows: the sources behind them are not used.",
};

pub(super) static PIPE_DIRECT: LintRule = LintRule {
    id: "env/pipe-before-direct",
    title: "any fault of the proxy sends everything past it",
    believed: "| only makes the list more robust.",
    truth: "After | go tries the next entry on every error, refusals and time-outs too: with direct behind it no rule of the proxy holds, and a fault of it floods the code hosts.",
};

pub(super) static DIRECT: LintRule = LintRule {
    id: "env/direct-behind-proxy",
    title: "what the proxy does not have is fetched past it",
    believed: ",direct is a safe fallback behind a proxy with rules.",
    truth: "Every 404 of the proxy goes on to direct: names of private modules reach public hosts, and what the proxy hides is fetched all the same.",
};

pub(super) static CREDENTIALS_ON_HTTP: LintRule = LintRule {
    id: "env/credentials-on-http",
    title: "GOPROXY has a password in an http URL",
    believed: "The password is sent.",
    truth: "go refuses to send credentials over http, where anybody on the way reads along; every fetch fails.",
};

pub(super) static NETRC_WITHOUT_PORT: LintRule = LintRule {
    id: "env/netrc-without-port",
    title: "netrc names the proxy without its port",
    believed: "The host name is enough.",
    truth: "go compares host and port as they stand in the URL; an entry without the port is not used for it.",
};

pub(super) static OLD_AUTH: LintRule = LintRule {
    id: "env/goauth-form",
    title: "GOAUTH is not in the form that go reads",
    believed: "Commands are separated by commas.",
    truth: "GOAUTH is a list of commands separated by semicolons: off (alone), netrc, git DIRECTORY (absolute), or a program.",
};

pub(super) static HTTP_PROXY: LintRule = LintRule {
    id: "env/http-proxy-catches",
    title: "the company's HTTP proxy stands before the module proxy",
    believed: "Internal hosts are reached directly.",
    truth: "HTTPS_PROXY and HTTP_PROXY hold for every host that NO_PROXY does not name; only loopback is left out by itself.",
};

pub(super) fn lint(environment: &GoEnvironment) -> Vec<LintCase> {
    let mut lints = Vec::new();
    lints.extend(empty(environment));
    let is_set = environment
        .get("GOPROXY")
        .is_some_and(|setting| setting.origin != GoSettingOrigin::Default);
    if is_set {
        match ProxyList::parse(environment.value("GOPROXY")) {
            Ok(list) if list.entries().iter().all(|(entry, _)| has_host(entry)) => {
                lints.extend(of_list(environment, &list));
            }
            Ok(_) | Err(_) => lints.push(unreadable(environment)),
        }
    }
    lints.extend(old_auth(environment));
    lints
}

fn empty(environment: &GoEnvironment) -> Option<LintCase> {
    let origin = environment.set_to_nothing("GOPROXY")?;
    let lint = LintCase {
        origin,
        value: String::new(),
        ..about(&EMPTY, environment, "GOPROXY")
    };
    Some(
        lint.set("direct", "no proxy: modules come from their code hosts")
            .set("off", "nothing is fetched at all"),
    )
}

fn unreadable(environment: &GoEnvironment) -> LintCase {
    let lint = about(&UNREADABLE, environment, "GOPROXY");
    match with_commas(environment.value("GOPROXY")) {
        Some(value) => lint.set(&value, "the same entries, separated as go reads them"),
        None => lint.unset("go uses its default list again"),
    }
}

/// The entries with commas between them, if that makes a list of URLs without secrets.
fn with_commas(value: &str) -> Option<String> {
    let is_separator =
        |letter: char| letter.is_whitespace() || ",;\u{ff0c}\u{3001}".contains(letter);
    let words = value
        .split(is_separator)
        .map(|word| word.trim_matches(['"', '\'']));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let text = words.join(",");
    let list = ProxyList::parse(&text).ok()?;
    let is_usable = |entry: &ProxyListEntry| match entry {
        ProxyListEntry::Proxy(url) => {
            is_open(url) && has_host(entry) && host(url).is_some_and(|host| host.contains('.'))
        }
        ProxyListEntry::Direct | ProxyListEntry::Off => true,
    };
    let is_open = list.entries().iter().all(|(entry, _)| is_usable(entry));
    (is_open && text != value).then_some(text)
}

/// Whether the host of an entry is one that can exist: `go` takes more for a host, such as what a
/// semicolon separates, and then no name server knows it.
fn has_host(entry: &ProxyListEntry) -> bool {
    let ProxyListEntry::Proxy(url) = entry else {
        return true;
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]%".contains(&byte);
    url.reveal().starts_with("file:") || host(url).is_none_or(|host| host.bytes().all(is_plain))
}

/// Whether a URL has nothing in it that is not shown.
fn is_open(url: &ProxyUrl) -> bool {
    crate::parts::without_user(url.reveal()) == url.reveal() && !url.reveal().contains(['?', '#'])
}

/// Sources behind the end of the list.
fn behind_the_end(environment: &GoEnvironment) -> Option<LintCase> {
    let value = environment.value("GOPROXY");
    let entries: Vec<&str> = value.split([',', '|']).map(str::trim).collect();
    let end = entries
        .iter()
        .position(|entry| matches!(*entry, "direct" | "off"))?;
    let is_source = |entry: &&str| !entry.is_empty() && !matches!(*entry, "direct" | "off");
    let (before, behind) = entries.split_at(end + 1);
    let behind: Vec<&str> = behind.iter().copied().filter(is_source).collect();
    if behind.is_empty() {
        return None;
    }
    let lint = about(&BEHIND_END, environment, "GOPROXY");
    let last = before.last().copied().unwrap_or_default();
    let sources = before.iter().copied().filter(is_source).chain(behind);
    let meant = sources.chain((last == "direct").then_some(last));
    let meant = meant.collect::<Vec<_>>().join(",");
    let is_open = ProxyList::parse(&meant).is_ok_and(|sources| {
        let mut entries = sources.entries().iter();
        entries.all(|(entry, _)| !matches!(entry, ProxyListEntry::Proxy(url) if !is_open(url)))
    });
    Some(if is_open {
        lint.set(&meant, "the sources are asked first, as was meant")
    } else {
        lint
    })
}

fn of_list(environment: &GoEnvironment, sources: &ProxyList) -> Vec<LintCase> {
    let mut lints = Vec::new();
    lints.extend(behind_the_end(environment));
    lints.extend(fallback(environment, sources));
    for (entry, _) in sources.entries() {
        let ProxyListEntry::Proxy(url) = entry else {
            continue;
        };
        if url.sends_credentials_in_clear() {
            lints.push(about(&CREDENTIALS_ON_HTTP, environment, "GOPROXY"));
        }
        lints.extend(netrc(environment, url));
        lints.extend(http_proxy(environment, url));
    }
    lints
}

/// `direct` behind a proxy, with either separator.
fn fallback(environment: &GoEnvironment, sources: &ProxyList) -> Option<LintCase> {
    let (last, proxies) = sources.entries().split_last()?;
    let (_, separator) = proxies.last()?;
    // Public proxies have no rules that could be gone past: it is how go itself is set.
    let is_public =
        |entry: &ProxyListEntry| matches!(entry, ProxyListEntry::Proxy(url) if is_public(url));
    if last.0 != ProxyListEntry::Direct || proxies.iter().all(|(entry, _)| is_public(entry)) {
        return None;
    }
    let belief = match separator {
        ProxyFallback::OnAnyError => &PIPE_DIRECT,
        ProxyFallback::OnNotFound => &DIRECT,
    };
    let lint = about(belief, environment, "GOPROXY");
    // A list with passwords or tokens is not printed, not even as a command.
    let is_open = proxies
        .iter()
        .all(|(entry, _)| !matches!(entry, ProxyListEntry::Proxy(url) if url.reveal() != url.to_string()));
    let rest = environment.value("GOPROXY").rsplit_once(['|', ',']);
    Some(match rest {
        Some((rest, _)) if is_open => lint.set(
            rest,
            "what the proxy does not have cannot be fetched at all",
        ),
        _ => lint,
    })
}

fn netrc(environment: &GoEnvironment, url: &ProxyUrl) -> Option<LintCase> {
    let host = host(url)?;
    let (name, _) = host.rsplit_once(':')?;
    let has = |host: &str| environment.machines.iter().any(|machine| machine == host);
    (has(name) && !has(host)).then(|| {
        about(&NETRC_WITHOUT_PORT, environment, "GOPROXY").fix(
            RemedyKind::Line,
            format!("machine {host} login USER password TOKEN"),
            "a further line of the netrc file",
        )
    })
}

fn old_auth(environment: &GoEnvironment) -> Option<LintCase> {
    let value = environment.value("GOAUTH");
    let commands: Vec<&str> = value.split(';').map(str::trim).collect();
    let is_wrong = value.contains(',')
        || commands.len() > 1 && commands.contains(&"off")
        || commands.contains(&"git");
    is_wrong.then(|| {
        let separated = value.replace(',', ";");
        let lint = about(&OLD_AUTH, environment, "GOAUTH");
        if separated == value {
            lint.unset("netrc is read again, and nothing else")
        } else {
            lint.set(&separated, "the same commands, separated as go reads them")
        }
    })
}

fn http_proxy(environment: &GoEnvironment, url: &ProxyUrl) -> Option<LintCase> {
    let host = host(url)?;
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_https = url.reveal().starts_with("https");
    let variable = environment
        .http_proxy(is_https, name)
        .filter(|_| is_internal(name))?;
    let exceptions = ["NO_PROXY", "no_proxy"]
        .into_iter()
        .find_map(|name| environment.variable(name))
        .unwrap_or_default();
    let parts = [exceptions, name]
        .into_iter()
        .filter(|part| !part.is_empty());
    let value = parts.collect::<Vec<_>>().join(",");
    let lint = LintCase {
        setting: variable.to_owned(),
        value: String::new(),
        origin: GoSettingOrigin::Environment,
        ..about(&HTTP_PROXY, environment, variable)
    };
    let text = format!("export {}", super::shell::assignment("NO_PROXY", &value));
    Some(lint.fix(
        RemedyKind::Environment,
        text,
        "the host is reached without the company's proxy",
    ))
}

/// Whether a host is of the kind that only exists inside a network. Loopback is none: `go` never
/// sends it through a proxy.
fn is_internal(name: &str) -> bool {
    use std::net::Ipv4Addr;
    if name == "localhost" {
        return false;
    }
    match name.parse::<Ipv4Addr>() {
        Ok(address) => address.is_private(),
        Err(_) => !name.contains('.') || INSIDE.iter().any(|ending| name.ends_with(ending)),
    }
}

/// Host and port of a URL.
fn host(url: &ProxyUrl) -> Option<&str> {
    let (_, rest) = url.reveal().split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    (!host.is_empty() && !host.starts_with('[')).then_some(host)
}
