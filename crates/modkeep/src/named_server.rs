//! Named server: the modkeep that a command asks instead of upstreams and a data directory.
//!
//! `--server`, else `MODKEEP_SERVER`. It is asked as `go` would ask it, and for what only a modkeep
//! knows. It knows private modules and how to reach them, so nothing else is asked beside it.

use crate::failure::Failure;
use clap::ArgMatches;
use codes::Code;
use config::{Environment as _, Process, Settings};
use gomod::goproxy::ProxyList;
use std::time::Duration;
use upstream::{Endpoint, SourceUrl, UpstreamOptions, Upstreams};

/// How long an answer may take: a whole go.sum is compared, every record asked for over a bad line.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);

/// A server to ask.
#[derive(Debug, Clone)]
pub(crate) struct NamedServer {
    /// For what only a modkeep knows.
    pub(crate) endpoint: Endpoint,
    /// As a source of modules.
    pub(crate) upstreams: Upstreams,
}

/// The URL that was named, on the command line or in the environment.
pub(crate) fn url(matches: &ArgMatches) -> Option<String> {
    flag(matches, "server").or_else(url_of_environment)
}

/// The URL that the environment names.
pub(crate) fn url_of_environment() -> Option<String> {
    Process.variable("MODKEEP_SERVER")
}

/// The same for commands that ask upstreams where no server is named: there `--upstream` on the
/// command line is a choice too, and the command line goes before the environment.
pub(crate) fn url_unless_upstream(matches: &ArgMatches) -> Option<String> {
    let has_option = matches.try_contains_id("server").is_ok();
    let is_chosen = flag(matches, "upstream").is_some();
    flag(matches, "server").or_else(|| {
        let named = || Process.variable("MODKEEP_SERVER");
        (has_option && !is_chosen).then(named).flatten()
    })
}

fn flag(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.try_get_one(name).ok().flatten().cloned()
}

// === impl NamedServer ===

impl NamedServer {
    /// Prepares to ask the server at a URL; asks nothing yet.
    pub(crate) fn try_new(url: &str, settings: &Settings) -> Result<Self, Failure> {
        let wrong = |why: String| Failure::new(Code::BadConfiguration, format!("--server: {why}"));
        let parsed = SourceUrl::parse(url).map_err(|error| wrong(error.to_string()))?;
        let list = ProxyList::parse(url).map_err(|error| wrong(error.to_string()))?;
        // It is patient with what is behind it; whoever asks must be more so, and ask once.
        let options = UpstreamOptions {
            header: PATIENCE,
            silence: PATIENCE,
            stall: PATIENCE,
            breaker: false,
            hedge: false,
            ..settings.upstreams.clone()
        };
        let unusable = |error: upstream::BuildError| Failure::of(error.code(), &error);
        Ok(Self {
            endpoint: Endpoint::try_new(parsed.reveal(), &options).map_err(unusable)?,
            upstreams: Upstreams::new(&list, &options).map_err(unusable)?,
        })
    }
}
