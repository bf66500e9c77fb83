//! Snapshot: what a checkout has to publish, and whether it is what is committed.
//!
//! `git` is asked as its user asks it, with their settings: what they would see as changed is changed.

use super::{GitRepository, RevisionError, complaint, git, git_command, hash, unknown};
use std::path::PathBuf;

/// Who is said to have made the commit of a snapshot; nobody sees it.
const NOBODY: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "modkeep"),
    ("GIT_AUTHOR_EMAIL", "modkeep@localhost"),
    ("GIT_COMMITTER_NAME", "modkeep"),
    ("GIT_COMMITTER_EMAIL", "modkeep@localhost"),
];

/// A commit to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutSnapshot {
    /// Its hash.
    pub hash: String,
    /// When it was made, in seconds since 1970.
    pub time: i64,
    /// Where its objects lie.
    pub objects: PathBuf,
}

/// A file of the directory that is not as it is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UncommittedFile {
    /// Its path from the root of the work tree.
    pub path: String,
    /// Whether git does not know it at all.
    pub is_untracked: bool,
}

// === impl GitRepository ===

impl GitRepository {
    /// Files of the directory that are not as they are committed.
    ///
    /// # Errors
    /// git cannot tell.
    pub fn uncommitted(&self) -> Result<Vec<UncommittedFile>, RevisionError> {
        let asked = [
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=all",
            "--no-renames",
            "--",
            ".",
        ];
        let output = git(&self.directory, &asked).map_err(|why| unknown(&why))?;
        if !output.status.success() {
            return Err(unknown(&complaint(&output)));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let entries = text.split('\0').filter_map(|entry| {
            let (state, path) = (entry.get(..2)?, entry.get(3..)?);
            Some(UncommittedFile {
                path: path.to_owned(),
                is_untracked: state == "??",
            })
        });
        Ok(entries.collect())
    }

    /// The commit that is checked out, or one of the tracked files as they are now.
    ///
    /// # Errors
    /// There is no commit yet, or git cannot tell.
    pub fn snapshot(&self, with_changes: bool) -> Result<CheckoutSnapshot, RevisionError> {
        let head = git(&self.directory, &["rev-parse", "--verify", "HEAD^{commit}"]);
        let head = hash(&head.map_err(|why| unknown(&why))?);
        let head = head.ok_or_else(|| unknown("nothing is committed here yet"))?;
        let changed = if with_changes { self.stash()? } else { None };
        let hash = changed.unwrap_or(head);
        Ok(CheckoutSnapshot {
            time: self.time_of(&hash)?,
            objects: self.objects()?,
            hash,
        })
    }

    /// A commit of the tracked files as they are, if they differ; nothing else is changed.
    fn stash(&self) -> Result<Option<String>, RevisionError> {
        let mut command = git_command(&self.root);
        let output = command
            .envs(NOBODY)
            .args(["stash", "create"])
            .output()
            .map_err(|error| unknown(&format!("git cannot be run: {error}")))?;
        if !output.status.success() {
            return Err(unknown(&complaint(&output)));
        }
        Ok(hash(&output))
    }

    fn time_of(&self, hash: &str) -> Result<i64, RevisionError> {
        let asked = ["show", "-s", "--format=%ct", hash];
        let output = git(&self.directory, &asked).map_err(|why| unknown(&why))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let time = text.trim().parse();
        time.map_err(|_| unknown(&complaint(&output)))
    }

    fn objects(&self) -> Result<PathBuf, RevisionError> {
        let asked = ["rev-parse", "--git-path", "objects"];
        let output = git(&self.directory, &asked).map_err(|why| unknown(&why))?;
        let text = String::from_utf8(output.stdout.clone());
        let text = text.map_err(|_| unknown("the path of the repository is not UTF-8"))?;
        let path = self.directory.join(text.trim_end_matches('\n'));
        let whole = path.canonicalize();
        whole.map_err(|error| unknown(&format!("{}: {error}", path.display())))
    }
}
