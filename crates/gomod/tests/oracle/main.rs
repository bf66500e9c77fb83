//! Our answers against Go's, on seeded inputs: valid, nearly valid, hostile.
//!
//! The Go program is `/oracle` at the root of the repository; `MODKEEP_SEED` changes the inputs.

mod modfile;
mod names;
mod zip;
