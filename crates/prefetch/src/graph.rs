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
//! such, and everything that a go.mod requires is presumed from then on: fetched in advance only as
//! far as such guesses come true.
//!
//! Likely guesses are the business of [`likely`](super::likely).

use super::{
    ahead::Ahead,
    likely::Likely,
    requirements::{Module, Requirements},
};
use gomod::{ModulePath, Version};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// Proofs that the main module does not prune, before it is believed. One may be a client that
/// does two things at once.
const PROOFS: u32 = 3;

/// Certain requests out of order before the client is taken to be past its main module's list.
/// As many as that can be overtaken by each other.
const STRAY: u32 = 4;

/// The most go.mod files that one session keeps in mind. The largest known graphs load fewer.
const MOST: usize = 20_000;

/// Certain go.mod files fetched before any was asked for. They come last of all, so nearly all that
/// a large graph has must be there by then.
const CERTAIN_AHEAD: usize = 512;

/// The same of those that follow from a conclusion. It is wrong for a client that looks around in
/// more than its graph, such as `go mod tidy`: with a graph of 466 files it was ahead by 5,200.
const PRESUMED_AHEAD: usize = 64;

/// One client's way through its module graph.
#[derive(Debug)]
pub(crate) struct Graph {
    asked: HashSet<Module>,
    /// Asked, of which the requirements are not known yet.
    unread: VecDeque<Module>,
    /// The highest version asked for of each path.
    selected: BTreeMap<ModulePath, SelectedVersions>,
    offered: HashSet<Module>,
    known: HashMap<Module, Requirements>,
    certain: HashSet<Module>,
    /// Certain if the main module does not prune, which is only concluded.
    presumed: HashSet<Module>,
    certain_ahead: Ahead,
    presumed_ahead: Ahead,
    likely: Likely,
    /// The main module's list, where it is known.
    roots: HashSet<Module>,
    proofs: u32,
    stray: u32,
}

/// What is selected of a path, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SelectedVersions {
    pub(crate) version: Version,
    /// Whether the main module seems to list it.
    pub(crate) root: bool,
}

// === impl Graph ===

impl Default for Graph {
    fn default() -> Self {
        Self {
            asked: HashSet::new(),
            unread: VecDeque::new(),
            selected: BTreeMap::new(),
            offered: HashSet::new(),
            known: HashMap::new(),
            certain: HashSet::new(),
            presumed: HashSet::new(),
            certain_ahead: Ahead::new(CERTAIN_AHEAD),
            presumed_ahead: Ahead::new(PRESUMED_AHEAD),
            likely: Likely::default(),
            roots: HashSet::new(),
            proofs: 0,
            stray: 0,
        }
    }
}

impl Graph {
    /// The client asked for this go.mod.
    pub(crate) fn asked(&mut self, module: &Module) {
        if self.asked.len() >= MOST || !self.asked.insert(module.clone()) {
            return;
        }
        self.offered.insert(module.clone());
        self.certain_ahead.asked(module);
        self.presumed_ahead.asked(module);
        let foreseen = self.certain.contains(module) || self.presumed.contains(module);
        self.look_for_proof(module, foreseen);
        let root = self.is_root(module, foreseen);
        self.select(module, root);
        if root {
            self.likely.read_past(module);
        }
        self.likely.asked(module);
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
                self.certain_ahead.push(root.clone());
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
        let sure = self.certain_ahead.next(&mut self.offered);
        if let Some(module) = sure.or_else(|| self.presumed_ahead.next(&mut self.offered)) {
            return Some(module);
        }
        loop {
            let module = self.likely.next()?;
            if self.offered.insert(module.clone()) {
                return Some(module);
            }
        }
    }

    /// What is selected of each path, as far as the client's requests tell.
    pub(crate) fn selected(&self) -> &BTreeMap<ModulePath, SelectedVersions> {
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
        if second && self.likely.names(module) {
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
        let ahead = self.likely.is_ahead(&module.path);
        self.stray += u32::from(!ahead);
        ahead && self.stray < STRAY
    }

    fn select(&mut self, module: &Module, root: bool) {
        let first = || SelectedVersions {
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
            let root = self.roots.contains(&module);
            let listed = root || self.asked.contains(&module);
            let certain = !root && self.certain.contains(&module) || listed && !requirements.prunes;
            let presumed = self.presumed.contains(&module) || listed && self.is_unpruned();
            if !certain && !presumed {
                self.likely.suppose(&module, &requirements);
                continue;
            }
            let (found, ahead) = if certain {
                (&mut self.certain, &mut self.certain_ahead)
            } else {
                (&mut self.presumed, &mut self.presumed_ahead)
            };
            for required in requirements.requires.iter() {
                if found.insert(required.clone()) {
                    ahead.push(required.clone());
                    stack.push(required.clone());
                }
            }
        }
    }
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
