//! Records of a checksum database of our own.

use gomod::{ModulePath, Version};
use jiff::Timestamp;
use tlog::record::LogRecord;

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseRecord {
    /// Its number, from 0.
    pub number: u64,
    /// Its text: lines of go.sum.
    pub text: String,
    /// Where its hashes come from.
    pub source: String,
    /// When it was appended.
    pub at: Timestamp,
}

/// A record to append.
#[derive(Debug, Clone)]
pub(crate) struct NewRecord {
    pub(crate) database: String,
    pub(crate) module: ModulePath,
    pub(crate) version: Version,
    pub(crate) text: String,
    pub(crate) source: String,
}

/// The text of a version's record.
pub fn go_sum_lines(module: &ModulePath, version: &Version, zip: &str, go_mod: &str) -> String {
    format!("{module} {version} {zip}\n{module} {version}/go.mod {go_mod}\n")
}

// === impl DatabaseRecord ===

impl DatabaseRecord {
    /// As a log has it.
    pub fn record(&self) -> LogRecord {
        LogRecord {
            id: self.number,
            text: self.text.clone(),
        }
    }
}
