//! Info evidence: what an `.info`, which is in no log, says of itself.

use gomod::{Artifact, ArtifactKind, info::VersionInfo};
use protocol::{Confirmation, Evidence};
use store::{Key, Record};

/// What an arriving `.info` says of itself, where it can only claim so much.
pub(crate) fn evidence(claim: Evidence, info: &[u8]) -> Evidence {
    let is_confirmed = VersionInfo::parse(info).is_ok_and(|info| info.time_is_in_version());
    if claim.awaits_confirmation() && is_confirmed {
        Evidence::Confirmed(Confirmation::Version)
    } else {
        claim
    }
}

/// The `.info` that a record is about, if nothing has confirmed it.
pub fn unconfirmed(record: &Record) -> Option<&Artifact> {
    let Key::Artifact(artifact) = &record.key else {
        return None;
    };
    let is_open = record.evidence.awaits_confirmation();
    (artifact.kind == ArtifactKind::Info && is_open).then_some(artifact)
}
