//! Putting blobs where they stay.
//!
//! As files, publishing is a rename inside one file system, followed by a sync of the directory:
//! the bytes were made durable before, and are never copied. In an object store it is an upload,
//! in parts if it is large. Either way the name is the content's hash, so publishing something
//! twice is harmless, and publishing it over a damaged copy repairs that copy.

use crate::{
    blob::BlobId, core::StoreCore, crash, disk, error::StoreError, options::BlobPlace,
    repair::DamagedBlobOutcome, spool::SealedSpool,
};
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, path::Path as ObjectPath};
use std::{
    fs::{self, File, Metadata},
    io,
    path::Path,
    sync::Arc,
};

/// Larger blobs are uploaded in parts of this size. Object stores demand at least 5 MiB per part.
const PART: usize = 8 << 20;

/// Blobs in quarantine beyond which further ones are only journalled. An upstream that sends
/// other bytes every time must not fill the disk.
const QUARANTINE_LIMIT: usize = 256;

/// Bytes in quarantine beyond which further ones are only journalled: two of the largest zips.
const QUARANTINE_BYTES: u64 = 1 << 30;

/// What became of refused bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QuarantineOutcome {
    /// They are in quarantine now.
    Moved,
    /// They were there already.
    AlreadyThere,
    /// There was no room for them.
    NoRoom,
}

/// The object that holds a blob.
pub(crate) fn object_path(prefix: &ObjectPath, blob: BlobId) -> ObjectPath {
    let shelf = blob.shelf_path();
    let name = shelf.split('/').next_back().unwrap_or_default();
    shelf_path(prefix, blob.as_bytes()[0]).join(name)
}

/// The prefix of the objects that hold blobs whose ids begin with the byte `number`.
pub(crate) fn shelf_path(prefix: &ObjectPath, number: u8) -> ObjectPath {
    prefix
        .clone()
        .join("blobs")
        .join("sha256")
        .join(format!("{number:02x}"))
}

/// Puts sealed bytes where they stay; durable when this returns.
pub(crate) async fn publish(
    core: &Arc<StoreCore>,
    mut sealed: SealedSpool,
) -> Result<(), StoreError> {
    match &core.options.blobs {
        BlobPlace::Local => {
            let shared = Arc::clone(core);
            core.writes
                .run(move |()| {
                    rename_in(&shared, sealed.name.path(), sealed.blob())?;
                    sealed.name.keep();
                    Ok(())
                })
                .await?
        }
        BlobPlace::Remote { store, prefix } => {
            upload(store.as_ref(), object_path(prefix, sealed.blob()), &sealed).await
        }
    }
}

fn rename_in(core: &StoreCore, from: &Path, blob: BlobId) -> Result<(), StoreError> {
    let path = core.layout.blob(blob);
    let shelf = path.parent().unwrap_or(core.layout.root());
    {
        let _one_at_a_time = core.names.lock();
        fs::rename(from, &path).map_err(|error| StoreError::file("publishing", &path, error))?;
    }
    core.crash.reached(crash::BLOB_RENAMED);
    disk::sync_directory(shelf)?;
    core.crash.reached(crash::BLOB_DIRECTORY_SYNCED);
    Ok(())
}

async fn upload(
    store: &dyn ObjectStore,
    path: ObjectPath,
    sealed: &SealedSpool,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::remote(format!("uploading blob {}", sealed.blob()), error);
    if sealed.size() <= PART as u64 {
        let bytes = read_part(sealed, 0).await?;
        return store
            .put(&path, PutPayload::from_bytes(bytes))
            .await
            .map(drop)
            .map_err(failed);
    }
    let mut upload = store.put_multipart(&path).await.map_err(failed)?;
    let mut offset = 0;
    while offset < sealed.size() {
        let bytes = read_part(sealed, offset).await?;
        offset += bytes.len() as u64;
        if let Err(error) = upload.put_part(PutPayload::from_bytes(bytes)).await {
            // Parts that stay behind are the bucket's lifecycle rule's business.
            let _ = upload.abort().await;
            return Err(failed(error));
        }
    }
    upload.complete().await.map(drop).map_err(failed)
}

async fn read_part(sealed: &SealedSpool, offset: u64) -> Result<bytes::Bytes, StoreError> {
    let rest = usize::try_from(sealed.size() - offset).unwrap_or(usize::MAX);
    let (reader, mut part) = (sealed.reader(), bytes::BytesMut::new());
    while part.len() < rest.min(PART) {
        let bytes = reader
            .read_at(offset + part.len() as u64, rest.min(PART) - part.len())
            .await?;
        if bytes.is_empty() {
            return Err(StoreError::reading(
                "a spool file",
                std::io::ErrorKind::UnexpectedEof.into(),
            ));
        }
        part.extend_from_slice(&bytes);
    }
    Ok(part.freeze())
}

/// Moves refused bytes into quarantine, for whoever investigates.
pub(crate) fn quarantine(
    core: &StoreCore,
    sealed: &mut SealedSpool,
) -> Result<QuarantineOutcome, StoreError> {
    let _one_at_a_time = core.quarantine.lock();
    let directory = core.layout.quarantine();
    let path = directory.join(sealed.blob().to_string());
    let (count, bytes) = usage(&directory)?;
    if path.exists() {
        return Ok(QuarantineOutcome::AlreadyThere);
    }
    if count >= QUARANTINE_LIMIT || bytes + sealed.size() > QUARANTINE_BYTES {
        return Ok(QuarantineOutcome::NoRoom);
    }
    fs::rename(sealed.name.path(), &path)
        .map_err(|error| StoreError::file("quarantining", &path, error))?;
    sealed.name.keep();
    disk::sync_directory(&directory)?;
    Ok(QuarantineOutcome::Moved)
}

/// Moves a blob into quarantine that nobody may be given any more. What lies in an object store stays there:
/// without a row in the catalog nobody is given it either.
pub(crate) fn quarantine_blob(core: &StoreCore, blob: BlobId) -> Result<(), StoreError> {
    if !matches!(core.options.blobs, BlobPlace::Local) {
        return Ok(());
    }
    let _one_at_a_time = core.quarantine.lock();
    let (from, to) = (
        core.layout.blob(blob),
        core.layout.quarantine().join(blob.to_string()),
    );
    match fs::rename(&from, &to) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        renamed => {
            renamed.map_err(|error| StoreError::file("quarantining", &from, error))?;
            disk::sync_directory(&core.layout.quarantine())
        }
    }
}

/// Moves a damaged blob into quarantine under the hash that it has now; gives that hash and its size. What lies
/// in an object store stays there: it is hashed before it is served.
pub(crate) fn quarantine_damaged(
    core: &StoreCore,
    blob: BlobId,
) -> Result<(DamagedBlobOutcome, Option<(BlobId, u64)>), StoreError> {
    let from = core.layout.blob(blob);
    let opened = match disk::open_sized(&from) {
        _ if !matches!(core.options.blobs, BlobPlace::Local) => {
            return Ok((DamagedBlobOutcome::NoRoom, None));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok((DamagedBlobOutcome::Missing, None));
        }
        opened => opened,
    };
    let (file, size) = opened.map_err(|error| StoreError::file("opening", &from, error))?;
    // What cannot be read any more has no hash; it goes under the name it had.
    let (found, name) = match disk::hash_file(&file) {
        Ok((found, _)) => (found, found.to_string()),
        Err(_) => (blob, format!("{blob}.unreadable")),
    };
    if name == blob.to_string() {
        return Ok((DamagedBlobOutcome::Intact, None));
    }
    let _one_at_a_time = core.quarantine.lock();
    let directory = core.layout.quarantine();
    let (count, bytes) = usage(&directory)?;
    if count >= QUARANTINE_LIMIT || bytes + size > QUARANTINE_BYTES {
        return Ok((DamagedBlobOutcome::NoRoom, None));
    }
    if !move_if_same(core, &file, &from, &directory.join(name))? {
        return Ok((DamagedBlobOutcome::Intact, None));
    }
    disk::sync_directory(&directory)?;
    disk::sync_directory(from.parent().unwrap_or(core.layout.root()))?;
    Ok((DamagedBlobOutcome::Moved, Some((found, size))))
}

/// Moves a file unless another one has taken its name since it was opened.
fn move_if_same(
    core: &StoreCore,
    opened: &File,
    from: &Path,
    to: &Path,
) -> Result<bool, StoreError> {
    let failed = |error| StoreError::file("quarantining", from, error);
    let _one_at_a_time = core.names.lock();
    let (before, now) = (
        opened.metadata().map_err(failed)?,
        fs::metadata(from).map_err(failed)?,
    );
    let is_same = is_same_file(&before, &now);
    if is_same {
        fs::rename(from, to).map_err(failed)?;
    }
    Ok(is_same)
}

/// Whether both are about one file. The number of a file that is open is not given to another one;
/// times alone would not do, since two files written within a few milliseconds have the same.
#[cfg(unix)]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Elsewhere times are as fine as the clock.
#[cfg(not(unix))]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    one.len() == other.len() && one.modified().ok() == other.modified().ok()
}

fn usage(directory: &Path) -> Result<(usize, u64), StoreError> {
    let failed = |error| StoreError::file("listing", directory, error);
    let mut usage = (0, 0);
    for entry in fs::read_dir(directory).map_err(failed)? {
        let size = entry
            .and_then(|entry| entry.metadata())
            .map_err(failed)?
            .len();
        usage = (usage.0 + 1, usage.1 + size);
    }
    Ok(usage)
}
