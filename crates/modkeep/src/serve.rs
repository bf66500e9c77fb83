//! `modkeep serve`: the server until it is told to stop, or the next process takes over.

mod background_jobs;
mod certificate;
#[cfg(unix)]
mod hand_over;
mod reload;
mod service_manager;
mod sockets;

use crate::{
    access_setup::{CallerParts, TokenJob},
    cli, client_env,
    control::ControlSocket,
    failure::Failure,
    file_limit, logging, output,
    preparation::ServerPreparation,
    process,
    run::signals,
    running_instance::AddressNotice,
    wiring::{self, ServiceParts},
};
use certificate::CertificateJob;
use codes::Code;
use config::{Environment as _, Process, Settings, TlsSettings};
#[cfg(unix)]
use hand_over::{PredecessorProcess, SocketOffer, SuccessorProcess};
use jobs::{JobMetrics, JobSchedule, Jobs};
use reload::ConfigReload;
use server::{DrainReport, Listener, Server, StopReason, TlsFiles};
use sockets::ListeningSockets;
use std::{process::ExitCode, sync::Arc, time::Duration};

/// `info`: one line a request, and what an operator should know.
const LOG_DEFAULT: &str = "info";

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let preparation = cli::prepared(matches)?;
    let log = Arc::new(logging::start(&preparation.settings, LOG_DEFAULT)?);
    let open_files = file_limit::raise();
    wiring::warn_of_built_in(&preparation.settings);
    let reload = ConfigReload {
        matches: matches.clone(),
        log,
        resolved: preparation.resolved.clone(),
        access: None,
        status: String::new(),
    };
    wiring::run(serve(&preparation, reload, open_files))?
}

async fn serve(
    preparation: &ServerPreparation,
    mut reload: ConfigReload,
    open_files: Option<u64>,
) -> Result<ExitCode, Failure> {
    let settings = &preparation.settings;
    // Before anybody can know that this process is here.
    let (mut stop, mut stop_again) = (signals::Stops::new(), signals::Stops::new());
    let hangups = signals::Hangups::new();
    let names = Process.variable("LISTEN_FDNAMES");
    let passed = ListeningSockets::of_service_manager(names.as_deref())?;
    let (predecessor, passed) = taken_over(settings, passed).await;
    let ListeningSockets { public, admin } = ListeningSockets::open(settings, passed)?;
    // Not before every address is listened on: until then the running process goes on.
    if let Some(predecessor) = predecessor {
        tracing::info!("the sockets of the running process are here; waiting for its end");
        let relieved = predecessor.relieve().await;
        relieved.map_err(|error| Failure::of(Code::ListenFailed, &error))?;
    }
    let service = open(preparation).await?;
    let callers = CallerParts::open(settings, &service.store).await?;
    let tls = certificate::of(settings)?;
    let addresses = ServerAddresses::of(&public, &admin, tls.is_some());
    let offer = offer(settings, &public, &admin);
    let limits = file_limit::fitting(settings.limits, open_files);
    let (mut registry, metrics) = (process::registry(), JobMetrics::default());
    metrics.register(&mut registry);
    callers.metrics.register(&mut registry);
    callers.issuer_metrics.register(&mut registry);
    let mut jobs = Jobs::new(metrics);
    let mut server = Server::on(public, service.proxy.clone(), limits, registry)
        .with_admin(admin)
        .serving_hosts(settings.public_hosts.clone())
        .behind(settings.trusted_proxies.clone())
        .logging_private_names(settings.proxy.log_private)
        .guarded_by(Arc::clone(&callers.control))
        .telling_clients(client_env::configured(settings)?);
    if let Some(tls) = &tls {
        server = server.secured_by(Arc::clone(tls));
        let schedule = JobSchedule::every(CertificateJob::PERIOD).from_the_start();
        let job = CertificateJob::new(Arc::clone(tls));
        jobs.start("tls-certificate", schedule, job);
    }
    let schedule = JobSchedule::every(TokenJob::PERIOD).waiting_at_most(TokenJob::PERIOD);
    jobs.start("tokens", schedule, TokenJob::new(callers.tokens.clone()));
    reload.access = Some(Arc::clone(&callers.control));
    // Commands of this machine ask without TLS: they would not know which root to trust.
    let noticed = if tls.is_none() {
        &addresses.public[..]
    } else {
        &[]
    };
    let _notice = AddressNotice::leave(&settings.store.data, noticed, &addresses.admin);
    let _control = ControlSocket::open(&settings.store.data, &service.store, &service.proxy);
    background_jobs::start(&mut jobs, settings, &service.proxy, &service.store);
    announce(&addresses, settings, &service.sources);
    if let Some(tls) = tls.as_ref().filter(|_| is_self_signed(settings)) {
        announce_certificate(tls.files());
    }
    reload.status = format!("listening on {}", addresses.shown());
    service_manager::ready(&reload.status);
    let drained = tokio::select! {
        drained = server.run(stopped(&mut stop, offer.as_ref())) => drained,
        () = twice(&mut stop_again) => {
            tracing::warn!("told to stop again: open answers are cut");
            return Ok(ExitCode::SUCCESS);
        }
        never = reload_at(hangups, reload) => match never {},
    };
    let cut = jobs.stop(background_jobs::STOP_PATIENCE).await;
    tracing::debug!(cut, "the background jobs have ended");
    end(drained, &service).await
}

/// Says how it ended, and leaves the store in order.
async fn end(drained: DrainReport, service: &ServiceParts) -> Result<ExitCode, Failure> {
    if drained.cut > 0 {
        tracing::warn!(
            connections = drained.cut,
            "answers were cut at the drain deadline"
        );
    }
    // What was answered is durable already; this writes what only speeds the next start up.
    service.store.flush().await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// How often a store is tried that another process still holds.
const FREED: Duration = Duration::from_millis(20);

/// Opens the store. Whoever takes over waits for the process that holds it, also for one of a release
/// that hands nothing over: meanwhile clients wait at the sockets of this one.
async fn open(preparation: &ServerPreparation) -> Result<ServiceParts, Failure> {
    let mut is_said = false;
    loop {
        match wiring::service(preparation).await {
            Err(failure)
                if preparation.settings.take_over && failure.code() == Code::StoreInUse =>
            {
                if !is_said {
                    tracing::info!("waiting for the process that holds the data directory to end");
                    is_said = true;
                }
                tokio::time::sleep(FREED).await;
            }
            opened => return opened,
        }
    }
}

/// What the running process hands over, where that is wanted, else what was passed already.
#[cfg(unix)]
async fn taken_over(
    settings: &Settings,
    passed: ListeningSockets,
) -> (Option<PredecessorProcess>, ListeningSockets) {
    if settings.take_over
        && let Some((predecessor, handed)) = PredecessorProcess::meet(&settings.store.data).await
    {
        return (Some(predecessor), passed.or(handed));
    }
    (None, passed)
}

/// Offers the sockets to the next process. A server without that is a server.
#[cfg(unix)]
fn offer(settings: &Settings, public: &[Listener], admin: &[Listener]) -> Option<SocketOffer> {
    let offer = SocketOffer::make(&settings.store.data, public, admin);
    offer
        .inspect_err(
            |error| tracing::warn!(%error, "the next process cannot take over from this one"),
        )
        .ok()
}

/// Ends when this process is told to stop, or another one has taken over.
#[cfg(unix)]
async fn stopped(stop: &mut signals::Stops, offer: Option<&SocketOffer>) -> StopReason {
    let taken = async {
        match offer {
            Some(offer) => offer.taken().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = stop.next() => {
            service_manager::stopping("draining");
            StopReason::Ordered
        }
        successor = taken => {
            tracing::info!("the next process has taken over; open answers are finished here");
            SuccessorProcess::wait_for_our_end(successor);
            StopReason::HandedOver
        }
    }
}

/// Ends at the second order: whoever gives it does not want to wait for the drain.
async fn twice(stops: &mut signals::Stops) {
    stops.next().await;
    stops.next().await;
}

async fn reload_at(
    mut hangups: signals::Hangups,
    mut reload: ConfigReload,
) -> std::convert::Infallible {
    loop {
        hangups.next().await;
        reload.now().await;
    }
}

/// Where a server is reached, as people read it.
struct ServerAddresses {
    public: Vec<server::ListenAddress>,
    admin: Vec<server::ListenAddress>,
    scheme: &'static str,
}

// === impl ServerAddresses ===

impl ServerAddresses {
    fn of(public: &[Listener], admin: &[Listener], has_tls: bool) -> Self {
        let of = |listeners: &[Listener]| {
            let addresses = listeners.iter().map(Listener::address);
            addresses.cloned().collect()
        };
        Self {
            public: of(public),
            admin: of(admin),
            scheme: if has_tls { "https" } else { "http" },
        }
    }

    fn shown(&self) -> String {
        let addresses = self.public.iter().map(|address| match address.tcp() {
            Some(address) => format!("{}://{address}", self.scheme),
            None => address.to_string(),
        });
        addresses.collect::<Vec<_>>().join(", ")
    }
}

fn is_self_signed(settings: &Settings) -> bool {
    matches!(settings.tls, Some(TlsSettings::SelfSigned { .. }))
}

/// What a client has to trust before it can use a certificate that was made here.
fn announce_certificate(files: &TlsFiles) {
    let file = files.certificate.display();
    if output::is_watched() {
        output::error(&format!(
            "the certificate was made here; clients trust it with\n  export SSL_CERT_FILE={file}\n\
             (go on Linux; elsewhere put it among the system's roots). In production: --tls-cert, --tls-key"
        ));
    } else {
        tracing::warn!(certificate = %file, "the certificate was made here; clients trust it with SSL_CERT_FILE={file}");
    }
}

fn announce(addresses: &ServerAddresses, settings: &Settings, sources: &str) {
    let data = settings.store.data.display();
    let shown = addresses.shown();
    if output::is_watched() {
        let first = addresses.public.iter().find_map(server::ListenAddress::tcp);
        let url = settings.public_url.clone();
        let url = url.or_else(|| first.map(|address| format!("{}://{address}", addresses.scheme)));
        let line = url.map_or_else(String::new, |url| format!("\n  export GOPROXY={url}\n"));
        output::error(&format!(
            "modkeep {} listening on {shown}\n{line}\n\
             data:      {data}\nupstreams: {sources}\nstop with Ctrl-C",
            env!("CARGO_PKG_VERSION"),
        ));
    } else {
        tracing::info!(address = shown, data = %data, upstreams = sources, version = env!("CARGO_PKG_VERSION"), "listening on {shown}");
    }
}
