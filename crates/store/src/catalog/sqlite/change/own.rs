//! Records of checksum databases of our own.
//!
//! A record is appended with its entry in the journal and the hashes of the tiles it fills, in one
//! transaction, and never changed: a version that has one keeps it, whoever comes with another.

use super::{
    Command, CommandOutcome, Decision, JournalEntry, StoreError, TransactionBatch, params, read,
    tree,
};
use crate::{
    key::Key,
    own::record::{DatabaseRecord, NewRecord, go_sum_lines},
    trust::version_path,
};
use gomod::{Artifact, ArtifactKind};
use tree::Log;

/// Appends a record to a checksum database of our own; gives the record of the version, which is the
/// one that was there before if there was one.
pub(crate) struct AppendRecord(pub(crate) NewRecord);

// === impl AppendRecord ===

impl Command for AppendRecord {
    type Outcome = DatabaseRecord;

    fn apply(
        self,
        batch: &mut TransactionBatch<'_>,
    ) -> Result<CommandOutcome<DatabaseRecord>, StoreError> {
        batch.log(self.0).map(CommandOutcome::Done)
    }
}

// === impl TransactionBatch ===

impl TransactionBatch<'_> {
    /// The record of a version: the one that is there, else this one.
    fn log(&mut self, new: NewRecord) -> Result<DatabaseRecord, StoreError> {
        let version = version_path(&new.module, &new.version);
        if let Some(known) = read::own::by_version(self.connection, &new.database, &version)? {
            return Ok(known);
        }
        let number = tree::size(self.connection, Log::Database(&new.database))?;
        let (_, at) = self.journal(Decision::Logged {
            database: new.database.clone(),
            record: number,
            version: version.clone(),
            text: new.text.clone(),
            source: new.source.clone(),
        })?;
        let record = DatabaseRecord {
            number,
            text: new.text,
            source: new.source,
            at,
        };
        self.insert_record(&new.database, &version, &record)?;
        Ok(record)
    }

    /// Appends the record of a version of which go.mod and zip are both kept now.
    pub(super) fn log_version(
        &mut self,
        database: &str,
        artifact: &Artifact,
    ) -> Result<(), StoreError> {
        let kept = |kind| {
            let Artifact {
                module, version, ..
            } = artifact.clone();
            let key = Key::Artifact(Artifact {
                module,
                version,
                kind,
            });
            read::find(self.connection, &key.path())
        };
        let (Some(go_mod), Some(zip)) = (kept(ArtifactKind::Mod)?, kept(ArtifactKind::Zip)?) else {
            return Ok(());
        };
        let (Some(go_mod_h1), Some(zip_h1)) = (&go_mod.h1, &zip.h1) else {
            return Ok(());
        };
        let text = go_sum_lines(&artifact.module, &artifact.version, zip_h1, go_mod_h1);
        self.log(NewRecord {
            database: database.to_owned(),
            module: artifact.module.clone(),
            version: artifact.version.clone(),
            text,
            source: zip.source,
        })
        .map(drop)
    }

    /// Inserts again what an entry of the journal tells of. A record that does not join those
    /// before it is left out: the log then ends there, and whoever compares it with its signed head
    /// finds out.
    pub(super) fn replay_log(&mut self, entry: &JournalEntry) -> Result<(), StoreError> {
        let Decision::Logged {
            database,
            record,
            version,
            text,
            source,
        } = &entry.decision
        else {
            return Ok(());
        };
        if tree::size(self.connection, Log::Database(database))? != *record {
            return Ok(());
        }
        let record = DatabaseRecord {
            number: *record,
            text: text.clone(),
            source: source.clone(),
            at: entry.at,
        };
        self.insert_record(database, version, &record)
    }

    fn insert_record(
        &self,
        database: &str,
        version: &str,
        record: &DatabaseRecord,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO own_record (database, number, version, text, source, at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let DatabaseRecord {
            number,
            text,
            source,
            at,
        } = record;
        let row = params![
            database,
            number,
            version,
            text,
            source,
            read::microseconds(*at)
        ];
        self.execute("appending a record", sql, row)?;
        tree::complete(self.connection, Log::Database(database), number + 1)
    }
}
