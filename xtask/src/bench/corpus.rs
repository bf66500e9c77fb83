//! What is downloaded: the real module graph of a real project, fetched once with the real `go`.
//!
//! The project is a checkout of `github.com/prometheus/prometheus` itself, with its own go.mod
//! and go.sum (taken from its zip): for it `go mod graph` loads 424 go.mod files, and `go mod
//! download` fetches the zips of the 228 modules its go.mod names. A module that merely requires
//! it would load one go.mod (the graph is pruned), or 5,684 with a go line before 1.17.
//!
//! The corpus is a module cache's download directory, which has the layout of the protocol. All
//! three artifacts of every module of the graph are fetched, because some peers ask for all three
//! when a client asks for one, and the go.mod files of the unpruned graph, because a proxy that
//! reads ahead may ask for them. Its lists hold what was fetched, less the pseudo-versions that a
//! module cache writes into its own and that no proxy lists.

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The project whose build is fetched.
pub(crate) const PROJECT: &str = "github.com/prometheus/prometheus";
/// Its version.
pub(crate) const VERSION: &str = "v0.307.3";

/// What is asked in the warm scenarios: one module whose go.mod, info and list are ordinary.
pub(crate) const SMALL: &str = "/github.com/prometheus/client_golang/@v/v1.23.2";
/// Its list.
pub(crate) const LIST: &str = "/github.com/prometheus/client_golang/@v/list";

/// The corpus on disk.
#[derive(Debug, Clone)]
pub(crate) struct Corpus {
    /// The module cache's download directory.
    pub(crate) files: PathBuf,
    /// A directory with the project's go.mod and go.sum.
    pub(crate) project: PathBuf,
}

/// Size and hash of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) length: u64,
    pub(crate) sha256: [u8; 32],
}

// === impl Corpus ===

impl Corpus {
    /// The corpus below `directory`; fetched if it is not there.
    pub(crate) fn provide(directory: &Path) -> Result<Self> {
        let corpus = Self {
            files: directory.join("modcache/cache/download"),
            project: directory.join("project"),
        };
        let complete = directory.join("complete");
        if !complete.exists() {
            corpus.fetch(directory)?;
            corpus.leave_pseudo_versions_out()?;
            fs::write(complete, "")?;
        }
        Ok(corpus)
    }

    /// Fetches all of it, or the rest where an earlier fetch was cut short: a slow proxy may take
    /// longer than somebody's patience.
    fn fetch(&self, directory: &Path) -> Result<()> {
        println!("fetching it");
        let (modcache, list) = (directory.join("modcache"), directory.join("modules"));
        if !list.exists() {
            // What the list names is what the module cache holds then, so it has to begin empty.
            if directory.exists() {
                fs::remove_dir_all(directory)?;
            }
            let modules = self.fetch_graph(&modcache)?;
            fs::write(&list, modules.join("\n"))?;
        }
        let modules = fs::read_to_string(&list)?;
        let mut all = vec!["mod", "download"];
        all.extend(modules.lines());
        // Outside of any module, or `go` would select other versions.
        go(&modcache, &all, &modcache)?;
        self.fetch_unpruned(PROJECT, VERSION)
    }

    /// Fetches the go.mod files that the project's graph is made of; gives their modules.
    fn fetch_graph(&self, modcache: &Path) -> Result<Vec<String>> {
        fs::create_dir_all(&self.project)?;
        let go = |arguments: &[&str], directory: &Path| go(modcache, arguments, directory);
        go(
            &["mod", "download", &format!("{PROJECT}@{VERSION}")],
            &self.project,
        )?;
        let source = modcache.join(format!("{PROJECT}@{VERSION}"));
        for name in ["go.mod", "go.sum"] {
            fs::copy(source.join(name), self.project.join(name))?;
        }
        go(&["mod", "graph"], &self.project)?;
        self.modules()
    }

    /// Fetches the go.mod of every requirement of every requirement: who reads ahead without
    /// knowing where the graph is pruned must not be spared by finding nothing there.
    pub(crate) fn fetch_unpruned(&self, module: &str, version: &str) -> Result<()> {
        let main = tempfile::tempdir()?;
        let go_mod = format!("module example.com/main\n\ngo 1.16\n\nrequire {module} {version}\n");
        fs::write(main.path().join("go.mod"), go_mod)?;
        go(self.modcache()?, &["mod", "graph"], main.path())?;
        Ok(())
    }

    /// Makes the lists what a proxy would answer: without pseudo-versions.
    pub(crate) fn leave_pseudo_versions_out(&self) -> Result<()> {
        for path in self.paths()? {
            if path.ends_with("/list") {
                let file = self.files.join(path);
                let list = fs::read_to_string(&file)?;
                fs::write(file, without_pseudo_versions(&list))?;
            }
        }
        Ok(())
    }

    /// Every `MODULE@VERSION` whose go.mod is there.
    fn modules(&self) -> Result<Vec<String>> {
        let paths = self.paths()?;
        let modules = paths.iter().filter_map(|path| {
            let (module, version) = path.strip_suffix(".mod")?.split_once("/@v/")?;
            Some(format!("{}@{}", unescape(module), unescape(version)))
        });
        Ok(modules.collect())
    }

    /// The module cache that holds the files, with the modules unpacked beside them.
    pub(crate) fn modcache(&self) -> Result<&Path> {
        let modcache = self.files.parent().and_then(Path::parent);
        modcache.context("the corpus is not in a module cache")
    }

    /// Every artifact and list, without a leading slash, sorted.
    pub(crate) fn paths(&self) -> Result<Vec<String>> {
        let mut paths = Vec::new();
        collect(&self.files, &self.files, &mut paths)?;
        paths.retain(|path| is_served(path));
        paths.sort();
        ensure!(!paths.is_empty(), "the corpus is empty");
        Ok(paths)
    }

    /// What the answer to a path (with its leading slash) must be.
    pub(crate) fn expected(&self, path: &str) -> Result<Expected> {
        let file = self.files.join(path.trim_start_matches('/'));
        let bytes = fs::read(&file).with_context(|| format!("the corpus lacks {path}"))?;
        Ok(Expected::of(&bytes))
    }

    /// The zip whose size is nearest to `size` bytes; a path with its leading slash.
    pub(crate) fn zip_of_about(&self, size: u64) -> Result<String> {
        let mut nearest = (u64::MAX, String::new());
        for path in self.paths()? {
            if kind_of(&path) == "zip" {
                let off = fs::metadata(self.files.join(&path))?.len().abs_diff(size);
                nearest = nearest.min((off, path));
            }
        }
        ensure!(!nearest.1.is_empty(), "the corpus has no zip");
        Ok(format!("/{}", nearest.1))
    }
}

/// Whether a file of a module cache is a part of the protocol.
fn is_served(path: &str) -> bool {
    path.contains("/@v/")
        && (path.ends_with("/list") || matches!(kind_of(path), "info" | "mod" | "zip"))
}

/// What stands behind the last dot.
fn kind_of(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, kind)| kind)
}

// === impl Expected ===

impl Expected {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self {
            length: bytes.len() as u64,
            sha256: Sha256::digest(bytes).into(),
        }
    }
}

fn without_pseudo_versions(list: &str) -> String {
    let tagged = list.lines().filter(|line| !gomod::pseudo::is_pseudo(line));
    tagged.flat_map(|line| [line, "\n"]).collect()
}

fn collect(root: &Path, directory: &Path, into: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, into)?;
        } else if let Some(name) = path.strip_prefix(root)?.to_str() {
            into.push(name.to_owned());
        }
    }
    Ok(())
}

/// Undoes the escaping of module paths: `!x` is a capital X.
fn unescape(text: &str) -> String {
    let mut parts = text.split('!');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut rest = part.chars();
        plain.extend(rest.next().map(|letter| letter.to_ascii_uppercase()));
        plain.push_str(rest.as_str());
    }
    plain
}

/// The user's own `go`, with the user's own proxy, and a module cache of its own.
pub(crate) fn go(modcache: &Path, arguments: &[&str], directory: &Path) -> Result<String> {
    fs::create_dir_all(modcache)?;
    let output = Command::new("go")
        .args(arguments)
        .current_dir(directory)
        .env("GOMODCACHE", modcache)
        .env("GOFLAGS", "-modcacherw")
        .env("GOTOOLCHAIN", "local")
        .env("GOWORK", "off")
        .output()
        .context("go cannot be run")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "go {arguments:?} failed:\n{said}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_are_unescaped() {
        assert_eq!(unescape("github.com/!azure/go!b"), "github.com/Azure/goB");
    }

    #[test]
    fn a_list_holds_tagged_versions_only() {
        let list = "v0.9.3-0.20190127221311-3c4408c8b829\nv1.0.0\nv1.1.0-rc.1\n";
        assert_eq!(without_pseudo_versions(list), "v1.0.0\nv1.1.0-rc.1\n");
    }

    #[test]
    fn locks_and_hash_notes_of_a_module_cache_are_not_served() {
        assert!(is_served("a.b/c/@v/list"));
        assert!(is_served("a.b/c/@v/v1.0.0.info"));
        for other in [
            "a.b/c/@v/v1.0.0.lock",
            "a.b/c/@v/v1.0.0.ziphash",
            "sumdb/x/latest",
        ] {
            assert!(!is_served(other), "{other}");
        }
    }
}
