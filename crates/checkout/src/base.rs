//! Base: the checkout's files as they were where the change branched off.
//!
//! What a change brings is what it brings since then, so the base is the merge base with the revision;
//! where history is too short to find it, nobody can tell what the change brings. The revision itself
//! is the tip: what a change is judged by is what holds now where it will be merged to, however old
//! the branch is.

use crate::{
    directory::CheckoutFiles,
    git::{GitCommit, GitRepository, RevisionError},
};
use finding::UnreadableInput;
use gate::{inventory::Inventory, scope::CheckoutScope};
use std::path::{Path, PathBuf};

/// What a change is compared with.
#[derive(Debug)]
pub struct BaseState {
    repository: GitRepository,
    /// Where the change branched off.
    shared: GitCommit,
    /// The revision itself.
    pub tip: GitCommit,
    inventory: Inventory,
}

// === impl BaseState ===

impl BaseState {
    /// Finds the base of what is checked out.
    pub fn find(repository: &GitRepository, revision: &str) -> Result<Self, RevisionError> {
        let tip = repository.commit("--base", revision)?;
        Ok(Self {
            repository: repository.clone(),
            shared: repository.branched_off(&tip)?,
            tip,
            inventory: Inventory::default(),
        })
    }

    /// The same with the files of a scope.
    pub fn within(mut self, scope: &CheckoutScope) -> Result<Self, UnreadableInput> {
        let files = self.repository.files(&self.shared)?;
        for file in files.iter().filter(|file| scope.holds(file)) {
            self.inventory.add(file);
        }
        Ok(self)
    }

    /// What a reader should know of how it was found.
    pub fn note(&self) -> String {
        let (short, name) = (self.shared.short(), &self.tip.name);
        format!("base: {short}, where this branched off {name}")
    }

    /// Lays the files whose names are wanted into a directory; gives where in it the directory is that
    /// is judged.
    pub fn lay(&self, into: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<PathBuf, String> {
        self.repository.lay(&self.shared, is_wanted, into)?;
        Ok(into.join(&self.repository.prefix))
    }

    /// A file as it was, by its path from the root of the work tree.
    pub fn plain_file(&self, path: &str) -> Result<Option<Vec<u8>>, UnreadableInput> {
        self.repository.plain_file(&self.shared, path)
    }
}

impl CheckoutFiles for BaseState {
    fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, UnreadableInput> {
        self.repository.file(&self.shared, name)
    }
}
