//! Checksum databases, proved with, mirrored and hosted: nothing is captured, and nothing kept is served, before somebody vouches for it (law L1).
//!
//! Who vouches for a go.mod or a zip is the checksum database: its record holds the hash that the
//! whole world sees, and the record is proven to be in its log ([`tlog::client`]). The record is
//! looked up beside the download and shared by both files of a version; the proof is kept with the
//! first of them, so that a later start, or an audit, asks nobody.
//!
//! * A `.info` is in no log: the first one stays, and its evidence says so.
//! * Private modules are never asked about (L7), and neither is what a setting keeps from databases: the
//!   first capture stays, and its evidence says so.
//! * What was captured unproven, in an outage or by an older configuration, is proven before it is
//!   served where proof is required, and withdrawn if it fails.
//! * A database that told two histories is not believed any more, until an operator decides.
//!
//! Modes are the operator's choice ([`Mode`]); Go's own toolchains are verified in every one of them.
//! * One log can be mirrored as a whole ([`mirror_log`]), and databases of this site's own are hosted
//!   ([`HostedDatabases`]), whose records prove private modules.
//!
//! Refused: to fetch, keep or answer anything that is not of a database. Who fetches asks here on which
//! grounds bytes may be kept.

mod capture_evidence;
mod database;
mod database_answer;
pub mod database_files;
pub mod database_tile;
mod evidence;
pub mod halt;
mod heal;
mod hosted;
mod hosted_answers;
mod metrics;
mod mirror;
mod own;
mod pending;
mod present;
mod proven_answers;
mod publication_record;
mod rebuilt_head;
mod records;
pub mod reprove;
mod standing;
pub mod sums;
mod tiles;
mod verification;

pub use capture_evidence::{CaptureEvidence, CaptureObjection};
pub use database::{Database, DatabaseFailure, head_state};
pub use database_answer::DatabaseAnswer;
pub use evidence::logged_version;
pub use halt::{is_halted, reopen, resume};
pub use hosted::{HostedDatabase, HostedDatabases, OwnOptions, Scope, Witness};
pub use hosted_answers::{HostedAnswers, VersionCaptures};
pub use metrics::ChecksumdbMetrics;
pub use mirror::{MirrorFailure, MirrorPosition};
pub use pending::ProofSettlement;
pub use present::{HeadFailure, Present, compare_head};
pub use proven_answers::ProvenAnswers;
pub use publication_record::PublicationRecord;
pub use rebuilt_head::restore_head;
pub use records::{DatabaseRecords, ProvenRecord};
pub use reprove::{ReproofReport, Selection, reprove};
pub use tiles::{cut, place};
pub use verification::{Mode, Verification, Verifier, VerifyOptions, mirror_log};
