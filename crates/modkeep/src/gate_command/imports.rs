//! Imports: whether what is built contains the packages that vulnerabilities are in.
//!
//! To know it, the packages of everything that is reached have to be read, so it is asked only where
//! it can matter: where a vulnerability would stop the change. With a base it is asked of that as well,
//! about vulnerabilities that were known there: one whose package the change begins to import was not
//! there before.

use super::module::{InspectedModule, ModuleInspector};
use crate::{module_checkout::ModuleCheckout, output, project_command};
use checkout::BaseState;
use gate::{
    inventory::join,
    policy::{ALL_SYSTEMS as ALL, StepMode},
    vex::VexAdvisory,
    vulnerable::VulnerabilityFacts,
};
use project::source::is_considered;
use std::{collections::HashMap, path::Path};
use vulndb::{BuildExamination, EntryId, ImportReach, VulnerabilityHit};

/// A vulnerability of a module, in whatever version.
type VulnerabilityName = (String, EntryId);

/// Reads the packages of a module of the checkout, if that can make anything milder.
pub(super) async fn learn(with: ModuleInspector<'_>, looked: &mut InspectedModule) {
    let root = looked.root.clone();
    if stops(with, looked) {
        read(with, looked, &root).await;
    }
}

/// Leaves out vulnerabilities that the base has as well, in whatever version, unless the change made
/// them worse by importing what has them.
pub(super) async fn forget_known(
    with: ModuleInspector<'_>,
    now: &mut InspectedModule,
    before: &mut InspectedModule,
    base: &BaseState,
    directory: &str,
) {
    learn(with, now).await;
    let (known_before, ranks) = (names(before), ranks(now));
    let is_looked_into = now.facts().is_some_and(|known| known.imports.is_some());
    // What nothing imports now was not made worse.
    let mut old = ranks
        .iter()
        .filter(|(name, _)| known_before.contains_key(name));
    let ranks_before = if is_looked_into && old.any(|(_, &rank)| rank > 0) {
        match read_base(with, before, base, directory).await {
            Ok(()) => self::ranks(before),
            // What cannot be told of the base was not there before.
            Err(_) => HashMap::new(),
        }
    } else {
        known_before
    };
    if let Some(examined) = now.examined_mut() {
        examined.hits.retain(|hit| {
            let name = name(hit);
            ranks_before.get(&name) < ranks.get(&name)
        });
    }
}

/// Whether any vulnerability that imports say something of would stop the change.
fn stops(with: ModuleInspector<'_>, looked: &InspectedModule) -> bool {
    let blocking = looked.vulnerable(with).into_iter().filter(|finding| {
        let module = finding.subject.split('@').next();
        module != Some("toolchain") && with.policy.mode(finding.rule) == StepMode::Block
    });
    let subjects: Vec<String> = blocking.map(|finding| finding.subject).collect();
    looked
        .hits()
        .any(|hit| subjects.contains(&format!("{}@{}", hit.module, hit.version)))
}

/// Reads the packages that the files below `root` reach.
async fn read(with: ModuleInspector<'_>, looked: &mut InspectedModule, root: &Path) {
    output::doing(&format!("{}: reading packages", looked.lock.go_mod_name));
    let upstreams = with.site.upstreams().clone();
    let checkout = ModuleCheckout::of(root.to_owned(), looked.lock.go_mod.clone(), upstreams);
    let uses = project_command::uses(&checkout, &looked.selection, &systems(with)).await;
    if let Some(known) = looked.facts.vulnerable.as_mut() {
        known.imports = Some(uses);
    }
}

/// The values of GOOS that a build is for: those of the policy, else that of this machine, as for `go`.
fn systems(with: ModuleInspector<'_>) -> Vec<String> {
    match &*with.policy.vulnerable.systems {
        [] => vec![here().to_owned()],
        [all] if all == ALL => Vec::new(),
        named => named.to_vec(),
    }
}

fn here() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        name => name,
    }
}

/// The same of the base, whose files are laid into a directory for it.
async fn read_base(
    with: ModuleInspector<'_>,
    before: &mut InspectedModule,
    base: &BaseState,
    directory: &str,
) -> Result<(), String> {
    let laid = tempfile::tempdir().map_err(|error| error.to_string())?;
    let root = base.lay(laid.path(), |name| is_considered(name) || name == "go.mod")?;
    read(with, before, &root.join(join(directory, ""))).await;
    Ok(())
}

/// How near each vulnerability comes to a build; what nobody looked into is as near as can be.
fn ranks(looked: &InspectedModule) -> HashMap<VulnerabilityName, u8> {
    let rank = |hit: &VulnerabilityHit| match looked
        .facts()
        .map(|known: &VulnerabilityFacts| known.imported(hit))
    {
        Some(ImportReach::Nowhere) => 0,
        Some(ImportReach::Beside { .. }) => 1,
        Some(ImportReach::Unknown { .. }) => 2,
        Some(ImportReach::By { .. } | ImportReach::Unasked) | None => 3,
    };
    looked.hits().map(|hit| (name(hit), rank(hit))).collect()
}

/// All of them, as near as can be.
fn names(looked: &InspectedModule) -> HashMap<VulnerabilityName, u8> {
    looked.hits().map(|hit| (name(hit), u8::MAX)).collect()
}

fn name(hit: &VulnerabilityHit) -> VulnerabilityName {
    (hit.module.clone(), hit.id.clone())
}

// === impl Looked ===

impl InspectedModule {
    /// What is known to be vulnerable.
    pub(super) fn hits(&self) -> impl Iterator<Item = &VulnerabilityHit> {
        let examined = self.facts().and_then(|known| known.examined.as_ref().ok());
        examined.into_iter().flat_map(|examined| &examined.hits)
    }

    /// The same, each with the module of the checkout that is built with it.
    pub(super) fn advisories(&self) -> impl Iterator<Item = VexAdvisory> {
        let product = self.lock.go_mod.module.as_ref();
        let product = product.map_or("", |line| &*line.path);
        self.hits().map(move |hit| VexAdvisory {
            file: self.lock.go_mod_name.clone(),
            product: product.to_owned(),
            hit: hit.clone(),
        })
    }

    fn facts(&self) -> Option<&VulnerabilityFacts> {
        self.facts.vulnerable.as_ref()
    }

    fn examined_mut(&mut self) -> Option<&mut BuildExamination> {
        let known = self.facts.vulnerable.as_mut();
        known.and_then(|known| known.examined.as_mut().ok())
    }
}
