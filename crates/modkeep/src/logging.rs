//! The log: lines on standard error, for people or for machines.

mod batch;
pub(crate) mod filter;
mod plain;

use crate::{
    config::{LogFormat, Settings},
    failure::Failure,
    output,
};
use batch::{Batch, Flush};
use codes::Code;
use plain::Plain;
use std::fmt::Display;
use tracing_subscriber::fmt;

/// Starts the log; `default` is the filter where none is configured. The last lines are written
/// when what this gives is dropped.
pub(crate) fn start(settings: &Settings, default: &str) -> Result<Flush, Failure> {
    let filter = filter::parse(settings.log_level.as_deref().unwrap_or(default))
        .map_err(|why| Failure::new(Code::BadConfiguration, format!("log-level: {why}")))?;
    let (batch, flush) = Batch::start(std::io::stderr()).map_err(|error| unstarted(&error))?;
    let lines = fmt().with_env_filter(filter).with_writer(batch);
    let started = match settings.log_format {
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init(),
        LogFormat::Text if output::is_watched() => lines.try_init(),
        LogFormat::Text => lines.event_format(Plain).try_init(),
    };
    started.map_err(|error| unstarted(&error))?;
    Ok(flush)
}

fn unstarted(error: &dyn Display) -> Failure {
    let what = format!("the log cannot be started: {error}");
    Failure::new(Code::BadConfiguration, what)
}
