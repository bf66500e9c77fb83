//! git: bare mirrors that are shared, reused and grown.
//!
//! A mirror begins with the one commit that somebody asked for, without its history; the history comes when a
//! question needs it (what was tagged before), and a second version transfers what is new. Lists need no mirror:
//! they come from the names that the server has.
//!
//! One process at a time works at a mirror. Whoever comes meanwhile waits and mostly finds done what it wanted:
//! so 32 clients at once cost one clone.

mod checkout;
mod command;
mod failure;
mod refs;
mod repository;

pub use checkout::GitCheckout;
pub use repository::GitRepository;

use crate::{child::ChildLimits, discovery::NetworkGate, error::VcsError};
use command::GitProgram;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How git is run.
#[derive(Debug, Clone)]
pub struct GitOptions {
    /// Directory of the mirrors; made if missing.
    pub mirrors: PathBuf,
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

/// All mirrors. Cloning is cheap.
#[derive(Clone)]
pub struct GitRepositories {
    program: Arc<GitProgram>,
    open: Arc<Mutex<HashMap<String, Arc<GitRepository>>>>,
}

/// Files that a child leaves behind when it is killed, in a mirror.
const LEFTOVERS: [&str; 4] = [
    "shallow.lock",
    "packed-refs.lock",
    "config.lock",
    "HEAD.lock",
];

// === impl GitOptions ===

impl GitOptions {
    /// With the protocols of a network and the bounds of [`ChildLimits::default`].
    pub fn new(mirrors: impl Into<PathBuf>, path: impl Into<OsString>) -> Self {
        Self {
            mirrors: mirrors.into(),
            path: path.into(),
            protocols: "https:ssh".to_owned(),
            ca: None,
            environment: Vec::new(),
            limits: ChildLimits::default(),
        }
    }
}

// === impl GitRepositories ===

impl GitRepositories {
    /// Mirrors in a directory. Nothing is made or read before the first repository is asked for.
    pub fn new(options: GitOptions) -> Self {
        Self {
            program: Arc::new(GitProgram::new(options)),
            open: Arc::default(),
        }
    }

    /// Makes what all mirrors share, and removes what children that were killed left.
    fn prepare(&self) -> Result<(), VcsError> {
        let failed = |error: io::Error| VcsError::local("opening the mirrors", &error);
        let mirrors = self.program.mirrors();
        fs::create_dir_all(mirrors.join("home")).map_err(failed)?;
        for entry in fs::read_dir(mirrors).map_err(failed)? {
            sweep(&entry.map_err(failed)?.path()).map_err(failed)?;
        }
        // What a killed process had half written.
        match fs::remove_dir_all(self.scratch()) {
            Err(error) if !is_nothing(&error) => return Err(failed(error)),
            _ => fs::create_dir_all(self.scratch()).map_err(failed)?,
        }
        self.program.write_roots().map_err(failed)
    }

    /// The directory for trees and zips on their way. It is there once a repository was asked for.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.program.mirrors().join("scratch")
    }

    /// The repository at an address. Nobody is asked anything yet. `network` says which addresses its host may
    /// have; without one git looks it up itself.
    ///
    /// # Errors
    /// [`VcsError::Forbidden`] where it is no address of a network, or looks like an option.
    pub fn repository(
        &self,
        url: &str,
        network: Option<Arc<dyn NetworkGate>>,
    ) -> Result<Arc<GitRepository>, VcsError> {
        self.program.check_address(url)?;
        let mut open = self.open.lock();
        if open.is_empty() {
            self.prepare()?;
        }
        let known = open.entry(url.to_owned()).or_insert_with(|| {
            let directory = self.program.mirrors().join(mirror_name(url));
            Arc::new(GitRepository::new(
                Arc::clone(&self.program),
                url,
                directory,
                network,
            ))
        });
        Ok(Arc::clone(known))
    }
}

/// The directory of a mirror: an address may be longer than a name of a file, and have any character.
fn mirror_name(url: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(url).into();
    let hex = hash.iter().map(|byte| format!("{byte:02x}"));
    hex.collect::<String>() + ".git"
}

/// Removes locks of children that are gone: nobody else works here.
fn sweep(mirror: &Path) -> io::Result<()> {
    for name in LEFTOVERS {
        match fs::remove_file(mirror.join(name)) {
            Err(error) if !is_nothing(&error) => return Err(error),
            _ => {}
        }
    }
    let Ok(packs) = fs::read_dir(mirror.join("objects/pack")) else {
        return Ok(());
    };
    for pack in packs {
        let pack = pack?;
        if pack.file_name().to_string_lossy().starts_with("tmp_") {
            fs::remove_file(pack.path())?;
        }
    }
    Ok(())
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
