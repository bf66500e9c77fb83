//! Caller: who asks.
//!
//! What is kept is the same for everybody; who asks matters to whatever learns from a client's
//! requests in their order, and later to what it may see.

use std::net::IpAddr;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The address the request came from: the client's, or that of a proxy in front of us.
    pub address: IpAddr,
}

/// Who is one caller where room is divided. Whoever takes requests decides what makes a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallerKey(u128);

// === impl CallerKey ===

impl CallerKey {
    /// Stands for work that no client asked for.
    pub const UNASKED: Self = Self(u128::MAX);

    /// Stands for demand that is nobody's in particular: a program that asks for itself.
    pub const ANYBODY: Self = Self(u128::MAX - 1);

    /// A caller with this number. The two largest numbers are taken.
    pub const fn new(number: u128) -> Self {
        if number >= Self::ANYBODY.0 {
            return Self(Self::ANYBODY.0 - 1);
        }
        Self(number)
    }
}

// === impl Caller ===

impl Caller {
    /// A caller known by its address alone. An IPv4 address that came in over an IPv6 socket is
    /// taken for the IPv4 address it is, so that one client is not two.
    pub fn at(address: IpAddr) -> Self {
        Self {
            address: address.to_canonical(),
        }
    }

    /// Who is one caller where room is divided: an IPv4 address, or a /64 of IPv6, which is what one
    /// host is given and may choose any address of.
    pub fn key(&self) -> CallerKey {
        /// Sets IPv4 addresses apart from the networks of IPv6.
        const IPV4: u128 = 1 << 64;
        CallerKey::new(match self.address {
            IpAddr::V4(address) => IPV4 | u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits() >> 64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Caller, CallerKey};

    fn key(address: &str) -> CallerKey {
        Caller::at(address.parse().unwrap()).key()
    }

    #[test]
    fn a_host_is_one_caller_whatever_address_of_its_network_it_takes() {
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:2"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_ne!(key("0.0.0.1"), key("::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    }

    #[test]
    fn a_mapped_address_is_the_same_caller() {
        assert_eq!(
            Caller::at("::ffff:192.0.2.1".parse().unwrap()),
            Caller::at("192.0.2.1".parse().unwrap())
        );
    }
}
