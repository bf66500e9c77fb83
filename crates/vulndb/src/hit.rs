//! Hit: a vulnerability that a version of a module has.

use crate::entry::{
    AffectedModule, AffectedPackage, EntryId, OsvEntry, OsvSeverity, OsvTime, ReviewStatus,
};
use crate::range::{affects, fixes};
use serde::{Deserialize, Serialize};

/// A vulnerability that a version of a module has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VulnerabilityHit {
    /// The module.
    pub module: String,
    /// Its version, as it was asked for.
    pub version: String,
    /// The name of the vulnerability.
    pub id: EntryId,
    /// Its names in other databases.
    pub aliases: Vec<String>,
    /// What it is, in one line.
    pub summary: String,
    /// How far the Go team looked into it.
    pub review: ReviewStatus,
    /// How bad it is, where a source says so, on a scale.
    pub severity: Vec<OsvSeverity>,
    /// How bad it is, where a source says so in a word.
    pub rating: Option<String>,
    /// A page about it.
    pub url: Option<String>,
    /// When it was published.
    pub published: Option<OsvTime>,
    /// When what is known of it was last changed.
    pub modified: OsvTime,
    /// The lowest version above this one that has it no more.
    pub lowest_fix: Option<String>,
    /// The highest version that is known to have fixed it.
    pub newest_fix: Option<String>,
    /// The lowest version above this one that has none of what the module's versions have fixed: one
    /// step for all of its vulnerabilities. None where an older site does not say, or there is none.
    #[serde(default)]
    pub upgrade: Option<String>,
    /// The packages and symbols that have it; all of the module if there are none.
    pub imports: Vec<AffectedPackage>,
    /// The names of the sources that tell of it.
    pub sources: Vec<String>,
}

// === impl VulnerabilityHit ===

impl VulnerabilityHit {
    /// What an entry says about a version; nothing if the version does not have it. A withdrawn
    /// entry says nothing.
    pub(crate) fn of(
        entry: &OsvEntry,
        module: &str,
        version: &str,
        semantic: &str,
    ) -> Option<Self> {
        if entry.withdrawn.is_some() {
            return None;
        }
        let about: Vec<&AffectedModule> = entry.about(module).collect();
        let having = about.iter().filter(|affected| affects(affected, semantic));
        let having: Vec<&AffectedModule> = having.copied().collect();
        if having.is_empty() {
            return None;
        }
        let fixes = fixes(&about, semantic);
        let extra = &entry.database_specific;
        Some(Self {
            module: module.to_owned(),
            version: version.to_owned(),
            id: entry.id.clone(),
            aliases: entry.aliases.clone(),
            summary: entry.summary.clone(),
            review: extra.review_status,
            severity: entry.severity.clone(),
            rating: extra.severity.0.clone(),
            url: Some(extra.url.clone()).filter(|url| !url.is_empty()),
            published: entry.published,
            modified: entry.modified,
            lowest_fix: fixes.first().map(|&fix| fix.to_owned()),
            newest_fix: fixes.last().map(|&fix| fix.to_owned()),
            upgrade: None,
            imports: imports(&having),
            sources: Vec::new(),
        })
    }

    /// Its own name and those in other databases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let aliases = self.aliases.iter().map(String::as_str);
        std::iter::once(self.id.as_str()).chain(aliases)
    }

    /// Whether no version is known that fixed it.
    pub const fn is_unfixed(&self) -> bool {
        self.lowest_fix.is_none()
    }
}

/// All packages that are named; none, which means all, if one statement is about the whole module.
fn imports(having: &[&AffectedModule]) -> Vec<AffectedPackage> {
    if having.iter().any(|affected| affected.imports().is_empty()) {
        Vec::new()
    } else {
        let imports = having.iter().flat_map(|affected| affected.imports());
        imports.cloned().collect()
    }
}
