//! The journal's log below `/-/journal/`: `checkpoint`, `tile/...` as C2SP tlog-tiles names them,
//! and `key`, which is ours.
//!
//! Each file has one spelling. What looks like a tile and is none is 400, as a checksum database
//! answers it.

use super::RouteError;
use proxy::JournalFile;

const BAD_TILE: RouteError = RouteError::Malformed("invalid tile syntax");

pub(super) fn parse(elements: &[&str]) -> Result<JournalFile, RouteError> {
    match elements {
        ["key"] => Ok(JournalFile::Key),
        ["checkpoint"] | ["tile", ..] => {
            let file = elements.join("/").parse();
            file.map(JournalFile::Log).map_err(|_| BAD_TILE)
        }
        _ => Err(RouteError::NoSuchPage),
    }
}
