//! Reach: which addresses a page or a redirect may lead to.
//!
//! A stranger's page that leads to an address inside is an attempt to use this machine as a way in.
//! So the addresses of a name are looked at before one of them is connected to, and the connection
//! goes to exactly what was looked at. Inside is allowed where the module's own host is inside:
//! then `go` goes there anyway. Link-local addresses, behind which clouds keep credentials, never are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// From where an address can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AddressReach {
    /// From anywhere.
    Public,
    /// Within a site.
    Private,
    /// From this machine.
    Loopback,
    /// Link-local, multicast, or no address of a host.
    Never,
}

/// Which addresses may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AllowedAddresses {
    /// Those of a host that the user named: all that hosts have.
    Own,
    /// As before, but only inside.
    Inside,
    /// Public ones, and those that are like a host that the user named.
    Like(AddressReach),
}

// === impl AddressReach ===

impl AddressReach {
    pub(super) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        let [first, second, ..] = address.octets();
        if address.is_loopback() {
            Self::Loopback
        } else if address.is_link_local() || first == 0 || first >= 224 {
            Self::Never
        } else if address.is_private() || first == 100 && second & 0xc0 == 64 {
            // 100.64.0.0/10 is what carriers and overlay networks share.
            Self::Private
        } else {
            Self::Public
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        let [first, second, third, _, _, _, high, low] = address.segments();
        let embedded = |high: u16, low: u16| {
            let bits = u32::from(high) << 16 | u32::from(low);
            Self::of_v4(Ipv4Addr::from_bits(bits))
        };
        match (first, second) {
            _ if address.is_loopback() => Self::Loopback,
            _ if address.is_unique_local() => Self::Private,
            _ if address.is_unicast_link_local() || address.is_multicast() => Self::Never,
            // The deprecated site-local range.
            (0xfec0..=0xfeff, _) => Self::Private,
            // Ways to an IPv4 address: NAT64, 6to4, and the old compatible form.
            (0x64, 0xff9b) | (0, _) => embedded(high, low),
            (0x2002, above) => embedded(above, third),
            _ => Self::Public,
        }
    }
}

// === impl AllowedAddresses ===

impl AllowedAddresses {
    pub(super) fn allows(self, reach: AddressReach) -> bool {
        match self {
            _ if reach == AddressReach::Never => false,
            Self::Own => true,
            Self::Inside => reach != AddressReach::Public,
            Self::Like(like) => reach == AddressReach::Public || reach == like,
        }
    }

    /// What is allowed to whatever follows from a first answer of such an address.
    pub(super) fn behind(self, reach: AddressReach) -> Self {
        match self {
            Self::Own => Self::Like(reach),
            Self::Inside | Self::Like(_) => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressReach, AllowedAddresses};

    #[test]
    fn every_address_has_its_reach() {
        for (address, expected) in [
            ("192.0.2.1", AddressReach::Public),
            ("2001:db8::1", AddressReach::Public),
            ("10.1.2.3", AddressReach::Private),
            ("172.31.0.1", AddressReach::Private),
            ("192.168.0.1", AddressReach::Private),
            ("100.64.0.1", AddressReach::Private),
            ("100.128.0.1", AddressReach::Public),
            ("fd00::1", AddressReach::Private),
            ("fec0::1", AddressReach::Private),
            ("127.0.0.1", AddressReach::Loopback),
            ("127.9.9.9", AddressReach::Loopback),
            ("::1", AddressReach::Loopback),
            ("::ffff:127.0.0.1", AddressReach::Loopback),
            ("::127.0.0.1", AddressReach::Loopback),
            ("64:ff9b::10.0.0.1", AddressReach::Private),
            ("2002:a00:1::", AddressReach::Private),
            ("2002:a9fe:a9fe::", AddressReach::Never),
            ("169.254.169.254", AddressReach::Never),
            ("::ffff:169.254.169.254", AddressReach::Never),
            ("64:ff9b::169.254.169.254", AddressReach::Never),
            ("fe80::1", AddressReach::Never),
            ("ff02::1", AddressReach::Never),
            ("0.0.0.0", AddressReach::Never),
            ("::", AddressReach::Never),
            ("224.0.0.1", AddressReach::Never),
            ("255.255.255.255", AddressReach::Never),
        ] {
            assert_eq!(
                AddressReach::of(address.parse().unwrap()),
                expected,
                "{address}"
            );
        }
    }

    #[test]
    fn strangers_lead_nowhere_inside() {
        let behind_public = AllowedAddresses::Own.behind(AddressReach::Public);
        let behind_private = AllowedAddresses::Own.behind(AddressReach::Private);
        for (allowed, public, private, loopback) in [
            (AllowedAddresses::Own, true, true, true),
            (AllowedAddresses::Inside, false, true, true),
            (behind_public, true, false, false),
            (behind_private, true, true, false),
            (
                AllowedAddresses::Inside.behind(AddressReach::Private),
                false,
                true,
                true,
            ),
        ] {
            assert_eq!(allowed.allows(AddressReach::Public), public, "{allowed:?}");
            assert_eq!(
                allowed.allows(AddressReach::Private),
                private,
                "{allowed:?}"
            );
            assert_eq!(
                allowed.allows(AddressReach::Loopback),
                loopback,
                "{allowed:?}"
            );
            assert!(!allowed.allows(AddressReach::Never), "{allowed:?}");
        }
    }
}
