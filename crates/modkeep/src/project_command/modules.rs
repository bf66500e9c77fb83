//! Where the files of a module are: on disk, or in a zip.
//!
//! In this order: the directory of a replacement; what the go command unpacked in its module cache;
//! the zip in that cache; the zip from the upstreams, into a file that is gone afterwards. A zip is
//! read whole, once, and its packages kept. Where the project's go.sum has a hash of a zip from an
//! upstream, it must have that hash; the go command has seen to what is in its cache.

use crate::module_checkout::fetch;
use checkout::{
    plain_file,
    source_files::{counts, directory, go_file},
};
use config::{Environment as _, Process};
use gomod::{
    Artifact, ArtifactKind, ModulePath, Version,
    gosum::{self, GoSum, HashSubject},
    modfile::ModuleVersion,
    mvs::SelectedModule,
    sumhash::h1_of_zip,
    zip::{limits::MAX_ZIP_FILE, survey_zip},
};
use project::imports::{DirectoryListing, GoFile};
use std::{
    collections::HashMap,
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};
use upstream::Upstreams;

/// The largest file of a zip that is looked at. Only the head of a Go file is read, but a zip gives
/// whole files, and those that generators write for the interfaces of clouds have some ten MiB.
const LARGEST_FILE: u64 = 64 << 20;

/// What all modules are looked for in.
#[derive(Debug, Clone)]
pub(super) struct ModuleSources {
    root: PathBuf,
    cache: Option<PathBuf>,
    upstreams: Upstreams,
    /// The project's go.sum, or why it cannot be read.
    sums: Result<GoSum, String>,
}

/// Where the files of one module are.
#[derive(Debug)]
pub(super) enum ModuleLocation {
    /// In a directory. Of a replacement, nested modules have to be told apart.
    Directory { root: PathBuf, is_checkout: bool },
    /// In a zip that was read: Go files by directory, or why one of them cannot be read.
    Zip(HashMap<String, Result<Vec<GoFile>, String>>),
    /// Not to be had.
    Unknown(String),
}

// === impl ModuleSources ===

impl ModuleSources {
    pub(super) fn new(root: &Path, upstreams: &Upstreams) -> Self {
        let cache = Process.variable("GOMODCACHE");
        let cache = cache.or_else(|| Process.go_env("GOMODCACHE"));
        Self {
            root: root.to_owned(),
            cache: cache.map(PathBuf::from),
            upstreams: upstreams.clone(),
            sums: sums(root),
        }
    }

    /// The files of a selected module.
    pub(super) async fn open(&self, selected: SelectedModule<'_>) -> ModuleLocation {
        let actual = selected.replacement.unwrap_or(selected.module).clone();
        if selected.module.version.is_empty() {
            return ModuleLocation::Directory {
                root: self.root.clone(),
                is_checkout: true,
            };
        }
        if actual.version.is_empty() {
            return ModuleLocation::Directory {
                root: self.root.join(&actual.path),
                is_checkout: true,
            };
        }
        match self.find(&actual).await {
            Ok(files) => files,
            Err(reason) => ModuleLocation::Unknown(reason),
        }
    }

    async fn find(&self, module: &ModuleVersion) -> Result<ModuleLocation, String> {
        let zip = artifact(module)?;
        if let Some(cache) = &self.cache {
            let name = format!("{}@{}", zip.module.escaped(), zip.version.escaped());
            let unpacked = cache.join(name);
            if unpacked.is_dir() {
                return Ok(ModuleLocation::Directory {
                    root: unpacked,
                    is_checkout: false,
                });
            }
            if let Ok(file) = File::open(cached(cache, &zip)) {
                return read_zip(file, module.clone()).await;
            }
        }
        let mut download = fetch(&zip.escaped_path(), MAX_ZIP_FILE, &self.upstreams).await?;
        let mut file = tempfile::tempfile().map_err(|error| error.to_string())?;
        while let Some(chunk) = download.chunk().await.map_err(|error| error.to_string())? {
            file.write_all(&chunk).map_err(|error| error.to_string())?;
        }
        self.verify(&file, module)?;
        read_zip(file, module.clone()).await
    }

    /// Whether a zip from an upstream is the one that go.sum knows, if it knows one.
    fn verify(&self, file: &File, module: &ModuleVersion) -> Result<(), String> {
        let sums = self.sums.as_ref().map_err(Clone::clone)?;
        let known = sums.hashes(&module.path, &module.version, HashSubject::Zip);
        let known: Vec<&str> = known.collect();
        if known.is_empty() {
            return Ok(());
        }
        let hash = h1_of_zip(file).map_err(|error| error.to_string())?;
        let is_known = known.contains(&hash.to_string().as_str());
        let differs = || format!("the zip of {module} has {hash}, which is not what go.sum has");
        is_known.then_some(()).ok_or_else(differs)
    }

    /// Bytes of a module's zip: of the one in the cache, else as an upstream announces it.
    pub(super) async fn size(&self, module: &ModuleVersion) -> Option<u64> {
        let zip = artifact(module).ok()?;
        let cached = self.cache.as_ref().map(|cache| cached(cache, &zip));
        if let Some(Ok(data)) = cached.map(std::fs::metadata) {
            return Some(data.len());
        }
        let download = fetch(&zip.escaped_path(), MAX_ZIP_FILE, &self.upstreams).await;
        download.ok()?.length
    }
}

// === impl ModuleLocation ===

impl ModuleLocation {
    /// The Go files of a directory of the module.
    pub(super) fn listing(&self, path: &str) -> DirectoryListing {
        match self {
            Self::Zip(packages) => {
                let files = packages.get(path).cloned().unwrap_or(Ok(Vec::new()));
                files.map_or_else(DirectoryListing::Unknown, DirectoryListing::Files)
            }
            Self::Unknown(reason) => DirectoryListing::Unknown(reason.clone()),
            Self::Directory { root, is_checkout } => {
                if *is_checkout && is_nested(root, path) {
                    return DirectoryListing::Files(Vec::new());
                }
                directory(root, path)
                    .map_or_else(DirectoryListing::Unknown, DirectoryListing::Files)
            }
        }
    }
}

/// What the project's go.sum says: nothing if there is none.
fn sums(root: &Path) -> Result<GoSum, String> {
    match plain_file::read(&root.join("go.sum")) {
        Ok(source) => gosum::parse(&source).map_err(|error| error.to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(GoSum::default()),
        Err(error) => Err(format!("go.sum: {error}")),
    }
}

/// The zip in the go command's cache.
fn cached(cache: &Path, zip: &Artifact) -> PathBuf {
    cache
        .join("cache/download")
        .join(zip.escaped_path().trim_start_matches('/'))
}

/// Whether a directory belongs to another module below this one.
fn is_nested(root: &Path, path: &str) -> bool {
    let mut below = root.to_owned();
    path.split('/').filter(|name| !name.is_empty()).any(|name| {
        below.push(name);
        below.join("go.mod").is_file()
    })
}

fn artifact(module: &ModuleVersion) -> Result<Artifact, String> {
    let path = ModulePath::parse(&module.path).map_err(|error| error.to_string())?;
    let version = Version::parse(&module.version).map_err(|error| error.to_string())?;
    Ok(Artifact {
        module: path,
        version,
        kind: ArtifactKind::Zip,
    })
}

async fn read_zip(file: File, module: ModuleVersion) -> Result<ModuleLocation, String> {
    let read = tokio::task::spawn_blocking(move || go_files(&file, &module));
    read.await.map_err(|error| error.to_string())?
}

/// The Go files in a zip, by directory.
fn go_files(file: &File, module: &ModuleVersion) -> Result<ModuleLocation, String> {
    let prefix = format!("{module}/");
    let mut packages: HashMap<String, Result<Vec<GoFile>, String>> = HashMap::new();
    let survey = survey_zip(file, LARGEST_FILE, |entry| {
        let name = std::str::from_utf8(entry.name).ok();
        let Some(path) = name.and_then(|name| name.strip_prefix(&prefix)) else {
            return;
        };
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        if !counts(name) || is_never_imported(directory) {
            return;
        }
        let content = entry
            .content
            .ok_or_else(|| " too large or damaged".to_owned());
        let read = content.and_then(|content| go_file(name, content));
        let package = packages.entry(directory.to_owned());
        let package = package.or_insert_with(|| Ok(Vec::new()));
        match (read, &mut *package) {
            (Ok(file), Ok(files)) => files.push(file),
            (Err(reason), _) => *package = Err(format!("{path}:{reason}")),
            (Ok(_), Err(_)) => {}
        }
    });
    survey.map_err(|error| error.to_string())?;
    Ok(ModuleLocation::Zip(packages))
}

/// Directories that no import leads to; what is in them need not even be Go.
fn is_never_imported(directory: &str) -> bool {
    directory
        .split('/')
        .any(|name| name == "testdata" || name.starts_with(['_', '.']))
}

#[cfg(test)]
mod tests {
    use super::{DirectoryListing, ModuleLocation, go_files};
    use gomod::{
        ModulePath, Version,
        modfile::ModuleVersion,
        zip::{MemoryFile, create_zip},
    };
    use project::source::MAX_HEAD;

    #[test]
    fn of_a_file_that_is_longer_than_any_head_the_head_is_read() {
        let (path, version) = ("example.com/a", "v1.0.0");
        let body = "x".repeat(MAX_HEAD);
        let long = format!("package a\n\nimport \"fmt\"\n\nvar a int\n\n//{body}\n");
        let files = [
            MemoryFile::new("go.mod", "module example.com/a\n"),
            MemoryFile::new("a.go", long),
        ];
        let module = ModulePath::parse(path).unwrap();
        let mut zip = tempfile::tempfile().unwrap();
        create_zip(&mut zip, &module, &Version::parse(version).unwrap(), &files).unwrap();
        let read: ModuleLocation = go_files(&zip, &ModuleVersion::new(path, version)).unwrap();
        let DirectoryListing::Files(files) = read.listing("") else {
            panic!("{read:?}")
        };
        assert_eq!(files[0].imports[0].path, "fmt");
    }
}
