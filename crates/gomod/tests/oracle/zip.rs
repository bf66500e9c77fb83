//! Module zips and their hashes.

mod check;
mod create;
mod names;

#[path = "../support/raw_zip.rs"]
mod raw_zip;
#[path = "../support/zip_inputs.rs"]
mod zip_inputs;
