//! Records: under which version a checksum database has the hash of an artifact.

use gomod::{Artifact, ArtifactKind};

/// The version under which a record has an artifact's hash; that of a go.mod has a mark behind it.
pub fn logged_version(artifact: &Artifact) -> String {
    match artifact.kind {
        ArtifactKind::Mod => format!("{}/go.mod", artifact.version),
        ArtifactKind::Zip | ArtifactKind::Info => artifact.version.to_string(),
    }
}
