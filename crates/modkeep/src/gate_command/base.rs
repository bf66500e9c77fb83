//! Base: the checkout's files as they were at a revision, out of git.
//!
//! What a change brings is what it brings since it branched off, so the base is the merge base with
//! the revision; where history is too short to find that, the revision itself. Revisions are resolved
//! to a hash first and never handed to git as what could be an option.

use super::checkout;
use crate::failure::Failure;
use codes::Code;
use finding::{Place, Unreadable};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// A revision of a checkout.
#[derive(Debug)]
pub(super) struct Base {
    directory: PathBuf,
    commit: String,
    /// What it was asked for as.
    pub(super) name: String,
    /// What a reader should know of how it was found.
    pub(super) note: String,
}

// === impl Base ===

impl Base {
    /// Finds the base of what is checked out.
    pub(super) fn find(directory: &Path, revision: &str) -> Result<Self, Failure> {
        let wrong = |why: String| {
            let facts = format!("--base {revision}: {why}");
            Failure::new(Code::BadConfiguration, facts)
        };
        let wanted = format!("{revision}^{{commit}}");
        let commit = git(
            directory,
            &[
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &wanted,
            ],
        );
        let commit = commit.map_err(&wrong)?;
        let commit = hash(&commit).ok_or_else(|| {
            wrong(
                "git knows no such commit here; a shallow clone may have to fetch it first"
                    .to_owned(),
            )
        })?;
        let shared = git(directory, &["merge-base", &commit, "HEAD"]).map_err(&wrong)?;
        let (commit, note) = if let Some(shared) = hash(&shared) {
            let short = shared.get(..12).unwrap_or(&shared);
            let note = format!("base: {short}, where this branched off {revision}");
            (shared, note)
        } else {
            let note = format!(
                "base: {revision} itself, the history here is too short to tell where this branched off"
            );
            (commit, note)
        };
        Ok(Self {
            directory: directory.to_owned(),
            name: revision.to_owned(),
            commit,
            note,
        })
    }

    /// A file as it was; none if it was not there.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Unreadable> {
        let problem = |why: String| {
            let why = format!("at the base: {why}");
            Unreadable::new(Place::file(name), why)
        };
        let object = format!("{}:./{name}", self.commit);
        let kind = git(&self.directory, &["cat-file", "-s", &object]).map_err(problem)?;
        if !kind.status.success() {
            return Ok(None);
        }
        let size = String::from_utf8_lossy(&kind.stdout);
        if size.trim().parse().unwrap_or(u64::MAX) > checkout::LARGEST {
            return Err(problem(format!("larger than {} bytes", checkout::LARGEST)));
        }
        let content = git(&self.directory, &["cat-file", "blob", &object]).map_err(problem)?;
        Ok(content.status.success().then_some(content.stdout))
    }
}

/// Runs git in a directory. Nothing is asked of a person, and no pager or hook of theirs is run.
#[expect(
    clippy::disallowed_methods,
    reason = "a command for people: git knows what was there before"
)]
fn git(directory: &Path, arguments: &[&str]) -> Result<Output, String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(arguments)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .output();
    output.map_err(|error| format!("git cannot be run: {error}"))
}

/// The hash that git printed, if it printed one.
fn hash(output: &Output) -> Option<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let text = text.trim();
    let is_hash = text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (output.status.success() && is_hash).then(|| text.to_owned())
}
