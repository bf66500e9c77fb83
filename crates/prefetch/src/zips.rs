//! Zips: which `.info` and zips a client will ask for next. Pure.
//!
//! What may be asked for is known once the graph was read: the selected version of each path of
//! the main module's list, or of the whole graph if it is not pruned. Whether it will be asked for
//! is another matter, and zips are large; so nothing is fetched before the client has begun:
//!
//! * `go mod download` asks for the `.info` and then the zip of every module of the list, nearly in
//!   path order. Two matches, one of them a zip, begin the reading ahead.
//! * `go build` and its like ask for zips alone, in the order in which packages are imported, and
//!   not for all. Three zips in path order begin the reading ahead, and it stays close.
//! * `go mod graph` asks for neither, and costs nothing here.
//!
//! The window ahead of the client opens as TCP's does: it doubles with each guess that comes true,
//! up to a bound; a request that is not among the selected halves it. Where the client has asked
//! for many `.info` of what is selected, each of them has confirmed the guess already: from the second
//! zip in order on, the window is as wide as they are many. Too many of those, or too
//! many guesses that the client has left behind, and it closes for good.

use super::{graph::SelectedVersions, requirements::Module};
use gomod::{ModulePath, Version};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
};

/// Matches before the client of the pattern `.info`, zip is believed.
const MATCHES: u32 = 2;

/// Zips in path order before a client that asks for zips alone is believed.
const IN_ORDER: u32 = 3;

/// How far a zip may lie behind the one before it, in selected modules, to count as in order.
const NEAR: usize = 3;

/// Zips ahead of the client at first, if nothing but the pattern is known.
const FIRST: usize = 4;

/// Zips ahead of the client at most: with 16 transfers at a time this is four rounds to the source,
/// and one client takes longer than that to unpack as many.
const WIDEST: usize = 64;

/// The same for a client that does not ask for all.
const WIDEST_OF_SOME: usize = 8;

/// `.info` fetched ahead and not asked for yet: a few hundred bytes each, and as many as there are
/// modules in a large build, since half of them are asked for in a second round.
const INFOS: usize = 256;

/// Requests of a client that asks for some, after which a guess that was not among them has failed.
const PATIENCE: u32 = 16;

/// One failure in so many guesses closes the window for a client that asks for some.
const WORTH: u32 = 8;

/// One client's way through its zips.
#[derive(Debug, Default)]
pub(crate) struct Zips {
    cursor: Option<ModulePath>,
    infos: u32,
    fetched: u32,
    in_order: u32,
    strangers: u32,
    window: usize,
    /// Guessed and not asked for yet, with the number of zips asked for when it was guessed.
    pending: BTreeMap<ModulePath, u32>,
    offered: HashMap<ModulePath, Version>,
    /// `.info` guessed, and whether it was asked for by now.
    informed: HashMap<Module, bool>,
    uninformed: usize,
    hits: u32,
    failed: u32,
    closed: bool,
}

/// What the client seems to be doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Nothing that zips could be foreseen from.
    Unclear,
    /// It asks for `.info` of what is selected.
    Infos,
    /// It fetches the `.info` and zip of everything.
    All,
    /// It fetches zips as it needs them.
    Some,
}

// === impl Zips ===

impl Zips {
    /// The client asked for the `.info` of a version.
    pub(crate) fn asked_info(
        &mut self,
        module: &Module,
        selected: &BTreeMap<ModulePath, SelectedVersions>,
    ) {
        let guessed = self.informed.insert(module.clone(), true);
        self.uninformed -= usize::from(guessed == Some(false));
        if is_selected(module, selected) {
            self.infos += 1;
            if self.fetched == 0 {
                self.cursor = Some(module.path.clone());
            }
        }
    }

    /// The client asked for a zip.
    pub(crate) fn asked_zip(
        &mut self,
        module: &Module,
        selected: &BTreeMap<ModulePath, SelectedVersions>,
    ) {
        self.fetched += 1;
        if !is_selected(module, selected) {
            self.stranger();
            return;
        }
        self.follow(module, selected);
        if self.pending.remove(&module.path).is_some() {
            self.hits += 1;
            self.window = (self.window * 2).min(self.widest());
        }
        self.cursor = Some(module.path.clone());
        self.give_up_on_old();
    }

    /// What the client seems to be doing.
    pub(crate) fn pattern(&self) -> Pattern {
        match (self.infos, self.fetched, self.in_order) {
            _ if self.closed => Pattern::Unclear,
            (1.., 1.., _) if self.infos + self.fetched > MATCHES => Pattern::All,
            (1.., _, _) => Pattern::Infos,
            (0, _, IN_ORDER..) => Pattern::Some,
            _ => Pattern::Unclear,
        }
    }

    /// The next module whose zip to fetch ahead; each version once. `everything` means that the
    /// whole graph counts, not only what the main module lists.
    pub(crate) fn next(
        &mut self,
        selected: &BTreeMap<ModulePath, SelectedVersions>,
        everything: bool,
    ) -> Option<Module> {
        let pattern = self.pattern();
        if !matches!(pattern, Pattern::All | Pattern::Some) {
            return None;
        }
        self.window = self.window.max(self.narrowest()).min(self.widest());
        let cursor = self.cursor.clone()?;
        let ahead = || (Bound::Excluded(cursor.clone()), Bound::Unbounded);
        if self.pending.range(ahead()).count() >= self.window {
            return None;
        }
        let fits = |(path, selected): &(&ModulePath, &SelectedVersions)| {
            (selected.root || everything) && self.offered.get(*path) != Some(&selected.version)
        };
        let (path, selected) = selected.range(ahead()).find(fits)?;
        let (path, version) = (path.clone(), selected.version.clone());
        self.pending.insert(path.clone(), self.fetched);
        self.offered.insert(path.clone(), version.clone());
        Some(Module { path, version })
    }

    /// The next module whose `.info` to fetch ahead; each once.
    pub(crate) fn next_info(
        &mut self,
        selected: &BTreeMap<ModulePath, SelectedVersions>,
        everything: bool,
    ) -> Option<Module> {
        if self.infos == 0 || self.closed || self.uninformed >= INFOS {
            return None;
        }
        let cursor = self.cursor.clone()?;
        let ahead = selected.range((Bound::Excluded(&cursor), Bound::Unbounded));
        let behind = selected.range(..&cursor);
        let wanted = ahead
            .chain(behind)
            .filter(|(_, selected)| selected.root || everything);
        let module = wanted
            .map(|(path, selected)| Module {
                path: path.clone(),
                version: selected.version.clone(),
            })
            .find(|module| !self.informed.contains_key(module))?;
        self.informed.insert(module.clone(), false);
        self.uninformed += 1;
        Some(module)
    }

    /// A guess was not fetched: nothing can be learnt from it.
    pub(crate) fn dropped(&mut self, module: &Module) {
        self.pending.remove(&module.path);
    }

    fn narrowest(&self) -> usize {
        let in_order = self.strangers == 0 && self.in_order > 1;
        let confirmed = if in_order { self.infos } else { 0 };
        FIRST.max(usize::try_from(confirmed).unwrap_or(WIDEST))
    }

    fn widest(&self) -> usize {
        match self.pattern() {
            Pattern::All => WIDEST,
            _ => WIDEST_OF_SOME,
        }
    }

    fn stranger(&mut self) {
        self.strangers += 1;
        self.window /= 2;
        self.in_order = 0;
        if self.strangers > MATCHES + self.fetched / WORTH {
            self.closed = true;
        }
    }

    fn follow(&mut self, module: &Module, selected: &BTreeMap<ModulePath, SelectedVersions>) {
        self.offered
            .insert(module.path.clone(), module.version.clone());
        let Some(cursor) = self.cursor.clone() else {
            self.in_order = 1;
            return;
        };
        let mut ahead = selected.range((Bound::Excluded(cursor), Bound::Unbounded));
        let near = ahead
            .by_ref()
            .take(NEAR)
            .any(|(path, _)| *path == module.path);
        self.in_order = if near { self.in_order + 1 } else { 1 };
    }

    /// Of a client that asks for some, a guess that was passed over long ago has failed.
    fn give_up_on_old(&mut self) {
        if self.infos > 0 {
            return;
        }
        let now = self.fetched;
        let before = self.pending.len();
        self.pending.retain(|_, since| *since + PATIENCE > now);
        self.failed += u32::try_from(before - self.pending.len()).unwrap_or(u32::MAX);
        if self.failed > 1 + self.hits / WORTH {
            self.closed = true;
        }
    }
}

fn is_selected(module: &Module, selected: &BTreeMap<ModulePath, SelectedVersions>) -> bool {
    selected
        .get(&module.path)
        .is_some_and(|selected| selected.version == module.version)
}
