//! Names the commit that a release is built from, for `modkeep --version`.
//!
//! Only in a release build: there it is asked for in a ticket, and a new commit is a new binary. In a
//! development build every commit would compile the crate again, for a line that nobody reads.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script is told by variables, asks git, and answers cargo on standard output"
)]

use std::process::Command;

fn main() {
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    println!("cargo::rerun-if-env-changed=BUILD_COMMIT");
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let commit = is_release.then(commit).flatten();
    let built = commit.unwrap_or_else(|| "development build".to_owned());
    println!("cargo::rustc-env=BUILD_VERSION={version} ({built})");
}

/// The commit and its date: from the builder, where a source archive has no history, else from git.
fn commit() -> Option<String> {
    if let Ok(given) = std::env::var("BUILD_COMMIT") {
        return Some(given);
    }
    // The log of the checked-out branch grows with every commit.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    println!("cargo::rerun-if-changed={log}");
    git(&["log", "-1", "--format=commit %h, %cs"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
