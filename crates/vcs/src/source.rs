//! The module protocol over version control: a path in, its text or file out.

use crate::{
    discovery::{ImportRoot, NetworkGate, find_address, find_root},
    error::VcsError,
    git::GitRepositories,
    module::ModuleRepository,
    policy::{VcsKind, VcsPolicy},
    repository::CodeRepository,
};
use bytes::Bytes;
use gomod::{ModulePath, Version, escape};
use parking_lot::Mutex;
use std::{collections::HashMap, fs::File, sync::Arc, time::Duration};
use tokio::time::Instant;

/// How modules are taken from version control.
#[derive(Clone)]
pub struct DirectOptions {
    /// Which systems may be used.
    pub policy: VcsPolicy,
    /// Whether the modules that are asked for are private.
    pub is_private: bool,
    /// Mirrors of git repositories.
    pub git: GitRepositories,
    /// The way to hosts.
    pub network: Arc<dyn NetworkGate>,
}

/// Answers the module protocol from version control. Cloning is cheap.
#[derive(Clone)]
pub struct DirectSource {
    options: DirectOptions,
    roots: Arc<Mutex<HashMap<String, (Instant, ImportRoot)>>>,
}

/// What a path has.
#[derive(Debug)]
pub enum DirectAnswer {
    /// A list, an `.info` or a go.mod.
    Text(Bytes),
    /// A zip, in an unnamed file.
    Zip {
        /// The file, positioned anywhere.
        file: File,
        /// Its length in bytes.
        size: u64,
    },
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
enum DirectRequest {
    List,
    Latest,
    Info(String),
    GoMod(Version),
    Zip(Version),
}

/// For how long the repository of a path is remembered.
const ROOT_AGE: Duration = Duration::from_mins(5);

/// Paths whose repository is remembered. Beyond it all are forgotten: they cost a page each.
const ROOTS: usize = 10_000;

// === impl DirectSource ===

impl DirectSource {
    /// A source; nobody is asked anything yet.
    pub fn new(options: DirectOptions) -> Self {
        Self {
            options,
            roots: Arc::default(),
        }
    }

    /// Answers a path of the module protocol, without a slash at its beginning.
    ///
    /// # Errors
    /// [`VcsError::Absent`] where there is no such thing, or where the path is none.
    pub async fn answer(&self, path: &str) -> Result<DirectAnswer, VcsError> {
        let no_path = || VcsError::Absent(format!("{path} is no path of the module protocol"));
        let (module, request) = DirectRequest::parse(path).ok_or_else(no_path)?;
        let repository = self.repository(&module).await?;
        let text = |text: String| DirectAnswer::Text(text.into());
        Ok(match request {
            DirectRequest::List => {
                let versions = repository.versions().await?;
                let lines = versions.iter().map(|version| format!("{version}\n"));
                text(lines.collect())
            }
            DirectRequest::Latest => text(repository.latest().await?),
            DirectRequest::Info(query) => text(repository.info(&query).await?),
            DirectRequest::GoMod(version) => {
                DirectAnswer::Text(repository.go_mod(&version).await?.into())
            }
            DirectRequest::Zip(version) => {
                let scratch = self.options.git.scratch();
                let zip = repository.zip(&version, &scratch).await?;
                DirectAnswer::Zip {
                    file: zip.file,
                    size: zip.size,
                }
            }
        })
    }

    /// The module and its repository.
    async fn repository(&self, module: &ModulePath) -> Result<ModuleRepository, VcsError> {
        let root = self.root(module.as_str()).await?;
        let (policy, is_private) = (&self.options.policy, self.options.is_private);
        let system = root.system;
        if !policy.allows(module.as_str(), is_private, system) {
            let why = format!("GOVCS disallows using {} for {module}", system.name());
            return Err(VcsError::Forbidden(why));
        }
        let code: Arc<dyn CodeRepository> = match system {
            VcsKind::Git => {
                let network = Arc::clone(&self.options.network);
                self.options.git.repository(&root.url, Some(network))?
            }
            other => {
                let why = format!(
                    "{module} is in a {} repository, and only git is run here",
                    other.name()
                );
                return Err(VcsError::Forbidden(why));
            }
        };
        ModuleRepository::new(module, &root.root, &root.subdirectory, code)
    }

    async fn root(&self, path: &str) -> Result<ImportRoot, VcsError> {
        let known = self.roots.lock().get(path).cloned();
        if let Some((at, root)) = known
            && at.elapsed() <= ROOT_AGE
        {
            return Ok(root);
        }
        let network = self.options.network.as_ref();
        let mut root = find_root(path, network).await?;
        let url = find_address(&root, network).await?;
        if url != root.url {
            tracing::info!(from = root.url, to = url, "a repository has moved");
            root.url = url;
        }
        let mut roots = self.roots.lock();
        if roots.len() >= ROOTS {
            roots.clear();
        }
        roots.insert(path.to_owned(), (Instant::now(), root.clone()));
        Ok(root)
    }
}

// === impl DirectRequest ===

impl DirectRequest {
    fn parse(path: &str) -> Option<(ModulePath, Self)> {
        if let Some(module) = path.strip_suffix("/@latest") {
            return Some((ModulePath::unescape(module).ok()?, Self::Latest));
        }
        let (module, name) = path.split_once("/@v/")?;
        let module = ModulePath::unescape(module).ok()?;
        if name == "list" {
            return Some((module, Self::List));
        }
        let (stem, kind) = name.rsplit_once('.')?;
        let version = || Version::unescape(stem).ok();
        let request = match kind {
            "info" => Self::Info(escape::unescape(stem).ok()?),
            "mod" => Self::GoMod(version()?),
            "zip" => Self::Zip(version()?),
            _ => return None,
        };
        Some((module, request))
    }
}

#[cfg(test)]
mod tests {
    use super::DirectRequest;

    #[test]
    fn paths_of_the_protocol_are_read_and_others_are_not() {
        let read = |path| DirectRequest::parse(path).map(|(module, of)| (module.to_string(), of));
        let module = "example.com/A/b".to_owned();
        for (path, request) in [
            ("example.com/!a/b/@v/list", DirectRequest::List),
            ("example.com/!a/b/@latest", DirectRequest::Latest),
            (
                "example.com/!a/b/@v/main.info",
                DirectRequest::Info("main".to_owned()),
            ),
            (
                "example.com/!a/b/@v/v1.0.0-!r!c.zip",
                DirectRequest::Zip("v1.0.0-RC".parse().unwrap()),
            ),
            (
                "example.com/!a/b/@v/v1.0.0.mod",
                DirectRequest::GoMod("v1.0.0".parse().unwrap()),
            ),
        ] {
            assert_eq!(read(path), Some((module.clone(), request)), "{path}");
        }
        for path in [
            "example.com/A/@v/list",
            "example.com/a/@v/main.zip",
            "example.com/a/@v/v1.0.0.exe",
            "example.com/a",
            "../a/@v/list",
        ] {
            assert_eq!(read(path), None, "{path}");
        }
    }
}
