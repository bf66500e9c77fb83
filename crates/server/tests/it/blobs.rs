//! Blobs in memory, of which every byte that a reader holds is counted.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream::BoxStream};
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, memory::InMemory,
    path::Path,
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

/// The most that is read of a body at a time. Whole blobs are checked in larger steps before they are
/// answered, which is not what is counted here.
const PIECE: usize = 256 << 10;

/// Bytes that were read and are still held, and the most that ever were.
#[derive(Debug, Default)]
pub(crate) struct HeldBytes {
    now: AtomicUsize,
    pub(crate) most: AtomicUsize,
    pub(crate) read: AtomicUsize,
}

/// An object store that counts what is held of it.
#[derive(Debug, Default)]
pub(crate) struct CountingBlobs {
    blobs: InMemory,
    pub(crate) held: Arc<HeldBytes>,
}

/// Bytes that are counted for as long as somebody holds them.
struct CountedBytes(Vec<u8>, Arc<HeldBytes>);

// === impl HeldBytes ===

impl HeldBytes {
    /// Forgets what was read before.
    pub(crate) fn begin(&self) {
        self.most.store(self.now.load(SeqCst), SeqCst);
        self.read.store(0, SeqCst);
    }
}

// === impl CountedBytes ===

impl CountedBytes {
    /// A copy of its own: what is in memory in any case is not held by its reader.
    fn of(bytes: &Bytes, held: &Arc<HeldBytes>) -> Bytes {
        if bytes.len() > PIECE {
            return bytes.clone();
        }
        let now = held.now.fetch_add(bytes.len(), SeqCst) + bytes.len();
        held.most.fetch_max(now, SeqCst);
        held.read.fetch_add(bytes.len(), SeqCst);
        Bytes::from_owner(Self(bytes.to_vec(), Arc::clone(held)))
    }
}

impl AsRef<[u8]> for CountedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for CountedBytes {
    fn drop(&mut self) {
        self.1.now.fetch_sub(self.0.len(), SeqCst);
    }
}

// === impl CountingBlobs ===

impl fmt::Display for CountingBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("counting blobs")
    }
}

#[async_trait::async_trait]
impl ObjectStore for CountingBlobs {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let result = self.blobs.get_opts(location, options).await?;
        let (meta, range) = (result.meta.clone(), result.range.clone());
        let (attributes, extensions) = (result.attributes.clone(), result.extensions.clone());
        let held = Arc::clone(&self.held);
        let stream = result.into_stream();
        let counted = stream.map(move |read| read.map(|bytes| CountedBytes::of(&bytes, &held)));
        Ok(GetResult {
            payload: GetResultPayload::Stream(counted.boxed()),
            meta,
            range,
            attributes,
            extensions,
        })
    }

    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.blobs.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.blobs.put_multipart_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.blobs.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.blobs.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.blobs.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.blobs.copy_opts(from, to, options).await
    }
}
