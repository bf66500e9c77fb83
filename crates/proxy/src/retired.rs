//! Retired versions: served as ever, but nobody is pointed to them.
//!
//! An operator retired them (`modkeep store retire`), for a reason that is in the journal. Lists leave them out
//! and `@latest` never means them; whoever names one gets it, so no build breaks. The set changes as a whole,
//! when an order was given, and then what was computed is forgotten.

use gomod::{ModulePath, Version};
use parking_lot::RwLock;
use std::{borrow::Cow, collections::HashSet, sync::Arc};
use store::{MarkedVersion, StoredVersion};

/// The versions that are retired, and whether lists have them all the same.
#[derive(Debug, Default)]
pub(crate) struct RetiredVersions {
    is_listed: bool,
    versions: RwLock<Arc<HashSet<(ModulePath, Version)>>>,
}

// === impl RetiredVersions ===

impl RetiredVersions {
    pub(crate) fn new(is_listed: bool) -> Self {
        Self {
            is_listed,
            versions: RwLock::default(),
        }
    }

    /// These are retired from now on. Whoever calls this forgets what was computed.
    pub(crate) fn set(&self, retired: Vec<MarkedVersion>) {
        let names = retired.into_iter();
        let names = names.map(|retired| (retired.module, retired.version));
        *self.versions.write() = Arc::new(names.collect());
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.versions.read().len()
    }

    /// Whether lists leave a version out.
    pub(crate) fn hides(&self, module: &ModulePath, version: &Version) -> bool {
        if self.is_listed {
            return false;
        }
        let versions = Arc::clone(&self.versions.read());
        !versions.is_empty() && versions.contains(&(module.clone(), version.clone()))
    }

    /// Without the versions that lists leave out.
    pub(crate) fn listable(
        &self,
        module: &ModulePath,
        mut kept: Vec<StoredVersion>,
    ) -> Vec<StoredVersion> {
        kept.retain(|kept| !self.hides(module, &kept.version));
        kept
    }

    /// The text of a list without the lines of such versions.
    pub(crate) fn listable_text<'l>(
        &self,
        module: &ModulePath,
        text: Cow<'l, str>,
    ) -> Cow<'l, str> {
        if self.is_listed || self.count() == 0 {
            return text;
        }
        let is_listable = |line: &&str| {
            let word = line.split_whitespace().next().unwrap_or_default();
            let version = Version::parse(word);
            version.map_or(true, |version| !self.hides(module, &version))
        };
        let lines = text.lines().filter(is_listable);
        Cow::Owned(lines.flat_map(|line| [line, "\n"]).collect())
    }
}
