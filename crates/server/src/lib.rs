//! The HTTP surfaces of modkeep: module protocol, checksum-database paths, health, metrics, administration.
//!
//! ```text
//! socket ─▶ connection (limits, deadlines) ─▶ handler: guard ─▶ at hand? ─▶ Route::parse ─▶ Proxy ─▶ respond
//!                                                                                └────────▶ pages ─▶ respond
//! ```
//!
//! A raw path is turned into a [`Route`] by one pure function; whatever that function refuses never
//! reaches the service. The module protocol is answered on bare hyper; every other page is a handler
//! behind a router (`docs/decisions/0020-axum-beside-the-hot-path.md`). The service is [`proxy::Proxy`]
//! itself: tests put a misbehaving upstream below it, and nothing stands between that could be forgotten.

mod access_control;
mod body;
mod budget;
mod byte_source;
mod client_settings;
mod conditional;
mod connection;
pub mod error_body;
pub mod exposition;
mod forwarded;
mod guard;
mod handler;
mod http2;
pub mod limits;
mod listen;
pub mod metrics;
mod observer;
mod pages;
mod privacy;
mod publication;
mod publish_permission;
mod request_id;
mod request_log;
mod request_span;
mod respond;
pub mod route;
mod surface;
mod tls;
mod watchdog;

pub use access_control::AccessControl;
pub use client_settings::{ClientSettings, shell_quoted};
pub use forwarded::{TrustedProxies, TrustedProxiesError};
pub use limits::Limits;
pub use listen::{BindError, DrainReport, ListenAddress, Listener, Server, StopReason};
pub use metrics::HttpMetrics;
pub use observer::AnswerObserver;
pub use pages::{openapi, openapi_json};
pub use request_span::ACCESS_FIELDS;
pub use route::{Route, RouteError};
pub use tls::{TlsFileError, TlsFiles, TlsIdentity};
