//! Scratch: a store that is made anew now and then, in memory where there is such a place.

use std::path::Path;
use store::{Store, StoreOptions};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Inputs for which one store is used: opening one takes a hundred times as long as most of them.
const USES: usize = 500;

/// A store and what drives it.
pub struct Scratch {
    pub runtime: Runtime,
    store: Option<(Store, TempDir)>,
    uses: usize,
}

// === impl Scratch ===

impl Scratch {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        Self {
            runtime: runtime.expect("a runtime starts"),
            store: None,
            uses: 0,
        }
    }

    /// The store.
    pub fn store(&mut self) -> Store {
        self.uses += 1;
        if self.uses > USES {
            self.uses = 1;
            drop(self.store.take());
        }
        let (store, _) = self.store.get_or_insert_with(|| {
            let directory = directory();
            let options = StoreOptions::local(directory.path().join("data"));
            let opened = self.runtime.block_on(Store::open(options));
            (opened.expect("an empty store opens"), directory)
        });
        store.clone()
    }
}

/// A new directory.
pub fn directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.expect("a directory can be made")
}
