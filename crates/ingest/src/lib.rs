//! Ingest: what is not kept is fetched, checked, proven and committed, once for however many ask.
//!
//! ```text
//! refusals ─▶ walk over the sources ─▶ body ─▶ checks ─▶ proof ─▶ commit
//!                     ▲                          │
//!                     └───── investigation ◀─────┘ wrong bytes
//! ```
//!
//! A zip streams to its readers while it arrives ([`flight`], [`ZipCaptures`]); what is small is received
//! whole ([`SmallCaptures`]). What a walk's end means is remembered: that something does not exist
//! ([`KnownAbsences`]), that sources disagree ([`Disagreements`]), that bytes were wrong
//! ([`WrongVersions`]). [`Ingest`] makes all parts and hands none of them everything.
//!
//! Refused: answers. Nothing here knows what a client is told of a capture, nor asks for anything that
//! nobody asked for.

mod answer_ages;
mod answer_memory;
mod assembly;
mod blocklist;
mod body_receiver;
mod capture_checks;
mod capture_failure;
pub mod capture_writer;
mod deny;
mod disagreements;
pub mod flight;
mod import;
mod info_evidence;
mod known_absences;
mod known_refusals;
mod metrics;
mod mismatch_investigation;
mod small_captures;
mod source_walks;
mod sources;
mod suspect_copy;
mod wrong_versions;
mod zip_captures;
mod zip_transfer;

pub use answer_ages::AnswerAges;
pub use answer_memory::{AnswerMemory, AnswerSubject, RememberedAnswer};
pub use assembly::{Ingest, IngestParts};
pub use blocklist::Blocklist;
pub use body_receiver::BodyReceiver;
pub use capture_checks::{CaptureChecks, CheckedCapture, GoModListener};
pub use capture_failure::CaptureFailure;
pub use capture_writer::{CaptureWriter, KeptBefore};
pub use deny::{DenyEntry, DenyList, DenyPattern, DenyPatternError};
pub use disagreements::Disagreements;
pub use import::import_checker;
pub use info_evidence::unconfirmed;
pub use known_absences::KnownAbsences;
pub use known_refusals::KnownRefusals;
pub use metrics::IngestMetrics;
pub use mismatch_investigation::Investigator;
pub use small_captures::SmallCaptures;
pub use source_walks::SourceWalks;
pub use sources::ModuleSources;
pub use suspect_copy::{CopyOrigin, RejectedBytes, SuspectCopy};
pub use wrong_versions::WrongVersions;
pub use zip_captures::ZipCaptures;
