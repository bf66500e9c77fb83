//! Reload: SIGHUP reads the configuration again, and what can change under way changes.
//!
//! Without a handler the signal ends a process in the middle of its answers, and `systemctl reload` or
//! a log rotation sends it. What is wrong is said and changes nothing: the server goes on as it is.
//! What needs a start says so by name, so that nobody believes it is in force.

use super::service_manager;
use crate::{cli, failure::Failure, logging::LogHandle, preparation::ServerPreparation};
use clap::ArgMatches;
use config::ResolvedConfig;
use server::AccessControl;
use std::sync::Arc;

/// What a reload needs.
pub(super) struct ConfigReload {
    pub(super) matches: ArgMatches,
    pub(super) log: Arc<LogHandle>,
    /// What is in force.
    pub(super) resolved: ResolvedConfig,
    /// Where rules are put in force.
    pub(super) access: Option<Arc<AccessControl>>,
    /// What the service manager is told afterwards.
    pub(super) status: String,
}

// === impl ConfigReload ===

impl ConfigReload {
    /// Reads the configuration again.
    pub(super) async fn now(&mut self) {
        service_manager::reloading();
        let matches = self.matches.clone();
        // The files of go are read, and its command may be run.
        let prepared = tokio::task::spawn_blocking(move || cli::prepared(&matches)).await;
        match prepared {
            Ok(Ok(preparation)) => self.apply(&preparation),
            Ok(Err(failure)) => refused(&failure),
            Err(error) => tracing::error!(%error, "the configuration could not be read again"),
        }
        service_manager::ready(&self.status);
    }

    fn apply(&mut self, preparation: &ServerPreparation) {
        let changed = self.resolved.changed(&preparation.resolved);
        if let Err(why) = self
            .log
            .set_level(preparation.settings.log_level.as_deref())
        {
            tracing::error!(why, "the log keeps its level");
        }
        if let Some(access) = &self.access {
            access.set_policy(preparation.settings.access.clone());
        }
        let names = |reloads: bool| {
            let options = changed.iter().filter(|option| option.reloads == reloads);
            let names: Vec<&str> = options.map(|option| option.flag.as_str()).collect();
            names.join(", ")
        };
        let (now, later) = (names(true), names(false));
        if !later.is_empty() {
            tracing::warn!(
                options = later,
                "the configuration was read again; these options change at the next start"
            );
        }
        tracing::info!(
            changed = now,
            "the configuration was read again and is in force"
        );
        self.resolved.take_reloaded(&preparation.resolved);
    }
}

fn refused(failure: &Failure) {
    tracing::error!(
        code = %failure.code(),
        why = failure.facts(),
        "the configuration was read again and is wrong; nothing changed"
    );
}
