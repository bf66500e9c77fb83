//! Limits: what a client may cost.
//!
//! Every number here bounds something that a stranger can make this process hold: connections,
//! time, header bytes. `hyper` bounds what one connection buffers; the deadlines are kept by
//! the `watchdog` of each connection, because `hyper` has one timer for headers and idleness together and
//! none for a reader that stopped reading.

use std::time::Duration;

/// When to ask again where a budget is used up: most answers take less.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// What clients may cost. `Default` is meant for production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; further ones take the place of another, or are refused.
    pub max_connections: usize,
    /// From the first moment of a connection, or from the first byte of a request, to its last header line.
    pub header_timeout: Duration,
    /// How long a connection may rest between two requests.
    pub idle_timeout: Duration,
    /// How long a client may take for the next 16 KiB of an answer that lies ready.
    pub stall_timeout: Duration,
    /// The same while others wait for memory that unread answers hold.
    pub stall_timeout_when_short: Duration,
    /// Bytes of answers that all clients together may hold in memory; one caller a fourth of it.
    pub answer_memory: usize,
    /// Bytes that all posted lists together may need; one caller's a fourth of it.
    pub posted_memory: usize,
    /// Posted lists that are answered at a time; one caller's a fourth of them.
    pub posted_lists: usize,
    /// Requests of one caller that are under way at a time.
    pub requests_a_caller: usize,
    /// Refusals of one caller that are sent at once, after a rest.
    pub refusals_at_once: u32,
    /// The time between two of its refusals beyond that.
    pub refusal_every: Duration,
    /// From the order to stop until no connection is accepted any more: what a load balancer needs to
    /// see that `/readyz` turned 503.
    pub lame_duck: Duration,
    /// From then until open answers are cut.
    pub drain_timeout: Duration,
}

/// Bytes of one HTTP/1 request head, and of what is read ahead per connection: `go` sends about
/// 200 bytes, credentials may add a few thousand; 10,000 idle connections stay far below 1 GiB.
pub(crate) const MAX_HEAD: usize = 32 * 1024;

/// Header lines of one request; `go` sends three.
pub(crate) const MAX_HEADERS: usize = 64;

/// The largest announced request body; no request that we answer needs one.
pub(crate) const MAX_BODY: u64 = 64 * 1024;

/// Concurrent requests of one HTTP/2 connection: more than `go` opens (it asks 10 at a time). A
/// proxy in front of us that needs more opens another connection.
pub(crate) const MAX_STREAMS: u32 = 32;

/// Bytes of one HTTP/2 request's header list, counted as RFC 9113 section 6.5.2 does.
pub(crate) const MAX_HEADER_LIST: u32 = 16 * 1024;

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
            // 3 KB a second: what still makes sense over a line that others share.
            stall_timeout_when_short: Duration::from_secs(5),
            // Pieces of 256 KiB for a thousand readers; smaller ones for sixteen thousand.
            answer_memory: 256 << 20,
            // Eight times the bytes of a list: one of the largest size (8 MiB) for each caller's
            // share, or a hundred usual ones.
            posted_memory: 256 << 20,
            // Each keeps up to 48 fetches under way; one caller's sixteen are a build farm's.
            posted_lists: 64,
            // A fleet behind one address that waits for one cold module; what each keeps of its
            // request's head (16 KiB at the very most) stays within 64 MiB.
            requests_a_caller: 4096,
            // `go` meets a 404 for each prefix of a path that is no module: some thousands in a large
            // build. 500 a second is what a fleet of them meets, and costs a tenth of a processor.
            refusals_at_once: 2_000,
            refusal_every: Duration::from_millis(2),
            // Below the 30 s that container schedulers usually grant before they kill.
            lame_duck: Duration::ZERO,
            drain_timeout: Duration::from_secs(25),
        }
    }
}
