//! The HTTP surfaces of modkeep: module protocol, checksum-database paths, health, metrics, administration.
//!
//! ```text
//! socket ─▶ connection (limits, deadlines) ─▶ Route::parse ─▶ Service ─▶ reply or refusal ─▶ headers, body
//! ```
//!
//! A raw path is turned into a [`Route`] by one pure function; whatever that function refuses
//! never reaches the service. The service is a trait, so that every status, header and body rule
//! here is tested against a scripted one. There is no router and no middleware framework: see
//! `docs/decisions/0001-hyper-without-axum.md`.

pub mod access;
mod body;
mod budget;
mod client_settings;
mod conditional;
mod connection;
pub mod error_body;
pub mod exposition;
mod forwarded;
mod guard;
mod handler;
mod http2;
mod index;
pub mod limits;
mod listen;
pub mod metrics;
mod pages;
mod pulse;
mod request_id;
mod respond;
pub mod route;
pub mod service;
mod status;
mod stories;

pub use client_settings::{ClientSettings, shell_quoted};
pub use forwarded::{TrustedProxies, TrustedProxiesError};
pub use limits::Limits;
pub use listen::{BindError, Drained, ListenAddress, Listener, Server, Stop};
pub use metrics::HttpMetrics;
pub use route::{Route, RouteError};
pub use service::{
    Arriving, AtHand, Future, IndexEntry, Kept, Payload, ReadFailure, Readiness, Reply, Service,
};
