//! The shared language: what the store, the sources, the proxy and the server say to each other.
//!
//! Pure, without I/O, and small; the time of day is a [`Clock`] that is handed in. A type belongs here
//! when at least two rooms speak by it and neither owns it. What only one room decides by stays in that
//! room.

mod answer_facts;
mod caller;
mod clock;
pub mod database_path;
mod evidence;
mod privacy;
mod refusal;
mod resource;

pub use answer_facts::{Freshness, Media, Origin};
pub use caller::{Caller, CallerKey};
pub use clock::Clock;
pub use evidence::{Confirmation, Evidence, RecordedEvidence, UnknownEvidence};
pub use privacy::{PrivacyRules, is_toolchain};
pub use refusal::{Refusal, RefusalText};
pub use resource::{Fetching, Resource};
