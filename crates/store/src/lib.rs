//! Everything durable a site keeps: blobs, catalog, journal, spool.
//!
//! Bytes are blobs, named by their SHA-256 and never changed. What they are is the catalog's
//! business, and why they are here the journal's. A capture makes its blob durable first and then
//! its row, in one transaction with its journal entry, so a crash at any instant leaves either
//! nothing or everything. Three rules follow the bytes around:
//!
//! * Reads of what is kept have their own threads and connections, and go on while the disk is
//!   full, read-only or busy with downloads.
//! * What was captured is never overwritten: other bytes for a kept key are refused and go into quarantine.
//! * The catalog can be rebuilt from blobs and journal.
//!
//! The crate knows the names of modules and versions, and nothing else about Go: what makes a zip
//! a good one is its caller's knowledge.

mod blob;
mod blob_place;
mod bucket;
mod buffers;
mod cached_answer;
mod catalog;
mod core;
mod crash;
mod disk;
mod disk_reserve;
mod error;
mod health;
mod journal;
mod key;
mod layout;
mod lock;
pub mod maintenance;
mod open_files;
mod options;
pub mod own;
mod placement;
mod publication;
mod reader;
mod record;
mod repair;
mod replace;
mod scan;
mod space;
mod spool;
mod store;
mod thread_pool;
mod trust;
mod uncached;
mod version_mark;

pub use blob::{BlobId, BlobIdError, Hex};
pub use bucket::{BucketLocation, BucketLocationError, BucketOptions};
pub use cached_answer::{
    CACHED_ANSWER_BODY_LIMIT, CACHED_ANSWER_LIMIT, CachedAnswer, CachedAnswerClass,
    CachedAnswerKey, CachedAnswerStatus, StaleMark,
};
pub use crash::{BACKUP_CRASH_POINTS, CRASH_POINTS, JOURNAL_CRASH_POINTS, OWN_CRASH_POINTS};
pub use disk_reserve::{DiskOptions, DiskReserve, DiskRoom};
pub use error::StoreError;
pub use health::{StoreHealth, StoreMetrics};
pub use journal::{
    Decision, ENTRY_WORDS_LIMIT, Facts, JournalEntry, JournalEvent, log::JournalLog,
    signed::SignedCheckpoint,
};
pub use key::{KEY_PATH_LIMIT, Key};
pub use open_files::OpenBlob;
pub use options::StoreOptions;
pub use publication::{KeptHashes, PublicationOutcome, VersionPublication};
pub use reader::BlobReader;
pub use record::{
    ArtifactKinds, Capture, CapturePage, CommitOutcome, IndexEntry, Provenance, Record,
    StoredVersion,
};
pub use repair::{CaptureRepair, DamagedBlobOutcome};
pub use replace::Replacement;
pub use scan::{BlobDamage, BlobScan, SCAN_STEP, ScanStep};
pub use space::DiskSpace;
pub use spool::{SealedSpool, Spool, SpoolReader};
pub use store::{SMALL_LIMIT, Store, TILE_SIZE, create_private_directory, is_store};
pub use trust::{Backlog, CaseFile, REBUILT, StoredTile, VersionProof, Withdrawal};
pub use version_mark::{MarkedVersion, VersionMark};
