//! Preparation: settings and everything that can be made of them without changing anything.
//!
//! `serve` and `run` start from a [`ServerPreparation`], and `config check` makes one and throws it away. So
//! what the check lets pass is what a start accepts: there is no second list of conditions. Nothing
//! here opens the store, binds an address or asks anybody anything, so the check can run beside the
//! server whose next configuration it judges.

use crate::failure::with_causes;
use checksumdb::Witness;
use config::{
    ConfigError, ConfigValue, Configuration, Environment as _, Process, ResolvedConfig, Settings,
};
use proxy::Metrics;
use std::{fmt::Display, sync::Arc};
use store::own;
use tlog::note::VerifierKey;
use upstream::{BuildError, DirectSettings, Endpoint, SourceUrl, UpstreamOptions, Upstreams};
use vcs::{Repositories, RepositoryOptions, VcsPolicy};

/// What a server starts from.
#[derive(Clone)]
pub(crate) struct ServerPreparation {
    pub(crate) resolved: ResolvedConfig,
    pub(crate) settings: Settings,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) upstreams: Upstreams,
    pub(crate) private_upstreams: Option<Upstreams>,
    pub(crate) witnesses: Vec<Witness>,
}

// === impl ServerPreparation ===

impl ServerPreparation {
    /// Makes all of it, or says the first thing that is wrong.
    pub(crate) fn of(resolved: &ResolvedConfig) -> Result<Self, ConfigError> {
        let settings = Settings::of(resolved)?;
        let metrics = Arc::new(Metrics::new());
        let given = &resolved.options;
        let direct = direct_settings(resolved, &settings)?;
        let options = UpstreamOptions {
            observer: Arc::clone(&metrics) as _,
            direct: Some(direct.clone()),
            ..settings.upstreams.clone()
        };
        let upstreams = Upstreams::new(&settings.upstream, &options)
            .map_err(|error| unreachable(&given.upstream, given, &error))?;
        let private = settings.private_upstream.as_ref();
        let of_private = UpstreamOptions {
            direct: Some(DirectSettings {
                is_private: true,
                ..direct
            }),
            ..options.clone()
        };
        let private_upstreams = private.map(|list| Upstreams::new(list, &of_private));
        let private_upstreams = private_upstreams
            .transpose()
            .map_err(|error| unreachable(&given.private.upstream, given, &error))?;
        let witness = |(key, url): &(VerifierKey, SourceUrl)| {
            let endpoint = Endpoint::try_new(url.reveal(), &options);
            let witnesses = &given.own_sumdb.witnesses;
            let endpoint = endpoint.map_err(|error| unreachable(witnesses, given, &error))?;
            let key = key.clone();
            Ok(Witness { key, endpoint })
        };
        let witnesses = settings.own.witnesses.iter().map(witness);
        let witnesses = witnesses.collect::<Result<_, _>>()?;
        check_data(resolved, &settings)?;
        check_own(resolved, &settings)?;
        Ok(Self {
            resolved: resolved.clone(),
            settings,
            metrics,
            upstreams,
            private_upstreams,
            witnesses,
        })
    }
}

/// Variables that say how the network is reached, for programs that do it themselves.
const NETWORK: [&str; 8] = [
    "https_proxy",
    "HTTPS_PROXY",
    "http_proxy",
    "HTTP_PROXY",
    "all_proxy",
    "no_proxy",
    "NO_PROXY",
    "SSH_AUTH_SOCK",
];

/// How public modules are taken from version control. Mirrors lie in the data directory.
fn direct_settings(
    resolved: &ResolvedConfig,
    settings: &Settings,
) -> Result<DirectSettings, ConfigError> {
    let systems = &resolved.options.direct.systems;
    let rules = systems.as_ref().map_or("", |rules| rules.as_str());
    let path = Process.variable("PATH").unwrap_or_default();
    let variable = |name: &&str| Some(((*name).into(), Process.variable(name)?.into()));
    Ok(DirectSettings {
        policy: VcsPolicy::parse(rules).map_err(|error| systems.error(error))?,
        is_private: false,
        repositories: Repositories::new(RepositoryOptions {
            size: resolved.options.direct.size.0,
            ca: (*resolved.options.fetch.ca).clone(),
            environment: NETWORK.iter().filter_map(variable).collect(),
            ..RepositoryOptions::new(settings.store.data.join("vcs"), path)
        }),
    })
}

/// Why something cannot be reached, at the option that is to blame.
fn unreachable<T>(
    setting: &ConfigValue<T>,
    options: &Configuration,
    error: &BuildError,
) -> ConfigError {
    let (code, why) = (error.code(), with_causes(error));
    let credentials = &options.fetch.credentials;
    let error = match error {
        BuildError::ReadRoots { .. } | BuildError::BadRoots { .. } => options.fetch.ca.error(why),
        // An upstream may have a file of its own.
        BuildError::ReadCredentials { path, .. } | BuildError::BadCredentials { path, .. }
            if credentials.as_ref() == Some(path) =>
        {
            credentials.error(why)
        }
        _ => setting.error(why),
    };
    error.coded(code)
}

fn check_data(resolved: &ResolvedConfig, settings: &Settings) -> Result<(), ConfigError> {
    let data = &settings.store.data;
    if data.exists() && !data.is_dir() {
        let why = format!("{} is no directory", data.display());
        return Err(resolved.options.storage.directory.error(why));
    }
    Ok(())
}

/// The checksum database of this site's own that takes records has a key here, and is in use.
fn check_own(resolved: &ResolvedConfig, settings: &Settings) -> Result<(), ConfigError> {
    let Some(active) = &settings.own.active else {
        return Ok(());
    };
    let (name, data) = (
        &resolved.options.own_sumdb.name,
        &resolved.options.storage.directory,
    );
    let wrong = |why: &dyn Display| name.error(why).together_with(data.option());
    let known = own::list(&settings.store.data).map_err(|error| wrong(&with_causes(&error)))?;
    match known.iter().find(|own| own.key.name() == active) {
        Some(own) if own.retired => Err(wrong(&format!("{active} is retired"))),
        Some(_) => Ok(()),
        None => Err(wrong(&format!(
            "{active} has no key in {data}; make one: modkeep sumdb init {active} --data {data}",
            data = settings.store.data.display()
        ))),
    }
}
