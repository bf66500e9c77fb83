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

// === impl Caller ===

impl Caller {
    /// A caller known by its address alone. An IPv4 address that came in over an IPv6 socket is
    /// taken for the IPv4 address it is, so that one client is not two.
    pub fn at(address: IpAddr) -> Self {
        Self {
            address: address.to_canonical(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Caller;

    #[test]
    fn a_mapped_address_is_the_same_caller() {
        assert_eq!(
            Caller::at("::ffff:192.0.2.1".parse().unwrap()),
            Caller::at("192.0.2.1".parse().unwrap())
        );
    }
}
