//! The log: lines on standard error, for people or for machines.

use crate::{
    config::{LogFormat, Settings},
    failure::Failure,
    output,
};
use codes::Code;
use tracing_subscriber::{EnvFilter, fmt};

/// Starts the log; `default` is the filter where none is configured.
pub(crate) fn start(settings: &Settings, default: &str) -> Result<(), Failure> {
    let filter = settings.log_level.as_deref().unwrap_or(default);
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| Failure::new(Code::BadConfiguration, format!("log-level: {error}")))?;
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match settings.log_format {
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init(),
        LogFormat::Text => lines.with_ansi(output::is_watched()).try_init(),
    };
    started.map_err(|error| {
        Failure::new(
            Code::BadConfiguration,
            format!("the log cannot be started: {error}"),
        )
    })
}
