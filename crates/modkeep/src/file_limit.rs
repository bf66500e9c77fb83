//! The limit of open files, raised as far as the system lets us.
//!
//! Every connection, kept blob being sent and download in progress is one; the usual soft limit of
//! 1024 is there for programs that use `select`, which we are not.

/// Raises the soft limit; failing is no reason not to start.
pub(crate) fn raise() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => tracing::debug!(limit, "open files"),
        Err(error) => tracing::warn!(%error, "the limit of open files cannot be raised"),
    }
}
