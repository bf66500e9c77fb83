//! Which addresses lie inside, where a redirect may not lead.
//!
//! Whoever answers for a source can redirect us anywhere, and we stand where its authors do not:
//! beside metadata services, management pages and databases that trust their network. So an address
//! that is not part of the public internet is reached only if it belongs to the configured source
//! itself or the operator permits it. Which addresses are public is what the registries of
//! special-purpose addresses say (RFC 6890 and its successors); of IPv6 only global unicast is. An
//! IPv4 address in an IPv6 form (mapped, NAT64) is judged as the IPv4 address that it reaches.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
    sync::Arc,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// IPv4 that is not reachable globally, or not unicast.
const INSIDE_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// All global unicast of IPv6 lies in here (RFC 4291 section 2.4, and the registry since).
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// What of it is none: protocol assignments with Teredo, documentation (twice), 6to4.
const INSIDE_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

/// The well-known prefix of NAT64 (RFC 6052): the last 32 bits are the IPv4 address.
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

const fn v4(octets: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::from_octets(octets), length)
}

const fn v6(segments: [u16; 8], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), length)
}

/// Networks that redirects may reach although they lie inside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedNets(Arc<[IpNet]>);

/// What is no list of networks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network, such as 10.1.0.0/16, 192.0.2.7 or fd00:1::/32")]
pub struct NetError(String);

/// Every address of a host lies inside, and none is permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address lies inside this network")]
pub(crate) struct InsideAddress;

// === impl AllowedNets ===

impl AllowedNets {
    /// Every network.
    pub(crate) fn everything() -> Self {
        Self([IpNet::V4(v4([0, 0, 0, 0], 0)), IpNet::V6(v6([0; 8], 0))].into())
    }

    /// Whether a redirect may lead to this address.
    pub(crate) fn permit(&self, address: IpAddr) -> bool {
        let reached = reached(address);
        let is_allowed = |net: &IpNet| net.contains(&address) || net.contains(&reached);
        is_public(reached) || self.0.iter().any(is_allowed)
    }

    /// The addresses of a name that a redirect may lead to.
    pub(crate) fn permitted(
        &self,
        mut addresses: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, InsideAddress> {
        let none = addresses.is_empty();
        addresses.retain(|address| self.permit(address.ip()));
        if addresses.is_empty() && !none {
            return Err(InsideAddress);
        }
        Ok(addresses)
    }

    /// Whether a redirect may lead to a host, as far as its URL tells: a name tells nothing before it
    /// is resolved, except those that always mean this host.
    pub(crate) fn permit_host(&self, url: &Url) -> bool {
        match url.host() {
            Some(Host::Ipv4(address)) => self.permit(address.into()),
            Some(Host::Ipv6(address)) => self.permit(address.into()),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                let is_here = name == "localhost" || name.ends_with(".localhost");
                !is_here || self.permit(Ipv4Addr::LOCALHOST.into())
            }
            None => false,
        }
    }
}

impl FromStr for AllowedNets {
    type Err = NetError;

    /// Networks and single addresses, separated by commas.
    fn from_str(text: &str) -> Result<Self, NetError> {
        let words = text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty());
        let net = |word: &str| {
            let net = word.parse::<IpNet>().ok();
            net.or_else(|| word.parse::<IpAddr>().ok().map(IpNet::from))
                .ok_or_else(|| NetError(word.chars().take(64).collect()))
        };
        words.map(net).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for AllowedNets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nets: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&nets.join(","))
    }
}

/// The IPv4 address that an IPv6 one stands for, if it does.
fn reached(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if NAT64.contains(&v6) => {
            let [.., a, b, c, d] = v6.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        canonical => canonical,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !INSIDE_V4.iter().any(|net| net.contains(&v4)),
        IpAddr::V6(v6) => GLOBAL_V6.contains(&v6) && !INSIDE_V6.iter().any(|net| net.contains(&v6)),
    }
}

#[cfg(test)]
mod tests {
    use super::{AllowedNets, InsideAddress};
    use std::net::{IpAddr, SocketAddr};
    use url::Url;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_the_public_internet_is_reached() {
        let nobody = AllowedNets::default();
        for inside in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "ff0e::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "4000::1",
        ] {
            assert!(!nobody.permit(ip(inside)), "{inside}");
        }
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "128.0.0.1",
            "172.15.255.255",
            "172.32.0.0",
            "192.1.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "2a00:1450::1",
        ] {
            assert!(nobody.permit(ip(public)), "{public}");
        }
    }

    #[test]
    fn networks_are_permitted_by_the_operator_alone() {
        let allowed: AllowedNets = "10.1.0.0/16, 127.0.0.1,fd00:1::/32".parse().unwrap();
        for (address, permitted) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("64:ff9b::10.1.2.3", true),
            ("10.2.0.1", false),
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("fd00:1::7", true),
            ("fd00:2::7", false),
            ("169.254.169.254", false),
        ] {
            assert_eq!(allowed.permit(ip(address)), permitted, "{address}");
        }
        assert_eq!(allowed.to_string(), "10.1.0.0/16,127.0.0.1/32,fd00:1::/32");
        for wrong in ["10.0.0.0/33", "localhost", "10.0.0", "::/129", "*"] {
            assert!(wrong.parse::<AllowedNets>().is_err(), "{wrong}");
        }
    }

    /// What is connected to is what was judged: of the addresses that a name resolved to only the
    /// permitted ones are handed on.
    #[test]
    fn each_address_of_a_name_is_judged() {
        let nobody = AllowedNets::default();
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            let sockets = texts.iter().map(|text| SocketAddr::new(ip(text), 0));
            sockets.collect()
        };
        let judged = |texts: &[&str]| nobody.permitted(addresses(texts));
        assert_eq!(
            judged(&["10.0.0.1", "1.1.1.1"]),
            Ok(addresses(&["1.1.1.1"]))
        );
        assert_eq!(judged(&["::1", "127.0.0.1"]), Err(InsideAddress));
        assert_eq!(judged(&[]), Ok(Vec::new()));
    }

    #[test]
    fn every_spelling_of_an_address_is_that_address() {
        let nobody = AllowedNets::default();
        for url in [
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://127.0.0.1./",
            "http://[::ffff:7f00:1]/",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://x.localhost/",
            "http://\u{ff11}27.0.0.1/",
        ] {
            let url = Url::parse(url).unwrap();
            assert!(!nobody.permit_host(&url), "{url}");
        }
        let url = Url::parse("http://modules.example.com/").unwrap();
        assert!(nobody.permit_host(&url));
    }
}
