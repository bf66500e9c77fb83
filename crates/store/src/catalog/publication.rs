//! Publications as the catalog takes them: captures that become visible together, and their entry.

use super::types::{CaptureRow, NewCapture};
use crate::{
    journal::{Decision, JournalEvent},
    publication::KeptHashes,
};

/// The word of the entry that tells of a publication.
const PUBLISHED: &str = "published";

/// The word of the entry that tells of one that was refused.
const REFUSED: &str = "publication-refused";

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
