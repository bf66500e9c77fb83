//! Privacy: which names no public source and no public database may hear, and which stay out of the log
//! (law L7).
//!
//! Two settings of an operator say it: modules that are private are asked of nobody but private
//! sources, and modules that are kept from checksum databases are asked of none of these. Either setting
//! can mean that the name is confidential. Go's own toolchains are public whatever the patterns say.

use crate::database_path;
use gomod::{ModulePath, pattern::ModulePatterns};
use std::fmt;

/// What stands in a log line in place of a confidential name.
const HIDDEN: &str = "(private)";

/// The module of Go's own distributions; `go` verifies it whatever its user turned off.
const TOOLCHAIN: &str = "golang.org/toolchain";

/// Which names are private, and whether the log may have them.
#[derive(Debug, Clone, Default)]
pub struct PrivacyRules {
    /// Modules that no public source is asked about, in the grammar of GOPRIVATE.
    private: ModulePatterns,
    /// Modules that no public database is asked about.
    no_sumdb: ModulePatterns,
    log_private: bool,
}

// === impl PrivacyRules ===

impl PrivacyRules {
    /// These modules are asked of no public source, those of no public database.
    pub fn new(private: ModulePatterns, no_sumdb: ModulePatterns, log_private: bool) -> Self {
        Self {
            private,
            no_sumdb,
            log_private,
        }
    }

    /// Whether no public source may be asked about a module.
    pub fn is_private(&self, module: &ModulePath) -> bool {
        self.private.matches(module.as_str()) && !is_toolchain(module)
    }

    /// Whether no public database may be asked about a module. A hosted database may.
    pub fn is_unlogged(&self, module: &ModulePath) -> bool {
        self.no_sumdb.matches(module.as_str()) && !is_toolchain(module)
    }

    /// Whether the name of a module must stay out of the log, and is shown to operators only.
    pub fn is_confidential(&self, module: &ModulePath) -> bool {
        self.is_private(module) || self.is_unlogged(module)
    }

    /// Whether the name of a checksum database must not be told to anybody.
    pub fn is_private_name(&self, name: &str) -> bool {
        matches_name(&self.private, name)
    }

    /// Whether a lookup, `MODULE@VERSION` as it is escaped, is of a module that no public database may
    /// be asked about. What is no module path is judged by its letters: it may still be a name that
    /// somebody keeps to himself.
    pub fn is_unlogged_lookup(&self, lookup: &str) -> bool {
        match looked_up_module(lookup) {
            Ok(module) => self.is_unlogged(&module),
            Err(name) => matches_name(&self.no_sumdb, name),
        }
    }

    /// Whether a lookup must stay out of the log.
    pub fn is_confidential_lookup(&self, lookup: &str) -> bool {
        match looked_up_module(lookup) {
            Ok(module) => self.is_confidential(&module),
            Err(name) => self.is_confidential_text(name),
        }
    }

    /// Whether a text, which is no module path, begins with a name that must stay out of the log.
    pub fn is_confidential_text(&self, text: &str) -> bool {
        self.is_private_name(text) || matches_name(&self.no_sumdb, text)
    }

    /// Whether a path below a checksum database, or the database's name, must stay out of the log.
    pub fn is_confidential_database_path(&self, name: &str, path: &str) -> bool {
        let lookup = path.strip_prefix("lookup/");
        self.is_private_name(name)
            || lookup.is_some_and(|lookup| self.is_confidential_lookup(lookup))
    }

    /// How a log line above debug shows something about a module.
    pub fn shown(&self, module: &ModulePath, name: impl fmt::Display) -> String {
        if !self.log_private && self.is_confidential(module) {
            return HIDDEN.to_owned();
        }
        name.to_string()
    }

    /// How a log line above debug shows a path below `sumdb/`.
    pub fn shown_database_path(&self, path: &str) -> String {
        let (name, rest) = database_path::split(path);
        if !self.log_private && self.is_confidential_database_path(name, rest) {
            return HIDDEN.to_owned();
        }
        path.to_owned()
    }
}

/// Whether a module is Go's own distribution.
pub fn is_toolchain(module: &ModulePath) -> bool {
    module.as_str() == TOOLCHAIN
}

/// The module of a lookup, or the text in its place.
fn looked_up_module(lookup: &str) -> Result<ModulePath, &str> {
    let module = lookup.split('@').next().unwrap_or_default();
    ModulePath::unescape(module).map_err(|_| module)
}

/// Hosts are compared as the network compares them: without case, port, and a dot at the end.
fn matches_name(patterns: &ModulePatterns, name: &str) -> bool {
    let (host, path) = name.split_at(name.find('/').unwrap_or(name.len()));
    let host = host.split(':').next().unwrap_or_default();
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    patterns.matches(&format!("{host}{path}"))
}
