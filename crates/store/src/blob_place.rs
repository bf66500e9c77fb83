//! Where blobs lie, and the note of it in the data directory.
//!
//! A store that is opened without its bucket would find every blob missing, call it damaged and fetch it
//! anew. So the data directory remembers the bucket that it was made with: whoever opens it needs to name none,
//! and another one is refused. Without the note blobs are files below it, as in every store of an earlier
//! release.

use crate::{
    blob::BlobId, bucket::BucketOptions, core::StoreCore, disk, error::StoreError,
    layout::DataLayout, options::BlobPlace, options::StoreOptions,
};
use bytes::Bytes;
use object_store::{ObjectStoreExt as _, PutPayload};
use std::{fs, io};

/// What is put into an object store to see whether it takes and gives anything. It is always the same, so
/// writing it again changes nothing.
const PROBE: &[u8] = b"modkeep keeps Go modules here\n";

/// More than the longest note.
const NOTE_LIMIT: u64 = 64 << 10;

/// Finds out where the blobs lie: in the bucket that is named, in the one that is noted, or below the data
/// directory.
pub(crate) fn settle(options: StoreOptions) -> Result<StoreOptions, StoreError> {
    let layout = DataLayout::new(&options.data);
    let noted = noted(&layout)?;
    let Some(bucket) = options.bucket.clone().or_else(|| noted.clone()) else {
        return Ok(options);
    };
    let found = match &noted {
        Some(noted) => noted.location.to_string(),
        None if layout.has_kept() => "the data directory".to_owned(),
        None => bucket.location.to_string(),
    };
    let named = bucket.location.to_string();
    if found != named {
        return Err(StoreError::BlobsElsewhere { found, named });
    }
    let (store, bucket) = bucket.connect()?;
    Ok(StoreOptions {
        blobs: BlobPlace::Remote {
            store,
            prefix: bucket.location.prefix().into(),
        },
        bucket: Some(bucket),
        ..options
    })
}

/// Notes the bucket of a new store, or that it is reached in another way now. It comes before all that makes
/// a directory a store.
pub(crate) fn note(core: &StoreCore) -> Result<(), StoreError> {
    let Some(bucket) = &core.options.bucket else {
        return Ok(());
    };
    if noted(&core.layout)?.as_ref() == Some(bucket) {
        return Ok(());
    }
    disk::create_directory(core.layout.root())?;
    let path = core.layout.blob_place();
    let failed = |error: serde_json::Error| StoreError::file("writing", &path, error.into());
    let text = serde_json::to_string_pretty(bucket).map_err(failed)? + "\n";
    disk::write_durably(&path, &path.with_extension("new"), text.as_bytes())
}

fn noted(layout: &DataLayout) -> Result<Option<BucketOptions>, StoreError> {
    let path = layout.blob_place();
    let failed = |error| StoreError::file("reading", &path, error);
    match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Ok(of) if of.len() > NOTE_LIMIT => return Err(failed(io::ErrorKind::InvalidData.into())),
        looked => looked.map_err(failed)?,
    };
    let text = fs::read_to_string(&path).map_err(failed)?;
    let note = serde_json::from_str(&text);
    note.map(Some).map_err(|error| failed(error.into()))
}

/// Whether an object store takes an object and gives it back as it was; the disk is probed elsewhere.
pub(crate) async fn probe(core: &StoreCore) -> Result<(), StoreError> {
    let BlobPlace::Remote { store, prefix } = &core.options.blobs else {
        return Ok(());
    };
    let failed = |error| StoreError::remote("trying to put and get an object", error);
    let (path, bytes) = (prefix.clone().join("probe"), Bytes::from_static(PROBE));
    let put = store.put(&path, PutPayload::from_bytes(bytes.clone()));
    put.await.map_err(failed)?;
    let read = store.get(&path).await.map_err(failed)?;
    if read.bytes().await.map_err(failed)? == bytes {
        return Ok(());
    }
    Err(StoreError::CorruptBlob {
        blob: BlobId::of(PROBE),
        problem: "the object store gives other bytes than it was given".to_owned(),
    })
}
