//! Document: one vulnerability while sources are merged, as its bytes and as what they say.
//!
//! What is added is written into the bytes, and those are read again: what is served is what counts.
//! Fields that nobody here knows stay as they are.

use crate::entry::{AffectedModule, EntryError, OsvEntry, OsvTime};
use crate::source::{RawEntry, SourceOrigin};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// One vulnerability.
#[derive(Debug)]
pub(crate) struct MergedVulnerability {
    pub(crate) entry: OsvEntry,
    pub(crate) bytes: Vec<u8>,
    /// Numbers of the sources that tell of it.
    pub(crate) sources: Vec<usize>,
}

/// What later entries add.
#[derive(Debug, Default)]
struct LaterFields {
    statements: Vec<Value>,
    names: Vec<Value>,
    modified: Option<OsvTime>,
}

// === impl MergedVulnerability ===

impl MergedVulnerability {
    pub(super) fn new(read: RawEntry, source: usize) -> Self {
        Self {
            entry: read.entry,
            bytes: read.bytes,
            sources: vec![source],
        }
    }

    /// Adds what entries of a later keeper say, all at once: what one of them adds does not silence
    /// the next.
    pub(super) fn take(
        &mut self,
        later: &[RawEntry],
        source: usize,
        origin: SourceOrigin,
    ) -> Result<(), EntryError> {
        if !self.sources.contains(&source) {
            self.sources.push(source);
        }
        let added = self.later_fields(later, origin)?;
        if added.statements.is_empty() && added.names.is_empty() {
            return Ok(());
        }
        let mut object = object(&self.bytes)?;
        extend(&mut object, "affected", added.statements);
        extend(&mut object, "aliases", added.names);
        let modified = added.modified.max(Some(self.entry.modified));
        object.insert("modified".to_owned(), serde_json::json!(modified));
        self.bytes = Value::Object(object).to_string().into_bytes();
        self.entry = OsvEntry::parse(&self.bytes)?;
        Ok(())
    }

    fn later_fields(
        &self,
        later: &[RawEntry],
        origin: SourceOrigin,
    ) -> Result<LaterFields, EntryError> {
        let mut names: HashSet<&str> = self.entry.names().collect();
        let modules = self.entry.modules();
        let is_new = |affected: &AffectedModule| {
            affected.module().is_some_and(|module| match origin {
                SourceOrigin::Public => !modules.contains_key(module),
                SourceOrigin::Private => !self.entry.affected.contains(affected),
            })
        };
        let mut added = LaterFields::default();
        for RawEntry { entry, bytes } in later {
            let statements = take_list(&mut object(bytes)?, "affected");
            let statements = statements.into_iter().zip(&entry.affected);
            let new = statements.filter(|(_, affected)| is_new(affected));
            added.statements.extend(new.map(|(statement, _)| statement));
            let new = entry.names().filter(|name| names.insert(name));
            added.names.extend(new.map(Value::from));
            added.modified = added.modified.max(Some(entry.modified));
        }
        Ok(added)
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

fn extend(object: &mut Map<String, Value>, name: &str, more: Vec<Value>) {
    let mut list = take_list(object, name);
    list.extend(more);
    if !list.is_empty() {
        object.insert(name.to_owned(), Value::Array(list));
    }
}
