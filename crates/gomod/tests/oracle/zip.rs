//! Module zips and their hashes.

mod names;
