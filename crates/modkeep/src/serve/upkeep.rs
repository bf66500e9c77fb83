//! Upkeep: what a server does beside answering, each at its own pace.

use crate::{config::Settings, denying, sumdb_mirror, vuln_command::update};
use codes::Code;
use proxy::Proxy;
use std::{sync::Arc, time::Duration};
use store::Store;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

/// The tasks; they end when this is dropped.
pub(super) struct Upkeep {
    _tasks: JoinSet<()>,
}

// === impl Upkeep ===

impl Upkeep {
    /// Starts all of them.
    pub(super) fn begin(settings: &Settings, proxy: &Proxy, store: &Store) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(sweep(proxy.clone()));
        tasks.spawn(recover(store.clone(), proxy.clone()));
        tasks.spawn(prove(proxy.clone()));
        tasks.spawn(scrub(proxy.clone()));
        tasks.spawn(heal(proxy.clone()));
        if settings.vulndb.is_some() {
            tasks.spawn(renew(Arc::new(settings.clone())));
        }
        if settings.sumdb_mirror {
            let rate = settings.sumdb_mirror_rate;
            tasks.spawn(sumdb_mirror::follow(proxy.clone(), rate));
        }
        if let Some(file) = settings.config_file.clone() {
            tasks.spawn(denying::follow(file, proxy.clone()));
        }
        Self { _tasks: tasks }
    }
}

/// Hashes everything that is kept again, for ever.
async fn scrub(proxy: Proxy) {
    proxy.scrub().await;
}

/// How often old absences are swept out: they are believed for days, so an hour more is nothing.
const SWEPT: Duration = Duration::from_hours(1);

/// Forgets old absences now and then, so that what is remembered does not only grow.
async fn sweep(proxy: Proxy) {
    // Not at once: a start writes nothing.
    let mut hourly = tokio::time::interval_at(Instant::now() + SWEPT, SWEPT);
    loop {
        hourly.tick().await;
        match proxy.sweep().await {
            Ok(0) => {}
            Ok(forgotten) => tracing::debug!(forgotten, "old absences were forgotten"),
            Err(refusal) => tracing::warn!(?refusal, "old absences could not be forgotten"),
        }
    }
}

/// How often a store that cannot write tries again: a disk that has room again is noticed before
/// somebody looks at `/readyz` twice, and a try is one block.
const RETRIED: Duration = Duration::from_secs(5);

/// Tries to write while the store cannot, so that it recovers without being asked for anything.
/// Looks at the disk's room as well, so that readiness and the log tell of it although nobody asks for
/// anything new.
async fn recover(store: Store, proxy: Proxy) {
    let mut is_short = false;
    let mut ticks = tokio::time::interval_at(Instant::now() + RETRIED, RETRIED);
    loop {
        ticks.tick().await;
        let was_short = std::mem::replace(&mut is_short, proxy.measure_disk().await);
        if is_short && !was_short {
            tracing::warn!(code = %Code::DiskReserve, "the disk is at its reserve: what is kept is served, nothing new is kept");
        } else if was_short && !is_short {
            tracing::info!("the disk has room again: new things are kept");
        }
        if !store.health().writable && store.probe_writable().await.is_ok() {
            tracing::info!("the store can be written again");
        }
    }
}

/// How often the vulnerability database is fetched: it changes a few times a day.
const RENEWED: Duration = Duration::from_hours(6);

/// Fetches the vulnerability database now and then.
async fn renew(settings: Arc<Settings>) {
    let mut ticks = tokio::time::interval(RENEWED / 6);
    loop {
        ticks.tick().await;
        if !update::is_due(&settings, RENEWED) {
            continue;
        }
        match update::update(&settings, &[], None).await {
            Ok(made) => tracing::info!(sources = made.sources.len(), "vulnerability data renewed"),
            Err(failure) => {
                let (code, facts) = (failure.code(), failure.facts().to_owned());
                tracing::warn!(%code, facts, "vulnerability data could not be renewed");
            }
        }
    }
}

/// How often captures that wait for their proof are looked at. An outage of a database lasts for
/// minutes; where nothing waits, looking costs one lookup.
const PROVEN: Duration = Duration::from_secs(15);

/// Finds again what a rebuild of the catalog lost; looked at once where there was none.
async fn heal(proxy: Proxy) {
    loop {
        match proxy.heal().await {
            Ok(0) => return,
            Ok(proofs) => {
                tracing::info!(proofs, "what proves the kept records is complete again");
                return;
            }
            Err(refusal) => tracing::debug!(?refusal, "what a rebuild lost is not found yet"),
        }
        sleep(PROVEN).await;
    }
}

/// Proves what was captured while the database could not be asked.
async fn prove(proxy: Proxy) {
    let mut ticks = tokio::time::interval_at(Instant::now() + PROVEN, PROVEN);
    loop {
        ticks.tick().await;
        match proxy.prove_pending().await {
            Ok(settled) if settled.proven + settled.withdrawn > 0 => {
                tracing::info!(
                    proven = settled.proven,
                    withdrawn = settled.withdrawn,
                    "captures were proven later"
                );
            }
            Ok(_) => {}
            Err(refusal) => tracing::warn!(?refusal, "captures could not be proven later"),
        }
    }
}
