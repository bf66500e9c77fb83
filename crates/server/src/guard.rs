//! Guard: which requests are answered at all, by what they say of where they come from. Pure.
//!
//! A server on a loopback or company address is reached by every web page that somebody opens
//! there. Two things keep pages from using it:
//!
//! * **Names.** A page can have its own name point at our address (DNS rebinding) and then reads
//!   our answers as its own. So a `Host` is served only if no outsider can own it: an address, a
//!   name without a dot, a name reserved for private use, or one that `--public-host` lists.
//! * **Senders.** A browser says when a request comes from another site (`Sec-Fetch-Site`, Fetch
//!   Metadata; `Origin`, RFC 6454). Those are refused, but for following a link to a page.
//!
//! `go`, git and curl send none of these headers and an honest `Host`.
//!
//! What tells of others or changes their answers is for operators: who comes in where
//! `--admin-listen` says, or, without that, from this machine. A request that was forwarded by
//! a proxy comes from elsewhere. A proxy on this machine that does not say so cannot be told from a
//! person here; where there is one, `--admin-listen` is needed.

use codes::Code;
use http::{HeaderMap, HeaderValue, Method, Uri, header, request::Parts};
use protocol::Refusal;
use std::net::IpAddr;

/// Headers by which proxies say that they forwarded a request.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Endings of names that no outsider can own: RFC 6761 and 6762, RFC 8375, and the one that ICANN
/// reserved for private use in 2024.
const PRIVATE_ENDINGS: [&str; 4] = [".localhost", ".local", ".internal", ".home.arpa"];

/// Which requests are answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestGuard {
    /// Names of this server that others could own if it did not.
    pub(crate) public_hosts: Vec<String>,
    /// Whether operators have a listener of their own.
    pub(crate) has_admin_listener: bool,
}

/// Where a connection came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// At `--listen`, for everybody.
    Public,
    /// At `--admin-listen`.
    Admin,
}

// === impl RequestGuard ===

impl RequestGuard {
    /// Why a request is not answered, whatever it asks for.
    pub(crate) fn bars(&self, head: &Parts) -> Option<Refusal> {
        let authority = match authority(&head.uri, &head.headers) {
            Ok(authority) => authority,
            Err(why) => return Some(Refusal::new(Code::MalformedRequest, why)),
        };
        if let Some(authority) = authority
            && !self.serves(host_of(authority))
        {
            let facts = format!("the request is for {}", shown(authority));
            return Some(Refusal::new(Code::HostNotServed, facts));
        }
        let is_foreign = self.is_from_another_site(head, authority);
        is_foreign.then(|| Refusal::new(Code::CrossSite, "a browser says that another site asks"))
    }

    /// Whether an operator asks.
    pub(crate) fn is_operator(
        &self,
        entrance: Entrance,
        address: IpAddr,
        headers: &HeaderMap,
    ) -> bool {
        match entrance {
            Entrance::Admin => true,
            Entrance::Public => {
                !self.has_admin_listener
                    && address.to_canonical().is_loopback()
                    && FORWARDED.iter().all(|name| !headers.contains_key(*name))
            }
        }
    }

    /// Whether no outsider can own this name, or it is listed.
    fn serves(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        let is_address = || {
            let bare = host
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'));
            bare.unwrap_or(host).parse::<IpAddr>().is_ok()
        };
        is_address()
            || !host.contains('.')
            || PRIVATE_ENDINGS.iter().any(|ending| ends_with(host, ending))
            || self.is_listed(host)
    }

    fn is_listed(&self, host: &str) -> bool {
        let mut listed = self.public_hosts.iter();
        listed.any(|name| name.eq_ignore_ascii_case(host))
    }

    fn is_from_another_site(&self, head: &Parts, authority: Option<&str>) -> bool {
        let says = |name: &str| head.headers.get(name).map(HeaderValue::as_bytes);
        let is_foreign = match (says("sec-fetch-site"), says(header::ORIGIN.as_str())) {
            (Some(b"same-origin" | b"none") | None, None) => false,
            (Some(b"same-origin") | None, Some(origin)) => !self.is_own_origin(origin, authority),
            (Some(_), _) => true,
        };
        is_foreign && !is_a_link(head)
    }

    fn is_own_origin(&self, origin: &[u8], authority: Option<&str>) -> bool {
        let Some((_, origin)) = str::from_utf8(origin)
            .ok()
            .and_then(|it| it.split_once("://"))
        else {
            return false;
        };
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(origin))
            || self.is_listed(host_of(origin))
    }
}

/// Somebody follows a link: the page is shown to the person, not told to whoever made the link.
fn is_a_link(head: &Parts) -> bool {
    let says = |name: &str, value: &str| {
        head.headers
            .get(name)
            .is_some_and(|said| said.as_bytes() == value.as_bytes())
    };
    head.method == Method::GET
        && says("sec-fetch-mode", "navigate")
        && says("sec-fetch-dest", "document")
        && !head.headers.contains_key(header::ORIGIN)
}

/// The host and port that a request is for: its target's before its `Host` (RFC 9112 section
/// 3.2.2), which may stand there once only.
fn authority<'h>(uri: &'h Uri, headers: &'h HeaderMap) -> Result<Option<&'h str>, &'static str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (_, Some(_)) => return Err("more than one Host"),
        (host, None) => host,
    };
    if let Some(authority) = uri.authority() {
        return Ok(Some(authority.as_str()));
    }
    let Some(host) = host else {
        return Ok(None);
    };
    let host = host.to_str().map_err(|_| "the Host is not printable")?;
    Ok((!host.is_empty()).then_some(host))
}

/// A host without its port and without what may stand before it.
fn host_of(authority: &str) -> &str {
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn ends_with(host: &str, ending: &str) -> bool {
    let start = host.len().checked_sub(ending.len());
    let tail = start.and_then(|start| host.get(start..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(ending))
}

/// What a stranger sent, as far as it can stand in an answer.
fn shown(authority: &str) -> String {
    let plain = |letter: &char| letter.is_ascii_alphanumeric() || ".-:[]_".contains(*letter);
    authority.chars().filter(plain).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::{Entrance, RequestGuard};
    use codes::Code;
    use http::{Request, request::Parts};

    fn guard() -> RequestGuard {
        RequestGuard {
            public_hosts: vec!["goproxy.example.com".to_owned()],
            has_admin_listener: false,
        }
    }

    fn get(headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::get("/example.com/x/@v/list");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn barred(headers: &[(&str, &str)]) -> Option<Code> {
        guard().bars(&get(headers)).map(|refusal| refusal.code)
    }

    #[test]
    fn a_name_that_an_outsider_can_own_is_served_only_if_it_is_listed() {
        for host in [
            "127.0.0.1:3000",
            "[::1]:3000",
            "localhost",
            "LOCALHOST:3000",
            "10.1.2.3",
            "modkeep:3000",
            "modkeep.tools.svc.cluster.local:3000",
            "goproxy.example.com",
            "GoProxy.Example.com.:8080",
            "",
        ] {
            assert_eq!(barred(&[("host", host)]), None, "{host}");
        }
        for host in [
            "rebound.example.net:3000",
            "evil.goproxy.example.com",
            "goproxy.example.com.evil.example.net",
            "127.0.0.1.evil.example.net",
            "127.0.0.1:80@evil.example.net",
            "evillocal.com",
            "1.2.3",
        ] {
            assert_eq!(
                barred(&[("host", host)]),
                Some(Code::HostNotServed),
                "{host}"
            );
        }
        assert_eq!(barred(&[]), None, "HTTP/1.0 has no Host");
        let twice = [("host", "localhost"), ("host", "evil.example.net")];
        assert_eq!(barred(&twice), Some(Code::MalformedRequest));
    }

    #[test]
    fn a_target_with_a_host_of_its_own_is_judged_by_that() {
        let request = Request::get("http://evil.example.net/x").header("host", "localhost");
        let (head, ()) = request.body(()).unwrap().into_parts();
        let code = guard().bars(&head).map(|refusal| refusal.code);
        assert_eq!(code, Some(Code::HostNotServed));
    }

    #[test]
    fn another_site_gets_no_answer() {
        let host = ("host", "127.0.0.1:3000");
        for foreign in [
            &[host, ("sec-fetch-site", "cross-site")][..],
            &[host, ("sec-fetch-site", "same-site")],
            &[host, ("origin", "http://evil.example.net")],
            &[host, ("origin", "null")],
            &[host, ("origin", "http://127.0.0.1:8080")],
            &[
                host,
                ("sec-fetch-site", "none"),
                ("origin", "http://127.0.0.1:3000"),
            ],
            &[
                host,
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "no-cors"),
                ("sec-fetch-dest", "script"),
            ],
        ] {
            assert_eq!(barred(foreign), Some(Code::CrossSite), "{foreign:?}");
        }
        for own in [
            &[host][..],
            &[host, ("sec-fetch-site", "none")],
            &[host, ("sec-fetch-site", "same-origin")],
            &[host, ("origin", "http://127.0.0.1:3000")],
            &[host, ("origin", "https://goproxy.example.com")],
            &[
                host,
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
        ] {
            assert_eq!(barred(own), None, "{own:?}");
        }
    }

    #[test]
    fn operators_come_from_this_machine_or_by_their_own_entrance() {
        let asks = |guard: &RequestGuard, entrance, address: &str, headers: &[(&str, &str)]| {
            guard.is_operator(entrance, address.parse().unwrap(), &get(headers).headers)
        };
        let here = guard();
        assert!(asks(&here, Entrance::Public, "127.0.0.1", &[]));
        assert!(asks(&here, Entrance::Public, "::ffff:127.0.0.1", &[]));
        assert!(!asks(&here, Entrance::Public, "192.0.2.1", &[]));
        let forwarded = [("x-forwarded-for", "192.0.2.1")];
        assert!(!asks(&here, Entrance::Public, "127.0.0.1", &forwarded));
        let elsewhere = RequestGuard {
            has_admin_listener: true,
            ..guard()
        };
        assert!(!asks(&elsewhere, Entrance::Public, "127.0.0.1", &[]));
        assert!(asks(&elsewhere, Entrance::Admin, "192.0.2.1", &[]));
    }
}
