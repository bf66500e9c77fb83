//! Checkout: what is read from a working tree, on disk and as git has recorded it.
//!
//! A checkout is somebody else's work, so it may hold links, pipes, names that steer a terminal, and
//! files without an end. Everything here reads within bounds, follows no link out of the directory, and
//! names what it could not read instead of passing over it. What the files mean is not decided here:
//! [`gate`] and [`project`] are given them.
//!
//! * [`directory`]: the files of a checkout that decide about dependencies;
//! * [`git`], [`base`]: a repository, its commits, and the commit from which a change branched off;
//! * [`workspaces`]: go.work files and the modules that they name;
//! * [`source_files`]: the Go files of a main module;
//! * [`plain_file`]: one file.

pub mod base;
pub mod directory;
pub mod git;
pub mod plain_file;
pub mod source_files;
pub mod workspaces;

pub use base::BaseState;
pub use directory::{Checkout, CheckoutFiles};
pub use git::{CheckoutSnapshot, GitCommit, GitRepository, RevisionError, UncommittedFile};
pub use workspaces::GoWorkspace;
