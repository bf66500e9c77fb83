//! Ahead: guesses in line, of which more may be made as they come true. Pure.
//!
//! A guess that was fetched and not asked for yet is an advance. How large an advance a client gets
//! begins at a base, which says how sure the ground is, and grows by two with every guess that came
//! true: a client that follows is soon never waited for, one that does not costs the base.

use super::requirements::Module;
use std::collections::{HashSet, VecDeque};

/// By how much a guess that came true widens the advance.
const GAIN: usize = 2;

/// Guesses in line.
#[derive(Debug)]
pub(super) struct Ahead {
    base: usize,
    waiting: VecDeque<Module>,
    /// Made and not asked for yet.
    open: HashSet<Module>,
    hits: usize,
}

// === impl Ahead ===

impl Ahead {
    /// At most `base` guesses open as long as none has come true.
    pub(super) fn new(base: usize) -> Self {
        Self {
            base,
            waiting: VecDeque::new(),
            open: HashSet::new(),
            hits: 0,
        }
    }

    pub(super) fn push(&mut self, module: Module) {
        self.waiting.push_back(module);
    }

    /// The client asked for this.
    pub(super) fn asked(&mut self, module: &Module) {
        self.hits += usize::from(self.open.remove(module));
    }

    /// The next guess, if one more may be open, that is not among the `offered`; it is from now on.
    pub(super) fn next(&mut self, offered: &mut HashSet<Module>) -> Option<Module> {
        while self.open.len() < self.base + GAIN * self.hits {
            let module = self.waiting.pop_front()?;
            if offered.insert(module.clone()) {
                self.open.insert(module.clone());
                return Some(module);
            }
        }
        None
    }
}
