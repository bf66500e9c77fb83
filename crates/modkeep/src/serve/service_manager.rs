//! What a service manager is told: ready, reloading, stopping (`sd_notify(3)`).
//!
//! Without `NOTIFY_SOCKET` nobody wants to know, and nothing is sent. That a message is lost costs the
//! service manager's patience only, so it is a line at debug level and no failure.

#[cfg(target_os = "linux")]
use sd_notify::NotifyState;

/// Requests are answered from now on.
#[cfg(target_os = "linux")]
pub(super) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The configuration is read again; [`ready`] ends it.
#[cfg(target_os = "linux")]
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(%error, "the service manager was not told"),
    }
}

/// This process is about to end.
#[cfg(target_os = "linux")]
pub(super) fn stopping(status: &str) {
    tell(&[NotifyState::Stopping, NotifyState::Status(status)]);
}

#[cfg(target_os = "linux")]
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager was not told");
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn ready(_status: &str) {}

#[cfg(not(target_os = "linux"))]
pub(super) fn reloading() {}

#[cfg(not(target_os = "linux"))]
pub(super) fn stopping(_status: &str) {}
