//! Older data: whether a new database is older than the one that is kept.
//!
//! A mirror that stopped, a cache, an old file or an attacker hands out yesterday's data, and what was
//! found since would be unknown again. Compared are the public sources: the time of the whole, which is
//! that of the newest of them, and of every entry that both have. Advisories of the site's own are its
//! own business: they change as their keeper likes.

use crate::database::{DatabaseError, VulnerabilityDatabase};
use crate::entry::OsvTime;
use crate::source::SourceOrigin;
use std::collections::BTreeMap;
use std::fmt;

/// Something that is older than what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OlderData {
    /// The id of an entry; nothing where the whole is meant.
    pub entry: Option<String>,
    /// When what is kept was last changed.
    pub kept: OsvTime,
    /// When what was to replace it was; nothing where that has no date.
    pub offered: Option<OsvTime>,
}

// === impl Database ===

impl VulnerabilityDatabase {
    /// What of this database is older than what is kept: the whole first, then entries by id.
    pub fn older_than(&self, kept: &Self) -> Result<Vec<OlderData>, DatabaseError> {
        let (ours, theirs) = (self.public_time(), kept.public_time());
        let whole = theirs.filter(|_| ours < theirs).map(|kept| OlderData {
            entry: None,
            kept,
            offered: ours,
        });
        let mut older: Vec<OlderData> = whole.into_iter().collect();
        let ours = self.public_entries()?;
        for (entry, kept) in kept.public_entries()? {
            if let Some(&offered) = ours.get(&entry)
                && offered < kept
            {
                older.push(OlderData {
                    entry: Some(entry),
                    kept,
                    offered: Some(offered),
                });
            }
        }
        Ok(older)
    }

    fn public_time(&self) -> Option<OsvTime> {
        let sources = self.index.sources.iter();
        let public = sources.filter(|source| source.origin == SourceOrigin::Public);
        public.filter_map(|source| source.modified).max()
    }

    /// Entries of which only public sources tell, with their times.
    fn public_entries(&self) -> Result<BTreeMap<String, OsvTime>, DatabaseError> {
        let is_public = |number: &usize| {
            let source = self.index.sources.get(*number);
            source.is_some_and(|source| source.origin == SourceOrigin::Public)
        };
        let files = self.index.files.iter().enumerate();
        let public = files
            .filter(|(_, file)| !file.sources.is_empty() && file.sources.iter().all(is_public));
        public
            .map(|(number, _)| {
                let (entry, _) = self.entry(number)?;
                Ok((entry.id.to_string(), entry.modified))
            })
            .collect()
    }
}

// === impl OlderData ===

impl fmt::Display for OlderData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.entry.as_deref().unwrap_or("the whole");
        write!(f, "{what} is of ")?;
        match self.offered {
            Some(offered) => write!(f, "{offered}")?,
            None => f.write_str("no date")?,
        }
        write!(f, ", and {} is kept", self.kept)
    }
}
