//! Every parser against seeded mutations of a corpus, and every check against seeded damage: no
//! panic, and the laws hold.
//!
//! The quick form, on the stable toolchain, of the fuzz targets under `/fuzz`.
#![expect(clippy::unwrap_used, reason = "tests")]

mod laws;
mod texts;
