//! Forwarded: for whom a proxy in front of this server asks. Pure.
//!
//! Behind a proxy every request comes from the proxy's address. Budgets would then be one budget for
//! everybody, and the log would name nobody. What the proxy says of the client is believed if the
//! operator says that this is a proxy (`--trusted-proxies`), and only as far as trusted proxies wrote it:
//! each adds the address it was asked from at the end of `X-Forwarded-For`, so the list is read from
//! its end, past addresses of trusted proxies, to the first that is none. What stands before that was
//! written by the client and may say anything.
//!
//! `Forwarded` (RFC 7239) is not read: proxies that write `X-Forwarded-For` hand on a `Forwarded` that a
//! client made up.

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::{net::IpAddr, str::FromStr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Addresses that are looked at, from the end. A chain of proxies is shorter; a client's header may be
/// long.
const MOST: usize = 16;

/// Networks of the proxies in front of this server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// A text that is neither a network nor an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network, such as 10.20.0.0/16 or fd00:20::/32, and no address")]
pub struct TrustedProxiesError(String);

// === impl TrustedProxies ===

impl TrustedProxies {
    /// Whether a proxy at this address is believed.
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client for whom `peer` asks: `None` where it asks for itself, or is not believed.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        if !self.trust(peer) {
            return None;
        }
        let values = headers.get_all(FORWARDED_FOR);
        let values: Vec<&str> = values
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let addresses = values.iter().rev().flat_map(|value| value.rsplit(','));
        let mut nearest = None;
        for text in addresses.take(MOST) {
            let Some(address) = address(text) else {
                return nearest;
            };
            nearest = Some(address);
            if !self.trust(address) {
                return nearest;
            }
        }
        nearest
    }

    /// Whether the client asked its proxy over TLS, as far as that is believed.
    pub(crate) fn is_https(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let proto = headers.get(FORWARDED_PROTO);
        self.trust(peer)
            && proto.is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
    }
}

impl FromStr for TrustedProxies {
    type Err = TrustedProxiesError;

    /// Networks and addresses with commas between them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let one = |text: &str| {
            let network = text.parse::<IpNet>().ok();
            let network = network.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
            network.ok_or_else(|| TrustedProxiesError(text.to_owned()))
        };
        let texts = text.split(',').map(str::trim).filter(|one| !one.is_empty());
        Ok(Self(texts.map(one).collect::<Result<_, _>>()?))
    }
}

/// An address as proxies write it, some of them with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let bare = bare.map_or(text, |(inside, _)| inside);
    let address = bare.parse().ok();
    let with_port = || {
        let (address, port) = bare.split_once(':')?;
        port.parse::<u16>().ok()?;
        address.parse().ok()
    };
    address
        .or_else(with_port)
        .map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::TrustedProxies;
    use http::HeaderMap;
    use std::net::IpAddr;

    fn client(peer: &str, forwarded: &[&str]) -> Option<String> {
        let trusted: TrustedProxies = "127.0.0.0/8, ::1,10.0.0.0/8".parse().unwrap();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let peer: IpAddr = peer.parse().unwrap();
        trusted
            .client(peer, &headers)
            .map(|address| address.to_string())
    }

    #[test]
    fn the_client_is_the_last_address_that_no_trusted_proxy_has() {
        for (peer, forwarded, expected) in [
            ("127.0.0.1", &["192.0.2.7"][..], Some("192.0.2.7")),
            ("::1", &["192.0.2.7"], Some("192.0.2.7")),
            ("::ffff:127.0.0.1", &["::ffff:192.0.2.7"], Some("192.0.2.7")),
            ("127.0.0.1", &["2001:db8::1"], Some("2001:db8::1")),
            ("127.0.0.1", &["[2001:db8::1]:4711"], Some("2001:db8::1")),
            ("127.0.0.1", &["192.0.2.7:4711"], Some("192.0.2.7")),
            ("127.0.0.1", &["192.0.2.7, 10.1.1.1"], Some("192.0.2.7")),
            ("127.0.0.1", &["192.0.2.7", "10.1.1.1"], Some("192.0.2.7")),
            ("127.0.0.1", &["10.2.2.2, 10.1.1.1"], Some("10.2.2.2")),
            ("127.0.0.1", &[], None),
        ] {
            assert_eq!(
                client(peer, forwarded).as_deref(),
                expected,
                "{forwarded:?}"
            );
        }
    }

    #[test]
    fn what_a_client_writes_itself_is_not_believed() {
        for (peer, forwarded, expected) in [
            ("192.0.2.9", &["203.0.113.1"][..], None),
            ("127.0.0.1", &["203.0.113.1, 192.0.2.7"], Some("192.0.2.7")),
            (
                "127.0.0.1",
                &["203.0.113.1", "192.0.2.7"],
                Some("192.0.2.7"),
            ),
            (
                "127.0.0.1",
                &["203.0.113.1, nonsense, 10.1.1.1"],
                Some("10.1.1.1"),
            ),
            ("127.0.0.1", &["nonsense"], None),
            ("127.0.0.1", &[""], None),
        ] {
            assert_eq!(
                client(peer, forwarded).as_deref(),
                expected,
                "{forwarded:?}"
            );
        }
        let long = format!("203.0.113.1{}", ", 10.1.1.1".repeat(1000));
        assert_eq!(client("127.0.0.1", &[&long]).as_deref(), Some("10.1.1.1"));
    }

    #[test]
    fn networks_are_read_strictly() {
        for wrong in ["10.0.0.0/33", "proxy.example.com", "10.0.0.0/8;x"] {
            assert!(wrong.parse::<TrustedProxies>().is_err(), "{wrong}");
        }
    }
}
