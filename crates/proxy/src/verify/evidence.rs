//! Evidence: what a capture says of why it is trusted, in the catalog, the journal and a header.
//!
//! A proven one names the database and the number of the record there; these words are for the rest.

use gomod::{Artifact, ArtifactKind};

/// Nobody vouches: verification was off.
pub(crate) const UNVERIFIED: &str = "unverified";

/// The database could not be asked; the proof is still to come.
pub(crate) const UNPROVEN: &str = "unproven";

/// No log covers it: the first that was seen stays.
pub(crate) const FIRST_SEEN: &str = "first-seen";

/// A module that no database is asked about, because a setting says so: the first that was seen stays.
pub(crate) const PRIVATE: &str = "private";

/// What evidence begins with that a proof is kept for.
const PROVEN: &str = "sumdb ";

/// Proven by this record of a checksum database.
pub(crate) fn proven(database: &str, record: u64) -> String {
    format!("{PROVEN}{database} {record}")
}

/// The database whose proof is claimed, if one is.
pub(crate) fn database(evidence: &str) -> Option<&str> {
    evidence.strip_prefix(PROVEN)?.split(' ').next()
}

/// The version under which a record has an artifact's hash; that of a go.mod has a mark behind it.
pub(crate) fn logged_version(artifact: &Artifact) -> String {
    match artifact.kind {
        ArtifactKind::Mod => format!("{}/go.mod", artifact.version),
        ArtifactKind::Zip | ArtifactKind::Info => artifact.version.to_string(),
    }
}
