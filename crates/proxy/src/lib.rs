//! The service: a resource is resolved, then answered from memory, from the catalog, or by a flight.
//!
//! ```text
//! resource ─▶ memory ─▶ catalog ─▶ flight: fetch ─▶ check ─▶ commit
//!             └──────────────────── answer ◀──────────────────────┘
//! ```
//!
//! One direction, no call back up: the server parses a request into a [`Resource`], the
//! [`Proxy`] gives an [`Answer`] or a [`Refusal`], the server writes it. What is kept is answered
//! without touching anything that cold work uses (law L4); what is not kept is fetched once for
//! however many ask (L6), and nothing is answered in full before it is durable (L1).

mod absence;
pub mod answer;
mod artifacts;
mod blocklist;
mod bundle;
mod caller;
mod capture;
mod cases;
mod check;
mod confirm;
mod context;
mod damage;
mod deny;
mod disagreement;
mod disk_reserve;
pub mod flight;
mod flight_budget;
mod fresh;
mod gauges;
mod hot;
mod import;
mod inquiry;
mod journal;
mod kept;
mod kept_whole;
mod list_union;
mod mend;
mod metrics;
mod observer;
mod options;
pub mod orders;
mod own;
mod parsing;
mod positioned;
pub mod prefetch;
pub mod refusal;
mod remembered;
pub mod resource;
mod scrub;
mod selection;
mod service;
mod single_flight;
mod status;
mod sumdb;
mod verify;
mod versions;
mod vulnerabilities;
mod wrong_versions;

pub use answer::{Answer, Body, Freshness, Media, Origin};
pub use bundle::{
    Admission, BundleExport, BundleExportError, BundleHead, BundleProblem, BundleReport,
    BundleRequest, BundleSelection, Intent, SelectionError, Stage, export_bundle, import_bundle,
    is_bundle, note_carried,
};
pub use caller::Caller;
pub use deny::{DenyEntry, DenyList, DenyPattern, DenyPatternError};
pub use disk_reserve::{DiskOptions, DiskReserve};
pub use import::import_checker;
pub use journal::JournalFile;
pub use metrics::Metrics;
pub use options::{Clock, ProxyOptions};
pub use own::{OwnOptions, Scope, Witness};
pub use refusal::{Refusal, RefusalText};
pub use resource::{Fetching, Resource};
pub use scrub::{PassReport, ScrubOptions, Share, Tally};
pub use service::{Proxy, Readiness};
pub use status::{BreakerStatus, PassStatus, ScrubStatus, Status, StoreStatus, VerificationStatus};
pub use verify::{
    HeadFailure, MirrorFailure, Mirrored, Mode, Present, ReproofReport, Selection, Settled,
    VerifyOptions, compare_head, is_halted, mirror_log, reopen, reprove, resume, sums,
};
