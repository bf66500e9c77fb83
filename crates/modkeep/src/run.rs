//! `modkeep run -- COMMAND`: modkeep under a command for its lifetime.
//!
//! The command gets `GOPROXY` and nothing else: whatever it decides about private modules and
//! checksum databases stays as it was. Its exit code is ours. On standard error we say what came
//! from where, because that is the question of whoever tries this out.

mod child;
mod project;
pub(crate) mod signals;
mod tally;

use crate::{
    cli,
    failure::Failure,
    file_limit, logging, output,
    preparation::ServerPreparation,
    process, running_instance,
    wiring::{self, ServiceParts},
};
use codes::Code;
use config::Settings;
use prefetch::{Level, ReadAhead};
use project::CommandProject;
use protocol::Caller;
use proxy::Proxy;
use server::{ListenAddress, Listener, Server, StopReason};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use tally::AnswerTally;
use tokio::sync::oneshot;

/// `warn`: the command's own output is what the person wants to see.
const LOG_DEFAULT: &str = "warn";

/// Where it listens: on this machine only.
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// How often the progress line is written anew: often enough to look alive.
const PROGRESS: Duration = Duration::from_millis(200);

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let command: Vec<String> = matches
        .get_many("command")
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let preparation = cli::prepared(matches)?;
    let _log = logging::start(&preparation.settings, LOG_DEFAULT)?;
    file_limit::raise();
    warn_of_bypass();
    warn_of_unproven(&preparation.settings);
    wiring::warn_of_built_in(&preparation.settings);
    wiring::run(run(&preparation, &command))?
}

async fn run(preparation: &ServerPreparation, command: &[String]) -> Result<ExitCode, Failure> {
    let settings = &preparation.settings;
    let ServiceParts {
        proxy,
        store,
        sources,
    } = match wiring::service(preparation).await {
        Err(failure) if failure.code() == Code::StoreInUse => {
            return join(settings, command, failure).await;
        }
        service => service?,
    };
    let tally = Arc::new(AnswerTally::default());
    let caller = Caller::at(ANY_PORT.ip());
    if let Some(plan) = known(settings).plan() {
        proxy.follow(&caller, plan);
    }
    let listener = Listener::bind(&ListenAddress::Tcp(ANY_PORT))
        .map_err(|error| Failure::of(Code::ListenFailed, &error))?;
    let url = format!("http://{}", listener.address());
    let server = Server::on(
        vec![listener],
        proxy.clone(),
        settings.limits,
        process::registry(),
    )
    .observed_by(Arc::clone(&tally) as _)
    .logging_private_names(settings.proxy.log_private);
    tracing::info!("listening on {url}");
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.run(async {
        drop(stopped.await);
        StopReason::Ordered
    }));
    let ended = tokio::select! {
        ended = child::run(command, &url) => ended,
        never = show_progress(&tally) => match never {},
    };
    if output::is_watched() {
        output::progress("");
    }
    // The command is gone, and with it every reader that an answer could be meant for.
    drop(stop);
    let ended = ended?;
    let _drained = serving.await;
    store.flush().await?;
    let summary = tally.summary(&settings.store.data, &sources);
    output::error(&format!("{summary}{}", ahead(&proxy)));
    Ok(ended)
}

/// The data directory is served by another process: the command is sent there, if it answers.
async fn join(
    settings: &Settings,
    command: &[String],
    failure: Failure,
) -> Result<ExitCode, Failure> {
    let url = running_instance::reachable(&settings.store.data)
        .await
        .ok_or(failure)?;
    output::error(&format!(
        "modkeep: {url} already serves {}; the command goes there",
        settings.store.data.display()
    ));
    if let Some(patterns) = project::unlogged() {
        output::error(&format!(
            "modkeep: its own settings say whether a checksum database is asked about modules matching {patterns}"
        ));
    }
    let _handed_over = known(settings).list().map(|list| {
        let url = url.clone();
        tokio::spawn(async move { running_instance::tell(&url, &list).await })
    });
    child::run(command, &url).await
}

/// What the project here says that its command will ask for.
fn known(settings: &Settings) -> CommandProject {
    match settings.proxy.prefetch {
        Level::Off => CommandProject::default(),
        Level::Mod | Level::On => CommandProject::here(),
    }
}

/// What was fetched before the command asked for it, as the end of the summary.
fn ahead(proxy: &Proxy) -> String {
    let ReadAhead { fetched, asked, .. } = proxy.read_ahead();
    match fetched {
        0 => String::new(),
        _ => format!("; {fetched} fetched ahead, {asked} of them asked for"),
    }
}

/// One line that is written again and again, where a person waits; never ends.
async fn show_progress(tally: &AnswerTally) -> std::convert::Infallible {
    if !output::is_watched() {
        return std::future::pending().await;
    }
    let mut shown = String::new();
    loop {
        tokio::time::sleep(PROGRESS).await;
        let line = tally.progress();
        if line != shown {
            output::progress(&line);
            shown = line;
        }
    }
}

/// What no checksum database is asked about comes from a proxy like anything else, but unproven.
fn warn_of_unproven(settings: &Settings) {
    let patterns = &settings.proxy.verify.no_sumdb;
    let bypass = project::bypass().unwrap_or_default();
    if !patterns.is_empty() && patterns.to_string() != bypass {
        output::error(&format!(
            "modkeep: no checksum database is asked about modules matching {patterns}: they are served unproven"
        ));
    }
}

/// `GOPRIVATE` alone sends matching modules to version control, past every proxy.
fn warn_of_bypass() {
    if let Some(patterns) = project::bypass() {
        output::error(&format!(
            "modkeep: modules matching {patterns} bypass modkeep (GONOPROXY or GOPRIVATE)"
        ));
    }
}
