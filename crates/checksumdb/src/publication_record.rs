//! Publication record: what our own databases have, or will have, of a version that is published here.
//!
//! A published version is logged where a database of our own covers it. Where that database must not sign any
//! more, nothing is published: the record would be missing for ever.

use crate::verification::Verification;
use codes::Code;
use gomod::{ModulePath, Version};
use protocol::{Refusal, is_toolchain};
use store::KeptHashes;

/// What is known of the record of a version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicationRecord {
    /// The database that takes it, if one does.
    pub database: Option<String>,
    /// The hashes of the record that there is already.
    pub known: Option<KeptHashes>,
}

// === impl Verification ===

impl Verification {
    /// What our own databases have of a version that is about to be published, and which one takes its record.
    ///
    /// # Errors
    /// The database that covers it takes no records, or the store failed.
    pub async fn publication_record(
        &self,
        module: &ModulePath,
        version: &Version,
    ) -> Result<PublicationRecord, Refusal> {
        let mut record = PublicationRecord {
            database: self.publication_log(module)?,
            known: None,
        };
        for served in self.hosted.all() {
            let found = served.database.find(module, version).await;
            let found = found.map_err(|error| self.alarms.store_failure(error))?;
            let Some(found) = found else { continue };
            let found = found.record();
            let hash = |version: &str| {
                let mut hashes = found.hashes(module.as_str(), version);
                hashes.next().map(str::to_owned)
            };
            record.known = Some(KeptHashes {
                zip: hash(version.as_str()),
                go_mod: hash(&format!("{version}/go.mod")),
            });
        }
        Ok(record)
    }

    fn publication_log(&self, module: &ModulePath) -> Result<Option<String>, Refusal> {
        let is_covered = self.privacy.is_unlogged(module) || self.hosted.has_public();
        let Some(served) = self.hosted.chosen().filter(|_| is_covered) else {
            return Ok(None);
        };
        let name = served.database.name();
        if is_toolchain(module) {
            return Ok(None);
        }
        if served.database.is_retired() {
            return Err(Refusal::new(Code::OwnSumdbRetired, name));
        }
        if self.hosted.active().is_none() {
            return Err(Refusal::new(Code::OwnSumdbHalted, name));
        }
        Ok(Some(name.to_owned()))
    }
}
