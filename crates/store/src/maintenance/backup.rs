//! Backup: a consistent copy of a store that somebody writes to meanwhile, and the way back.
//!
//! ```text
//! modkeep-backup.json    what it is a copy of; written last, so a copy without it is not complete
//! catalog.db             the catalog as of one moment
//! blobs/sha256/ab/cd...  every blob that this catalog names
//! journal.key, sumdb/    keys, and heads that were signed before that moment
//! ```
//!
//! The order makes it consistent. Signed heads of own databases first: what they vouch for is in any
//! catalog of a later moment. Then the catalog, as SQLite copies it in one read transaction. Then the
//! blobs that *this* catalog names: a blob is durable before its row, so all are there by then. One that
//! was put aside in between lies in quarantine under its hash. Blobs first would be wrong: the catalog
//! would know captures that came meanwhile.
//!
//! Not copied: the journal's plain files, which every start makes from the catalog; the journal's last
//! signed head, so that a restored journal begins another log instead of telling a second history of the
//! old one; tiles of a mirrored log and vulnerability data, which can be fetched; quarantine and spool.
//!
//! What a crash leaves is not complete and says so by lacking its manifest; running the backup again goes
//! on with it, since a blob under its name is whole. A restore writes into an empty directory and marks it
//! until it is done, so half of one is no store either. Every byte is hashed on both ways.

use super::ProblemList;
use crate::{
    blob::BlobId,
    catalog::sqlite::CatalogCopy,
    core::StoreCore,
    disk,
    error::StoreError,
    journal::{JournalEvent, signing},
    layout::DataLayout,
    options::{BlobPlace, StoreOptions},
    own,
    store::Store,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The manifest's name.
const MANIFEST: &str = "modkeep-backup.json";

/// The only format there is.
const FORMAT: &str = "modkeep-backup/1";

/// More than a manifest with many databases has.
const MANIFEST_LIMIT: u64 = 1 << 20;

/// What a backup is a copy of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupManifest {
    format: String,
    /// When its moment was (RFC 3339).
    pub made: String,
    /// Entries of the journal at that moment.
    pub entries: u64,
    /// Root of the journal's log over them.
    pub root: String,
    /// Name of the journal's log, if somebody had asked for it.
    pub log: Option<String>,
    /// Blobs that its catalog names.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs that were damaged or missing at the source, and are not in it.
    pub damaged: u64,
    /// SHA-256 of its catalog.
    catalog: String,
}

/// What a backup or a restore did.
#[derive(Debug, Clone)]
pub struct BackupReport {
    /// What was copied.
    pub manifest: BackupManifest,
    /// Blobs copied, and their bytes.
    pub copied: (u64, u64),
    /// Blobs that an earlier run had copied.
    pub unchanged: u64,
    /// Blobs that are damaged or missing.
    pub damaged: ProblemList<(BlobId, String)>,
    /// Checksum databases of the site's own that a restore stopped.
    pub stopped: Vec<String>,
}

/// Why there is no backup, or none that can be restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store, or a disk, failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The target of a backup is in use.
    #[error("{0} is not empty, and holds no backup that was begun there")]
    TargetInUse(PathBuf),
    /// The target of a backup has one.
    #[error("{0} holds a complete backup; name another directory")]
    Complete(PathBuf),
    /// What is to be restored is no backup, or not all of one.
    #[error("{0} is not a complete backup: {1}")]
    Incomplete(PathBuf, String),
    /// Where it is to be restored something is already.
    #[error("{0} is not empty; a restore takes an empty directory")]
    NotEmpty(PathBuf),
    /// Blobs lie elsewhere than below the data directory.
    #[error("blobs in an object store are backed up there")]
    Remote,
}

/// Marks a backup that was begun.
const BEGUN: &str = "modkeep-backup.begun";

/// Rows read at once.
const SHELVES: std::ops::RangeInclusive<u8> = 0..=u8::MAX;

// === impl BackupManifest ===

impl BackupManifest {
    /// Of what a restored store is a copy, for its journal.
    fn told(&self) -> String {
        format!(
            "restored from a backup of {} with {} entries and root {}",
            self.made, self.entries, self.root
        )
    }
}

impl From<io::Error> for BackupError {
    fn from(error: io::Error) -> Self {
        Self::Store(StoreError::io("copying a backup", error))
    }
}

/// Copies a store, which may be open beside the process that writes it, to the directory `target`;
/// `progress` is told how many blobs were looked at. Blocks on the disks for as long as it takes.
pub async fn backup(
    store: &Store,
    target: &Path,
    progress: impl FnMut(u64, u64) + Send + 'static,
) -> Result<BackupReport, BackupError> {
    let (core, target) = (Arc::clone(store.core()), target.to_owned());
    let done = tokio::task::spawn_blocking(move || back_up(&core, &target, progress)).await;
    done.unwrap_or(Err(StoreError::Closed.into()))
}

fn back_up(
    core: &StoreCore,
    target: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<BackupReport, BackupError> {
    if !matches!(core.options.blobs, BlobPlace::Local) {
        return Err(BackupError::Remote);
    }
    begin(target)?;
    let (from, to) = (&core.layout, DataLayout::new(target));
    copy_keys(from, &to)?;
    core.crash.reached(crate::crash::BACKUP_KEYS);
    let made = Timestamp::now();
    CatalogCopy::make(from, &to)?;
    core.crash.reached(crate::crash::BACKUP_CATALOG);
    let catalog = CatalogCopy::open(&to)?;
    let mut report = BackupReport {
        manifest: manifest(&catalog, from, &to, made)?,
        copied: (0, 0),
        unchanged: 0,
        damaged: ProblemList::default(),
        stopped: Vec::new(),
    };
    for shelf in SHELVES {
        for (blob, size) in catalog.blobs(shelf)? {
            copy_blob(from, &to, (blob, size), &mut report)?;
            progress(report.copied.0 + report.unchanged, report.copied.1);
            core.crash.reached(crate::crash::BACKUP_BLOB);
        }
    }
    drop(catalog);
    report.manifest.damaged = report.damaged.count;
    settle(target)?;
    let text = serde_json::to_string_pretty(&report.manifest).map_err(io::Error::from)? + "\n";
    let path = target.join(MANIFEST);
    disk::write_durably(&path, &path.with_extension("new"), text.as_bytes())?;
    disk::remove_file(&target.join(BEGUN))?;
    Ok(report)
}

/// Makes the target, or goes on with what was begun there.
fn begin(target: &Path) -> Result<(), BackupError> {
    disk::create_directory(target)?;
    if target.join(MANIFEST).exists() {
        return Err(BackupError::Complete(target.to_owned()));
    }
    let begun = target.join(BEGUN);
    if !begun.exists() {
        if !is_empty(target)? {
            return Err(BackupError::TargetInUse(target.to_owned()));
        }
        disk::write_durably(&begun, &begun.with_extension("new"), b"")?;
    }
    Ok(())
}

fn is_empty(directory: &Path) -> Result<bool, StoreError> {
    let failed = |error| StoreError::file("listing", directory, error);
    let mut entries = fs::read_dir(directory).map_err(failed)?;
    // What a new file system has at its root.
    Ok(entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == "lost+found")))
}

/// Copies what is not in the catalog: keys, and what databases of our own have signed.
fn copy_keys(from: &DataLayout, to: &DataLayout) -> Result<(), StoreError> {
    if let Some(key) = signing::read(&from.journal_key(), MANIFEST_LIMIT)? {
        write(&to.journal_key(), &key)?;
    }
    let directory = from.databases();
    let entries = match fs::read_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| StoreError::file("listing", &directory, error))?,
    };
    disk::create_directory(&to.databases())?;
    for entry in entries {
        let entry = entry.map_err(|error| StoreError::file("listing", &directory, error))?;
        // No link is followed: what is copied is what lies here.
        if entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Some(bytes) = signing::read(&entry.path(), MANIFEST_LIMIT)?
        {
            write(&to.databases().join(entry.file_name()), &bytes)?;
        }
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".copying");
    disk::write_durably(path, Path::new(&temporary), bytes)
}

fn manifest(
    catalog: &CatalogCopy,
    from: &DataLayout,
    to: &DataLayout,
    made: Timestamp,
) -> Result<BackupManifest, StoreError> {
    let totals = catalog.totals()?;
    let root = catalog.journal_root(totals.sequence)?;
    let key = signing::read_key(from)?;
    let hashed = File::open(to.catalog())
        .and_then(|file| disk::hash_file(&file))
        .map_err(|error| StoreError::reading("the copied catalog", error))?;
    Ok(BackupManifest {
        format: FORMAT.to_owned(),
        made: made.to_string(),
        entries: totals.sequence,
        root: root.to_string(),
        log: key.map(|key| key.verifier().name().to_owned()),
        blobs: totals.blobs,
        bytes: totals.bytes,
        damaged: 0,
        catalog: hashed.0.to_string(),
    })
}

/// Copies a blob unless it is there; notes one that is damaged.
fn copy_blob(
    from: &DataLayout,
    to: &DataLayout,
    (blob, size): (BlobId, u64),
    report: &mut BackupReport,
) -> Result<(), StoreError> {
    let target = to.blob(blob);
    if fs::metadata(&target).is_ok_and(|found| found.len() == size) {
        report.unchanged += 1;
        return Ok(());
    }
    let places = [from.blob(blob), from.quarantine().join(blob.to_string())];
    let mut problem = "it is missing".to_owned();
    for place in places {
        match copy_hashed(&place, &target, blob)? {
            Ok(copied) => {
                report.copied.0 += 1;
                report.copied.1 += copied;
                return Ok(());
            }
            Err(why) => problem = why.unwrap_or(problem),
        }
    }
    report.damaged.push((blob, problem));
    Ok(())
}

/// Copies a file whose hash is its name; gives its size, or what is wrong with it, if it is there.
fn copy_hashed(
    source: &Path,
    target: &Path,
    blob: BlobId,
) -> Result<Result<u64, Option<String>>, StoreError> {
    let file = match File::open(source) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Err(None)),
        Err(error) => return Ok(Err(Some(error.to_string()))),
        Ok(file) => file,
    };
    let failed = |error| StoreError::file("writing", target, error);
    let directory = target.parent().unwrap_or(target);
    disk::create_directory(directory)?;
    let temporary = target.with_extension("copying");
    disk::remove_file(&temporary)?;
    let opened = disk::private()
        .write(true)
        .create_new(true)
        .open(&temporary);
    let to = opened.map_err(failed)?;
    let mut writing = None;
    let copied = disk::hash_steps(&file, |offset, bytes| {
        disk::write_all_at(&to, bytes, offset).inspect_err(|error| {
            // Told apart from a source that cannot be read.
            writing = Some(io::Error::new(error.kind(), error.to_string()));
            if let Some(number) = error.raw_os_error() {
                writing = Some(io::Error::from_raw_os_error(number));
            }
        })
    });
    let found = match (copied, writing) {
        (_, Some(error)) => {
            drop(disk::remove_file(&temporary));
            return Err(failed(error));
        }
        (Ok((found, size)), None) if found == blob => Ok(size),
        (Ok((found, _)), None) => Err(Some(format!("its hash is {found}"))),
        (Err(error), None) => Err(Some(error.to_string())),
    };
    match found {
        Ok(size) => {
            fs::rename(&temporary, target).map_err(failed)?;
            Ok(Ok(size))
        }
        Err(why) => {
            disk::remove_file(&temporary)?;
            Ok(Err(why))
        }
    }
}

/// Makes everything below a directory durable.
#[cfg(target_os = "linux")]
fn settle(directory: &Path) -> Result<(), StoreError> {
    let synced = File::open(directory).and_then(|file| Ok(rustix::fs::syncfs(&file)?));
    synced.map_err(|error| StoreError::file("syncing", directory, error))
}

/// Elsewhere each file by itself.
#[cfg(not(target_os = "linux"))]
fn settle(directory: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::file("syncing", directory, error);
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            settle(&path)?;
        } else {
            let synced = File::open(&path).and_then(|file| file.sync_all());
            synced.map_err(|error| StoreError::file("syncing", &path, error))?;
        }
    }
    disk::sync_directory(directory)
}

/// Makes a store of a backup in `options.data`, which must be missing or empty. The journal of the new
/// store says what it was restored from, and its log begins anew; databases of the site's own that have
/// signed anything are stopped, since nobody here knows what they signed after the backup.
pub async fn restore(backup: &Path, options: StoreOptions) -> Result<BackupReport, BackupError> {
    if options.bucket.is_some() {
        return Err(BackupError::Remote);
    }
    let (from, to) = (DataLayout::new(backup), DataLayout::new(&options.data));
    let copied = tokio::task::spawn_blocking(move || put_back(&from, &to)).await;
    let report = copied.unwrap_or(Err(StoreError::Closed.into()))?;
    let told = report.manifest.told();
    let marker = DataLayout::new(&options.data).restoring();
    let store = Store::open(StoreOptions {
        restored: Some(told.clone()),
        ..options
    })
    .await?;
    let subject = report.manifest.log.as_deref().unwrap_or("journal");
    store
        .event(JournalEvent::new("restored", subject, told))
        .await?;
    store.flush().await?;
    if report.manifest.log.is_some() {
        store.journal_log().checkpoint().await?;
    }
    drop(store);
    disk::remove_file(&marker)?;
    Ok(report)
}

fn put_back(from: &DataLayout, to: &DataLayout) -> Result<BackupReport, BackupError> {
    let manifest = complete(from)?;
    let marker = to.restoring();
    if marker.exists() {
        // A restore that was interrupted: the blobs it copied are whole.
        disk::remove_file(&to.catalog())?;
    } else {
        if to.root().exists() && !is_empty(to.root())? {
            return Err(BackupError::NotEmpty(to.root().to_owned()));
        }
        disk::create_directory(to.root())?;
        disk::write_durably(&marker, &marker.with_extension("new"), b"")?;
    }
    let mut report = BackupReport {
        manifest,
        copied: (0, 0),
        unchanged: 0,
        damaged: ProblemList::default(),
        stopped: Vec::new(),
    };
    let catalog = CatalogCopy::open(from)?;
    for shelf in SHELVES {
        for row in catalog.blobs(shelf)? {
            copy_blob(from, to, row, &mut report)?;
        }
    }
    drop(catalog);
    copy_keys(from, to)?;
    let told = report.manifest.told();
    report.stopped = own::stop_all(to.root(), &told)?;
    let catalog = report.manifest.catalog.parse();
    let catalog = catalog.map_err(|error| incomplete(from, format!("its manifest: {error}")))?;
    let copied = copy_hashed(&from.catalog(), &to.catalog(), catalog)?;
    if let Err(why) = copied {
        let why = why.unwrap_or_else(|| "its catalog is missing".to_owned());
        return Err(incomplete(from, format!("its catalog: {why}")));
    }
    settle(to.root())?;
    Ok(report)
}

/// The manifest of a backup, if it has one.
fn complete(from: &DataLayout) -> Result<BackupManifest, BackupError> {
    let path = from.root().join(MANIFEST);
    let Some(bytes) = signing::read(&path, MANIFEST_LIMIT)? else {
        let why = if from.root().join(BEGUN).exists() {
            "it was begun and not brought to its end; run the backup again"
        } else {
            "it has no manifest"
        };
        return Err(incomplete(from, why.to_owned()));
    };
    let manifest: BackupManifest = serde_json::from_slice(&bytes)
        .map_err(|error| incomplete(from, format!("its manifest: {error}")))?;
    if manifest.format != FORMAT {
        return Err(incomplete(
            from,
            format!("its format is {:?}", manifest.format),
        ));
    }
    Ok(manifest)
}

fn incomplete(from: &DataLayout, why: String) -> BackupError {
    BackupError::Incomplete(from.root().to_owned(), why)
}
