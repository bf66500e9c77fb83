//! What is asked about marked versions.

use super::{collect, timestamp};
use crate::{
    error::StoreError,
    version_mark::{MarkedVersion, VersionMark},
};
use rusqlite::Connection;

/// All with a mark. A catalog of an older layout, which a disk that cannot be written may have, has none.
pub(crate) fn all(
    connection: &Connection,
    mark: VersionMark,
) -> Result<Vec<MarkedVersion>, StoreError> {
    let (action, table) = ("listing marked versions", mark.table());
    let failed = |error| StoreError::sql(action, error);
    let has_table = connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1")
        .and_then(|mut statement| statement.exists([table]))
        .map_err(failed)?;
    if !has_table {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT version, at, sequence, reason FROM {table} ORDER BY version");
    let rows = collect(connection, action, &sql, [], |row| {
        let path: String = row.get(0)?;
        Ok((path, timestamp(row, 1)?, row.get(2)?, row.get(3)?))
    })?;
    rows.into_iter()
        .map(|(path, at, sequence, reason)| {
            // A row that cannot be read is an order that would not be obeyed.
            let unreadable = || StoreError::CorruptCatalog {
                problem: format!("{path:?} is {table}, and is no version"),
            };
            let (module, version) = MarkedVersion::name(&path).ok_or_else(unreadable)?;
            Ok(MarkedVersion {
                module,
                version,
                at,
                sequence,
                reason,
            })
        })
        .collect()
}
