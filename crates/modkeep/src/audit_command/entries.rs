//! Entries: what can be said of them beyond their hashes.

use super::log::AuditError;
use std::collections::{HashMap, hash_map::Entry};
use tlog::record::check_text;

/// Which versions have been seen, and where.
#[derive(Default)]
pub(super) struct VersionUniqueness {
    records: HashMap<String, u64>,
    others: u64,
}

// === impl VersionUniqueness ===

impl VersionUniqueness {
    /// Notes an entry; a version that was seen in another one is a problem.
    pub(super) fn add(&mut self, number: u64, entry: &[u8]) -> Result<(), AuditError> {
        let Some(version) = version(entry) else {
            self.others += 1;
            return Ok(());
        };
        match self.records.entry(version) {
            Entry::Vacant(place) => {
                place.insert(number);
                Ok(())
            }
            Entry::Occupied(known) if *known.get() == number => Ok(()),
            Entry::Occupied(known) => Err(AuditError::Wrong(format!(
                "records {} and {number} are both of {}",
                known.get(),
                known.key()
            ))),
        }
    }

    /// What was found, in a line.
    pub(super) fn summary(&self) -> String {
        match (self.records.len(), self.others) {
            (0, others) => format!("{others} entries are no records of versions"),
            (records, 0) => format!("{records} records, each of another version"),
            (records, others) => {
                format!("{records} records, each of another version; {others} other entries")
            }
        }
    }
}

/// `MODULE@VERSION` of a record's text.
pub(super) fn version(entry: &[u8]) -> Option<String> {
    let line = check_text(entry).ok()?.lines().next()?;
    let mut fields = line.split(' ');
    let (module, version, hash) = (fields.next()?, fields.next()?, fields.next()?);
    let is_record = fields.next().is_none() && hash.starts_with("h1:");
    let version = version.strip_suffix("/go.mod").unwrap_or(version);
    is_record.then(|| format!("{module}@{version}"))
}

#[cfg(test)]
mod tests {
    use super::VersionUniqueness;

    #[test]
    fn a_version_in_two_records_is_a_problem_and_the_same_record_twice_is_not() {
        let mut unique = VersionUniqueness::default();
        let entry = b"example.com/m v1.0.0 h1:a=\nexample.com/m v1.0.0/go.mod h1:b=\n";
        assert!(unique.add(3, entry).is_ok());
        assert!(unique.add(3, entry).is_ok());
        assert!(unique.add(4, b"example.com/m v1.0.1 h1:a=\n").is_ok());
        assert!(unique.add(5, b"{\"sequence\":6}").is_ok());
        assert_eq!(
            unique.summary(),
            "2 records, each of another version; 1 other entries"
        );
        assert!(
            unique
                .add(9, b"example.com/m v1.0.0/go.mod h1:c=\n")
                .is_err()
        );
    }
}
