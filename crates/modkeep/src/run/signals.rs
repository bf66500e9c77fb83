//! Signals that mean "stop", and the one that means "read the configuration again".
//!
//! Who waits for a signal has to listen before anybody can send it: once one listener has the signal, it
//! does not end the process any more, and a second one that begins to listen later has missed it.

/// Orders to stop: SIGTERM and SIGINT, since this was made. Where a handler cannot be installed, that
/// signal keeps its usual effect, which is to end the process.
pub(crate) struct Stops {
    #[cfg(unix)]
    arrivals: Vec<tokio::signal::unix::Signal>,
}

// === impl Stops ===

impl Stops {
    /// Listens from now on.
    #[cfg(unix)]
    pub(crate) fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::terminate(), SignalKind::interrupt()];
        let one = |kind| {
            let arrivals = signal(kind);
            arrivals
                .inspect_err(|error| tracing::warn!(%error, "a signal cannot be handled"))
                .ok()
        };
        Self {
            arrivals: kinds.into_iter().filter_map(one).collect(),
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn new() -> Self {
        Self {}
    }

    /// Ends at the next one.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        let arrived = self.arrivals.iter_mut().map(|one| Box::pin(one.recv()));
        let arrived: Vec<_> = arrived.collect();
        if arrived.is_empty() {
            return std::future::pending().await;
        }
        futures_util::future::select_all(arrived).await;
        tracing::debug!("told to stop");
    }

    /// Ends at Ctrl-C.
    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        tracing::debug!("told to stop");
    }
}

/// Arrivals of SIGHUP: read the configuration again.
pub(crate) struct Hangups {
    #[cfg(unix)]
    arrivals: Option<tokio::signal::unix::Signal>,
}

// === impl Hangups ===

impl Hangups {
    /// From now on the signal does not end the process.
    #[cfg(unix)]
    pub(crate) fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let arrivals = signal(SignalKind::hangup());
        let arrivals = arrivals
            .inspect_err(|error| tracing::warn!(%error, "SIGHUP cannot be handled"))
            .ok();
        Self { arrivals }
    }

    #[cfg(not(unix))]
    pub(crate) fn new() -> Self {
        Self {}
    }

    /// Ends at the next one.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) {
        match &mut self.arrivals {
            Some(arrivals) => drop(arrivals.recv().await),
            None => std::future::pending().await,
        }
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_async, reason = "waits where there is such a signal")]
    pub(crate) async fn next(&mut self) {
        std::future::pending().await
    }
}
