//! Graph: which go.mod files a client will ask for next. Pure.
//!
//! `go` reads the go.mod files of its main module's requirements in path order, a few at a time,
//! and goes on from each that does not support graph pruning. The main module's go.mod is never
//! seen here, so there are two kinds of foresight:
//!
//! * **Certain.** Whatever is required by a module below `go 1.17` that the client asked for is
//!   loaded, and everything below it, whatever the main module says.
//! * **Likely.** A tidy main module at `go 1.17` or later lists every module that its build needs,
//!   each at the highest version that any of them requires. So what any known go.mod requires is a
//!   candidate for that list: at the highest version known of its path, if its path is still ahead
//!   of where the client reads. What candidates require makes candidates too, to a small depth.
//!
//! A main module below `go 1.17` has everything loaded. Its client asks for versions that only the
//! requirements of pruning modules name, at paths it already asked for in another version: a few
//! such, and everything that a go.mod requires is certain from then on.
//!
//! Likely guesses are counted as the client reads past them; where too few come true no more are
//! made.

use super::requirements::{Module, Requirements};
use gomod::{ModulePath, Version};
use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    ops::Bound,
};

/// How far from what the client asked for likely guesses go. Measured on a main module with 229
/// requirements: 108 of them are foreseen at depth 1, 119 at 2 and no more at 9, which only adds
/// guesses that fail.
const DEPTH: u8 = 2;

/// Proofs that the main module does not prune, before it is believed. One may be a client that
/// does two things at once.
const PROOFS: u32 = 3;

/// Certain requests out of order before the client is taken to be past its main module's list.
/// As many as that can be overtaken by each other.
const STRAY: u32 = 4;

/// Likely guesses before their success is judged.
const TRIAL: u32 = 48;

/// One in this many likely guesses must come true. A go.mod is a thousandth of a zip, and each one
/// foreseen saves a round trip to the source.
const WORTH: u32 = 5;

/// The most go.mod files that one session keeps in mind. The largest known graphs load fewer.
const MOST: usize = 20_000;

/// One client's way through its module graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    asked: HashSet<Module>,
    /// Asked, of which the requirements are not known yet.
    unread: VecDeque<Module>,
    /// The highest version asked for of each path.
    selected: BTreeMap<ModulePath, Selected>,
    offered: HashSet<Module>,
    known: HashMap<Module, Requirements>,
    certain: HashSet<Module>,
    queue: VecDeque<Module>,
    likely: Likely,
    /// The main module's list, where it is known.
    roots: HashSet<Module>,
    proofs: u32,
    stray: u32,
}

/// What is selected of a path, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selected {
    pub(crate) version: Version,
    /// Whether the main module seems to list it.
    pub(crate) root: bool,
}

/// Guesses at the main module's list.
#[derive(Debug, Default)]
struct Likely {
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

// === impl Graph ===

impl Graph {
    /// The client asked for this go.mod.
    pub(crate) fn asked(&mut self, module: &Module) {
        if self.asked.len() >= MOST || !self.asked.insert(module.clone()) {
            return;
        }
        self.offered.insert(module.clone());
        let foreseen = self.certain.contains(module);
        self.look_for_proof(module, foreseen);
        let root = self.is_root(module, foreseen);
        self.select(module, root);
        if root {
            self.likely.read_past(module);
        }
        self.likely.depth.insert(module.clone(), 0);
        if self.known.contains_key(module) {
            self.expand(module);
        } else {
            self.unread.push_back(module.clone());
        }
    }

    /// The main module's list is known: what will be asked for first, as if it had been.
    pub(crate) fn suppose_roots(&mut self, roots: &[Module], prunes: bool) {
        if !prunes {
            self.proofs = PROOFS;
        }
        for root in roots {
            if self.certain.insert(root.clone()) {
                self.queue.push_back(root.clone());
            }
            self.select(root, true);
            self.roots.insert(root.clone());
        }
    }

    /// The requirements of this go.mod are known.
    pub(crate) fn known(&mut self, module: &Module, requirements: Requirements) {
        if self.known.len() < MOST {
            self.known.insert(module.clone(), requirements);
            self.expand(module);
        }
    }

    /// A go.mod that was asked for and whose requirements are still to be read; each once.
    pub(crate) fn unread(&mut self) -> Option<Module> {
        loop {
            let module = self.unread.pop_front()?;
            if !self.known.contains_key(&module) {
                return Some(module);
            }
        }
    }

    /// The next go.mod to fetch ahead; each once.
    pub(crate) fn next(&mut self) -> Option<Module> {
        if self.offered.len() >= MOST {
            return None;
        }
        loop {
            let module = match self.queue.pop_front() {
                Some(module) => module,
                None => self.likely.next()?,
            };
            if self.offered.insert(module.clone()) {
                return Some(module);
            }
        }
    }

    /// What is selected of each path, as far as the client's requests tell.
    pub(crate) fn selected(&self) -> &BTreeMap<ModulePath, Selected> {
        &self.selected
    }

    /// Whether everything in the graph counts, not the main module's list alone.
    pub(crate) fn is_unpruned(&self) -> bool {
        self.proofs >= PROOFS
    }

    /// The client asks for a second version of a path although nothing below `go 1.17` leads to it,
    /// but something else does.
    fn look_for_proof(&mut self, module: &Module, foreseen: bool) {
        if foreseen || self.is_unpruned() {
            return;
        }
        let second = self.selected.contains_key(&module.path);
        if second && self.likely.named.contains(module) {
            self.proofs += 1;
            if self.is_unpruned() {
                let asked: Vec<Module> = self.asked.iter().cloned().collect();
                for module in &asked {
                    self.expand(module);
                }
            }
        }
    }

    /// The main module's list comes first and in order. What was certain anyway may stand in it as
    /// well, as long as the client has not begun to go back and forth among the certain ones.
    fn is_root(&mut self, module: &Module, foreseen: bool) -> bool {
        if !foreseen {
            return true;
        }
        let ahead = self
            .likely
            .cursor
            .as_ref()
            .is_none_or(|at| *at < module.path);
        self.stray += u32::from(!ahead);
        ahead && self.stray < STRAY
    }

    fn select(&mut self, module: &Module, root: bool) {
        let first = || Selected {
            version: module.version.clone(),
            root: false,
        };
        let entry = self.selected.entry(module.path.clone());
        let selected = entry.or_insert_with(first);
        selected.root |= root;
        if selected.version < module.version {
            selected.version = module.version.clone();
        }
    }

    fn expand(&mut self, module: &Module) {
        let mut stack = vec![module.clone()];
        while let Some(module) = stack.pop() {
            let Some(requirements) = self.known.get(&module).cloned() else {
                continue;
            };
            let listed = self.asked.contains(&module) || self.roots.contains(&module);
            let below = self.certain.contains(&module) && !self.roots.contains(&module);
            let everything = !requirements.prunes || self.is_unpruned();
            if !(below || listed && everything) {
                self.likely.suppose(&module, &requirements);
                continue;
            }
            for required in requirements.requires.iter() {
                if self.certain.insert(required.clone()) {
                    self.queue.push_back(required.clone());
                    stack.push(required.clone());
                }
            }
        }
    }
}

// === impl Likely ===

impl Likely {
    fn suppose(&mut self, module: &Module, requirements: &Requirements) {
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
    fn read_past(&mut self, module: &Module) {
        let rest = self.ahead.split_off(&module.path);
        self.passed += count(std::mem::replace(&mut self.ahead, rest).len());
        if let Some(version) = self.ahead.remove(&module.path) {
            self.passed += 1;
            self.hits += u32::from(version == module.version);
        }
        self.cursor = Some(module.path.clone());
    }

    /// The nearest candidate ahead of the client.
    fn next(&mut self) -> Option<Module> {
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

/// Shared by tests: requirements by hand.
#[cfg(test)]
pub(crate) fn requiring(prunes: bool, requires: &[(&str, &str)]) -> Requirements {
    Requirements {
        prunes,
        requires: requires
            .iter()
            .map(|(path, version)| Module::read(path, version).unwrap())
            .collect(),
    }
}
