//! Merging: one entry a vulnerability, whoever tells of it.
//!
//! Sources come in an order: first the Go database, whose versions and symbols were checked, then
//! OSV, then the company's own. What a later source knows under an id or alias of an earlier one is
//! the same vulnerability, and **adds** to it:
//!
//! * its names become aliases;
//! * a public source adds modules that the earlier ones say nothing about; about the others the
//!   earlier word stands, else a rough copy would make checked versions rough again;
//! * a private source adds whatever it says about any module. It takes nothing away: no advisory
//!   of one's own can make a public one disappear.
//!
//! Withdrawn entries add nothing and stand in nobody's way: they are the same as nothing but an
//! entry of their own id, which takes their place. Two entries of one source stay two, however many
//! aliases they share: whoever keeps the source told them apart on purpose.

use crate::entry::{Affected, Entry, EntryError, Id};
use crate::source::{Origin, Read, Source};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};

/// Why sources cannot become one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{id} of {source_name}, merged into what is known of it: {problem}")]
pub struct MergeError {
    /// The entry of the later source.
    pub id: Id,
    /// The later source.
    pub source_name: String,
    /// What is wrong with both together.
    pub problem: EntryError,
}

/// One vulnerability.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) entry: Entry,
    pub(crate) bytes: Vec<u8>,
    /// Numbers of the sources that tell of it.
    pub(crate) sources: Vec<usize>,
}

/// Documents in the making, by the names that they are known under.
#[derive(Debug, Default)]
struct Merged {
    documents: Vec<Document>,
    known: HashMap<String, usize>,
}

/// Merges the entries of sources.
pub(crate) fn merge(sources: &mut [Source]) -> Result<Vec<Document>, MergeError> {
    let mut merged = Merged::default();
    for (number, source) in sources.iter_mut().enumerate() {
        let mut touched = Vec::new();
        for read in std::mem::take(&mut source.entries) {
            let at = merged.add(read, number, source.origin);
            touched.push(at.map_err(|(id, problem)| MergeError {
                id,
                source_name: source.name.clone(),
                problem,
            })?);
        }
        // Only now: entries of one source are not the same, whatever names they share.
        for at in touched {
            merged.register(at);
        }
    }
    Ok(merged.documents)
}

// === impl Merged ===

impl Merged {
    /// Adds an entry to what it is the same as, and says where that is.
    fn add(
        &mut self,
        read: Read,
        source: usize,
        origin: Origin,
    ) -> Result<usize, (Id, EntryError)> {
        let same = read.entry.names().find_map(|name| self.known.get(name));
        let same = same.and_then(|&at| Some((at, self.documents.get_mut(at)?)));
        let Some((at, document)) = same else {
            self.documents.push(Document::new(read, source));
            return Ok(self.documents.len() - 1);
        };
        let taken = document.take(&read, source, origin);
        taken.map_err(|problem| (read.entry.id, problem))?;
        Ok(at)
    }

    fn register(&mut self, at: usize) {
        let Some(Document { entry, .. }) = self.documents.get(at) else {
            return;
        };
        let count = match entry.withdrawn {
            Some(_) => 1,
            None => usize::MAX,
        };
        for name in entry.names().take(count) {
            self.known.entry(name.to_owned()).or_insert(at);
        }
    }
}

// === impl Document ===

impl Document {
    fn new(read: Read, source: usize) -> Self {
        Self {
            entry: read.entry,
            bytes: read.bytes,
            sources: vec![source],
        }
    }

    fn take(&mut self, later: &Read, source: usize, origin: Origin) -> Result<(), EntryError> {
        if later.entry.withdrawn.is_some() {
            return Ok(());
        }
        if self.entry.withdrawn.is_some() {
            *self = Self::new(later.clone(), source);
            return Ok(());
        }
        if !self.sources.contains(&source) {
            self.sources.push(source);
        }
        let added = self.added_affected(&later.entry, origin);
        let aliases = self.added_aliases(&later.entry);
        if added.is_empty() && aliases.is_empty() {
            return Ok(());
        }
        self.rewrite(later, &added, aliases)
    }

    /// Numbers of the statements that the later entry adds.
    fn added_affected(&self, later: &Entry, origin: Origin) -> Vec<usize> {
        let is_new = |affected: &Affected| {
            let Some(module) = affected.module() else {
                return false;
            };
            match origin {
                Origin::Public => self.entry.about(module).next().is_none(),
                Origin::Private => !self.entry.affected.contains(affected),
            }
        };
        let numbered = later.affected.iter().enumerate();
        let new = numbered.filter(|(_, affected)| is_new(affected));
        new.map(|(number, _)| number).collect()
    }

    fn added_aliases(&self, later: &Entry) -> Vec<Value> {
        let known: BTreeSet<&str> = self.entry.names().collect();
        let new = later.names().filter(|name| !known.contains(name));
        new.map(Value::from).collect()
    }

    /// Writes the entry anew, with what is added, and reads it back: what is served is what counts.
    fn rewrite(
        &mut self,
        later: &Read,
        added: &[usize],
        aliases: Vec<Value>,
    ) -> Result<(), EntryError> {
        let mut object = object(&self.bytes)?;
        let mut other = self::object(&later.bytes)?;
        let statements = take_list(&mut other, "affected").into_iter().enumerate();
        let added = statements.filter(|(number, _)| added.contains(number));
        extend(&mut object, "affected", added.map(|(_, value)| value));
        extend(&mut object, "aliases", aliases);
        let modified = self.entry.modified.max(later.entry.modified);
        object.insert("modified".to_owned(), modified.to_string().into());
        self.bytes = Value::Object(object).to_string().into_bytes();
        self.entry = Entry::parse(&self.bytes)?;
        Ok(())
    }
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, EntryError> {
    serde_json::from_slice(bytes).map_err(|error| EntryError::malformed(&error))
}

/// Takes a list out of an object; nothing, `null` and an empty one are the same.
fn take_list(object: &mut Map<String, Value>, name: &str) -> Vec<Value> {
    match object.remove(name) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn extend(object: &mut Map<String, Value>, name: &str, more: impl IntoIterator<Item = Value>) {
    let mut list = take_list(object, name);
    list.extend(more);
    if !list.is_empty() {
        object.insert(name.to_owned(), Value::Array(list));
    }
}
