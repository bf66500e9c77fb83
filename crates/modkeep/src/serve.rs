//! `modkeep serve`: the server until it is told to stop.

use crate::{
    cli, client_env,
    config::Settings,
    failure::Failure,
    file_limit, logging,
    neighbour::Notice,
    output,
    preparation::Preparation,
    run::signals,
    sumdb_mirror,
    vuln_command::update,
    wiring::{self, Service},
};
use codes::Code;
use prometheus_client::registry::Registry;
use proxy::Proxy;
use server::Server;
use std::{process::ExitCode, time::Duration};
use tokio::time::{Instant, sleep};

/// `info`: one line a request, and what an operator should know.
const LOG_DEFAULT: &str = "info";

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let preparation = cli::prepared(matches)?;
    let _log = logging::start(&preparation.settings, LOG_DEFAULT)?;
    let open_files = file_limit::raise();
    wiring::warn_of_built_in(&preparation.settings);
    wiring::run(serve(&preparation, open_files))?
}

async fn serve(preparation: &Preparation, open_files: Option<u64>) -> Result<ExitCode, Failure> {
    let settings = &preparation.settings;
    let Service {
        proxy,
        store,
        sources,
    } = wiring::service(preparation).await?;
    let server = Server::bind(
        settings.listen,
        proxy.clone(),
        file_limit::fitting(settings.limits, open_files),
        Registry::default(),
    )
    .map_err(|error| Failure::of(Code::ListenFailed, &error))?
    .serving_hosts(settings.public_hosts.clone())
    .telling_clients(client_env::configured(settings)?);
    let server = match settings.admin_listen {
        Some(address) => server
            .bind_admin(address)
            .map_err(|error| Failure::of(Code::ListenFailed, &error))?,
        None => server,
    };
    let _notice = Notice::leave(&settings.data, server.local_addr(), server.admin_addr());
    let sweeping = tokio::spawn(sweep(proxy.clone()));
    let recovering = tokio::spawn(recover(store.clone()));
    let proving = tokio::spawn(prove(proxy.clone()));
    let scrubbing = {
        let proxy = proxy.clone();
        tokio::spawn(async move { proxy.scrub().await })
    };
    let healing = tokio::spawn(heal(proxy.clone()));
    let renewing = settings.vulndb.is_some().then(|| {
        let settings = settings.clone();
        tokio::spawn(async move { renew(&settings).await })
    });
    let mirroring = settings.sumdb_mirror.then(|| {
        tokio::spawn(sumdb_mirror::follow(
            proxy.clone(),
            settings.sumdb_mirror_rate,
        ))
    });
    announce(&server.local_addr().to_string(), settings, &sources);
    let drained = tokio::select! {
        drained = server.run(signals::stop()) => drained,
        () = signals::stop_twice() => {
            tracing::warn!("told to stop again: open answers are cut");
            return Ok(ExitCode::SUCCESS);
        }
    };
    sweeping.abort();
    recovering.abort();
    proving.abort();
    scrubbing.abort();
    healing.abort();
    for task in [mirroring, renewing].into_iter().flatten() {
        task.abort();
    }
    if drained.cut > 0 {
        tracing::warn!(
            connections = drained.cut,
            "answers were cut at the drain deadline"
        );
    }
    // What was answered is durable already; this writes what only speeds the next start up.
    store.flush().await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
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
async fn recover(store: store::Store) {
    let mut ticks = tokio::time::interval_at(Instant::now() + RETRIED, RETRIED);
    loop {
        ticks.tick().await;
        if !store.health().writable && store.probe_writable().await.is_ok() {
            tracing::info!("the store can be written again");
        }
    }
}

/// How often the vulnerability database is fetched: it changes a few times a day.
const RENEWED: Duration = Duration::from_hours(6);

/// Fetches the vulnerability database now and then.
async fn renew(settings: &Settings) {
    let mut ticks = tokio::time::interval(RENEWED / 6);
    loop {
        ticks.tick().await;
        if !update::is_due(settings, RENEWED) {
            continue;
        }
        match update::update(settings, &[], None).await {
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

fn announce(address: &str, settings: &Settings, sources: &str) {
    let data = settings.data.display();
    if output::is_watched() {
        output::error(&format!(
            "modkeep {} listening on http://{address}\n\n  export GOPROXY=http://{address}\n\n\
             data:      {data}\nupstreams: {sources}\nstop with Ctrl-C",
            env!("CARGO_PKG_VERSION"),
        ));
    } else {
        tracing::info!(address, data = %data, upstreams = sources, version = env!("CARGO_PKG_VERSION"), "listening on http://{address}");
    }
}
