//! Module: one Go module of the checkout, now or at the base, with everything known about it.

use super::{checkout::join, facts, site::Site};
use crate::{checkout, output, project_command};
use finding::{Finding, Place, Step, Unreadable};
use gate::{
    allowed,
    go_lock::GoLock,
    licence::Licence,
    places::Places,
    policy::{Mode, Policy},
    steps::{self, Facts},
};
use gomod::{
    modfile::ModuleVersion,
    mvs::{Options, Selection, Updates},
};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};
use vulndb::Reachability;

/// What is asked for beside what the policy needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Licences, for a bill of materials.
    pub(super) licences: bool,
    /// The release of Go that is installed.
    pub(super) go: Option<&'a str>,
    /// What `govulncheck` found out about calls.
    pub(super) reachability: Option<&'a Reachability>,
}

/// What every module of a run is looked at with.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) site: &'a Site,
    pub(super) policy: &'a Policy,
    pub(super) wanted: Wanted<'a>,
    pub(super) now: Timestamp,
}

/// The files of a module.
pub(super) struct Files {
    /// Its directory in the checkout; empty for the root.
    pub(super) directory: String,
    go_mod: Vec<u8>,
    go_sum: Vec<u8>,
}

/// A module that was looked at.
pub(super) struct Looked {
    /// What a reader should know of the facts.
    pub(super) notes: Vec<String>,
    /// What its go.mod selects.
    pub(super) selection: Box<Selection>,
    /// Its files.
    pub(super) lock: GoLock,
    /// What is known of its dependencies.
    pub(super) facts: Facts,
    /// Where its files are.
    pub(super) root: PathBuf,
}

// === impl Files ===

impl Files {
    /// Reads the files of a module by their names; none where there is no go.mod.
    pub(super) fn read(
        directory: &str,
        mut read: impl FnMut(&str) -> Result<Option<Vec<u8>>, Unreadable>,
    ) -> Result<Option<Self>, Unreadable> {
        let Some(go_mod) = read(&join(directory, "go.mod"))? else {
            return Ok(None);
        };
        Ok(Some(Self {
            directory: directory.to_owned(),
            go_mod,
            go_sum: read(&join(directory, "go.sum"))?.unwrap_or_default(),
        }))
    }
}

// === impl Looked ===

impl Looked {
    /// Looks at a module, whose replacements by directories begin at `root`.
    pub(super) async fn at(with: Look<'_>, files: &Files, root: &Path) -> Result<Self, Unreadable> {
        let lock = GoLock::read(&files.directory, &files.go_mod, &files.go_sum)?;
        output::doing(&format!("{}: loading the module graph", lock.go_mod_name));
        let selection = select(with.site, &lock, root).await?;
        let mut notes = Vec::new();
        let mut facts = facts::gather(with, &lock, &selection, &mut notes).await;
        let minimal = with.policy.steps.of(Step::Minimal) != Mode::Off;
        if minimal && with.policy.minimal.usage {
            output::doing(&format!("{}: reading packages", lock.go_mod_name));
            let upstreams = with.site.upstreams().clone();
            let checkout = checkout::Checkout::of(root.to_owned(), lock.go_mod.clone(), upstreams);
            facts.usage = Some(project_command::report(checkout).await);
        }
        Ok(Self {
            notes,
            selection,
            lock,
            facts,
            root: root.to_owned(),
        })
    }

    /// What the steps find.
    pub(super) fn findings(&self, with: Look<'_>) -> Vec<Finding> {
        steps::findings(
            with.policy,
            &self.lock,
            &self.selection,
            &self.facts,
            with.now,
        )
    }

    /// What is found of vulnerabilities.
    pub(super) fn vulnerable(&self, with: Look<'_>) -> Vec<Finding> {
        steps::vulnerable(
            with.policy,
            &self.lock,
            &self.selection,
            &self.facts,
            with.now,
        )
    }

    /// The versions whose code a build can contain.
    pub(super) fn built(&self) -> BTreeSet<ModuleVersion> {
        steps::built(&self.lock, &self.selection)
    }

    /// The lines of its modules.
    pub(super) fn places(&self) -> Places {
        steps::places(&self.lock, &self.selection)
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
    let options = Options {
        updates: Updates::Apply,
        unpruned: false,
    };
    let (root, upstreams) = (root.to_owned(), site.upstreams().clone());
    let mut checkout = checkout::Checkout::of(root, lock.go_mod.clone(), upstreams);
    let loaded = checkout.select(&lock.go_mod, options).await;
    loaded.map_err(|error| unreadable(format!("its module graph cannot be loaded: {error}")))
}
