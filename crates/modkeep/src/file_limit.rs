//! The limit of open files, raised as far as the system lets us, and what connections may have of it.
//!
//! Every connection, kept blob being sent and download in progress is one; the usual soft limit of
//! 1024 is there for programs that use `select`, which we are not. Clients that could use up all of
//! them would keep everybody from the blobs, so connections are fewer than open files.

use server::Limits;

/// Raises the soft limit; failing is no reason not to start. Gives the limit, where it is known.
pub(crate) fn raise() -> Option<u64> {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => {
            tracing::debug!(limit, "open files");
            Some(limit)
        }
        Err(error) => {
            tracing::warn!(%error, "the limit of open files cannot be raised");
            None
        }
    }
}

/// `limits` with as many connections as leave a fourth of the open files to blobs and upstreams.
pub(crate) fn fitting(limits: Limits, open_files: Option<u64>) -> Limits {
    let most = open_files.map_or(u64::MAX, |files| files / 4 * 3);
    let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
    if limits.max_connections > most {
        tracing::warn!(
            wanted = limits.max_connections,
            connections = most,
            "fewer connections than --max-connections: raise the limit of open files (ulimit -n, LimitNOFILE=)"
        );
    }
    Limits {
        max_connections: limits.max_connections.min(most),
        ..limits
    }
}

/// How many kept blobs may stay open for clients: half of what connections leave. `None` where the
/// limit is not known.
pub(crate) fn open_blobs() -> Option<usize> {
    let (soft, _) = rlimit::Resource::NOFILE.get().ok()?;
    usize::try_from(soft / 8).ok()
}

#[cfg(test)]
mod tests {
    use super::fitting;
    use server::Limits;

    #[test]
    fn connections_leave_open_files_to_others() {
        let limits = Limits {
            max_connections: 20_000,
            ..Limits::default()
        };
        for (open_files, connections) in [
            (Some(20_000), 15_000),
            (Some(65_536), 20_000),
            (Some(1), 1),
            (None, 20_000),
        ] {
            let fitted = fitting(limits, open_files);
            assert_eq!(fitted.max_connections, connections, "{open_files:?}");
        }
    }
}
