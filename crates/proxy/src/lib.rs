//! The service: a resource is resolved, then answered from memory, from the catalog, or by ingest.
//!
//! ```text
//! resource ─▶ memory ─▶ catalog ─▶ ingest: fetch ─▶ check ─▶ commit
//!             └──────────────────── answer ◀──────────────────────┘
//! ```
//!
//! One direction, no call back up: the server parses a request into a [`protocol::Resource`], the
//! [`Proxy`] gives an [`Answer`] or a [`protocol::Refusal`], the server writes it. What is kept is answered
//! without touching anything that cold work uses (law L4); what is not kept is fetched once for
//! however many ask (L6), and nothing is answered in full before it is durable (L1).

mod ahead_fetcher;
pub mod answer;
mod artifacts;
mod assembly;
mod cases;
mod confirmations;
mod gauges;
mod journal;
mod kept_proof;
mod kept_whole;
mod list_union;
mod metrics;
mod observer;
mod options;
pub mod orders;
mod retired;
mod revalidation;
mod selection;
mod service;
mod status;
mod sumdb;
mod versions;
mod vulnerabilities;

pub use answer::{Answer, Body};
pub use journal::JournalFile;
pub use metrics::Metrics;
pub use options::ProxyOptions;
pub use service::{Proxy, Readiness};
pub use status::{BreakerStatus, PassStatus, ScrubStatus, Status, StoreStatus, VerificationStatus};
