//! Moved: where a module went that is no longer where it was.
//!
//! A module's path is its address, so a repository that is renamed, or a host that is given up,
//! breaks everybody who requires it. What is left are traces: the go.mod that declares another path,
//! the page that `go` reads to find the repository, a redirect of the repository, a deprecation that
//! names a successor. They are followed in three steps.
//!
//! * [`search`] gathers the evidence over a [`ProbeNetwork`](crate::probe::ProbeNetwork) that tests replace,
//!   all of it within [`LIMIT`], and looks at what is found where each trace leads;
//! * `candidates` says which paths the evidence names, the best first; pure;
//! * `advise` says what may be done, of what was verified; pure.
//!
//! Nothing is changed, and nothing is advised that was not verified: a candidate that no source has,
//! or whose go.mod declares a third path, or whose files differ from those that the version had, is
//! listed as such. A silence is never taken for an absence, and a temporary redirect never for a move.
//!
//! Names go only where `go` itself would send them: of a module that goes past the proxies, no
//! proxy and no host outside is asked. Pages and redirects come from strangers: https only, few hops,
//! bounded bodies, and no address inside this network unless the module's own host has such an address.

mod advice;
mod candidate;
mod check;
mod contents;
mod declaration;
mod evidence;
mod fetch;
mod gather;
mod pages;
mod proxy;
mod reach;
mod render;

pub use advice::{MoveAdvice, UnverifiedCandidate};
pub use candidate::{CandidateSign, PathCandidate};
pub use contents::ContentComparison;
pub use declaration::ModuleDeclaration;
pub use discovery::{DiscoveryPage, GoImportTag};
pub use evidence::{
    CandidateFiles, CheckedCandidate, ChecksumRecord, MoveEvidence, PageSays, ProtocolFile,
    ProxySays, RedirectHop, SourceReply,
};
pub use gather::{MoveSearch, search};
pub use render::render_search;

use std::time::Duration;

/// How long all of it may take.
pub const LIMIT: Duration = Duration::from_secs(10);
