//! Disk reserve: a part of the disk that captures leave alone.
//!
//! A disk that is full stops more than captures: the catalog, the journal, the log and whatever else
//! lives there fail with it, and whoever comes to help finds no room to work in. So below a reserve new
//! things are refused while there still is room: 503 with a code of its own, before any byte is sent and
//! before a source is asked, so that `go` goes on with the next entry of its list (behind a `|`; behind a
//! `,` it goes on after 404 and 410 only). What is kept is served as always, and lists, records of checksum
//! databases and the healing of damaged bytes, which are small or replace what was there, go on.
//!
//! A measurement holds for [`FRESH`]: a system call each for the requests of a build would be cheap and
//! pointless. A body whose announced length would reach into the reserve is refused like everything else
//! that does not fit. Where the disk cannot be measured there is no reserve, and readiness says so.

use crate::{DiskSpace, Store};
use codes::Code;
use parking_lot::Mutex;
use protocol::Refusal;
use std::{fmt, sync::Arc, time::Duration};
use tokio::time::Instant;

/// How long a measurement is good: at a gigabit a second a disk loses a quarter of a gigabyte
/// meanwhile, an eighth of the usual reserve.
const FRESH: Duration = Duration::from_secs(2);

/// The usual reserve at most: a day's logs, some hundred journal files, room to work in.
const USUAL: u64 = 2 << 30;

/// On a small disk the usual reserve is a twentieth of it, as file systems keep for root.
const SHARE: u64 = 20;

/// When asking again makes sense: room is made by people.
const RETRY: Duration = Duration::from_mins(1);

/// How much is left alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DiskReserve {
    /// 2 GiB, or a twentieth of the disk if that is less.
    #[default]
    Usual,
    /// This many bytes; zero is none.
    Bytes(u64),
}

/// The reserve, and how the disk is measured.
#[derive(Clone, Default)]
pub struct DiskOptions {
    /// How much is left alone.
    pub reserve: DiskReserve,
    /// Tests measure another disk than the store's.
    pub measure: Option<Arc<dyn Fn() -> Option<DiskSpace> + Send + Sync>>,
}

/// The room on the store's disk, and what of it captures leave alone.
pub struct DiskRoom {
    options: DiskOptions,
    store: Store,
    measured: Mutex<Option<DiskMeasurement>>,
}

/// The disk as it was measured last.
#[derive(Debug, Clone, Copy)]
struct DiskMeasurement {
    at: Instant,
    space: Option<DiskSpace>,
}

// === impl DiskReserve ===

impl DiskReserve {
    /// Its bytes on a disk.
    pub fn of(self, disk: DiskSpace) -> u64 {
        match self {
            Self::Usual => USUAL.min(disk.size / SHARE),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl fmt::Debug for DiskOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskOptions")
            .field("reserve", &self.reserve)
            .finish_non_exhaustive()
    }
}

// === impl DiskRoom ===

impl DiskRoom {
    /// The room on the disk of this store.
    pub fn new(options: &DiskOptions, store: &Store) -> Self {
        Self {
            options: options.clone(),
            store: store.clone(),
            measured: Mutex::default(),
        }
    }

    /// The space as of a moment ago; `None` where it cannot be measured.
    pub async fn space(&self) -> Option<DiskSpace> {
        let known = *self.measured.lock();
        if let Some(known) = known.filter(|known| known.at.elapsed() < FRESH) {
            return known.space;
        }
        let space = match &self.options.measure {
            Some(measure) => measure(),
            None => self.store.disk_space().await.unwrap_or_else(|error| {
                tracing::debug!(%error, "the disk could not be measured");
                None
            }),
        };
        let at = Instant::now();
        *self.measured.lock() = Some(DiskMeasurement { at, space });
        space
    }

    /// What of this space is left alone, in bytes.
    pub fn reserve_of(&self, space: DiskSpace) -> u64 {
        self.options.reserve.of(space)
    }

    /// Refuses to keep this many bytes more if that would reach into the reserve.
    pub async fn room_for(&self, bytes: u64) -> Result<(), Refusal> {
        match self.space().await {
            Some(space) => self.fits(space, bytes),
            None => Ok(()),
        }
    }

    /// The same for nothing more, as of the last measurement: whoever measures often enough asks here.
    pub fn room_as_measured(&self) -> Result<(), Refusal> {
        match self.last().and_then(|measured| measured.space) {
            Some(space) => self.fits(space, 0),
            None => Ok(()),
        }
    }

    /// What was measured last, however long ago; `None` before the first time.
    fn last(&self) -> Option<DiskMeasurement> {
        *self.measured.lock()
    }

    fn fits(&self, space: DiskSpace, bytes: u64) -> Result<(), Refusal> {
        let reserve = self.reserve_of(space);
        // What is larger than all that is free is the disk's own refusal, see `store::Spool::reserve`.
        let fits = space.free >= reserve.saturating_add(bytes) || bytes > space.free;
        if reserve == 0 || fits {
            return Ok(());
        }
        let facts = format!(
            "{} are free, and {} are to stay so (--disk-reserve)",
            mebibytes(space.free),
            mebibytes(reserve)
        );
        Err(Refusal::new(Code::DiskReserve, facts).with_retry_after(RETRY))
    }

    /// What is wrong with the disk's room, in words, as it was measured last.
    pub fn trouble(&self) -> Option<String> {
        match self.last()?.space {
            None => Some("the room on the disk cannot be measured: there is no reserve".to_owned()),
            Some(space) => {
                let refusal = self.fits(space, 0).err()?;
                Some(format!(
                    "{}: what is kept is served, nothing new is kept: {}",
                    refusal.code,
                    refusal.facts()
                ))
            }
        }
    }

    /// Whether new things are refused for want of room, as it was measured last.
    pub fn is_short(&self) -> bool {
        self.room_as_measured().is_err()
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

#[cfg(test)]
mod tests {
    use super::{DiskReserve, DiskSpace};

    #[test]
    fn the_usual_reserve_is_small_on_small_disks() {
        let on = |size| DiskReserve::Usual.of(DiskSpace { free: 0, size });
        assert_eq!([on(1 << 40), on(20 << 30), on(20)], [2 << 30, 1 << 30, 1]);
        let disk = DiskSpace { free: 0, size: 7 };
        assert_eq!(DiskReserve::Bytes(9).of(disk), 9);
    }
}
