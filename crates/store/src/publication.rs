//! Publication: a version that is given to this site by its author, and not taken from a source.
//!
//! Its three artifacts are one capture: they become visible in one transaction, with the entry that says who
//! published them and with the record in a database of our own (law L5). The transaction itself compares with
//! what is kept, so of two publishers at once exactly one wins. What is kept is never overwritten (L2):
//! the same hashes again change nothing, others are refused with an entry in the journal.
//!
//! Compared are Go's hashes, not bytes: the same files in another zip are the same version.

use crate::{
    catalog::{CaptureRow, NewCapture},
    journal::{Decision, JournalEvent},
    spool::SealedSpool,
};
use bytes::Bytes;
use gomod::{ModulePath, Version};

/// Where published bytes come from, in the catalog and the journal.
pub(crate) const PUBLICATION_SOURCE: &str = "publication";

/// The word of the entry that tells of a publication.
const PUBLISHED: &str = "published";

/// The word of the entry that tells of one that was refused.
const REFUSED: &str = "publication-refused";

/// A version to publish.
pub struct VersionPublication {
    /// The module.
    pub module: ModulePath,
    /// Its version.
    pub version: Version,
    /// The bytes of its `.info`.
    pub info: Bytes,
    /// The bytes of its go.mod.
    pub go_mod: Bytes,
    /// Go's hash of them.
    pub go_mod_h1: String,
    /// Its zip, complete and durable.
    pub zip: SealedSpool,
    /// Go's hash of it.
    pub zip_h1: String,
    /// Who publishes it.
    pub publisher: String,
    /// The checksum database of our own that has its record from then on.
    pub log: Option<String>,
}

/// What a publication came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicationOutcome {
    /// It is published now, durably.
    Published,
    /// All of it was kept already, with the same hashes.
    Unchanged,
    /// Something else is kept of this version, and stays.
    Different(KeptHashes),
}

/// Go's hashes of what is kept of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptHashes {
    /// That of its zip, if that is kept.
    pub zip: Option<String>,
    /// That of its go.mod.
    pub go_mod: Option<String>,
}

/// A version to publish whose blobs are durable.
pub(crate) struct NewPublication {
    /// `MODULE/@v/VERSION`, escaped.
    pub(crate) version: String,
    pub(crate) publisher: String,
    pub(crate) info: NewCapture,
    pub(crate) go_mod: NewCapture,
    pub(crate) zip: NewCapture,
}

// === impl NewPublication ===

impl NewPublication {
    /// What is kept, if that is something else.
    pub(crate) fn difference(
        &self,
        go_mod: Option<&CaptureRow>,
        zip: Option<&CaptureRow>,
    ) -> Option<KeptHashes> {
        let is_other = |kept: Option<&CaptureRow>, new: &NewCapture| {
            kept.is_some_and(|kept| match (&kept.h1, &new.provenance.h1) {
                (Some(kept), Some(new)) => kept != new,
                _ => kept.blob != new.blob,
            })
        };
        let hash = |kept: Option<&CaptureRow>| {
            let kept = kept?;
            let blob = || format!("sha256:{}", kept.blob);
            Some(kept.h1.clone().unwrap_or_else(blob))
        };
        (is_other(go_mod, &self.go_mod) || is_other(zip, &self.zip)).then(|| KeptHashes {
            zip: hash(zip),
            go_mod: hash(go_mod),
        })
    }

    /// The entry that tells of it.
    pub(crate) fn published(&self) -> Decision {
        self.event(PUBLISHED, "")
    }

    /// The entry that tells that it was refused.
    pub(crate) fn refused(&self, kept: &KeptHashes) -> Decision {
        let none = || "none".to_owned();
        let (zip, go_mod) = (&kept.zip, &kept.go_mod);
        let kept = format!(
            "; kept: zip {}, go.mod {}",
            zip.clone().unwrap_or_else(none),
            go_mod.clone().unwrap_or_else(none)
        );
        self.event(REFUSED, &kept)
    }

    fn event(&self, kind: &str, behind: &str) -> Decision {
        let hash = |capture: &NewCapture| capture.provenance.h1.clone().unwrap_or_default();
        let (zip, go_mod) = (hash(&self.zip), hash(&self.go_mod));
        let event = JournalEvent::new(
            kind,
            self.version.as_str(),
            format!("by {}; zip {zip}, go.mod {go_mod}{behind}", self.publisher),
        );
        event.into_decision()
    }

    /// Its captures: the zip last, which completes the record of the version.
    pub(crate) fn captures(self) -> [NewCapture; 3] {
        [self.info, self.go_mod, self.zip]
    }
}
