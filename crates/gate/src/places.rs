//! Places: the line of go.mod that has to be changed for a module.
//!
//! A requirement has its own line. A module that go.mod does not list stands for the requirement
//! that brings it in, the nearest one where several do.

use finding::{FileSpan, FindingPlace};
use gomod::modfile::{self, ModFile, ModuleVersion};
use std::collections::HashMap;

/// Where modules stand in a go.mod.
#[derive(Debug, Clone, Default)]
pub struct RequirementPlaces {
    file: String,
    module: Option<FileSpan>,
    required: HashMap<String, FileSpan>,
    /// By module: the requirement of the main module that it was reached by first.
    through: HashMap<String, String>,
}

// === impl RequirementPlaces ===

impl RequirementPlaces {
    /// Of a go.mod by its name in the checkout, and the requirements of its graph, nearest first.
    pub fn of<'a>(
        name: &str,
        go_mod: &ModFile,
        edges: impl IntoIterator<Item = (&'a ModuleVersion, &'a ModuleVersion)>,
    ) -> Self {
        let line = |require: &modfile::RequireDirective| {
            let path = require.module.path.clone();
            (path, span(require.place.span))
        };
        let mut places = Self {
            file: name.to_owned(),
            module: go_mod.module.as_ref().map(|line| span(line.place.span)),
            required: go_mod.require.iter().map(line).collect(),
            through: HashMap::new(),
        };
        for (from, to) in edges {
            // The main module has no version; what it requires is reached through itself.
            let first = match places.through.get(&from.path) {
                _ if from.version.is_empty() => to.path.clone(),
                Some(first) => first.clone(),
                None => continue,
            };
            places.through.entry(to.path.clone()).or_insert(first);
        }
        places
    }

    /// The line for a module.
    pub fn module(&self, path: &str) -> FindingPlace {
        let listed = self.required.get(path);
        let through = || self.required.get(self.through.get(path)?);
        match listed.or_else(through).copied().or(self.module) {
            Some(span) => FindingPlace::at(&*self.file, span),
            None => FindingPlace::file(&*self.file),
        }
    }

    /// The line that names the main module.
    pub fn main(&self) -> FindingPlace {
        match self.module {
            Some(span) => FindingPlace::at(&*self.file, span),
            None => FindingPlace::file(&*self.file),
        }
    }

    /// The requirement that brings a module in, unless go.mod lists it itself.
    pub fn through(&self, path: &str) -> Option<&str> {
        if self.required.contains_key(path) {
            return None;
        }
        self.through.get(path).map(String::as_str)
    }
}

/// A span as go.mod's parser gives it, in the words of findings.
pub fn span(span: modfile::TextSpan) -> FileSpan {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    FileSpan {
        line: number(span.start.line),
        column: number(span.start.column),
        end_line: number(span.end.line),
        end_column: number(span.end.column),
    }
}
