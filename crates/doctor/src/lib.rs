//! Doctor: why a `go` command failed, and what repairs it.
//!
//! What people have is a piece of text: the end of a CI log, a terminal's output, a JSON object. It
//! is read in three steps, each a pure function: [`mod@classify`] peels the text and names the
//! causes that it shows, each with the place that says so; the [`cause`] table says what they mean
//! and what to do; [`report`](report()) prints it for people.
//!
//! Two more questions are asked of the machine itself: [`lint`](lint()) looks through the settings of
//! `go`, and [`probe`] asks every source layer by layer. Where hashes disagree, [`mod@compare`] says
//! who of go.sum, module cache, proxies and checksum database is the odd one out; and a [`request_record`] is
//! what a server itself says of a request that failed. And
//! [`moved`] asks where a module went that is no longer where it was. Where a public proxy is not reached,
//! [`mirrors`] says which others are.
//!
//! Two things are never done. A text that fits no pattern is called unknown, not given the nearest
//! cause. And no fix turns verification off, or rewrites a path while the hashes disagree.

pub mod cause;
mod chain;
pub mod classify;
pub mod compare;
mod diagnosis;
pub mod environment;
mod exchange;
mod fix;
pub mod fix_action;
pub mod lint;
mod matcher;
pub mod mirrors;
pub mod moved;
mod parts;
mod pattern;
pub mod probe;
mod report;
pub mod request_record;
mod text;

pub use cause::{CAUSES, FailureCause};
pub use chain::{PullKind, RequirementLink};
pub use classify::{MAX_TEXT, classify};
pub use diagnosis::{Diagnosis, DiagnosisReason, ReasonConfidence, ReasonKind};
pub use environment::GoEnvironment;
pub use fix::Fix;
pub use lint::{LINTS, LintCase, lint};
pub use parts::MessageParts;
pub use report::{ColourMode, report, report_lints};
