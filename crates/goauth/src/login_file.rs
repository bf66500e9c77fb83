//! Login file: a token that was had, kept for the next call.
//!
//! One file for a server and a source, readable for its user alone. It is replaced by a rename, so a reader sees the old token or
//! the new one. Whoever gets a new one holds a lock, so that thirty calls at once ask an issuer once.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};
use zeroize::{Zeroize, Zeroizing};

/// A file that is longer is none of ours.
const LONGEST: u64 = 256 * 1024;

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("what is known of logins cannot be kept in {}", path.display())]
pub struct LoginFileError {
    path: PathBuf,
    source: io::Error,
}

/// Where the token of one server and one source is.
#[derive(Debug, Clone)]
pub(crate) struct LoginFile {
    path: PathBuf,
}

/// What is in it.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct KnownLogin {
    /// The token.
    pub(crate) token: String,
    /// When it ends, in seconds since 1970.
    pub(crate) expires: Option<i64>,
    /// When an issuer was asked for it last.
    pub(crate) asked: i64,
    /// What gets a new one.
    pub(crate) refresh: Option<String>,
}

/// Held by whoever gets a new token.
pub(crate) struct LoginLock(#[expect(dead_code, reason = "closing it lets go of the lock")] File);

// === impl LoginFile ===

impl LoginFile {
    /// The file of these words.
    pub(crate) fn of(directory: &Path, words: &[&str]) -> Self {
        let mut name = String::new();
        let hash = digest(&SHA256, words.join("\n").as_bytes());
        for byte in hash.as_ref().iter().take(16) {
            // A String takes everything.
            let _always = write!(name, "{byte:02x}");
        }
        Self {
            path: directory.join(name + ".json"),
        }
    }

    /// What is known. What cannot be read is not known.
    pub(crate) fn read(&self) -> Option<KnownLogin> {
        let length = fs::metadata(&self.path).ok()?.len();
        if length > LONGEST {
            return None;
        }
        let text = Zeroizing::new(fs::read(&self.path).ok()?);
        serde_json::from_slice(&text).ok()
    }

    /// Waits until nobody else gets a new token.
    pub(crate) fn lock(&self) -> Result<LoginLock, LoginFileError> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        let failed = |source| LoginFileError {
            path: directory.to_owned(),
            source,
        };
        make(directory).map_err(failed)?;
        let file = private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(self.path.with_extension("lock"))
            .map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(LoginLock(file))
    }

    /// Replaces what is known.
    pub(crate) fn write(
        &self,
        login: &KnownLogin,
        _lock: &LoginLock,
    ) -> Result<(), LoginFileError> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        let write = || {
            // Made readable for its user alone.
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            let text = Zeroizing::new(serde_json::to_vec(login)?);
            file.write_all(&text)?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().map_err(|source| LoginFileError {
            path: self.path.clone(),
            source,
        })
    }
}

// === impl KnownLogin ===

impl KnownLogin {
    /// Whether the token holds for a while yet: for a minute, or a fifth of what it had when it was given.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        let Some(expires) = self.expires else {
            return true;
        };
        let margin = ((expires - self.asked) / 5).clamp(0, 60);
        now.as_second() < expires - margin
    }
}

impl Drop for KnownLogin {
    fn drop(&mut self) {
        self.token.zeroize();
        self.refresh.zeroize();
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn make(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
}

#[cfg(not(unix))]
fn make(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}
