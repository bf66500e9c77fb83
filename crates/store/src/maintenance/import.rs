//! Import: captures from a file tree in the protocol's layout, such as an export or the
//! `cache/download` of a Go module cache.
//!
//! Names are trusted no more than bytes: a path that is not exactly how a key would be written is
//! refused, links are not followed, and sizes are bounded by what the go command accepts. What a
//! good zip, go.mod or database answer is, the caller says with a [`ImportChecker`], which is given the
//! copy that will be captured, not the file it came from. Left alone are the cache's own helper
//! files (locks, hashes, partial downloads) and lists, which are no captures.
//!
//! A second import of the same tree changes nothing.

use super::ProblemList;
use crate::{
    disk,
    error::StoreError,
    journal::Facts,
    key::Key,
    record::{Capture, Provenance},
    spool::SealedSpool,
    store::Store,
};
use futures_util::{StreamExt, stream};
use gomod::{Artifact, ArtifactKind};
use protocol::Evidence;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

/// What a checker found out about bytes it accepts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportCheck {
    /// Go's `h1:` hash.
    pub h1: Option<String>,
    /// Why the bytes are trusted; unclaimed if the import's own evidence says it all.
    pub evidence: Evidence,
    /// What else it found.
    pub facts: Facts,
}

/// Decides whether bytes may be captured under a key: the file, its size in bytes, and on refusal
/// the reason in words. Called on blocking threads, several at once.
pub type ImportChecker = Arc<dyn Fn(&Key, &File, u64) -> Result<ImportCheck, String> + Send + Sync>;

/// How to import.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// What stands as source in every record: `import`, with a word on where from.
    pub source: String,
    /// What stands as evidence where the checker has none.
    pub evidence: Evidence,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Files captured.
    pub captured: u64,
    /// Files that were kept already, with the same bytes.
    pub unchanged: u64,
    /// Paths that are kept with other bytes.
    pub conflicts: ProblemList<String>,
    /// Files that may not be captured, and why.
    pub refused: ProblemList<(String, String)>,
    /// Files that are no captures: lists, locks, and whatever else lies in a cache.
    pub skipped: u64,
}

/// Directories below each other at most; a module path has far fewer elements.
const DEPTH_LIMIT: usize = 64;

/// Files imported at the same time, so that their commits share transactions.
const CONCURRENCY: usize = 8;

/// Bytes per step from a file to the spool.
const STEP: usize = 256 << 10;

/// Largest zip (`golang.org/x/mod/zip`, `MaxZipFile`).
const ZIP_LIMIT: u64 = 500 << 20;

/// Largest go.mod (`golang.org/x/mod/zip`, `MaxGoMod`).
const MOD_LIMIT: u64 = 16 << 20;

/// Largest `.info` or database answer: both are a few hundred bytes, a tile is 8 KiB.
const SMALL_LIMIT: u64 = 1 << 20;

/// Endings of the helper files of a module cache.
const HELPERS: [&str; 4] = [".lock", ".ziphash", ".partial", ".tmp"];

struct TreeImport<'s> {
    store: &'s Store,
    root: PathBuf,
    checker: ImportChecker,
    options: ImportOptions,
}

enum ImportOutcome {
    Captured,
    Unchanged,
    Conflict,
    Refused(String),
    Skipped,
}

/// Imports the tree at `root`: an export, a module cache, or the `cache/download` of one.
pub async fn import(
    store: &Store,
    root: &Path,
    options: ImportOptions,
    checker: ImportChecker,
) -> Result<ImportReport, StoreError> {
    let download = root.join("cache").join("download");
    let root = if download.is_dir() {
        download
    } else {
        root.to_owned()
    };
    let import = TreeImport {
        store,
        root,
        checker,
        options,
    };
    let mut report = ImportReport::default();
    let mut directories = vec![(String::new(), 0)];
    while let Some((directory, depth)) = directories.pop() {
        let entries = import.entries(&directory).await?;
        let (below, files): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.is_directory);
        if depth < DEPTH_LIMIT {
            directories.extend(below.into_iter().map(|entry| (entry.path, depth + 1)));
        } else {
            for entry in below {
                report.refused.push((entry.path, "too deep".to_owned()));
            }
        }
        let mut fates = stream::iter(files)
            .map(|entry| import.one(entry))
            .buffer_unordered(CONCURRENCY);
        while let Some(fate) = fates.next().await {
            let (path, fate) = fate?;
            report.note(path, fate);
        }
    }
    Ok(report)
}

/// Something in the tree, by its path below the root, with slashes.
struct TreeEntry {
    path: String,
    is_directory: bool,
    is_file: bool,
}

// === impl ImportReport ===

impl ImportReport {
    fn note(&mut self, path: String, fate: ImportOutcome) {
        match fate {
            ImportOutcome::Captured => self.captured += 1,
            ImportOutcome::Unchanged => self.unchanged += 1,
            ImportOutcome::Conflict => self.conflicts.push(path),
            ImportOutcome::Refused(reason) => self.refused.push((path, reason)),
            ImportOutcome::Skipped => self.skipped += 1,
        }
    }
}

// === impl TreeImport ===

impl TreeImport<'_> {
    async fn entries(&self, directory: &str) -> Result<Vec<TreeEntry>, StoreError> {
        let (root, directory) = (self.root.clone(), directory.to_owned());
        self.store
            .core()
            .writes
            .run(move |()| list(&root, &directory))
            .await?
    }

    async fn one(&self, entry: TreeEntry) -> Result<(String, ImportOutcome), StoreError> {
        let fate = match classify(&entry) {
            Err(fate) => fate,
            Ok(key) => self.file(&entry.path, key).await?,
        };
        Ok((entry.path, fate))
    }

    async fn file(&self, path: &str, key: Key) -> Result<ImportOutcome, StoreError> {
        let source = self.root.join(path);
        let limit = size_limit(&key);
        let Some(sealed) = self.copy(&source, limit).await? else {
            return Ok(ImportOutcome::Refused(format!("larger than {limit} bytes")));
        };
        if self
            .store
            .find(&key)
            .await?
            .is_some_and(|kept| kept.blob == sealed.blob())
        {
            return Ok(ImportOutcome::Unchanged);
        }
        let (key, sealed, checked) = self.check(key, sealed).await?;
        let ImportCheck {
            h1,
            evidence,
            facts,
        } = match checked {
            Err(reason) => return Ok(ImportOutcome::Refused(reason)),
            Ok(checked) => checked,
        };
        let evidence = if evidence.is_unclaimed() {
            self.options.evidence.clone()
        } else {
            evidence
        };
        let capture = Capture {
            key,
            sealed,
            provenance: Provenance {
                h1,
                source: self.options.source.clone(),
                evidence,
                facts,
                proof: None,
                log: None,
            },
        };
        match self.store.commit(capture).await {
            Ok(committed) if committed.fresh => Ok(ImportOutcome::Captured),
            Ok(_) => Ok(ImportOutcome::Unchanged),
            Err(StoreError::Conflict { .. }) => Ok(ImportOutcome::Conflict),
            Err(error) => Err(error),
        }
    }

    async fn check(
        &self,
        key: Key,
        sealed: SealedSpool,
    ) -> Result<(Key, SealedSpool, Result<ImportCheck, String>), StoreError> {
        let checker = Arc::clone(&self.checker);
        let work = move || {
            let verdict = check_structure(&key, sealed.file(), sealed.size())
                .and_then(|()| checker(&key, sealed.file(), sealed.size()));
            (key, sealed, verdict)
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| StoreError::Closed)
    }

    /// Copies a file to the spool; `None` if it is larger than `limit`.
    async fn copy(&self, source: &Path, limit: u64) -> Result<Option<SealedSpool>, StoreError> {
        let writes = &self.store.core().writes;
        let path = source.to_owned();
        let opened = writes.run(move |()| File::open(&path)).await?;
        let file =
            Arc::new(opened.map_err(|error| StoreError::reading("a file to import", error))?);
        let mut spool = self.store.spool().await?;
        loop {
            let (file, offset) = (Arc::clone(&file), spool.written());
            let read = writes
                .run(move |()| disk::read_at(&file, offset, STEP))
                .await?;
            let bytes = read.map_err(|error| StoreError::reading("a file to import", error))?;
            if bytes.is_empty() {
                return spool.seal().await.map(Some);
            }
            spool.append(bytes).await?;
            if spool.written() > limit {
                return Ok(None);
            }
        }
    }
}

fn list(root: &Path, directory: &str) -> Result<Vec<TreeEntry>, StoreError> {
    let path = root.join(directory);
    let failed = |error| StoreError::reading("a directory to import", error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(&path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        let name = entry.file_name();
        // A name that is no UTF-8 is no key; it is named in the report as well as can be.
        let is_text = name.to_str().is_some();
        let name = name.to_string_lossy().into_owned();
        let path = if directory.is_empty() {
            name
        } else {
            format!("{directory}/{name}")
        };
        entries.push(TreeEntry {
            path,
            is_directory: kind.is_dir() && is_text,
            is_file: kind.is_file() && is_text,
        });
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

/// The key a file would be captured under, or why it is not.
fn classify(entry: &TreeEntry) -> Result<Key, ImportOutcome> {
    let name = entry.path.rsplit('/').next().unwrap_or_default();
    let in_versions = entry.path.contains("/@v/") && !entry.path.starts_with("sumdb/");
    if !in_versions && !entry.path.starts_with("sumdb/") || name == "list" {
        return Err(ImportOutcome::Skipped);
    }
    if HELPERS.iter().any(|helper| name.ends_with(helper)) || name.contains(".tmp-") {
        return Err(ImportOutcome::Skipped);
    }
    if !entry.is_file {
        return Err(ImportOutcome::Refused(
            "not a regular file with a name in UTF-8".to_owned(),
        ));
    }
    match Key::parse(&entry.path) {
        Some(key) => Ok(key),
        // What else lies below a database is mutable: tree heads, partial tiles.
        None if !in_versions => Err(ImportOutcome::Skipped),
        None => Err(ImportOutcome::Refused(
            "not the name of an artifact".to_owned(),
        )),
    }
}

fn size_limit(key: &Key) -> u64 {
    match key {
        Key::Artifact(Artifact {
            kind: ArtifactKind::Zip,
            ..
        }) => ZIP_LIMIT,
        Key::Artifact(Artifact {
            kind: ArtifactKind::Mod,
            ..
        }) => MOD_LIMIT,
        Key::Artifact(_) | Key::Sumdb { .. } => SMALL_LIMIT,
    }
}

/// What can be said about bytes without knowing Go's rules for them.
fn check_structure(key: &Key, file: &File, size: u64) -> Result<(), String> {
    let Key::Artifact(artifact) = key else {
        return Ok(());
    };
    let length = match artifact.kind {
        ArtifactKind::Zip => 2,
        _ => usize::try_from(size).map_err(|error| error.to_string())?,
    };
    let bytes = disk::read_at(file, 0, length).map_err(|error| error.to_string())?;
    match artifact.kind {
        ArtifactKind::Zip if bytes.as_ref() == b"PK" => Ok(()),
        ArtifactKind::Zip => Err("not a zip".to_owned()),
        ArtifactKind::Mod if std::str::from_utf8(&bytes).is_ok() && !bytes.contains(&0) => Ok(()),
        ArtifactKind::Mod => Err("not a text".to_owned()),
        ArtifactKind::Info => check_info(&bytes, artifact),
    }
}

fn check_info(bytes: &[u8], artifact: &Artifact) -> Result<(), String> {
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    match value.get("Version").and_then(serde_json::Value::as_str) {
        Some(version) if version == artifact.version.as_str() => Ok(()),
        Some(version) => Err(format!("it is the information of {version:?}")),
        None => Err("it names no version".to_owned()),
    }
}
