//! Inspection: whether bytes are what was asked for, by Go's rules.
//!
//! Structure only, no trust, and no place where the bytes have to come from: what a source sent, what is
//! kept and what somebody imports are held to the same rules ([`check`]). What is large is read on blocking
//! threads, few at a time and in turns by caller, so that no thread of the runtime is held up.

pub mod check;
mod file_reader;
mod positioned;
mod zip_workers;

pub use file_reader::{FileReader, panicked};
pub use positioned::PositionedFile;
pub use zip_workers::ZipWorkers;
