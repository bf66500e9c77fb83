//! Likely: guesses at the list of a main module that is never seen. Pure.
//!
//! Candidates are what known go.mod files require: at the highest version known of each path, where
//! the path is still ahead of the client, which reads its list in path order. What it has read past
//! was hit or missed, and where too few come true no more are made.

use super::requirements::{Module, Requirements};
use gomod::{ModulePath, Version};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Bound,
};

/// How far from what the client asked for likely guesses go. Measured on a main module with 229
/// requirements: 108 of them are foreseen at depth 1, 119 at 2 and no more at 9, which only adds
/// guesses that fail.
const DEPTH: u8 = 2;

/// Likely guesses before their success is judged.
const TRIAL: u32 = 48;

/// One in this many likely guesses must come true. A go.mod is a thousandth of a zip, and each one
/// foreseen saves a round trip to the source.
const WORTH: u32 = 5;

/// Guesses at the main module's list.
#[derive(Debug, Default)]
pub(super) struct Likely {
    depth: HashMap<Module, u8>,
    named: HashSet<Module>,
    best: HashMap<ModulePath, Version>,
    candidates: BTreeMap<ModulePath, Version>,
    /// Guessed and not yet read past.
    ahead: BTreeMap<ModulePath, Version>,
    cursor: Option<ModulePath>,
    passed: u32,
    hits: u32,
}

// === impl Likely ===

impl Likely {
    /// The client asked for this.
    pub(super) fn asked(&mut self, module: &Module) {
        self.depth.insert(module.clone(), 0);
    }

    /// Whether any known go.mod requires exactly this.
    pub(super) fn names(&self, module: &Module) -> bool {
        self.named.contains(module)
    }

    /// Whether the client has not read so far.
    pub(super) fn is_ahead(&self, path: &ModulePath) -> bool {
        self.cursor.as_ref().is_none_or(|at| *at < *path)
    }

    /// What this module requires may stand in the list too.
    pub(super) fn suppose(&mut self, module: &Module, requirements: &Requirements) {
        let depth = self.depth.get(module).copied().unwrap_or(DEPTH) + 1;
        for required in requirements.requires.iter() {
            self.named.insert(required.clone());
            if depth > DEPTH {
                continue;
            }
            let known = self.depth.entry(required.clone()).or_insert(depth);
            *known = depth.min(*known);
            let best = self.best.get(&required.path);
            if best.is_none_or(|best| *best < required.version) {
                let (path, version) = (required.path.clone(), required.version.clone());
                self.best.insert(path.clone(), version.clone());
                self.candidates.insert(path, version);
            }
        }
    }

    /// The client reads its list: what lies before this place was hit or missed.
    pub(super) fn read_past(&mut self, module: &Module) {
        let rest = self.ahead.split_off(&module.path);
        self.passed += count(std::mem::replace(&mut self.ahead, rest).len());
        if let Some(version) = self.ahead.remove(&module.path) {
            self.passed += 1;
            self.hits += u32::from(version == module.version);
        }
        self.cursor = Some(module.path.clone());
    }

    /// The nearest candidate ahead of the client.
    pub(super) fn next(&mut self) -> Option<Module> {
        if self.passed >= TRIAL && self.hits * WORTH < self.passed {
            return None;
        }
        let cursor = self.cursor.clone()?;
        let ahead = (Bound::Excluded(cursor), Bound::Unbounded);
        let path = self.candidates.range(ahead).next()?.0.clone();
        let version = self.candidates.remove(&path)?;
        self.ahead.insert(path.clone(), version.clone());
        Some(Module { path, version })
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
