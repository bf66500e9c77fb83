//! Denying: the deny list of the configuration file, in force while the server runs.
//!
//! A version turns out malicious, and somebody writes a line. Nobody should have to think of a restart
//! or a signal then, so the file is looked at every second; a look is one `stat`. A file that cannot be
//! read, or in which anything is wrong, changes nothing: what was denied stays denied, and the log says
//! why, once for each state of the file. What else stands in the file is read at the next start.

use jobs::{JobRun, PeriodicTask};
use proxy::Proxy;
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// What tells one state of a file from another. A file that is replaced within the resolution of its
/// time has another length or another number, mostly both.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ConfigFileStamp {
    changed: Option<SystemTime>,
    length: u64,
    number: u64,
}

/// Denies what the file says, whenever it changes.
pub(crate) struct DenyListJob {
    file: PathBuf,
    proxy: Proxy,
    /// What was read at the start may be older than the file is now: the first look reads it again.
    last: Option<Result<ConfigFileStamp, String>>,
}

// === impl DenyListJob ===

impl DenyListJob {
    /// How often the file is looked at: at once, for a person.
    pub(crate) const PERIOD: Duration = Duration::from_secs(1);

    pub(crate) fn new(file: PathBuf, proxy: Proxy) -> Self {
        Self {
            file,
            proxy,
            last: None,
        }
    }
}

impl PeriodicTask for DenyListJob {
    async fn run(&mut self) -> JobRun {
        let path = self.file.clone();
        let looked = tokio::task::spawn_blocking(move || stamp(&path)).await;
        let Ok(now) = looked else {
            return JobRun::failed();
        };
        let is_first = self.last.is_none();
        let is_changed = self.last.as_ref() != Some(&now);
        match &now {
            Ok(_) if is_changed => read_again(&self.file, &self.proxy, is_first).await,
            Err(why) if is_changed => {
                tracing::warn!(file = %self.file.display(), why, "the deny list stays as it is: the configuration file cannot be read");
            }
            _ => {}
        }
        let is_readable = now.is_ok();
        self.last = Some(now);
        if is_readable {
            JobRun::succeeded()
        } else {
            JobRun::failed()
        }
    }
}

async fn read_again(file: &Path, proxy: &Proxy, is_first: bool) {
    let path = file.to_owned();
    match tokio::task::spawn_blocking(move || config::deny::read(&path)).await {
        Ok(Ok(denied)) => {
            let entries = denied.entries().len();
            if proxy.set_denied(denied) && !is_first {
                tracing::info!(entries, "the deny list was read again");
            }
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "the deny list stays as it is: the configuration file is wrong");
        }
        Err(_) => tracing::warn!("the deny list stays as it is: reading it ended without a result"),
    }
}

fn stamp(path: &Path) -> Result<ConfigFileStamp, String> {
    let found = fs::metadata(path).map_err(|error| error.to_string())?;
    Ok(ConfigFileStamp {
        changed: found.modified().ok(),
        length: found.len(),
        number: number(&found),
    })
}

#[cfg(unix)]
fn number(found: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn number(_found: &fs::Metadata) -> u64 {
    0
}
