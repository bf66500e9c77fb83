//! Our answers against those of golang.org/x/mod/sumdb, on seeded inputs: valid, nearly valid,
//! hostile.
//!
//! The Go program is `/oracle` at the root of the repository; `MODKEEP_SEED` changes the inputs.
#![expect(clippy::unwrap_used, reason = "tests")]

mod client;
mod heads;
mod keys;
#[path = "../support/log.rs"]
mod log;
#[path = "../support/memory.rs"]
#[expect(dead_code, reason = "other tests look at what is kept")]
mod memory;
mod notes;
mod points;
mod proofs;
mod records;
mod texts;
mod tiles;
mod trees;

use testkit::oracle::Answer;

/// The argument as text. Our functions take text only; what is none is refused before them.
fn text(arguments: &[Vec<u8>], index: usize) -> Result<&str, String> {
    let bytes = arguments.get(index).ok_or("missing argument")?;
    std::str::from_utf8(bytes).map_err(|error| error.to_string())
}

/// The argument as a number that is no larger than Go is asked about.
fn number(arguments: &[Vec<u8>], index: usize) -> Result<u64, String> {
    let number: u64 = text(arguments, index)?.parse().map_err(refused)?;
    Some(number)
        .filter(|number| *number <= MAX_TREE)
        .ok_or_else(|| "too large for Go".to_owned())
}

/// The largest tree that Go can be asked about.
const MAX_TREE: u64 = 1 << 61;

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refused(error: impl ToString) -> String {
    error.to_string()
}

/// An answer that only accepts or refuses.
fn verdict<E: ToString>(result: Result<(), E>) -> Answer {
    result.map(|()| Vec::new()).map_err(refused)
}

/// Arguments out of texts.
fn arguments<const N: usize>(texts: [&str; N]) -> Vec<Vec<u8>> {
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}
