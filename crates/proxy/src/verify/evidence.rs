//! Evidence: what a capture says of why it is trusted, in the catalog, the journal and a header.
//!
//! A proven one names the database and the number of the record there; these words are for the rest.

/// Nobody vouches: verification was off.
pub(crate) const UNVERIFIED: &str = "unverified";

/// The database could not be asked; the proof is still to come.
pub(crate) const UNPROVEN: &str = "unproven";

/// No log covers it: the first that was seen stays.
pub(crate) const FIRST_SEEN: &str = "first-seen";

/// A private module, which no database is asked about: the first that was seen stays.
pub(crate) const PRIVATE: &str = "private";

/// Proven by this record of a checksum database.
pub(crate) fn proven(database: &str, record: u64) -> String {
    format!("sumdb {database} {record}")
}
