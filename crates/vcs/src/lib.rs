//! Modules straight from version control: what `direct` in a list of upstreams means.
//!
//! ```text
//! module path ─▶ discovery: which repository, which directory
//!             ─▶ repository: tags, commits, files, trees (git)
//!             ─▶ module: versions, `.info`, go.mod and zip by Go's rules
//! ```
//!
//! The `go` command does the same on every developer's machine. The rules are its own, since the result is
//! hashed: which directory holds `/v2`, which tags are versions, what a pseudo-version may claim, what goes into
//! the zip. They stand in [`module`], which knows no version control system; a repository is reached through
//! the port [`CodeRepository`], which knows nothing of Go.
//!
//! Programs of others do the talking (`git`), as children that are told nothing about this process: another
//! environment, a home of their own, no prompts, no protocols but those of a network, a deadline after which the
//! whole process group is killed, and bounds on what they print and store ([`ChildLimits`]).
//!
//! Refused: whatever a repository would have *run* (hooks, filters, submodules, attributes that rewrite files at
//! export), `ext::` and `file:` addresses, names that look like options.

mod child;
mod discovery;
mod error;
mod git;
pub mod module;
mod origin;
mod policy;
mod repository;
mod source;

pub use child::ChildLimits;
pub use discovery::{ImportRoot, MetaPage, NetworkGate};
pub use error::VcsError;
pub use git::{GitCheckout, GitOptions, GitRepositories, GitRepository};
pub use module::ModuleRepository;
pub use policy::{VcsKind, VcsPolicy, VcsPolicyError};
pub use repository::{CodeRepository, Commit};
pub use source::{DirectAnswer, DirectOptions, DirectSource};
