//! The directory of all mirrors: their names, what a killed child left in them, and how large they may be.
//!
//! Strangers choose what is mirrored, so two bounds hold. All mirrors together: beyond it those that were not used
//! for longest are removed. A single one: a transfer that makes its mirror larger than half of that is cut, since
//! nothing could be removed in its favour. The kernel bounds single files only, so the directory is looked at while
//! something is transferred.
//!
//! Refused: removing a mirror that somebody works with; following links.

use crate::error::VcsError;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    pin::pin,
    time::{Duration, SystemTime},
};
use tokio::time::{MissedTickBehavior, interval};

/// The mirrors on the disk.
#[derive(Debug)]
pub(crate) struct MirrorDirectory {
    directory: PathBuf,
    limit: u64,
    /// Bytes of each mirror, as of its last transfer.
    sizes: Mutex<HashMap<PathBuf, u64>>,
}

/// How often the size of a mirror is looked at while it grows. At a gigabyte a second it exceeds its bound by a
/// quarter of one.
const LOOK: Duration = Duration::from_millis(250);

/// The file of a mirror whose time says when it was last used.
const USED: &str = "modkeep-used";

/// What the name of a mirror ends in while it is made, and while it is removed.
const NEW: &str = "new";
const GONE: &str = "gone";

/// Locks that a killed child leaves in a mirror: of git, then of hg.
const LOCKS: [&str; 8] = [
    "shallow.lock",
    "packed-refs.lock",
    "config.lock",
    "HEAD.lock",
    "FETCH_HEAD.lock",
    ".hg/wlock",
    ".hg/store/lock",
    ".hg/bookmarks.lock",
];

// === impl MirrorDirectory ===

impl MirrorDirectory {
    pub(crate) fn new(directory: PathBuf, limit: u64) -> Self {
        Self {
            directory,
            limit,
            sizes: Mutex::default(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.directory
    }

    /// The directory for trees and zips on their way.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.directory.join("scratch")
    }

    /// The home of children: empty, and theirs alone.
    pub(crate) fn home(&self) -> PathBuf {
        self.directory.join("home")
    }

    /// Where the mirror of an address is. An address may be longer than a name of a file, and have any character.
    /// What is fetched for private modules lies apart: others must not find it.
    pub(crate) fn mirror(&self, url: &str, system: &str, is_private: bool) -> PathBuf {
        let hash: [u8; 32] = Sha256::digest(url).into();
        let hex = hash.iter().map(|byte| format!("{byte:02x}"));
        let hex = hex.collect::<String>();
        let scope = if is_private { "-private" } else { "" };
        self.directory.join(format!("{hex}{scope}.{system}"))
    }

    /// Makes what all mirrors share, and removes what killed children and a killed process left.
    pub(crate) fn prepare(&self) -> Result<(), VcsError> {
        self.clean()
            .map_err(|error| VcsError::local("opening the mirrors", &error))
    }

    fn clean(&self) -> io::Result<()> {
        fs::create_dir_all(self.home())?;
        remove(&self.scratch())?;
        fs::create_dir_all(self.scratch())?;
        let mut sizes = HashMap::new();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            if has_end(&path, NEW) || has_end(&path, GONE) {
                remove(&path)?;
            } else if is_mirror(&path) {
                sweep(&path)?;
                sizes.insert(path.clone(), size_of(&path)?);
            }
        }
        *self.sizes.lock() = sizes;
        Ok(())
    }

    /// Remembers that a mirror is used now; one that is not there yet is used when it was made.
    pub(crate) fn touch(mirror: &Path) {
        if mirror.is_dir()
            && let Ok(file) = fs::File::create(mirror.join(USED))
            && let Err(error) = file.set_modified(SystemTime::now())
        {
            tracing::debug!(%error, "the time of a mirror cannot be set");
        }
    }

    /// Carries out a transfer into a mirror, and cuts it where the mirror becomes too large.
    ///
    /// # Errors
    /// What the transfer says, or [`VcsError::MirrorTooLarge`]; what it wrote so far is removed.
    pub(crate) async fn grow<T>(
        &self,
        mirror: &Path,
        url: &str,
        transfer: impl Future<Output = Result<T, VcsError>>,
    ) -> Result<T, VcsError> {
        let done = self.bounded(mirror, url, transfer).await;
        let failed = |error| VcsError::local("looking at a mirror", &error);
        if done.is_err() {
            sweep(mirror).map_err(failed)?;
        }
        let size = size_of(mirror).map_err(failed)?;
        if size > self.single_limit() {
            remove(mirror).map_err(failed)?;
            self.sizes.lock().remove(mirror);
            return Err(self.too_large(url));
        }
        self.sizes.lock().insert(mirror.to_owned(), size);
        done
    }

    /// Carries out work that writes below a directory, and cuts it where that becomes larger than a mirror may be.
    pub(crate) async fn bounded<T>(
        &self,
        directory: &Path,
        url: &str,
        work: impl Future<Output = Result<T, VcsError>>,
    ) -> Result<T, VcsError> {
        let mut work = pin!(work);
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = looks.tick() => {
                    let directory = directory.to_owned();
                    let looked = tokio::task::spawn_blocking(move || size_of(&directory)).await;
                    // What is removed while it is looked at is looked at again.
                    if matches!(looked, Ok(Ok(size)) if size > self.single_limit()) {
                        return Err(self.too_large(url));
                    }
                }
            }
        }
    }

    fn too_large(&self, url: &str) -> VcsError {
        VcsError::MirrorTooLarge {
            url: url.to_owned(),
            limit: self.single_limit(),
        }
    }

    /// What one mirror may have.
    fn single_limit(&self) -> u64 {
        self.limit / 2
    }

    /// How many bytes are too many.
    fn excess(&self) -> u64 {
        let sizes = self.sizes.lock();
        let total: u64 = sizes.values().sum();
        total.saturating_sub(self.limit)
    }

    /// Whether something has to be removed.
    pub(crate) fn is_full(&self) -> bool {
        self.excess() > 0
    }

    /// Removes the mirrors that were not used for longest, until the others fit. `retire` says whether one is
    /// used by nobody, and sees to it that nobody begins to; it is called with a way to set the mirror aside.
    pub(crate) fn shrink(&self, retire: impl Fn(&Path, &dyn Fn() -> io::Result<()>) -> bool) {
        let paths: Vec<PathBuf> = self.sizes.lock().keys().cloned().collect();
        let mut mirrors: Vec<(SystemTime, PathBuf)> = paths
            .into_iter()
            .map(|path| (used_at(&path), path))
            .collect();
        mirrors.sort();
        for (_, mirror) in mirrors {
            if !self.is_full() {
                return;
            }
            let gone = with_end(&mirror, GONE);
            if !retire(&mirror, &|| fs::rename(&mirror, &gone)) {
                continue;
            }
            let bytes = self.sizes.lock().remove(&mirror);
            tracing::info!(
                mirror = %mirror.display(),
                bytes,
                "removing the mirror that was not used for longest"
            );
            if let Err(error) = remove(&gone) {
                tracing::warn!(%error, mirror = %gone.display(), "a mirror cannot be removed");
            }
        }
    }
}

/// A mirror that is being made: at its place only once it is whole.
pub(crate) fn place_of_new(mirror: &Path) -> io::Result<PathBuf> {
    let made = with_end(mirror, NEW);
    remove(&made)?;
    Ok(made)
}

/// Removes locks and half-written files of children that are gone: nobody else works at a mirror.
pub(crate) fn sweep(mirror: &Path) -> io::Result<()> {
    for name in LOCKS {
        match fs::remove_file(mirror.join(name)) {
            Err(error) if !is_nothing(&error) => return Err(error),
            _ => {}
        }
    }
    remove_files(&mirror.join("refs"), &|name| {
        name.strip_suffix(".lock").is_some()
    })?;
    remove_files(&mirror.join("objects"), &|name| name.starts_with("tmp_"))
}

/// Removes files, and directories of files, whose names are found to be left over.
fn remove_files(directory: &Path, is_left: &dyn Fn(&str) -> bool) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Err(error) if is_nothing(&error) => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let is_left_over = is_left(&entry.file_name().to_string_lossy());
        if kind.is_dir() && !is_left_over {
            remove_files(&path, is_left)?;
        } else if is_left_over {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Removes a file, or a directory with all that is in it, if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if !is_nothing(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Bytes of all files below a directory. What vanishes meanwhile has none.
fn size_of(directory: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        let entries = match fs::read_dir(directory) {
            Err(error) if is_nothing(&error) => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => directories.push(entry.path()),
                Ok(metadata) => bytes += metadata.len(),
                Err(error) if is_nothing(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(bytes)
}

fn used_at(mirror: &Path) -> SystemTime {
    let used = fs::metadata(mirror.join(USED)).or_else(|_| fs::metadata(mirror));
    let used = used.and_then(|metadata| metadata.modified());
    used.unwrap_or(SystemTime::UNIX_EPOCH)
}

fn is_mirror(path: &Path) -> bool {
    has_end(path, "git") || has_end(path, "hg")
}

fn has_end(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|extension| extension == end)
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(end);
    PathBuf::from(name)
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
