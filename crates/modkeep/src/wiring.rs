//! Wiring: settings in, a service out.

use crate::{
    failure::{Failure, with_causes},
    file_limit,
    preparation::ServerPreparation,
};
use checksumdb::{OwnOptions, Witness};
use codes::Code;
use config::{Environment as _, Process, Settings, StoreSettings};
use proxy::{Proxy, ProxyOptions};
use std::{path::Path, time::Duration};
use store::{Store, StoreError, StoreOptions};

/// A service and what people are told about it.
pub(crate) struct ServiceParts {
    pub(crate) proxy: Proxy,
    pub(crate) store: Store,
    /// The sources in order, without credentials.
    pub(crate) sources: String,
}

/// Opens the store; asks nobody anything yet.
pub(crate) async fn service(preparation: &ServerPreparation) -> Result<ServiceParts, Failure> {
    let ServerPreparation {
        settings,
        metrics,
        upstreams,
        private_upstreams,
        witnesses,
        ..
    } = preparation.clone();
    for upstreams in [&upstreams].into_iter().chain(&private_upstreams) {
        for source in upstreams.sources() {
            metrics.know_upstream(source.as_str());
        }
    }
    let sources = upstreams
        .describe()
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let store = open_store(&settings.store).await?;
    let options = ProxyOptions {
        private_upstreams,
        own: own(&settings, &store, witnesses)?,
        vulnerabilities: Some(settings.store.data.clone()),
        ..settings.proxy.clone()
    };
    let proxy = Proxy::new(store.clone(), upstreams, options, metrics);
    proxy.obey_orders().await?;
    proxy.begin().await;
    Ok(ServiceParts {
        proxy,
        store,
        sources,
    })
}

/// Opens the store. One whose bucket refuses us is a mistake of the configuration, and is said at once; one
/// that cannot be reached now may come back, and what is in memory or on the disk is served meanwhile.
async fn open_store(settings: &StoreSettings) -> Result<Store, Failure> {
    let mut options = store_options(&settings.data);
    options.bucket.clone_from(&settings.bucket);
    let store = Store::open(options).await?;
    match store.probe_blobs().await {
        Err(error @ StoreError::BlobAccess { .. }) => return Err(error.into()),
        Err(error) => tracing::error!(
            code = %error.code(),
            "the object store of the artifacts cannot be used now, so none that lies there is served: {}",
            with_causes(&error)
        ),
        Ok(()) => {}
    }
    Ok(store)
}

/// Whoever named no upstream is told which one is asked, and how to name another.
pub(crate) fn warn_of_built_in(settings: &Settings) {
    if settings.upstream_is_built_in {
        let list = settings.upstream.to_string();
        tracing::warn!(
            upstream = list,
            "no upstream is configured, so modules come from {list}; \
             name yours: --upstream LIST or MODKEEP_UPSTREAM=LIST"
        );
    }
}

/// The checksum databases of the site's own. That the active one can be used was seen before.
fn own(settings: &Settings, store: &Store, witnesses: Vec<Witness>) -> Result<OwnOptions, Failure> {
    Ok(OwnOptions {
        databases: store.own_databases()?,
        active: settings.own.active.clone(),
        scope: settings.own.scope,
        witnesses,
        quorum: settings.own.quorum,
    })
}

/// For commands about what is kept: a directory without a store is a typing error, and an empty
/// store that is made of it would be found in good order.
pub(crate) fn require_store(data: &Path) -> Result<(), Failure> {
    if store::is_store(data) {
        return Ok(());
    }
    let facts = format!("there is no store in {}", data.display());
    Err(Failure::new(Code::NoStore, facts))
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
