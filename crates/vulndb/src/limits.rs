//! Bounds on everything that is read.
//!
//! Each is ten times or more what the largest real database has. The Go database of August 2026:
//! 4,291 entries and 6.4 MB in all; at most 8,095 bytes, 22 statements and 24 events an entry.
//! Entries of OSV list single versions and grow larger.

/// Bytes of one entry.
pub const MAX_ENTRY: usize = 1 << 20;

/// Statements of one entry about affected modules. Merging holds each against each.
pub const MAX_AFFECTED: usize = 256;

/// Events of all ranges of one entry. A fix is held against every range, so this also bounds time.
pub const MAX_EVENTS: usize = 256;

/// Bytes of one file of an index.
pub const MAX_INDEX: usize = 64 << 20;

/// Files of one source.
pub const MAX_FILES: usize = 1 << 17;

/// Bytes of all files of one source, unpacked.
pub const MAX_SOURCE: usize = 256 << 20;

/// Bytes of a kept database.
pub const MAX_KEPT: u64 = 1 << 30;

/// Bytes of an id or an alias.
pub const MAX_ID: usize = 128;

/// Characters of a summary; the rest is cut off. OSV recommends 120.
pub const MAX_SUMMARY: usize = 300;

/// Bytes of what `govulncheck -json` printed. It repeats each entry of the database that any
/// required module has, so large projects come to some megabytes.
pub const MAX_REPORT: usize = 256 << 20;

/// Findings of one report. `govulncheck` prints up to one for each symbol called.
pub const MAX_REPORTED: usize = 1 << 17;

/// Frames of one call trace that are kept; the middle of a longer one is left out.
pub const MAX_FRAMES: usize = 64;
