//! Memory: what is kept, within reach without a hop to another thread.
//!
//! A warm answer is made of what lies here: small artifacts with their bytes, zips that are held open, which
//! blobs were found sound, and finished answers that may change. Whoever changes what is kept has it forgotten here.

mod kept_file;
mod memory_cache;
mod response_cache;
mod verified_blobs;

pub use kept_file::{KeptFile, media_of};
pub use memory_cache::{CachedFile, MemoryCache, SMALL};
pub use response_cache::{HeldResponse, ResponseCache, ResponseMark};
pub use verified_blobs::VerifiedBlobs;
