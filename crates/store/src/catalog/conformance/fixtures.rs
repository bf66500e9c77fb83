//! The catalogs that are tried.

use super::Fixture;
use crate::{
    catalog::{Catalog, memory::MemoryCatalog, sqlite::SqliteCatalog},
    core::StoreCore,
    options::StoreOptions,
};
use rusqlite::Connection;
use std::{path::Path, sync::Arc};
use tempfile::TempDir;

/// SQLite in a directory of its own.
pub(super) struct SqliteFixture {
    catalog: Arc<SqliteCatalog>,
    directory: TempDir,
}

/// Everything in memory. It outlives no process; what is compared is how it answers.
pub(super) struct MemoryFixture(Arc<MemoryCatalog>);

// === impl SqliteFixture ===

impl Fixture for SqliteFixture {
    async fn open() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let catalog = open(directory.path());
        Self { catalog, directory }
    }

    async fn reopen(self) -> Self {
        let Self { catalog, directory } = self;
        assert_eq!(Arc::strong_count(&catalog), 1, "nobody else has it open");
        drop(catalog);
        let catalog = open(directory.path());
        Self { catalog, directory }
    }

    fn catalog(&self) -> Arc<dyn Catalog> {
        Arc::clone(&self.catalog) as Arc<dyn Catalog>
    }

    async fn plant_evidence(&self, path: &str, text: &str) {
        let file = self.directory.path().join("catalog.db");
        let connection = Connection::open(file).expect("opened");
        let sql = "UPDATE capture SET evidence = ?1 WHERE path = ?2";
        let changed = connection.execute(sql, [text, path]).expect("changed");
        assert_eq!(changed, 1);
    }
}

fn open(directory: &Path) -> Arc<SqliteCatalog> {
    let core = StoreCore::start(StoreOptions::local(directory)).expect("threads start");
    core.layout.create().expect("directories are made");
    Arc::new(SqliteCatalog::open(&Arc::new(core)).expect("opened"))
}

// === impl MemoryFixture ===

impl Fixture for MemoryFixture {
    async fn open() -> Self {
        Self(Arc::default())
    }

    async fn reopen(self) -> Self {
        self
    }

    fn catalog(&self) -> Arc<dyn Catalog> {
        Arc::clone(&self.0) as Arc<dyn Catalog>
    }

    async fn plant_evidence(&self, path: &str, text: &str) {
        self.0.plant_evidence(path, text);
    }
}
