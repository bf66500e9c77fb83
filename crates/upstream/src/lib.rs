//! How a site reaches others: clients, deadlines, GOPROXY-list walking.
//!
//! The `go` command has no deadlines, no retries and one answer for every trouble. Behind a proxy
//! that serves many, the opposite is needed, and this crate is where it is bought: every byte from
//! another host has a deadline, every outcome has one of three meanings, and no source can use up
//! what another needs.
//!
//! * [`Upstreams`] holds one client per source of the list (a bulkhead) and is cheap to clone.
//! * [`Upstreams::walk`] asks for one path, source after source, as `go` would; [`Walk::next`]
//!   answers [`Outcome::Found`], [`Outcome::Absent`] or [`Outcome::Unavailable`], never a mixture:
//!   an outage is not absence.
//! * [`Upstreams::sumdb`] reaches a checksum database by Go's rules for proxies that mirror one.
//! * [`Observer`] is told every call's beginning and end; metrics are made of that elsewhere.
//!
//! Refused here: `direct` (version control is not HTTP; see [`walk`] for what its place in a list
//! means), content that is plainly no module content, and credentials over plain http. Not judged
//! here: whether content is right; the caller says so with [`Walk::reject`].
//!
//! Which error belongs where: [`BuildError`] when the list or the options cannot be used, once, at
//! start; [`Failure`] is one source's failure at one request; [`Outage`] is what a whole walk
//! amounts to; [`BodyError`] is a body that broke after its header was accepted.

mod absence_text;
mod answer;
mod breaker;
mod budget;
mod build;
mod class;
mod client;
mod connections;
mod credentials;
mod direct;
mod download;
mod egress;
mod endpoint;
mod failure;
mod file_source;
mod guess_rest;
mod gzip;
mod health;
mod http_source;
mod inside;
mod known_paths;
mod lane;
mod latency;
mod lookup;
mod name;
mod network_gate;
mod observe;
pub mod options;
mod outcome;
mod pace;
mod plan;
mod redirect;
mod request;
mod retry;
mod slots;
mod source;
mod source_credentials;
mod source_url;
mod sumdb;
mod tls;
mod turns;
mod upstreams;
mod url_client;
mod waiters;
pub mod walk;

pub use breaker::{BreakerState, Force};
pub use build::BuildError;
pub use class::RequestClass;
pub use credentials::netrc_authorization;
pub use download::{BodyError, Download};
pub use endpoint::{Endpoint, EndpointError, Reply};
pub use failure::{Failure, FailureClass};
pub use inside::{AllowedNets, NetError};
pub use name::{SourceName, SourceNames};
pub use observe::{BodyEnd, NoObserver, Observer, ReplyClass};
pub use options::{ClientGrant, DirectSettings, Egress, SourceOptions, UpstreamOptions};
pub use outcome::{Absence, Outage, Outcome};
pub use redirect::RedirectError;
pub use request::RequestKind;
pub use slots::{Slot, Slots};
pub use source_url::{SourceUrl, SourceUrlError};
pub use sumdb::{DatabaseOutcome, DatabaseRoute};
pub use tls::client_config;
pub use upstreams::{BreakerView, Upstreams};
pub use url_client::{AnswerBounds, UrlClient, UrlReply};
pub use waiters::{Waiters, Waiting};
pub use walk::{BodyFailure, Walk};
