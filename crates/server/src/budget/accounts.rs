//! Caller accounts: what each caller uses at the moment.
//!
//! An account lives as long as one of its caller's connections, so that addresses which came and
//! went cost nothing.

use super::{SHARE, memory::MemoryBudget, refusals::RefusalPace, turns::PieceTurns};
use crate::Limits;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// The open accounts.
#[derive(Debug, Default)]
pub(crate) struct CallerAccounts {
    open: Mutex<HashMap<CallerNetwork, Arc<CallerShares>>>,
}

/// The smallest network that an outsider pays for: an IPv4 address, or the IPv6 /64 that every
/// customer of a provider gets whole (RFC 6177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CallerNetwork(IpAddr);

/// One connection's hold on its caller's account.
#[derive(Debug)]
pub(crate) struct CallerAccount {
    network: CallerNetwork,
    shares: Arc<CallerShares>,
    accounts: Arc<CallerAccounts>,
}

/// What one caller may use of each budget.
#[derive(Debug)]
pub(crate) struct CallerShares {
    /// Memory of answers.
    pub(crate) answers: Arc<MemoryBudget>,
    /// Memory of posted lists.
    pub(crate) posted: Arc<MemoryBudget>,
    /// Posted lists that are being answered.
    pub(crate) lists: AtomicUsize,
    /// Requests that are being answered.
    pub(crate) requests: AtomicUsize,
    /// When its next refusal may be sent.
    pub(crate) refusals: RefusalPace,
    /// Its places in the line of large answers.
    pub(crate) turns: PieceTurns,
}

// === impl CallerNetwork ===

impl CallerNetwork {
    pub(crate) fn of(address: IpAddr) -> Self {
        /// The first 64 of 128 bits.
        const NETWORK: u128 = !0 << 64;
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
            address @ IpAddr::V4(_) => address,
        })
    }
}

// === impl CallerAccounts ===

impl CallerAccounts {
    /// The account of the caller at `address`, opened if it is the first connection of its caller.
    pub(crate) fn open(accounts: &Arc<Self>, address: IpAddr, limits: &Limits) -> CallerAccount {
        let network = CallerNetwork::of(address);
        let mut open = accounts.open.lock();
        let shares = open.entry(network).or_insert_with(|| {
            Arc::new(CallerShares {
                answers: Arc::new(MemoryBudget::new(limits.answer_memory / SHARE)),
                posted: Arc::new(MemoryBudget::new(limits.posted_memory / SHARE)),
                lists: AtomicUsize::new(0),
                requests: AtomicUsize::new(0),
                refusals: RefusalPace::new(limits),
                turns: PieceTurns::default(),
            })
        });
        CallerAccount {
            network,
            shares: Arc::clone(shares),
            accounts: Arc::clone(accounts),
        }
    }
}

// === impl CallerAccount ===

impl CallerAccount {
    pub(crate) fn shares(&self) -> &Arc<CallerShares> {
        &self.shares
    }
}

impl Drop for CallerAccount {
    /// Closes the account with the caller's last connection.
    fn drop(&mut self) {
        let mut open = self.accounts.open.lock();
        // One handle is in the map and one is ours; leases and posted lists hold their own.
        if Arc::strong_count(&self.shares) <= 2 && self.shares.lists.load(Relaxed) == 0 {
            open.remove(&self.network);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CallerAccounts, CallerNetwork};
    use crate::Limits;
    use std::{net::IpAddr, sync::Arc};

    fn network(address: &str) -> CallerNetwork {
        CallerNetwork::of(address.parse().unwrap())
    }

    #[test]
    fn an_ipv6_caller_is_its_network_and_an_ipv4_caller_its_address() {
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }

    #[test]
    fn an_account_ends_with_its_callers_last_connection() {
        let accounts = Arc::new(CallerAccounts::default());
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let first = CallerAccounts::open(&accounts, address, &Limits::default());
        let second = CallerAccounts::open(&accounts, address, &Limits::default());
        assert!(Arc::ptr_eq(first.shares(), second.shares()));
        drop(first);
        assert_eq!(accounts.open.lock().len(), 1);
        drop(second);
        assert_eq!(accounts.open.lock().len(), 0);
    }
}
