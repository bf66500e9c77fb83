//! Limits: what a client may cost.
//!
//! Every number here bounds something that a stranger can make this process hold: connections,
//! time, header bytes. `hyper` bounds what one connection buffers; the deadlines are kept by
//! the `pulse` of each connection, because `hyper` has one timer for headers and idleness together and
//! none for a reader that stopped reading.

use std::time::Duration;

/// What clients may cost. `Default` is meant for production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; further ones wait in the kernel's queue.
    pub max_connections: usize,
    /// From the first moment of a connection, or from the first byte of a request, to its last header line.
    pub header_timeout: Duration,
    /// How long a connection may rest between two requests.
    pub idle_timeout: Duration,
    /// How long a client may take no byte of an answer that lies ready.
    pub stall_timeout: Duration,
    /// From the order to stop until open answers are cut.
    pub drain_timeout: Duration,
}

/// Bytes of one HTTP/1 request head, and of what is read ahead per connection: `go` sends about
/// 200 bytes, credentials may add a few thousand; 10,000 idle connections stay far below 1 GiB.
pub(crate) const MAX_HEAD: usize = 32 * 1024;

/// Header lines of one request; `go` sends three.
pub(crate) const MAX_HEADERS: usize = 64;

/// The largest announced request body; no request that we answer needs one.
pub(crate) const MAX_BODY: u64 = 64 * 1024;

/// Concurrent requests of one HTTP/2 connection: more than `go` opens (it asks 10 at a time).
pub(crate) const MAX_STREAMS: u32 = 100;

// === impl Limits ===

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A process may usually open 65,536 files or more; half are left to blobs and upstreams.
            max_connections: 20_000,
            // A head is one packet; 15 s spans several losses on a bad line.
            header_timeout: Duration::from_secs(15),
            // Longer than the 90 s after which Go's HTTP client drops an idle connection itself,
            // so that it never writes a request into a connection we are just closing.
            idle_timeout: Duration::from_mins(2),
            // As long as the kernel keeps probing a lost peer before common load balancers give up.
            stall_timeout: Duration::from_mins(1),
            // Below the 30 s that container schedulers usually grant before they kill.
            drain_timeout: Duration::from_secs(25),
        }
    }
}
