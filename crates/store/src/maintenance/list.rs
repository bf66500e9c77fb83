//! What blobs there really are, one shelf at a time.

use crate::{blob::BlobId, core::StoreCore, error::StoreError, options::BlobPlace, placement};
use futures_util::TryStreamExt;
use object_store::ObjectStore;
use std::{collections::BTreeMap, fs, io, path::Path, sync::Arc};

/// The blobs of one shelf, and whatever else lies there.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    pub(crate) blobs: BTreeMap<BlobId, u64>,
    pub(crate) strays: Vec<String>,
}

/// Lists the blobs whose ids begin with the byte `number`.
pub(crate) async fn shelf(core: &Arc<StoreCore>, number: u8) -> Result<Shelf, StoreError> {
    match &core.options.blobs {
        BlobPlace::Local => {
            let directory = core.layout.blobs().join(format!("{number:02x}"));
            core.writes
                .run(move |()| list_directory(&directory, number))
                .await?
        }
        BlobPlace::Remote { store, prefix } => {
            let path = placement::shelf_path(prefix, number);
            let failed = |error| StoreError::remote("listing blobs", error);
            let objects: Vec<_> = store
                .list(Some(&path))
                .try_collect()
                .await
                .map_err(failed)?;
            let mut shelf = Shelf::default();
            for object in objects {
                shelf.put(
                    number,
                    object.location.filename().unwrap_or_default(),
                    object.size,
                );
            }
            Ok(shelf)
        }
    }
}

fn list_directory(directory: &Path, number: u8) -> Result<Shelf, StoreError> {
    let failed = |error| StoreError::file("listing", directory, error);
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Shelf::default()),
        entries => entries.map_err(failed)?,
    };
    let mut shelf = Shelf::default();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let size = entry.metadata().map_err(failed)?.len();
        shelf.put(number, &entry.file_name().to_string_lossy(), size);
    }
    Ok(shelf)
}

// === impl Shelf ===

impl Shelf {
    fn put(&mut self, number: u8, name: &str, size: u64) {
        match format!("{number:02x}{name}").parse() {
            Ok(blob) => drop(self.blobs.insert(blob, size)),
            Err(_) => self.strays.push(format!("{number:02x}/{name}")),
        }
    }
}
