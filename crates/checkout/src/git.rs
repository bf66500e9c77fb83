//! Git: what the repository of a checkout has recorded, asked of `git` itself.
//!
//! The checkout is somebody else's work, so nothing that lies in it may steer `git`: a bare repository
//! that was committed into a directory is not entered, no replacement of objects is followed, a
//! revision is resolved to a hash before anything is read of it, and a name that means two things is
//! refused, because whoever may push a tag named like a branch would choose what is read. A file that
//! cannot be read is never taken for one that is not there.

mod snapshot;
mod tree;

pub use snapshot::{CheckoutSnapshot, UncommittedFile};

use crate::plain_file;
use finding::{FindingPlace, UnreadableInput};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Digits of a hash that people are shown.
const SHORT: usize = 12;

/// Mode and kind of a plain file in a tree, executable or not.
const PLAIN: [&str; 2] = ["100644 blob", "100755 blob"];

/// Mode and kind of a directory in a tree.
const DIRECTORY: &str = "040000 tree";

/// The path of a directory from the root of its repository: empty, or with a slash at its end. A
/// directory of no repository is its own root. `git` is not asked: this is for reports alone.
pub fn prefix(directory: &Path) -> String {
    let Ok(real) = directory.canonicalize() else {
        return String::new();
    };
    let mut above = real.ancestors();
    let root = above.find(|ancestor| ancestor.join(".git").exists());
    let path = root.and_then(|root| real.strip_prefix(root).ok()?.to_str());
    match path {
        None | Some("") => String::new(),
        Some(path) => format!("{path}/"),
    }
}

/// The repository of a checkout.
#[derive(Debug, Clone)]
pub struct GitRepository {
    /// The directory that is judged.
    directory: PathBuf,
    /// The root of the work tree, without links.
    pub root: PathBuf,
    /// The directory's path from the root: empty, or with a slash at its end.
    pub prefix: String,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitCommit {
    hash: String,
    /// What it was asked for as.
    pub name: String,
}

/// A repository or revision that git does not know, or cannot tell; in words for the person who named it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RevisionError(String);

// === impl GitRepository ===

impl GitRepository {
    /// The repository whose work tree a directory belongs to.
    pub fn open(directory: &Path) -> Result<Self, RevisionError> {
        let wrong = |why: &str| unknown(&format!("{}: {why}", directory.display()));
        let asked = ["rev-parse", "--show-toplevel", "--show-prefix"];
        let output = git(directory, &asked).map_err(|why| wrong(&why))?;
        if !output.status.success() {
            return Err(wrong(&complaint(&output)));
        }
        let text = String::from_utf8(output.stdout).map_err(|_| wrong("its path is not UTF-8"))?;
        let (root, prefix) = text.split_once('\n').unwrap_or((&text, ""));
        Ok(Self {
            directory: directory.to_owned(),
            root: PathBuf::from(root),
            prefix: prefix.trim_end_matches('\n').to_owned(),
        })
    }

    /// The commit that a revision means; `option` is where it was given.
    pub fn commit(&self, option: &str, revision: &str) -> Result<GitCommit, RevisionError> {
        let wrong = |why: &str| unknown(&format!("{option} {revision}: {why}"));
        let wanted = format!("{revision}^{{commit}}");
        let asked = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &wanted,
        ];
        let output = git(&self.directory, &asked).map_err(|why| wrong(&why))?;
        let hash = hash(&output).ok_or_else(|| {
            wrong("git knows no such commit here; fetch it first: git fetch origin BRANCH")
        })?;
        let meant = self.references_named(revision).map_err(|why| wrong(&why))?;
        if meant.len() > 1 {
            let names = meant.join(" and ");
            return Err(wrong(&format!("it means {names}; write it in full")));
        }
        Ok(GitCommit {
            hash,
            name: revision.to_owned(),
        })
    }

    /// The references that git may take a name for.
    fn references_named(&self, revision: &str) -> Result<Vec<String>, String> {
        let output = git(&self.directory, &["show-ref", "--", revision])?;
        let text = String::from_utf8_lossy(&output.stdout);
        let names = text
            .lines()
            .filter_map(|line| Some(line.split_once(' ')?.1));
        let places = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
        let is_meant = |name: &&str| {
            let mut places = places.iter();
            places.any(|place| name.strip_prefix(place) == Some(revision))
        };
        Ok(names.filter(is_meant).map(str::to_owned).collect())
    }

    /// Where what is checked out branched off a commit; the reason where that cannot be told.
    pub fn branched_off(&self, tip: &GitCommit) -> Result<GitCommit, RevisionError> {
        let name = &tip.name;
        let wrong = |why: &str| unknown(&format!("--base {name}: {why}"));
        let ask = |arguments: &[&str]| git(&self.directory, arguments).map_err(|why| wrong(&why));
        let shallow = ask(&["rev-parse", "--is-shallow-repository"])?;
        let is_shallow = shallow.stdout.trim_ascii() != b"false";
        let short = "the history here is too short to tell where this branched off; fetch all of it: \
                     git fetch --unshallow";
        let Some(shared) = hash(&ask(&["merge-base", &tip.hash, "HEAD"])?) else {
            return Err(wrong(if is_shallow {
                short
            } else {
                "it shares no commit with what is checked out; leave --base out to judge everything, \
                 by its policy with --policy-from"
            }));
        };
        if is_shallow {
            // A history that was cut off on the way hides a later place where this branched off.
            let not_shared = format!("^{shared}");
            let ends = ask(&[
                "rev-list",
                "--max-parents=0",
                "--max-count=1",
                &tip.hash,
                "HEAD",
                &not_shared,
            ])?;
            if !ends.status.success() || !ends.stdout.is_empty() {
                return Err(wrong(short));
            }
        }
        Ok(GitCommit {
            hash: shared,
            name: name.clone(),
        })
    }

    /// A file as it was, by its path from the directory; none if it was not there.
    pub fn file(&self, commit: &GitCommit, name: &str) -> Result<Option<Vec<u8>>, UnreadableInput> {
        self.named(commit, &format!("{}{name}", self.prefix), name)
    }

    /// The plain files below the directory as it was, by their paths from there.
    pub fn files(&self, commit: &GitCommit) -> Result<Vec<String>, UnreadableInput> {
        let wrong = |why: &str| problem(commit, ".", why);
        let mut asked = vec!["ls-tree", "-r", "-z", "--full-tree", &commit.hash];
        if !self.prefix.is_empty() {
            asked.extend(["--", &self.prefix]);
        }
        let output = git(&self.directory, &asked).map_err(|why| wrong(&why))?;
        if !output.status.success() {
            return Err(wrong(&complaint(&output)));
        }
        // A name that is no UTF-8 is refused where it still is, and decides nothing where it was.
        let text = String::from_utf8_lossy(&output.stdout);
        let entries = text.split('\0').filter_map(|entry| entry.split_once('\t'));
        let plain = entries.filter(|(facts, _)| PLAIN.iter().any(|kind| facts.starts_with(kind)));
        let below = plain.filter_map(|(_, path)| path.strip_prefix(&*self.prefix));
        Ok(below.map(str::to_owned).collect())
    }

    /// A file as it was, by its path from the root; a link on the way to it is not taken for absence.
    pub fn plain_file(
        &self,
        commit: &GitCommit,
        path: &str,
    ) -> Result<Option<Vec<u8>>, UnreadableInput> {
        for (end, _) in path.match_indices('/') {
            let parent = path.get(..end).unwrap_or_default();
            match self.entry(commit, parent, path)? {
                None => return Ok(None),
                Some((kind, _)) if kind == DIRECTORY => {}
                Some(_) => return Err(problem(commit, path, &format!("{parent} is no directory"))),
            }
        }
        self.named(commit, path, path)
    }

    fn named(
        &self,
        commit: &GitCommit,
        path: &str,
        shown: &str,
    ) -> Result<Option<Vec<u8>>, UnreadableInput> {
        let wrong = |why: &str| problem(commit, shown, why);
        let Some((kind, object)) = self.entry(commit, path, shown)? else {
            return Ok(None);
        };
        if !PLAIN.contains(&&*kind) {
            return Err(wrong("it is no plain file"));
        }
        let ask = |arguments: &[&str]| match git(&self.directory, arguments) {
            Ok(output) if output.status.success() => Ok(output.stdout),
            Ok(output) => Err(wrong(&complaint(&output))),
            Err(why) => Err(wrong(&why)),
        };
        let size = ask(&["cat-file", "-s", &object])?;
        let size = String::from_utf8_lossy(&size);
        if size.trim().parse().unwrap_or(u64::MAX) > plain_file::LARGEST {
            return Err(wrong(&format!("larger than {} bytes", plain_file::LARGEST)));
        }
        ask(&["cat-file", "blob", &object]).map(Some)
    }

    /// What a tree has under a path from the root: mode and kind, and the object.
    fn entry(
        &self,
        commit: &GitCommit,
        path: &str,
        shown: &str,
    ) -> Result<Option<(String, String)>, UnreadableInput> {
        let wrong = |why: &str| problem(commit, shown, why);
        let asked = ["ls-tree", "-z", "--full-tree", &commit.hash, "--", path];
        let output = git(&self.directory, &asked).map_err(|why| wrong(&why))?;
        if !output.status.success() {
            return Err(wrong(&complaint(&output)));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let Some((facts, _)) = text.split_once('\t') else {
            return Ok(None);
        };
        let parts = facts.rsplit_once(' ');
        Ok(parts.map(|(kind, object)| (kind.to_owned(), object.to_owned())))
    }
}

// === impl GitCommit ===

impl GitCommit {
    /// The hash as people are shown it.
    pub fn short(&self) -> &str {
        self.hash.get(..SHORT).unwrap_or(&self.hash)
    }
}

fn unknown(facts: &str) -> RevisionError {
    RevisionError(facts.to_owned())
}

fn problem(commit: &GitCommit, path: &str, why: &str) -> UnreadableInput {
    let why = format!("at {} of {}: {why}", commit.short(), commit.name);
    UnreadableInput::new(FindingPlace::file(path), why)
}

/// Runs git in a directory.
fn git(directory: &Path, arguments: &[&str]) -> Result<Output, String> {
    let output = git_command(directory).args(arguments).output();
    output.map_err(|error| format!("git cannot be run: {error}"))
}

/// Git in a directory. Nothing is asked of a person, and no pager or hook of theirs is run.
#[expect(
    clippy::disallowed_methods,
    reason = "a command for people: git knows what was there before"
)]
fn git_command(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .args(["-c", "safe.bareRepository=explicit", "--literal-pathspecs"])
        .arg("-C")
        .arg(directory)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .stdin(Stdio::null());
    command
}

/// What git said of its failure.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().next().unwrap_or_default();
    match line {
        "" => format!("git ended with {}", output.status),
        line => format!("git says: {line}"),
    }
}

/// The hash that git printed, if it printed one.
fn hash(output: &Output) -> Option<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let text = text.trim();
    let is_hash = text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (output.status.success() && is_hash).then(|| text.to_owned())
}
