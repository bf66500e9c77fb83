//! Why a module's bytes are not the ones they should be: evidence in, conclusion out.
//!
//! A checksum says *that* bytes are wrong. Whoever is paged needs to know *why*: a cut transfer is
//! repeated, a rotten disk is replaced, a moved tag is talked about with its author, a go.sum line
//! nobody can account for is a security incident. This crate tells them apart, in three steps:
//!
//! 1. [`mod@examine`] streams one copy of the bytes and describes it: a [`CopyDescription`]. [`compare`] holds
//!    a wrong copy against a right one: a [`CopyDifference`].
//! 2. [`mod@conclude`] weighs an [`MismatchEvidence`]: the wrong copy, what the checksum database and the
//!    client's go.sum say, what other sources sent. It is a decision table, argued in
//!    [`mod@conclude`], and gives a [`Conclusion`].
//! 3. [`MismatchCase`] is all of it in a form that is stored, listed as JSON, shown to a client and printed
//!    by `modkeep doctor`.
//!
//! Two rules stand above all: **a wrong name is worse than none** (what the evidence does not decide
//! is [`MismatchCause::Unexplained`], with the causes that remain and the question that would decide), and
//! **no advice ever says to turn verification off**.
//!
//! Nothing here opens a file or a socket, asks the time or knows a runtime. Copies are hostile:
//! whatever is held of one is bounded, and no bytes make it panic.

pub mod case;
pub mod conclude;
mod conclusion;
mod copy;
mod difference;
mod disagreement;
mod evidence;
mod examine;
mod sum;

pub use case::MismatchCase;
pub use conclude::conclude;
pub use conclusion::{CauseConfidence, Conclusion, MismatchCause};
pub use copy::{
    AnnouncedFacts, BitFlip, ByteCounts, ByteShape, CopyDescription, CopySource, EntryFacts,
    GzipContent, SourceRole, TextRewrite,
};
pub use difference::{CopyDifference, EntryPlace, NameSample, compare};
pub use disagreement::Disagreement;
pub use evidence::{KeptRecord, MismatchEvidence, MismatchStage, RetryResult, TagCommits};
pub use examine::{CopySubject, examine};
pub use sum::Sha256Sum;
