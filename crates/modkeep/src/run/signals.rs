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

/// Ends at the second such signal: whoever sends it does not want to wait for the drain.
pub(crate) async fn stop_twice() {
    stop().await;
    stop().await;
}
