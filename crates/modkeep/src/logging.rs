//! The log: lines on standard error, for people or for machines.

mod batch;
mod plain;

use crate::{failure::Failure, output};
use batch::{BatchFlush, LogBatch};
use codes::Code;
use config::{LogFormat, Settings, log_filter};
use plain::PlainFormat;
use std::fmt::Display;
use tracing_subscriber::{EnvFilter, fmt, reload};

/// The log while it is written. Its last lines are written when this is dropped.
pub(crate) struct LogHandle {
    /// What is logged where nothing is configured.
    default: &'static str,
    set: Box<dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync>,
    _flush: BatchFlush,
}

/// Starts the log; `default` is the filter where none is configured.
pub(crate) fn start(settings: &Settings, default: &'static str) -> Result<LogHandle, Failure> {
    let filter = log_filter::parse(settings.log_level.as_deref().unwrap_or(default))
        .map_err(|why| Failure::new(Code::BadConfiguration, format!("log-level: {why}")))?;
    let (batch, flush) = LogBatch::start(std::io::stderr()).map_err(|error| unstarted(&error))?;
    let lines = fmt().with_env_filter(filter).with_writer(batch);
    /// Starts whichever form of lines it is, and gives what sets the filter.
    macro_rules! begin {
        ($lines:expr) => {{
            let lines = $lines.with_filter_reloading();
            let handle = lines.reload_handle();
            lines.try_init().map_err(|error| unstarted(&error))?;
            Box::new(move |filter| handle.reload(filter))
        }};
    }
    let set: Box<dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync> =
        match settings.log_format {
            LogFormat::Json => begin!(lines.json().flatten_event(true).with_current_span(false)),
            LogFormat::Text if output::is_watched() => begin!(lines),
            LogFormat::Text => begin!(lines.event_format(PlainFormat)),
        };
    Ok(LogHandle {
        default,
        set,
        _flush: flush,
    })
}

// === impl LogHandle ===

impl LogHandle {
    /// Logs by this filter from now on; by the command's own where there is none.
    ///
    /// # Errors
    /// Why the filter stays as it is.
    pub(crate) fn set_level(&self, level: Option<&str>) -> Result<(), String> {
        let filter = log_filter::parse(level.unwrap_or(self.default))?;
        (self.set)(filter).map_err(|error| error.to_string())
    }
}

fn unstarted(error: &dyn Display) -> Failure {
    let what = format!("the log cannot be started: {error}");
    Failure::new(Code::BadConfiguration, what)
}
