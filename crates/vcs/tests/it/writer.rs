//! Writes repositories through `git fast-import`: one process a repository, whatever is in it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The first commit's time; each further one is a minute later.
const EPOCH: i64 = 1_700_000_000;

/// A stream for `git fast-import`.
#[derive(Debug, Default)]
pub(crate) struct RepositoryWriter {
    stream: Vec<u8>,
    commits: u32,
}

/// A change of a commit.
#[derive(Debug, Clone)]
pub(crate) enum FileChange {
    Write(String, Vec<u8>),
    Link(String, String),
    Remove(String),
}

// === impl FileChange ===

impl FileChange {
    pub(crate) fn write(path: &str, content: impl Into<Vec<u8>>) -> Self {
        Self::Write(path.to_owned(), content.into())
    }
}

// === impl RepositoryWriter ===

impl RepositoryWriter {
    /// Adds a commit to a branch and gives its mark.
    pub(crate) fn commit(
        &mut self,
        branch: &str,
        from: Option<u32>,
        changes: &[FileChange],
    ) -> u32 {
        self.commits += 1;
        let (mark, time) = (self.commits, EPOCH + 60 * i64::from(self.commits));
        let person = format!("A Person <person@example.com> {time} +0130");
        self.line(&format!("commit refs/heads/{branch}\nmark :{mark}"));
        self.line(&format!("author {person}\ncommitter {person}"));
        self.data(format!("commit {mark}").as_bytes());
        if let Some(from) = from {
            self.line(&format!("from :{from}"));
        }
        for change in changes {
            match change {
                FileChange::Write(path, content) => {
                    self.line(&format!("M 100644 inline {path}"));
                    self.data(content);
                }
                FileChange::Link(path, target) => {
                    self.line(&format!("M 120000 inline {path}"));
                    self.data(target.as_bytes());
                }
                FileChange::Remove(path) => self.line(&format!("D {path}")),
            }
        }
        self.line("");
        mark
    }

    /// Adds a tag, with a text of its own or without.
    pub(crate) fn tag(&mut self, name: &str, commit: u32, is_annotated: bool) {
        if is_annotated {
            let person = format!("A Person <person@example.com> {EPOCH} +0000");
            self.line(&format!("tag {name}\nfrom :{commit}\ntagger {person}"));
            self.data(b"a tag");
        } else {
            self.line(&format!("reset refs/tags/{name}\nfrom :{commit}\n"));
        }
    }

    /// Writes it as a bare repository.
    pub(crate) fn write(&self, directory: &Path) {
        git(
            directory.parent().unwrap(),
            &[
                "init",
                "-q",
                "--bare",
                "-b",
                "main",
                &directory.display().to_string(),
            ],
        );
        let mut command = Command::new("git");
        let mut child = command
            .args(["fast-import", "--quiet"])
            .current_dir(directory)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&self.stream).unwrap();
        assert!(child.wait().unwrap().success());
    }

    fn line(&mut self, text: &str) {
        self.stream.extend_from_slice(text.as_bytes());
        self.stream.push(b'\n');
    }

    fn data(&mut self, bytes: &[u8]) {
        self.line(&format!("data {}", bytes.len()));
        self.stream.extend_from_slice(bytes);
        self.stream.push(b'\n');
    }
}

/// Runs git in a directory, and gives what it printed.
pub(crate) fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
