//! A checkout of this machine as a repository: one commit of it, exported as `go` would export it from a server.
//!
//! Whoever publishes from a work tree has to send what others get from the tag. So nothing is read from the
//! work tree: `git archive` writes the commit's tree, with the settings that `go` uses, and no attribute may
//! hide or rewrite files. The repository is only looked into: its objects are borrowed by an empty one of our
//! own, where those settings stand.

use super::{GitOptions, command::GitProgram};
use crate::{
    child::ChildOutput,
    error::VcsError,
    repository::{CodeRepository, Commit},
};
use async_trait::async_trait;
use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

/// Nothing in a tree may rewrite or hide files when it is exported.
const ATTRIBUTES: &str = "* -export-subst -export-ignore\n";

/// Room for what calls print.
const OUTPUT_LIMIT: u64 = 1 << 20;

/// Digits of a hash in a pseudo-version.
const SHORT: usize = 12;

/// Digits of a hash of the newer kind.
const SHA256_DIGITS: usize = 64;

/// One commit of a checkout.
pub struct GitCheckout {
    program: GitProgram,
    directory: PathBuf,
    commit: Commit,
}

// === impl GitCheckout ===

impl GitCheckout {
    /// The commit `hash`, made at `time` (seconds since 1970), whose objects lie in `objects`. What is needed
    /// beside them is made in the directory of the options.
    ///
    /// # Errors
    /// git cannot be run, or the directory cannot be written.
    pub async fn open(
        options: GitOptions,
        objects: &Path,
        hash: &str,
        time: i64,
    ) -> Result<Self, VcsError> {
        let failed = |error: io::Error| VcsError::local("opening a checkout", &error);
        let directory = options.mirrors.join("checkout.git");
        fs::create_dir_all(options.mirrors.join("home")).map_err(failed)?;
        let program = GitProgram::new(options);
        let format = if hash.len() == SHA256_DIGITS {
            "--object-format=sha256"
        } else {
            "--object-format=sha1"
        };
        let arguments = ["init", "-q", "--bare", format].map(OsStr::new);
        let arguments = arguments.into_iter().chain([directory.as_os_str()]);
        let done = program.call(None, arguments);
        let done = done.run(program.limits(), OUTPUT_LIMIT).await?;
        if !done.status.success() {
            return Err(VcsError::Local(format!("git init: {}", done.errors.trim())));
        }
        fs::create_dir_all(directory.join("info")).map_err(failed)?;
        fs::write(directory.join("info/attributes"), ATTRIBUTES).map_err(failed)?;
        let mut line = objects.as_os_str().as_encoded_bytes().to_vec();
        line.push(b'\n');
        fs::write(directory.join("objects/info/alternates"), line).map_err(failed)?;
        let commit = Commit {
            hash: hash.to_owned(),
            short: hash.get(..SHORT).unwrap_or(hash).to_owned(),
            time,
            reference: None,
            tags: Vec::new(),
        };
        Ok(Self {
            program,
            directory,
            commit,
        })
    }

    async fn git<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        limit: u64,
    ) -> Result<ChildOutput, VcsError> {
        let call = self.program.call(Some(&self.directory), arguments);
        call.run(self.program.limits(), limit).await
    }
}

#[async_trait]
impl CodeRepository for GitCheckout {
    async fn tags(&self, _prefix: &str) -> Result<Vec<String>, VcsError> {
        Ok(Vec::new())
    }

    /// Whatever it is to be called, it is what is checked out.
    async fn stat(&self, _revision: &str) -> Result<Commit, VcsError> {
        Ok(self.commit.clone())
    }

    async fn latest(&self) -> Result<Commit, VcsError> {
        Ok(self.commit.clone())
    }

    async fn file(
        &self,
        commit: &Commit,
        path: &str,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, VcsError> {
        let name = format!("{}:{path}", commit.hash);
        let shown = self.git(["cat-file", "blob", name.as_str()], limit).await?;
        Ok(shown.status.success().then(|| shown.output.to_vec()))
    }

    async fn tags_before(&self, _commit: &Commit, _prefix: &str) -> Result<Vec<String>, VcsError> {
        Ok(Vec::new())
    }

    async fn descends_from(&self, _commit: &Commit, _tag: &str) -> Result<bool, VcsError> {
        Ok(false)
    }

    async fn archive(&self, commit: &Commit, directory: &str, to: &Path) -> Result<(), VcsError> {
        let output = format!("--output={}", to.display());
        let mut arguments = vec![
            "-c",
            "core.autocrlf=input",
            "-c",
            "core.eol=lf",
            "archive",
            "--format=tar",
            &output,
            &commit.hash,
        ];
        if !directory.is_empty() {
            arguments.extend(["--", directory]);
        }
        let done = self.git(arguments, OUTPUT_LIMIT).await?;
        if done.status.success() {
            return Ok(());
        }
        let line = done.errors.lines().next().unwrap_or_default();
        Err(VcsError::Content(format!("git archive: {line}")))
    }

    fn system(&self) -> &'static str {
        "git"
    }

    fn url(&self) -> &'static str {
        ""
    }
}
