//! The port to a repository: what Go's rules ask of version control, in words that every system has.

use crate::error::VcsError;
use async_trait::async_trait;
use std::path::Path;

/// A commit, and what is known beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its full name.
    pub hash: String,
    /// Its name in pseudo-versions, twelve characters of a hash, or of a number with zeros before it.
    pub short: String,
    /// When it was made, in seconds since 1970 (UTC).
    pub time: i64,
    /// The part of a second in it; zero where the system has whole seconds.
    pub nanoseconds: u32,
    /// The ref under which it was asked for, if it was one: `refs/tags/v1.0.0`, `HEAD`.
    pub reference: Option<String>,
    /// Tags that name this commit, in the order of their bytes.
    pub tags: Vec<String>,
}

/// A repository. Revisions are names of commits, tags or branches; files are below the root.
#[async_trait]
pub trait CodeRepository: Send + Sync {
    /// Tags that begin with `prefix`, in the order of their bytes.
    async fn tags(&self, prefix: &str) -> Result<Vec<String>, VcsError>;

    /// The commit that a revision names: a tag, a branch, or a commit by its name or the beginning of it.
    ///
    /// # Errors
    /// [`VcsError::Absent`] where there is none.
    async fn stat(&self, revision: &str) -> Result<Commit, VcsError>;

    /// The newest commit of the default branch.
    async fn latest(&self) -> Result<Commit, VcsError>;

    /// A file of at most `limit` bytes as it is in a commit; `None` where there is none.
    async fn file(
        &self,
        commit: &Commit,
        path: &str,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, VcsError>;

    /// Tags that begin with `prefix` and name the commit or one of its ancestors.
    async fn tags_before(&self, commit: &Commit, prefix: &str) -> Result<Vec<String>, VcsError>;

    /// Whether the commit that a tag names is this one or one of its ancestors.
    async fn descends_from(&self, commit: &Commit, tag: &str) -> Result<bool, VcsError>;

    /// Writes the tree below a directory (empty for all of it) into a tar file.
    async fn archive(&self, commit: &Commit, directory: &str, to: &Path) -> Result<(), VcsError>;

    /// The system's name in `Origin`: `git`, `hg`, `svn`.
    fn system(&self) -> &'static str;

    /// The address without credentials, for `Origin`.
    fn url(&self) -> &str;
}
