//! Jobs: supervised periodic tasks.
//!
//! A loose loop in a task of its own ends silently at its first panic, nobody sees that it fails, and it
//! is cut wherever it happens to be when the process stops. A job has a name, a [`JobSchedule`] and
//! metrics ([`JobMetrics`]); a failure makes it wait longer, with jitter, a panic counts as a failure
//! and the next run comes; a stop lets a run end ([`Jobs::stop`]).
//!
//! Not here: work that somebody waits for, and work that is queued. A job starts from what is true when
//! it runs, so a run that is skipped or cut costs nothing but time.

mod metrics;
mod schedule;
mod supervisor;

pub use metrics::JobMetrics;
pub use schedule::{JobRun, JobSchedule, RunOutcome};
pub use supervisor::{Jobs, PeriodicTask};
