//! All repositories that are worked with: each once, whoever asks for it.
//!
//! A repository is known by its address and by whether it was reached for private modules, since what those may
//! see (other networks, credentials) must not answer for public ones.

use crate::{
    child::ChildLimits,
    discovery::NetworkGate,
    error::VcsError,
    git::{GitProgram, GitRepository},
    hg::HgRepository,
    mirrors::MirrorDirectory,
    policy::VcsKind,
    programs::ProgramSettings,
    repository::CodeRepository,
    svn::SvnRepository,
};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How programs of version control are run, and where mirrors are.
#[derive(Debug, Clone)]
pub struct RepositoryOptions {
    /// Directory of the mirrors; made if missing.
    pub mirrors: PathBuf,
    /// Bytes of all mirrors together. A single one may have half of it.
    pub size: u64,
    /// `PATH` of the children.
    pub path: OsString,
    /// Protocols that addresses may have, as `GIT_ALLOW_PROTOCOL` names them: `https:ssh`.
    pub protocols: String,
    /// File of roots that are trusted besides the system's, as PEM.
    pub ca: Option<PathBuf>,
    /// Further variables of the children, such as `https_proxy`.
    pub environment: Vec<(OsString, OsString)>,
    /// What one child may use up.
    pub limits: ChildLimits,
}

/// Who asks for a repository, and what follows from it.
#[derive(Clone, Default)]
pub struct RepositoryAccess {
    /// The way to its host. Without one, programs look the host up themselves: for tests.
    pub network: Option<Arc<dyn NetworkGate>>,
    /// Whether it is for private modules.
    pub is_private: bool,
}

/// All repositories. Cloning is cheap.
#[derive(Clone)]
pub struct Repositories {
    shared: Arc<OpenRepositories>,
}

struct OpenRepositories {
    settings: Arc<ProgramSettings>,
    git: Arc<GitProgram>,
    /// Whether this process has made ready what all mirrors share.
    is_prepared: Mutex<bool>,
    /// By the place of the mirror.
    open: Mutex<HashMap<PathBuf, Arc<dyn CodeRepository>>>,
}

/// Bytes of all mirrors together, by default: 20 GiB.
const DEFAULT_SIZE: u64 = 20 << 30;

/// Repositories that are remembered. Beyond it those are forgotten that nobody works with: they cost a question
/// to their server.
const REMEMBERED: usize = 10_000;

// === impl RepositoryOptions ===

impl RepositoryOptions {
    /// With the protocols of a network and the bounds of [`ChildLimits::default`].
    pub fn new(mirrors: impl Into<PathBuf>, path: impl Into<OsString>) -> Self {
        Self {
            mirrors: mirrors.into(),
            size: DEFAULT_SIZE,
            path: path.into(),
            protocols: "https:ssh".to_owned(),
            ca: None,
            environment: Vec::new(),
            limits: ChildLimits::default(),
        }
    }
}

// === impl Repositories ===

impl Repositories {
    /// Mirrors in a directory. Nothing is made or read before the first repository is asked for.
    pub fn new(options: RepositoryOptions) -> Self {
        let mirrors = MirrorDirectory::new(options.mirrors.clone(), options.size);
        let settings = Arc::new(ProgramSettings::new(options, mirrors));
        Self {
            shared: Arc::new(OpenRepositories {
                git: Arc::new(GitProgram::new(Arc::clone(&settings))),
                settings,
                is_prepared: Mutex::default(),
                open: Mutex::default(),
            }),
        }
    }

    /// The directory for trees and zips on their way. It is there once a repository was asked for.
    pub(crate) fn scratch(&self) -> Result<PathBuf, VcsError> {
        self.shared.prepare()?;
        Ok(self.shared.settings.mirrors.scratch())
    }

    /// Whether an address may be asked at all.
    pub(crate) fn check_address(&self, url: &str, system: VcsKind) -> Result<(), VcsError> {
        self.shared.settings.check_address(url, system)
    }

    /// The repository at an address. Nobody is asked anything yet.
    ///
    /// # Errors
    /// [`VcsError::Forbidden`] where it is no address of a network, looks like an option, or is of a system that
    /// is not run here.
    pub fn repository(
        &self,
        system: VcsKind,
        url: &str,
        access: RepositoryAccess,
    ) -> Result<Arc<dyn CodeRepository>, VcsError> {
        let shared = &self.shared;
        shared.settings.check_address(url, system)?;
        let mirrors = &shared.settings.mirrors;
        let mirror = mirrors.mirror(url, system.name(), access.is_private);
        shared.prepare()?;
        let mut open = shared.open.lock();
        if open.len() >= REMEMBERED {
            open.retain(|_, repository| Arc::strong_count(repository) > 1);
        }
        MirrorDirectory::touch(&mirror);
        if let Some(known) = open.get(&mirror) {
            return Ok(Arc::clone(known));
        }
        let settings = Arc::clone(&shared.settings);
        let network = access.network;
        let repository: Arc<dyn CodeRepository> = match system {
            VcsKind::Git => {
                let program = Arc::clone(&shared.git);
                Arc::new(GitRepository::new(program, url, mirror.clone(), network))
            }
            VcsKind::Hg => Arc::new(HgRepository::new(settings, url, mirror.clone(), network)),
            VcsKind::Svn => Arc::new(SvnRepository::new(settings, url, network)),
            VcsKind::Fossil | VcsKind::Bzr => {
                return Err(VcsError::Forbidden(format!(
                    "{url} is a {} repository, and only git, hg and svn are run here",
                    system.name()
                )));
            }
        };
        open.insert(mirror, Arc::clone(&repository));
        Ok(repository)
    }

    /// Removes mirrors that nobody works with until the others fit.
    pub async fn shrink(&self) {
        if !self.shared.settings.mirrors.is_full() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let shrunk = tokio::task::spawn_blocking(move || shared.shrink());
        if shrunk.await.is_err() {
            tracing::warn!("the task that removes mirrors is gone");
        }
    }
}

// === impl OpenRepositories ===

impl OpenRepositories {
    /// Once a process: what is half-written then is of one before it.
    fn prepare(&self) -> Result<(), VcsError> {
        let mut is_prepared = self.is_prepared.lock();
        if !*is_prepared {
            self.settings.prepare()?;
            *is_prepared = true;
        }
        Ok(())
    }

    fn shrink(&self) {
        self.settings.mirrors.shrink(|mirror, set_aside| {
            let mut open = self.open.lock();
            if is_used(open.get(mirror)) {
                return false;
            }
            open.remove(mirror);
            set_aside().is_ok() || is_missing(mirror)
        });
    }
}

/// Whether anybody but the table has a repository.
fn is_used(repository: Option<&Arc<dyn CodeRepository>>) -> bool {
    repository.is_some_and(|repository| Arc::strong_count(repository) > 1)
}

fn is_missing(mirror: &Path) -> bool {
    !mirror.is_dir()
}
