//! What a Go project is made of: its requirements, its packages, and why each is there.
//!
//! Pure: bytes, selections and listings in, answers out. Whoever calls reads files and asks
//! upstreams.
//!
//! * [`graph`], [`paths`], [`why`], [`draw`]: the module graph, and who asks for what;
//! * [`source`], [`configurations`]: what a Go file imports, and in which builds;
//! * [`imports`], [`reach`], [`chain`], [`weight`], [`tidy`]: the packages that are reached, by which
//!   imports, and what each requirement is for and costs;
//! * [`uses`], [`standard`]: whether a build contains one of some packages, Go's own among them;
//! * [`whatif`]: what another version would change.

pub mod chain;
pub mod configurations;
pub mod draw;
pub mod graph;
pub mod imports;
pub mod paths;
pub mod reach;
pub mod rules;
pub mod source;
pub mod standard;
pub mod tidy;
pub mod uses;
pub mod weight;
pub mod whatif;
pub mod why;

pub use rules::RULES;
