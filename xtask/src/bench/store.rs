//! Data directories that hold many artifacts, made once and kept below `target/bench/`.
//!
//! The `fill` example of the `store` crate writes them through the store itself: over HTTP a
//! million captures would take the time of a million round trips and test nothing more.

use anyhow::{Context, Result, ensure};
use std::{fs, path::PathBuf, process::Command};

use super::{Bench, root};

/// A filled server directory.
#[derive(Debug)]
pub(crate) struct Filled {
    /// A server directory whose `store` is modkeep's data directory.
    pub(crate) directory: PathBuf,
    pub(crate) artifacts: u64,
}

// === impl Filled ===

impl Filled {
    /// One with so many artifacts.
    pub(crate) fn provide(bench: &Bench, artifacts: u64) -> Result<Self> {
        let directory = bench.target.join(format!("filled-{artifacts}"));
        let complete = directory.join("complete");
        if !complete.exists() {
            if directory.exists() {
                fs::remove_dir_all(&directory)?;
            }
            fs::create_dir_all(&directory)?;
            println!("filling a store with {artifacts} artifacts");
            let status = Command::new(env!("CARGO"))
                .args(["run", "--quiet", "--package", "store"])
                .args(["--example", "fill", "--"])
                .arg(directory.join("store"))
                .arg(artifacts.to_string())
                .current_dir(root())
                .status()
                .context("cargo cannot be run")?;
            ensure!(status.success(), "the store cannot be filled");
            fs::write(complete, "")?;
        }
        Ok(Self {
            directory,
            artifacts,
        })
    }

    /// So many paths of go.mod files in it, spread evenly, with their leading slashes.
    pub(crate) fn some_mods(&self, count: u64) -> Vec<String> {
        let modules = (self.artifacts / 3).max(1);
        let count = count.min(modules);
        let numbers = (0..count).map(|index| index * modules / count);
        numbers
            .map(|number| format!("/example.com/fill/m{number}/@v/v1.0.0.mod"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_spread_over_the_whole_store() {
        let filled = |artifacts| Filled {
            directory: PathBuf::new(),
            artifacts,
        };
        let paths = filled(3_000).some_mods(4);
        assert_eq!(paths.len(), 4);
        assert!(paths[3].contains("/m750/"));
        assert_eq!(filled(6).some_mods(100).len(), 2);
    }
}
