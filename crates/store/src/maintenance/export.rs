//! Export: everything kept, as a file tree that `GOPROXY=file://DIR` accepts.
//!
//! A kept path is its own file name, because the protocol's URL space is Go's own cache layout.
//! Added are the `@v/list` files, which are no captures: the versions of which all is kept, because a
//! version without its zip would be the latest and could not be had; without pseudo-versions
//! (module reference, "GOPROXY protocol"), unless there is nothing else: a tree has no `@latest`, and
//! there the go command takes the newest of the list. Versions that were withdrawn are left out, and retired
//! ones of the lists. The tree is a proxy for the day on which nothing
//! else of ours runs.
//!
//! Every file is complete under its name or not there: it is written under another name first.
//! Every blob is hashed on the way, and a damaged one is reported and left out. A second export
//! into the same tree writes only what is new.

use super::ProblemList;
use crate::VersionMark;
use crate::{
    blob::BlobId, catalog::CaptureRow, core::StoreCore, disk, error::StoreError, key::Key,
    options::BlobPlace, reader::BlobReader, record::ArtifactKinds, store::Store,
};
use gomod::{Artifact, ModulePath, Version};
use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How to export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// Link to the blobs instead of copying them, where the file system can. Quick and without
    /// cost in space, but whoever writes into the tree then writes into the store: for trees that
    /// are only read, such as one that is about to be packed.
    pub hard_links: bool,
}

/// What an export did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// Files written.
    pub written: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there already.
    pub unchanged: u64,
    /// `@v/list` files written.
    pub lists: u64,
    /// Files that were left out because their version was withdrawn.
    pub withdrawn: u64,
    /// Paths that were left out because their blob is damaged or nobody knows why they were
    /// trusted, and what is wrong.
    pub damaged: ProblemList<(String, String)>,
}

/// Captures read at once.
const PAGE: usize = 500;

/// Name of the file under which others are written; no module path begins with a dot.
const TEMPORARY: &str = ".modkeep-export";

struct TreeExport<'s> {
    store: &'s Store,
    root: PathBuf,
    options: ExportOptions,
    report: ExportReport,
    module: Option<(ModulePath, BTreeMap<Version, ArtifactKinds>)>,
    withdrawn: MarkedNames,
    /// Written, and not listed.
    retired: MarkedNames,
}

/// Versions with a mark.
type MarkedNames = HashSet<(ModulePath, Version)>;

/// Exports everything kept in `store` to the directory `root`, which is made if missing. Only one
/// export may write to a tree at a time.
pub async fn export(
    store: &Store,
    root: &Path,
    options: ExportOptions,
) -> Result<ExportReport, StoreError> {
    let root = root.to_owned();
    let report = ExportReport::default();
    let withdrawn = marked(store, VersionMark::Withdrawn).await?;
    let retired = marked(store, VersionMark::Retired).await?;
    let mut export = TreeExport {
        store,
        root,
        options,
        report,
        module: None,
        withdrawn,
        retired,
    };
    let mut after = String::new();
    loop {
        let from = after.clone();
        let page = store.catalog().captures(from, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.path);
        for row in page {
            export.row(row).await?;
        }
    }
    export.finish_module().await?;
    let temporary = export.root.join(TEMPORARY);
    let writes = &store.core().writes;
    writes
        .run(move |()| disk::remove_file(&temporary))
        .await??;
    Ok(export.report)
}

async fn marked(store: &Store, mark: VersionMark) -> Result<MarkedNames, StoreError> {
    let marked = store.marked_versions(mark).await?.into_iter();
    Ok(marked.map(|it| (it.module, it.version)).collect())
}

// === impl TreeExport ===

impl TreeExport<'_> {
    async fn row(&mut self, row: CaptureRow) -> Result<(), StoreError> {
        // Only paths that are keys, and therefore plain, are ever joined to the root.
        let Some(key) = Key::parse(&row.path) else {
            return Ok(());
        };
        if let Key::Artifact(artifact) = &key
            && self.is_withdrawn(artifact)
        {
            self.report.withdrawn += 1;
            // An earlier export may have written it.
            let target = self.root.join(&row.path);
            let writes = &self.store.core().writes;
            return writes.run(move |()| disk::remove_file(&target)).await?;
        }
        if let Err(unknown) = row.evidence.read() {
            self.report.damaged.push((row.path, unknown.to_string()));
            return Ok(());
        }
        match self.file(&row).await {
            Err(StoreError::CorruptBlob { problem, .. }) => {
                self.report.damaged.push((row.path, problem));
                Ok(())
            }
            Err(error) => Err(error),
            Ok(()) => match key {
                Key::Artifact(artifact) => self.list(artifact).await,
                Key::Sumdb { .. } => Ok(()),
            },
        }
    }

    fn is_withdrawn(&self, artifact: &Artifact) -> bool {
        let name = || (artifact.module.clone(), artifact.version.clone());
        !self.withdrawn.is_empty() && self.withdrawn.contains(&name())
    }

    async fn file(&mut self, row: &CaptureRow) -> Result<(), StoreError> {
        let target = self.root.join(&row.path);
        let core = self.store.core();
        let (there, size) = (target.clone(), row.size);
        let found = core
            .writes
            .run(move |()| fs::metadata(&there).map(|found| found.len()).ok());
        if found.await? == Some(size) {
            self.report.unchanged += 1;
            return Ok(());
        }
        let file = BlobReader::open(core, row.blob, row.size)
            .await?
            .file()
            .await?;
        let link = self.link_source(core, row.blob);
        let (temporary, blob) = (self.root.join(TEMPORARY), row.blob);
        let written = core
            .writes
            .run(move |()| write(&file, blob, link.as_deref(), &temporary, &target));
        written.await??;
        self.report.written += 1;
        self.report.bytes += row.size;
        Ok(())
    }

    fn link_source(&self, core: &Arc<StoreCore>, blob: BlobId) -> Option<PathBuf> {
        let local = matches!(core.options.blobs, BlobPlace::Local);
        (local && self.options.hard_links).then(|| core.layout.blob(blob))
    }

    /// Notes a file of a version. The files of a module come one behind the other.
    async fn list(&mut self, artifact: Artifact) -> Result<(), StoreError> {
        if self
            .module
            .as_ref()
            .is_none_or(|(module, _)| *module != artifact.module)
        {
            self.finish_module().await?;
            self.module = Some((artifact.module, BTreeMap::new()));
        }
        if let Some((_, versions)) = &mut self.module {
            versions
                .entry(artifact.version)
                .or_default()
                .insert(artifact.kind);
        }
        Ok(())
    }

    async fn finish_module(&mut self) -> Result<(), StoreError> {
        let Some((module, versions)) = self.module.take() else {
            return Ok(());
        };
        let usable = versions
            .iter()
            .filter(|(_, kinds)| kinds.info && kinds.go_mod && kinds.zip)
            .map(|(version, _)| version)
            .filter(|version| {
                let name = || (module.clone(), (*version).clone());
                self.retired.is_empty() || !self.retired.contains(&name())
            });
        let (pseudo, tagged): (Vec<_>, Vec<_>) = usable.partition(|version| version.is_pseudo());
        let listed = if tagged.is_empty() { pseudo } else { tagged };
        let text: String = listed
            .into_iter()
            .flat_map(|version| [version.as_str(), "\n"])
            .collect();
        let path = self.root.join(format!("{}/@v/list", module.escaped()));
        let (temporary, writes) = (self.root.join(TEMPORARY), &self.store.core().writes);
        let written =
            writes.run(move |()| disk::write_atomically(&path, &temporary, text.as_bytes()));
        written.await??;
        self.report.lists += 1;
        Ok(())
    }
}

/// Writes one file under its name. Blocking.
fn write(
    file: &File,
    blob: BlobId,
    link: Option<&Path>,
    temporary: &Path,
    target: &Path,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::file("exporting", target, error);
    let directory = target.parent().unwrap_or(target);
    fs::create_dir_all(directory).map_err(failed)?;
    disk::remove_file(temporary)?;
    let linked = link.is_some_and(|source| link_for_others(source, temporary).is_ok());
    let found = if linked {
        disk::hash_file(file).map(|(found, _)| found)
    } else {
        copy(file, temporary)
    };
    let found = found.map_err(failed)?;
    if found != blob {
        disk::remove_file(temporary)?;
        return Err(StoreError::CorruptBlob {
            blob,
            problem: format!("its hash is {found}"),
        });
    }
    fs::rename(temporary, target).map_err(failed)
}

/// One file under two names. A blob is its owner's, and what is exported is for others: in the store
/// the directories around it still keep them away.
fn link_for_others(source: &Path, target: &Path) -> io::Result<()> {
    fs::hard_link(source, target)?;
    disk::show_to_others(target).or_else(|error| {
        // Whoever copies writes to this name next, and it must not be the blob's.
        fs::remove_file(target)?;
        Err(error)
    })
}

/// Copies and hashes in one pass, so that what was hashed is what was written.
fn copy(from: &File, to: &Path) -> io::Result<BlobId> {
    let to = File::create(to)?;
    disk::hash_steps(from, |offset, bytes| disk::write_all_at(&to, bytes, offset))
        .map(|(found, _)| found)
}
