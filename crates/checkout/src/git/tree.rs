//! Tree: the Go files of a commit, laid into a directory.
//!
//! What a project imported is asked of its files as they were, and packages are read from directories.
//! Only plain files are laid there, under names that lead nowhere else; nothing is filtered or run for
//! them, whatever the repository says.

use super::{GitCommit, GitRepository, PLAIN, complaint, git_command};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Seek as _, SeekFrom, Write as _},
    path::{Component, Path},
    process::Stdio,
};

/// Files that are laid down at most: more than any repository of Go code has.
const FILES: usize = 400_000;

/// Bytes that are laid down at most.
const BYTES: u64 = 4 << 30;

/// A file of a commit.
struct TreeFile {
    object: String,
    path: String,
}

// === impl Repository ===

impl GitRepository {
    /// Lays the files of a commit that `is_wanted` by their names into a directory, below it as they
    /// are below the root of the work tree.
    pub fn lay(
        &self,
        commit: &GitCommit,
        is_wanted: impl Fn(&str) -> bool,
        into: &Path,
    ) -> Result<(), String> {
        let asked = ["ls-tree", "-r", "-z", "--full-tree", &commit.hash];
        let output = super::git(&self.directory, &asked)?;
        if !output.status.success() {
            return Err(complaint(&output));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let listed = text.split('\0').filter_map(parse_entry);
        let wanted: Vec<TreeFile> = listed
            .filter(|file| file.path.rsplit('/').next().is_some_and(&is_wanted))
            .collect();
        if wanted.len() > FILES {
            return Err(format!("it has more than {FILES} Go files"));
        }
        self.write(&wanted, into).map_err(|error| error.to_string())
    }

    fn write(&self, wanted: &[TreeFile], into: &Path) -> std::io::Result<()> {
        let mut asked = tempfile::tempfile()?;
        for file in wanted {
            writeln!(asked, "{}", file.object)?;
        }
        asked.seek(SeekFrom::Start(0))?;
        let mut command = git_command(&self.directory);
        let child = command
            .args(["cat-file", "--batch", "--buffer"])
            .stdin(Stdio::from(asked))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child?;
        let output = child.stdout.take().ok_or_else(|| odd("no output"))?;
        let mut output = BufReader::new(output);
        let mut room = BYTES;
        for file in wanted {
            let size = size(&mut output)?;
            room = room
                .checked_sub(size)
                .ok_or_else(|| odd("its Go files are too large"))?;
            let path = into.join(&file.path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            let copied = std::io::copy(&mut output.by_ref().take(size), &mut File::create(&path)?)?;
            let mut end = [0];
            output.read_exact(&mut end)?;
            if copied != size || end != *b"\n" {
                return Err(odd("half a file"));
            }
        }
        drop(output);
        if child.wait()?.success() {
            Ok(())
        } else {
            Err(odd("git ended with an error"))
        }
    }
}

/// A plain file, by a line that `ls-tree` prints.
fn parse_entry(line: &str) -> Option<TreeFile> {
    let (facts, path) = line.split_once('\t')?;
    let (kind, object) = facts.rsplit_once(' ')?;
    let leads_below = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    (PLAIN.contains(&kind) && leads_below).then(|| TreeFile {
        object: object.to_owned(),
        path: path.to_owned(),
    })
}

/// The size that a line before the content says.
fn size(output: &mut impl BufRead) -> std::io::Result<u64> {
    let mut line = String::new();
    output.take(200).read_line(&mut line)?;
    let mut words = line.trim_end().split(' ').skip(1);
    match (words.next(), words.next().map(str::parse)) {
        (Some("blob"), Some(Ok(size))) => Ok(size),
        _ => Err(odd("git does not have a file that it lists")),
    }
}

fn odd(why: &str) -> std::io::Error {
    std::io::Error::other(why.to_owned())
}
