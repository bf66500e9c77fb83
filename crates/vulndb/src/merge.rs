//! Merging: one entry for each vulnerability, from all sources.
//!
//! Sources come in an order: first the Go database, whose versions and symbols were checked, then
//! OSV, then, whatever the caller says, the company's own. What a later source knows under an id or alias of an earlier one is
//! the same vulnerability, and **adds** to it:
//!
//! * its names become aliases;
//! * a public source adds modules that the earlier ones say nothing about; about the others the
//!   earlier word stands, else a rough copy would make checked versions rough again;
//! * a private source adds whatever it says about any module. It takes nothing away: no advisory
//!   of one's own can make a public one disappear.
//!
//! Withdrawn entries add nothing and stand in nobody's way: what tells of the same id without
//! withdrawing it takes their place.
//!
//! Two entries of one keeper stay two, however many names they share: whoever keeps them told them
//! apart on purpose. The ecosystem's zip of OSV has several keepers, the Go team first of all, so in
//! each source the entries with ids of the Go database come first and the others add to them.

mod document;

pub(crate) use document::MergedVulnerability;

use crate::entry::{EntryError, EntryId, OsvEntry};
use crate::source::{DatabaseSource, RawEntry, SourceOrigin};
use std::collections::{BTreeMap, HashMap};

/// What the ids of the Go database begin with.
const GO_PREFIX: &str = "GO-";

/// Why sources cannot become one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{source_name} adds to {id} what makes it no entry any more: {problem}")]
pub struct MergeError {
    /// What is added to.
    pub id: EntryId,
    /// The later source.
    pub source_name: String,
    /// What is wrong with both together.
    pub problem: EntryError,
}

/// Documents in the making.
#[derive(Debug, Default)]
struct MergedDocuments {
    documents: Vec<MergedVulnerability>,
    /// Where each vulnerability is, by all its names.
    known: HashMap<String, usize>,
    /// Where each withdrawn entry is, by its id alone.
    void: HashMap<String, usize>,
}

/// What entries of one keeper are, in the light of what is known before any of them.
#[derive(Debug, Default)]
struct EntryRoles {
    new: Vec<RawEntry>,
    /// By the document that they add to.
    adding: BTreeMap<usize, Vec<RawEntry>>,
    /// With the withdrawn document whose place they take.
    replacing: Vec<(usize, RawEntry)>,
}

/// Merges the entries of sources.
pub(crate) fn merge(
    sources: &mut [DatabaseSource],
) -> Result<Vec<MergedVulnerability>, MergeError> {
    let mut merged = MergedDocuments::default();
    for (number, source) in sources.iter_mut().enumerate() {
        let entries = std::mem::take(&mut source.entries).into_iter();
        let is_of_go = |read: &RawEntry| read.entry.id.as_str().starts_with(GO_PREFIX);
        let (first, others): (Vec<RawEntry>, Vec<RawEntry>) = entries.partition(is_of_go);
        for reads in [first, others] {
            let added = merged.add(reads, number, source.origin);
            added.map_err(|(id, problem)| MergeError {
                id,
                source_name: source.name.clone(),
                problem,
            })?;
        }
    }
    Ok(merged.documents)
}

// === impl MergedDocuments ===

impl MergedDocuments {
    fn add(
        &mut self,
        reads: Vec<RawEntry>,
        source: usize,
        origin: SourceOrigin,
    ) -> Result<(), (EntryId, EntryError)> {
        let sorted = self.sort(reads);
        for (at, reads) in sorted.adding {
            if let Some(document) = self.documents.get_mut(at) {
                let taken = document.take(&reads, source, origin);
                taken.map_err(|problem| (document.entry.id.clone(), problem))?;
                self.register(at);
            }
        }
        for (at, read) in sorted.replacing {
            if let Some(document) = self.documents.get_mut(at) {
                *document = MergedVulnerability::new(read, source);
                self.register(at);
            }
        }
        for read in sorted.new {
            self.documents.push(MergedVulnerability::new(read, source));
            self.register(self.documents.len() - 1);
        }
        Ok(())
    }

    fn sort(&self, reads: Vec<RawEntry>) -> EntryRoles {
        let mut sorted = EntryRoles::default();
        for read in reads {
            let OsvEntry { id, withdrawn, .. } = &read.entry;
            let same = read.entry.names().find_map(|name| self.known.get(name));
            let void = self.void.get(id.as_str());
            match (same, void, withdrawn) {
                (None, None, _) => sorted.new.push(read),
                (_, _, Some(_)) => {}
                (Some(&at), _, None) => sorted.adding.entry(at).or_default().push(read),
                (None, Some(&at), None) => sorted.replacing.push((at, read)),
            }
        }
        sorted
    }

    fn register(&mut self, at: usize) {
        let Some(MergedVulnerability { entry, .. }) = self.documents.get(at) else {
            return;
        };
        if entry.withdrawn.is_some() {
            self.void.insert(entry.id.to_string(), at);
            return;
        }
        for name in entry.names() {
            self.known.entry(name.to_owned()).or_insert(at);
        }
    }
}
