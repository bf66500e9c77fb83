//! The full mirror of the checksum database, in the background of `serve` and as a command.
//!
//! `serve` fills it row by row and then follows the log; whatever goes wrong, it waits and goes on
//! where it was. `modkeep sumdb mirror` does the same until the mirror is complete, and tells a
//! person how far it is.

use crate::{cli, exit_status::PROBLEM, failure::Failure, output, wiring};
use checksumdb::{MirrorFailure, MirrorPosition};
use codes::Code;
use jobs::{JobRun, PeriodicTask};
use protocol::Refusal;
use proxy::Proxy;
use std::{num::NonZeroU32, process::ExitCode, time::Duration};
use store::Store;
use tlog::note::VerifierKey;
use tokio::time::{Instant, sleep};
use upstream::Upstreams;

/// After an outage, or where a source turned the work away: long against a breaker's second, so
/// that a source that is overloaded is left alone.
const AFTER_OUTAGE: Duration = Duration::from_mins(1);

/// After an answer that is not believed, or a failure of the store: somebody has to look at it.
const AFTER_ALARM: Duration = Duration::from_hours(1);

/// How often the command goes on after an outage without having fetched anything in between.
const PATIENCE: u32 = 6;

/// Bytes of a tile, for people.
const TILE: u64 = 8192;

/// Fills the mirror and follows the log.
pub(crate) struct MirrorJob {
    proxy: Proxy,
    rate: NonZeroU32,
}

// === impl MirrorJob ===

impl MirrorJob {
    /// How often a complete mirror looks for a new head: the public log grows by a hundred tiles an hour.
    pub(crate) const PERIOD: Duration = Duration::from_mins(10);

    pub(crate) fn new(proxy: Proxy, rate: NonZeroU32) -> Self {
        Self { proxy, rate }
    }
}

impl PeriodicTask for MirrorJob {
    async fn run(&mut self) -> JobRun {
        match self.proxy.mirror_tiles(self.rate, |_| ()).await {
            Ok(mirrored) => {
                if mirrored.fetched > 0 {
                    tracing::info!(
                        tiles = mirrored.tiles,
                        fetched = mirrored.fetched,
                        records = mirrored.records,
                        "the checksum database is mirrored"
                    );
                }
                JobRun::succeeded()
            }
            Err(MirrorFailure::NoDatabase) => {
                tracing::warn!("nothing is mirrored, since no checksum database is verified with");
                JobRun::failed().for_the_last_time()
            }
            Err(MirrorFailure::Unreachable(refusal)) => {
                tracing::debug!(why = refusal.facts(), "mirroring paused");
                JobRun::failed().again_after(AFTER_OUTAGE)
            }
            Err(failure) => {
                tracing::warn!(%failure, "mirroring paused for an hour");
                JobRun::failed().again_after(AFTER_ALARM)
            }
        }
    }
}

/// `modkeep sumdb mirror`.
pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let resolved = cli::given(matches)?;
    let settings = cli::settings_of(&resolved)?;
    let wrong = |why: String| Failure::new(Code::BadConfiguration, why);
    let key = config::database_key(&resolved).map_err(wrong)?;
    let key = key.ok_or_else(|| wrong("--sumdb names no database with a known key".to_owned()))?;
    let upstreams = Upstreams::new(&settings.upstream, &settings.upstreams)
        .map_err(|error| Failure::of(error.code(), &error))?;
    wiring::require_store(&settings.store.data)?;
    wiring::run(async {
        let store = Store::open(wiring::store_options(&settings.store.data)).await?;
        let ended = complete(&store, &upstreams, &key, settings.sumdb_mirror_rate).await;
        store.flush().await?;
        ended
    })?
}

/// Runs until the mirror is complete, through outages that end soon.
async fn complete(
    store: &Store,
    upstreams: &Upstreams,
    key: &VerifierKey,
    rate: NonZeroU32,
) -> Result<ExitCode, Failure> {
    let (mut failed, mut reached) = (0, 0);
    loop {
        let mut shown = MirrorProgress::new();
        let run = checksumdb::mirror_log(store, upstreams, key, rate, |mirrored| {
            shown.show(mirrored);
        });
        let run = run.await;
        shown.clear();
        match run {
            Ok(mirrored) => {
                output::line(&format!(
                    "{}: all {} full tiles of {} records are mirrored, {}; {} were fetched now",
                    key.name(),
                    mirrored.tiles,
                    mirrored.records,
                    output::size(mirrored.tiles * TILE),
                    mirrored.fetched
                ));
                return Ok(ExitCode::SUCCESS);
            }
            Err(MirrorFailure::Unreachable(refusal)) => {
                failed = if shown.tiles > reached { 1 } else { failed + 1 };
                reached = reached.max(shown.tiles);
                if failed >= PATIENCE {
                    return Err(refused(&refusal));
                }
                let pause = Duration::from_secs(1 << failed);
                let (why, seconds) = (refusal.facts(), pause.as_secs());
                output::error(&format!("{why}; going on in {seconds} s"));
                sleep(pause).await;
            }
            Err(MirrorFailure::Wrong(refusal)) => {
                output::error(&refused(&refusal).to_string());
                return Ok(ExitCode::from(PROBLEM));
            }
            Err(MirrorFailure::Store(refusal)) => return Err(refused(&refusal)),
            Err(failure @ MirrorFailure::NoDatabase) => {
                return Err(Failure::of(Code::BadConfiguration, &failure));
            }
        }
    }
}

fn refused(refusal: &Refusal) -> Failure {
    Failure::new(refusal.code, refusal.facts())
}

/// Progress on a terminal.
struct MirrorProgress {
    watched: bool,
    begun: Instant,
    first: Option<u64>,
    tiles: u64,
}

// === impl MirrorProgress ===

impl MirrorProgress {
    fn new() -> Self {
        Self {
            watched: output::is_watched(),
            begun: Instant::now(),
            first: None,
            tiles: 0,
        }
    }

    fn show(&mut self, mirrored: MirrorPosition) {
        self.tiles = mirrored.tiles;
        let done = mirrored.tiles - *self.first.get_or_insert(mirrored.tiles);
        if self.watched {
            let rest = mirrored.of - mirrored.tiles;
            let left = left(self.begun.elapsed(), done, rest);
            output::progress(&format!(
                "{} of {} tiles, {} of {}{left}",
                mirrored.tiles,
                mirrored.of,
                output::size(mirrored.tiles * TILE),
                output::size(mirrored.of * TILE),
            ));
        }
    }

    fn clear(&self) {
        if self.watched {
            output::progress("");
        }
    }
}

/// How long the rest takes at the present rate, in words; empty as long as nobody can tell.
fn left(elapsed: Duration, done: u64, rest: u64) -> String {
    let seconds = elapsed.as_secs().saturating_mul(rest).checked_div(done);
    match seconds {
        None | Some(0) => String::new(),
        Some(seconds) if seconds < 120 => format!(", {seconds} s left"),
        Some(seconds) if seconds < 7200 => format!(", {} min left", seconds / 60),
        Some(seconds) => format!(", {} h left", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::left;
    use std::time::Duration;

    #[test]
    fn what_is_left_is_told_once_it_can_be_known() {
        for (seconds, done, rest, words) in [
            (10, 0, 100, ""),
            (0, 256, 100, ""),
            (10, 100, 500, ", 50 s left"),
            (10, 100, 6000, ", 10 min left"),
            (13, 256, 282_000, ", 3 h left"),
            (10, 100, 0, ""),
        ] {
            assert_eq!(left(Duration::from_secs(seconds), done, rest), words);
        }
    }
}
