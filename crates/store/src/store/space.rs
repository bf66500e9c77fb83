//! How full the file system of the data directory is.

use super::Store;
use crate::{
    error::StoreError,
    space::{self, DiskSpace},
};

// === impl Store ===

impl Store {
    /// The room on the file system of the data directory; `None` if it does not say.
    pub async fn disk_space(&self) -> Result<Option<DiskSpace>, StoreError> {
        let root = self.core().layout.root().to_owned();
        // Where writes wait for the disk: no read waits behind a slow one (law L4).
        let looked = self.core().writes.run(move |()| {
            space::space(&root).map_err(|error| StoreError::file("looking for room", &root, error))
        });
        looked.await?
    }
}
