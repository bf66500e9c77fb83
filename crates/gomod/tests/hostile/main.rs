//! Every parser against seeded mutations of a corpus: no panic, and the round-trip laws hold.
//!
//! The quick form, on the stable toolchain, of the fuzz targets under `/fuzz`.

mod modfile;
mod names;
mod zip;
