//! Repair: what is kept stays what it was.
//!
//! Everything kept is hashed again, all the time, slowly ([`Scrubber`]). Damage, whoever meets it, is
//! repaired from the sources, or what is damaged is put aside ([`BlobRepairs`]). What is fetched for it is
//! checked and proven as anything that arrives (`ingest`).
//!
//! Refused: to serve or to change anything that is sound, and to take part of a warm read's time.

mod blob_repairs;
mod metrics;
mod scrub;

pub use blob_repairs::{BlobRepairs, LostBlobs, RepairOutcome, RepairParts};
pub use metrics::RepairMetrics;
pub use scrub::{PassProgress, PassReport, ScrubOptions, Scrubber, Share, Tally};
