//! Wiring: settings in, a service out.

use crate::{
    config::{Environment as _, Process, Settings},
    failure::Failure,
    file_limit,
};
use codes::Code;
use proxy::{Metrics, OwnOptions, Proxy, ProxyOptions, Witness};
use std::{path::Path, sync::Arc, time::Duration};
use store::{Store, StoreOptions};
use tlog::note::VerifierKey;
use upstream::{Endpoint, SourceUrl, UpstreamOptions, Upstreams};

/// A service and what people are told about it.
pub(crate) struct Service {
    pub(crate) proxy: Proxy,
    pub(crate) store: Store,
    /// The sources in order, without credentials.
    pub(crate) sources: String,
}

/// Opens the store and prepares the sources; asks nobody anything yet.
pub(crate) async fn service(settings: &Settings) -> Result<Service, Failure> {
    let metrics = Arc::new(Metrics::new());
    let options = UpstreamOptions {
        observer: Arc::clone(&metrics) as _,
        ..settings.upstreams.clone()
    };
    let reach =
        |list| Upstreams::new(list, &options).map_err(|error| Failure::of(error.code(), &error));
    let upstreams = reach(&settings.upstream)?;
    let private_upstreams = settings.private_upstream.as_ref().map(reach).transpose()?;
    for upstreams in [&upstreams].into_iter().chain(&private_upstreams) {
        for source in upstreams.describe() {
            metrics.know_upstream(source.as_str());
        }
    }
    let sources = upstreams
        .describe()
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let store = Store::open(store_options(&settings.data)).await?;
    let options = ProxyOptions {
        private_upstreams,
        own: own(settings, &store, &options)?,
        vulnerabilities: Some(settings.data.clone()),
        ..settings.proxy.clone()
    };
    let proxy = Proxy::new(store.clone(), upstreams, options, metrics);
    proxy.begin().await;
    Ok(Service {
        proxy,
        store,
        sources,
    })
}

/// The checksum databases of the site's own. The active one must be there, and in use.
fn own(settings: &Settings, store: &Store, reach: &UpstreamOptions) -> Result<OwnOptions, Failure> {
    let databases = store.own_databases()?;
    if let Some(active) = &settings.own.active {
        let wrong = |why: &str| {
            let facts = format!("--own-sumdb {active}: {why}");
            Err(Failure::new(Code::BadConfiguration, facts))
        };
        match databases.iter().find(|own| own.name() == active) {
            None => return wrong("it has no key here, make one with `modkeep sumdb init`"),
            Some(own) if own.is_retired() => return wrong("it is retired"),
            Some(_) => {}
        }
    }
    let witness = |(key, url): &(VerifierKey, SourceUrl)| {
        let endpoint = Endpoint::try_new(url.reveal(), reach);
        let endpoint = endpoint.map_err(|error| Failure::of(error.code(), &error))?;
        let key = key.clone();
        Ok::<_, Failure>(Witness { key, endpoint })
    };
    let witnesses = settings.own.witnesses.iter().map(witness);
    let witnesses = witnesses.collect::<Result<_, _>>()?;
    Ok(OwnOptions {
        databases,
        active: settings.own.active.clone(),
        scope: settings.own.scope,
        witnesses,
        quorum: settings.own.quorum,
    })
}

/// How the store at `data` is opened. Tests name a point at which the process shall end there; it
/// is no option, for nobody else should.
pub(crate) fn store_options(data: &Path) -> StoreOptions {
    let mut options = StoreOptions::local(data);
    options.open_blobs = file_limit::open_blobs().unwrap_or(options.open_blobs);
    options.crash_point = Process.variable("MODKEEP_CRASH_POINT");
    options
}

/// How long a command waits at its end for blocking work that nobody waits for any more, such as a
/// name lookup that hangs in the system.
const LEAVE: Duration = Duration::from_secs(1);

/// Runs a command.
pub(crate) fn run<T>(command: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let done = runtime.block_on(command);
    runtime.shutdown_timeout(LEAVE);
    Ok(done)
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("modkeep")
        .build();
    built.map_err(|error| {
        Failure::new(
            Code::BadConfiguration,
            format!("threads cannot be started: {error}"),
        )
    })
}
