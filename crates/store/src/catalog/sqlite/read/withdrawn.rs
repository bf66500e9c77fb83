//! What is asked about withdrawn versions.

use super::{collect, timestamp};
use crate::{error::StoreError, withdrawn::WithdrawnVersion};
use rusqlite::Connection;

/// All of them. A catalog of an older layout, which a disk that cannot be written may have, has none.
pub(crate) fn all(connection: &Connection) -> Result<Vec<WithdrawnVersion>, StoreError> {
    let action = "listing withdrawn versions";
    let failed = |error| StoreError::sql(action, error);
    let has_table = connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'withdrawn'")
        .and_then(|mut statement| statement.exists([]))
        .map_err(failed)?;
    if !has_table {
        return Ok(Vec::new());
    }
    let sql = "SELECT version, at, sequence, reason FROM withdrawn ORDER BY version";
    let rows = collect(connection, action, sql, [], |row| {
        let path: String = row.get(0)?;
        Ok((path, timestamp(row, 1)?, row.get(2)?, row.get(3)?))
    })?;
    rows.into_iter()
        .map(|(path, at, sequence, reason)| {
            // A row that cannot be read is an order that would not be obeyed.
            let unreadable = || StoreError::CorruptCatalog {
                problem: format!("{path:?} is withdrawn, and is no version"),
            };
            let (module, version) = WithdrawnVersion::name(&path).ok_or_else(unreadable)?;
            Ok(WithdrawnVersion {
                module,
                version,
                at,
                sequence,
                reason,
            })
        })
        .collect()
}
