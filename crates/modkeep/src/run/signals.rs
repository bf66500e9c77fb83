//! Signals that mean "stop".

/// Ends at the first SIGTERM or SIGINT. Where a handler cannot be installed, that signal keeps its
/// usual effect, which is to end the process.
#[cfg(unix)]
pub(crate) async fn stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let one = |kind| async move {
        match signal(kind) {
            Ok(mut arrivals) => drop(arrivals.recv().await),
            Err(error) => {
                tracing::warn!(%error, "a signal cannot be handled");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = one(SignalKind::terminate()) => {}
        () = one(SignalKind::interrupt()) => {}
    }
    tracing::debug!("told to stop");
}

/// Ends at Ctrl-C.
#[cfg(not(unix))]
pub(crate) async fn stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    tracing::debug!("told to stop");
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

/// Ends at the second such signal: whoever sends it does not want to wait for the drain.
pub(crate) async fn stop_twice() {
    stop().await;
    stop().await;
}
