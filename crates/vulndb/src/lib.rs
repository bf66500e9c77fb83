//! Known vulnerabilities of Go modules: OSV entries in, hits, findings and the v1 protocol out.
//!
//! 1. A [`DatabaseSource`] is a database as others publish it: the Go vulnerability database in its served
//!    layout, an ecosystem's `all.zip` of OSV, a directory of a company's own advisories. It is
//!    read strictly: one entry that is not understood and nothing of it is taken, because a
//!    database with a hole says "not vulnerable" where it should say "do not know". Only a public
//!    entry with versions that Go cannot have is taken, as one about every version.
//! 2. [`VulnerabilityDatabase::merge`] makes one of several: what two sources know under the same id or alias
//!    is one vulnerability. [`DatabaseSnapshot`] is that database as a file, for machines without a network.
//! 3. [`VulnerabilityDatabase::affecting`] tells which vulnerabilities a module version has, by the rules of
//!    the stock `govulncheck`; [`VulnerabilityDatabase::answer`] serves the protocol that it speaks, so that it
//!    finds private advisories without knowing of us.
//! 4. [`ReachabilityReport`] is what `govulncheck -json` found out about calls, which needs the source
//!    code and is left to it. [`mod@judge`] makes findings of all of it.
//!
//! Only [`DatabaseSource::from_directory`] and [`DatabaseSnapshot`] touch files; nothing asks the time. Everything read
//! is hostile, and bounded by [`limits`].

mod answer;
mod database;
mod entry;
mod files;
mod hit;
mod import_reach;
mod judge;
mod kept;
pub mod limits;
mod mend;
mod merge;
mod older_data;
mod range;
mod reachability;
pub mod rules;
mod source;
mod upgrade;
mod version;

pub use answer::DatabaseFile;
pub use database::{BuildExamination, DatabaseError, SourceInfo, VulnerabilityDatabase};
pub use entry::{
    AffectedModule, AffectedPackage, AffectedRange, EntryError, EntryId, OsvEntry, OsvSeverity,
    OsvTime, RangeEvent, ReviewStatus,
};
pub use files::{FeedFile, unpack};
pub use hit::VulnerabilityHit;
pub use import_reach::ImportReach;
pub use judge::{ExaminationInput, judge};
pub use kept::{DatabaseSnapshot, KeptError};
pub use merge::MergeError;
pub use older_data::OlderData;
pub use reachability::{
    CallFrame, ReachabilityError, ReachabilityReport, ScanLevel, VulnerabilityReach,
};
pub use rules::{MILD, RULES};
pub use source::{DatabaseSource, SourceError, SourceOrigin, SourceProblem};
pub use version::UnknownVersion;
