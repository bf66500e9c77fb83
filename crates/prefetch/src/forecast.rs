//! Forecast: what one client will ask for next. Pure: events in, artifacts out, no clock, no I/O.
//!
//! Three sources of foresight, the surest first: a [`Plan`] that somebody handed over (a go.sum or
//! go.mod), the [`Graph`] of go.mod files, and the [`Zips`] that follow from it. Of a client that
//! loads no graph ([`Lazy`]) only the companions of each zip are foreseen. All of them keep these
//! promises:
//!
//! * Nothing is offered twice, and nothing that the client has asked for.
//! * No zip is offered before the client has asked for an `.info` or a zip of what is known to be
//!   wanted: whoever only reads graphs costs no zips.
//! * No zip is offered while the budget of bytes that were fetched and not asked for is used up. A
//!   zip's size is not known before; each one under way counts as [`GUESSED_ZIP`], so what can go
//!   beyond the budget is what those under way turn out to weigh.

use super::{
    graph::Graph,
    lazy::Lazy,
    plan::Plan,
    requirements::{Module, Requirements},
    zips::Zips,
};
use gomod::{Artifact, ArtifactKind};
use std::collections::{HashMap, HashSet, VecDeque};

/// What is read ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// Nothing.
    Off,
    /// `.mod` and `.info`.
    Mod,
    /// Zips too.
    #[default]
    On,
}

/// What a zip counts while its size is not known: of the zips of a large build three in four are
/// smaller.
pub(crate) const GUESSED_ZIP: u64 = 1024 * 1024;

/// Unplanned go.mod files after which a plan is taken for another build's, and guessing begins.
const STRANGERS: usize = 3;

/// What is foreseen of one client.
#[derive(Debug)]
pub(crate) struct Forecast {
    level: Level,
    budget: u64,
    graph: Graph,
    zips: Zips,
    lazy: Lazy,
    /// What belongs to the zips that the client is asking for.
    companions: VecDeque<Artifact>,
    plan: Option<FollowedPlan>,
    /// Whether the client ever had to wait for a source. One that has not needs no forecast.
    cold: bool,
    asked: HashSet<Artifact>,
    /// Small artifacts offered before they were asked for.
    offered: HashSet<Artifact>,
    /// Zips being fetched ahead.
    under_way: HashSet<Module>,
    /// Zips fetched ahead and not asked for yet, with their sizes.
    ahead: HashMap<Module, u64>,
    ahead_bytes: u64,
}

/// A plan that is being followed.
#[derive(Debug)]
struct FollowedPlan {
    mods: VecDeque<Module>,
    infos: VecDeque<Module>,
    zips: VecDeque<Module>,
    planned: HashSet<Module>,
    planned_zips: HashSet<Module>,
    /// Whether the plan is a main module's own list only.
    partial: bool,
    strangers: usize,
    wants_infos: bool,
    wants_zips: bool,
}

/// Companions of zips that wait to be fetched. A client asks for a few zips at a time; more pile up
/// only while nothing may be fetched ahead, and would come too late.
const COMPANIONS: usize = 64;

/// The most artifacts of one client that are kept in mind.
const MOST: usize = 50_000;

// === impl Forecast ===

impl Forecast {
    pub(crate) fn new(level: Level, budget: u64) -> Self {
        Self {
            level,
            budget,
            graph: Graph::default(),
            zips: Zips::default(),
            lazy: Lazy::default(),
            companions: VecDeque::new(),
            plan: None,
            cold: false,
            asked: HashSet::new(),
            offered: HashSet::new(),
            under_way: HashSet::new(),
            ahead: HashMap::new(),
            ahead_bytes: 0,
        }
    }

    /// What this client will ask for is known.
    pub(crate) fn follow(&mut self, plan: Plan) {
        // Whoever hands over a plan is about to ask for what it names.
        self.cold = true;
        if let Some(prunes) = plan.roots_of {
            self.graph.suppose_roots(&plan.mods, prunes);
        }
        self.plan = Some(FollowedPlan::new(plan));
    }

    /// The client has just begun to ask for this zip. Whoever builds asks for the go.mod beside it
    /// next; one that loads no graph will ask for the `.info` too.
    pub(crate) fn asking_zip(&mut self, zip: &Artifact) {
        let full = self.companions.len() >= COMPANIONS;
        if !self.cold || full || self.asked.contains(zip) {
            return;
        }
        let module = Module::of(zip);
        self.companions
            .push_back(module.artifact(ArtifactKind::Mod));
        if self.lazy.is_certain() {
            self.companions
                .push_back(module.artifact(ArtifactKind::Info));
        }
    }

    /// The client asked for an artifact; `cold` if it had to wait for a source.
    pub(crate) fn asked(&mut self, artifact: &Artifact, cold: bool) {
        self.cold |= cold;
        if self.asked.len() >= MOST || !self.asked.insert(artifact.clone()) {
            return;
        }
        let module = Module::of(artifact);
        if let Some(plan) = &mut self.plan {
            plan.asked(&module, artifact.kind);
        }
        match artifact.kind {
            ArtifactKind::Mod => {
                let zip = module.artifact(ArtifactKind::Zip);
                self.lazy.asked_mod(self.asked.contains(&zip));
                self.graph.asked(&module);
            }
            ArtifactKind::Info => self.zips.asked_info(&module, self.graph.selected()),
            ArtifactKind::Zip => {
                let go_mod = module.artifact(ArtifactKind::Mod);
                self.lazy.asked_zip(self.asked.contains(&go_mod));
                self.zips.asked_zip(&module, self.graph.selected());
                let size = self.ahead.remove(&module).unwrap_or_default();
                self.ahead_bytes = self.ahead_bytes.saturating_sub(size);
            }
        }
    }

    /// Whether the client asked for this.
    pub(crate) fn has_asked(&self, artifact: &Artifact) -> bool {
        self.asked.contains(artifact)
    }

    /// Whether it makes sense to read the go.mod files that this client asks for.
    pub(crate) fn wants_requirements(&self) -> bool {
        self.cold && self.guesses_graph()
    }

    /// The requirements of a go.mod are known.
    pub(crate) fn known(&mut self, module: &Module, requirements: Requirements) {
        self.graph.known(module, requirements);
    }

    /// An artifact that was offered is fetched and kept; `bytes` is zero if it was kept before.
    pub(crate) fn fetched(&mut self, artifact: &Artifact, bytes: u64) {
        let module = Module::of(artifact);
        if artifact.kind == ArtifactKind::Zip
            && self.under_way.remove(&module)
            && !self.asked.contains(artifact)
        {
            self.ahead_bytes += bytes;
            self.ahead.insert(module, bytes);
        }
    }

    /// An artifact that was offered will not come.
    pub(crate) fn dropped(&mut self, artifact: &Artifact) {
        let module = Module::of(artifact);
        if self.under_way.remove(&module) {
            self.zips.dropped(&module);
        }
    }

    /// Bytes of zips fetched ahead and not asked for, those under way as guessed.
    pub(crate) fn weight(&self) -> u64 {
        let under_way = u64::try_from(self.under_way.len()).unwrap_or(u64::MAX);
        self.ahead_bytes + under_way.saturating_mul(GUESSED_ZIP)
    }

    /// The next `.mod` or `.info` to have at hand. One that the client has asked for may be among
    /// them, if only its requirements are still to be read.
    pub(crate) fn next_small(&mut self) -> Option<Artifact> {
        if !self.cold || self.level == Level::Off {
            return None;
        }
        loop {
            let next = self.small()?;
            let new = if self.asked.contains(&next) {
                next.kind == ArtifactKind::Mod && self.guesses_graph()
            } else {
                self.offered.insert(next.clone())
            };
            if new {
                return Some(next);
            }
        }
    }

    fn small(&mut self) -> Option<Artifact> {
        while let Some(companion) = self.companions.pop_front() {
            if !self.asked.contains(&companion) && !self.offered.contains(&companion) {
                return Some(companion);
            }
        }
        let planned = self.plan.as_mut().and_then(FollowedPlan::next_mod);
        let guesses = self.guesses_graph();
        let next = planned
            .or_else(|| guesses.then(|| self.graph.unread()).flatten())
            .or_else(|| guesses.then(|| self.graph.next()).flatten());
        if let Some(module) = next {
            return Some(module.artifact(ArtifactKind::Mod));
        }
        let info = self.plan.as_mut().and_then(FollowedPlan::next_info);
        let everything = self.graph.is_unpruned();
        let info = info.or_else(|| self.zips.next_info(self.graph.selected(), everything))?;
        Some(info.artifact(ArtifactKind::Info))
    }

    /// The next zip to fetch ahead.
    pub(crate) fn next_zip(&mut self) -> Option<Artifact> {
        if !self.cold || self.level != Level::On {
            return None;
        }
        loop {
            if self.weight() + GUESSED_ZIP > self.budget {
                return None;
            }
            let planned = self.plan.as_mut().and_then(FollowedPlan::next_zip);
            let everything = self.graph.is_unpruned();
            let guessed = || self.zips.next(self.graph.selected(), everything);
            let module = planned.or_else(guessed)?;
            let artifact = module.artifact(ArtifactKind::Zip);
            let known = self.under_way.contains(&module) || self.ahead.contains_key(&module);
            if !known && !self.asked.contains(&artifact) {
                self.under_way.insert(module);
                return Some(artifact);
            }
        }
    }

    /// With a complete plan there is nothing to guess, as long as the client keeps to it; nor is there
    /// for one that loads no graph.
    fn guesses_graph(&self) -> bool {
        let planned = self.plan.as_ref();
        !self.lazy.is_certain()
            && planned.is_none_or(|plan| plan.partial || plan.strangers >= STRANGERS)
    }
}

// === impl FollowedPlan ===

impl FollowedPlan {
    fn new(plan: Plan) -> Self {
        let planned = plan.mods.iter().cloned().collect();
        let planned_zips: HashSet<Module> = plan.zips.iter().cloned().collect();
        Self {
            partial: plan.roots_of.is_some(),
            planned,
            planned_zips,
            infos: plan.zips.clone().into(),
            mods: plan.mods.into(),
            zips: plan.zips.into(),
            strangers: 0,
            wants_infos: false,
            wants_zips: false,
        }
    }

    fn asked(&mut self, module: &Module, kind: ArtifactKind) {
        match kind {
            ArtifactKind::Mod if !self.planned.contains(module) => self.strangers += 1,
            ArtifactKind::Info if self.planned_zips.contains(module) => {
                self.wants_infos = true;
                self.wants_zips = true;
            }
            ArtifactKind::Zip if self.planned_zips.contains(module) => self.wants_zips = true,
            _ => {}
        }
    }

    fn next_mod(&mut self) -> Option<Module> {
        self.mods.pop_front()
    }

    fn next_info(&mut self) -> Option<Module> {
        self.wants_infos.then(|| self.infos.pop_front()).flatten()
    }

    fn next_zip(&mut self) -> Option<Module> {
        self.wants_zips.then(|| self.zips.pop_front()).flatten()
    }
}
