//! Three real projects, small, middling and large, whose everyday commands are run through
//! modkeep to see what it fetches ahead and how much of that is used.
//!
//! Each command is run once with the real `go` through the user's own proxy, which leaves in the
//! corpus everything it asked for; then it is run again from the corpus. So the versions that `go
//! get -u` finds are those that were newest when the corpus was fetched.

use anyhow::{Context, Result, ensure};
use std::{fs, path::Path, process::Command};
use tempfile::TempDir;

use super::corpus::{self, Corpus};

/// A module whose zip is taken for a checkout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checkout {
    pub(crate) module: &'static str,
    pub(crate) version: &'static str,
}

/// The projects.
pub(crate) const ALL: [Checkout; 3] = [
    Checkout {
        module: "github.com/junegunn/fzf",
        version: "v0.66.0",
    },
    Checkout {
        module: "github.com/caddyserver/caddy/v2",
        version: "v2.10.2",
    },
    Checkout {
        module: corpus::PROJECT,
        version: corpus::VERSION,
    },
];

/// What is run in each. Building only prints its commands (`-n`): modules are resolved and
/// fetched just so, and compiling would take minutes that say nothing here.
pub(crate) const COMMANDS: [&[&str]; 4] = [
    &["mod", "download"],
    &["build", "-n", "./..."],
    &["mod", "tidy"],
    &["get", "-u", "./..."],
];

// === impl Checkout ===

impl Checkout {
    /// A fresh copy of its files.
    pub(crate) fn copy(&self, corpus: &Corpus) -> Result<TempDir> {
        let to = TempDir::with_prefix("checkout")?;
        let copied = Command::new("cp")
            .arg("-R")
            .arg(self.source(corpus)?.join("."))
            .arg(to.path())
            .status()?;
        ensure!(copied.success(), "{} cannot be copied", self.module);
        Ok(to)
    }

    fn source(&self, corpus: &Corpus) -> Result<std::path::PathBuf> {
        let modcache = corpus.modcache()?;
        Ok(modcache.join(format!("{}@{}", self.module, self.version)))
    }

    fn fetch(&self, corpus: &Corpus) -> Result<()> {
        let modcache = corpus.modcache()?;
        let this = format!("{}@{}", self.module, self.version);
        corpus::go(modcache, &["mod", "download", &this], modcache)?;
        corpus.fetch_unpruned(self.module, self.version)?;
        for command in COMMANDS {
            println!("fetching what `go {}` in {this} needs", command.join(" "));
            let copy = self.copy(corpus)?;
            // It may fail, as when a newer Go is demanded; it then fails the same way later.
            if let Err(error) = corpus::go(modcache, command, copy.path()) {
                let said = error.to_string();
                println!("it fails: {}", said.lines().last().unwrap_or_default());
            }
        }
        Ok(())
    }
}

/// Sees to it that the corpus has all that the commands ask for.
pub(crate) fn provide(corpus: &Corpus, directory: &Path) -> Result<()> {
    let complete = directory.join("projects-complete");
    if !complete.exists() {
        for checkout in ALL {
            let fetched = checkout.fetch(corpus);
            fetched.with_context(|| format!("{} cannot be fetched", checkout.module))?;
        }
        corpus.leave_pseudo_versions_out()?;
        fs::write(complete, "")?;
    }
    Ok(())
}
