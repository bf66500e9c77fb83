//! Module: one Go module of the checkout, with everything that is known about it.

use super::{
    checkout::{Checkout, join},
    facts::{self, Wanted},
    site::Site,
};
use crate::mod_command::graph;
use finding::{Finding, Place, Unreadable};
use gate::{
    allowed,
    go_lock::GoLock,
    licence::Licence,
    policy::Policy,
    steps::{self, Facts},
};
use gomod::mvs::{Loader, MainModule, Options, Selection, Updates};
use jiff::Timestamp;
use std::{collections::BTreeMap, path::Path};

/// A module that was looked at.
pub(super) struct Looked {
    /// What a reader should know of the facts.
    pub(super) notes: Vec<String>,
    /// What its go.mod selects.
    pub(super) selection: Box<Selection>,
    lock: GoLock,
    facts: Facts,
}

// === impl Looked ===

impl Looked {
    /// Reads the module in a directory of the checkout and gathers the facts.
    pub(super) async fn at(
        site: &Site,
        checkout: &Checkout,
        policy: &Policy,
        directory: &str,
        wanted: Wanted,
        now: Timestamp,
    ) -> Result<Self, Unreadable> {
        let (go_mod_name, go_sum_name) = (join(directory, "go.mod"), join(directory, "go.sum"));
        let go_mod = checkout.read(&go_mod_name)?.unwrap_or_default();
        let go_sum = checkout.read(&go_sum_name)?.unwrap_or_default();
        let lock = GoLock::read(directory, &go_mod, &go_sum)?;
        let selection = select(site, &lock, &checkout.path(directory)).await?;
        let mut notes = Vec::new();
        let facts = facts::gather(site, policy, &lock, &selection, wanted, now, &mut notes).await;
        Ok(Self {
            notes,
            selection,
            lock,
            facts,
        })
    }

    /// What the steps find.
    pub(super) fn findings(&self, policy: &Policy, now: Timestamp) -> Vec<Finding> {
        steps::findings(policy, &self.lock, &self.selection, &self.facts, now)
    }

    /// The licences that are known, by `MODULE@VERSION`.
    pub(super) fn licences(&self) -> BTreeMap<String, Vec<Licence>> {
        let known = self.facts.licences.iter().filter_map(|(module, known)| {
            let allowed::Known::Licences(licences) = known else {
                return None;
            };
            Some((module.to_string(), licences.clone()))
        });
        known.collect()
    }
}

/// The selection, through the site. Without it hardly anything can be said about a module.
async fn select(site: &Site, lock: &GoLock, root: &Path) -> Result<Box<Selection>, Unreadable> {
    let unreadable =
        |problem: String| Unreadable::new(Place::file(lock.go_mod_name.clone()), problem);
    let main = MainModule::new(&lock.go_mod).map_err(|error| unreadable(error.to_string()))?;
    let options = Options {
        updates: Updates::Apply,
        unpruned: false,
    };
    let loaded = graph::load(Loader::new(main, options), root, site.upstreams()).await;
    loaded.map_err(|error| unreadable(format!("its module graph cannot be loaded: {error}")))
}
