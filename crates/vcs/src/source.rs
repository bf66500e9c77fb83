//! The module protocol over version control: a path in, its text or file out.

use crate::{
    discovery::{ImportRoot, ImportSource, NetworkGate, find_address, find_root},
    error::VcsError,
    module::ModuleRepository,
    policy::VcsPolicy,
    proxy_file,
    repositories::{Repositories, RepositoryAccess},
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
    /// The repositories that are worked with.
    pub repositories: Repositories,
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
        let root = self.root(module.as_str()).await?;
        let answer = match root.source {
            ImportSource::Proxy => self.of_proxy(&root, path, &request).await,
            ImportSource::Repository(_) => self.of_repository(&root, &module, request).await,
        };
        self.options.repositories.shrink().await;
        match answer {
            Err(VcsError::Absent(why)) => Err(VcsError::Absent(with_new_home(why, &root))),
            answer => answer,
        }
    }

    /// Asks the proxy that the page of a path names.
    async fn of_proxy(
        &self,
        root: &ImportRoot,
        path: &str,
        request: &DirectRequest,
    ) -> Result<DirectAnswer, VcsError> {
        let network = self.options.network.as_ref();
        let scratch = self.options.repositories.scratch()?;
        let is_zip = matches!(request, DirectRequest::Zip(_));
        let url = format!("{}/{path}", root.url.trim_end_matches('/'));
        if is_zip {
            let (file, size) = proxy_file::zip(network, &url, &scratch).await?;
            return Ok(DirectAnswer::Zip { file, size });
        }
        proxy_file::text(network, &url, &scratch)
            .await
            .map(DirectAnswer::Text)
    }

    async fn of_repository(
        &self,
        root: &ImportRoot,
        module: &ModulePath,
        request: DirectRequest,
    ) -> Result<DirectAnswer, VcsError> {
        let repository = self.repository(root, module)?;
        match self.of_module(&repository, request).await {
            Err(VcsError::Absent(why)) => {
                let declared = repository.declared_elsewhere().await;
                let home = declared
                    .map(|path| format!("; its newest go.mod declares its path as: {path}"));
                Err(VcsError::Absent(why + &home.unwrap_or_default()))
            }
            answer => answer,
        }
    }

    async fn of_module(
        &self,
        repository: &ModuleRepository,
        request: DirectRequest,
    ) -> Result<DirectAnswer, VcsError> {
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
                let scratch = self.options.repositories.scratch()?;
                let zip = repository.zip(&version, &scratch).await?;
                DirectAnswer::Zip {
                    file: zip.file,
                    size: zip.size,
                }
            }
        })
    }

    /// The module in its repository.
    fn repository(
        &self,
        root: &ImportRoot,
        module: &ModulePath,
    ) -> Result<ModuleRepository, VcsError> {
        let DirectOptions {
            policy,
            is_private,
            repositories,
            network,
        } = &self.options;
        let ImportSource::Repository(system) = root.source else {
            let why = format!("{} is no repository", root.url);
            return Err(VcsError::Forbidden(why));
        };
        if !policy.allows(module.as_str(), *is_private, system) {
            let why = format!("GOVCS disallows using {} for {module}", system.name());
            return Err(VcsError::Forbidden(why));
        }
        let access = RepositoryAccess {
            network: Some(Arc::clone(network)),
            is_private: *is_private,
        };
        let code = repositories.repository(system, &root.url, access)?;
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
        if let ImportSource::Repository(system) = root.source {
            let repositories = &self.options.repositories;
            repositories.check_address(&root.url, system)?;
        }
        let url = find_address(&root, network).await?;
        if url != root.url {
            tracing::info!(from = root.url, to = url, "a repository has moved");
            root.moved_from = Some(std::mem::replace(&mut root.url, url));
        }
        let mut roots = self.roots.lock();
        if roots.len() >= ROOTS {
            roots.clear();
        }
        roots.insert(path.to_owned(), (Instant::now(), root.clone()));
        Ok(root)
    }
}

/// That something does not exist, and where its repository is now if it has moved.
fn with_new_home(why: String, root: &ImportRoot) -> String {
    match &root.moved_from {
        Some(from) => format!("{why}; the repository {from} has moved to {}", root.url),
        None => why,
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
