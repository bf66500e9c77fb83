//! Kept file: what the catalog knows about something captured, with its bytes where they are small.

use bytes::Bytes;
use gomod::ArtifactKind;
use protocol::Media;
use std::sync::Arc;
use store::{Key, Record};

/// Something captured, cheap to clone.
#[derive(Debug, Clone)]
pub struct KeptFile {
    /// The catalog's row.
    pub record: Arc<Record>,
    /// The bytes, if they are small.
    pub bytes: Option<Bytes>,
}

// === impl KeptFile ===

impl KeptFile {
    /// A large blob: it stays on disk.
    pub fn on_disk(record: Record) -> Self {
        Self {
            record: Arc::new(record),
            bytes: None,
        }
    }

    /// A small one, with its bytes.
    pub fn in_memory(record: Record, bytes: Bytes) -> Self {
        Self {
            record: Arc::new(record),
            bytes: Some(bytes),
        }
    }
}

/// What kind of bytes a key names.
pub fn media_of(key: &Key) -> Media {
    match key {
        Key::Artifact(artifact) => match artifact.kind {
            ArtifactKind::Info => Media::Json,
            ArtifactKind::Mod => Media::Text,
            ArtifactKind::Zip => Media::Zip,
        },
        Key::Sumdb { path, .. } if path.starts_with("tile/") => Media::Octets,
        Key::Sumdb { .. } => Media::Text,
    }
}
