//! Review change: what a module's change since the base comes to.

use super::{
    facts, imports,
    module::{InspectedModule, ModuleFiles, ModuleInspector},
};
use checkout::BaseState;
use finding::{Finding, UnreadableInput};
use gate::{
    allowed,
    change::{self, CapabilityScan, ChangeFacts, VersionChange},
    fresh,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A change.
pub(super) struct ReviewChange {
    /// What it brings, and nothing that was there before.
    pub(super) findings: Vec<Finding>,
    /// The summary for a reviewer.
    pub(super) summary: String,
}

// === impl ReviewChange ===

impl ReviewChange {
    /// Compares a module with its files at the base; a module that was not there is all new.
    pub(super) async fn of(
        with: ModuleInspector<'_>,
        mut now: InspectedModule,
        files: Option<&ModuleFiles>,
        revision: &BaseState,
    ) -> Result<Self, UnreadableInput> {
        let mut base = match files {
            Some(files) => Some(
                InspectedModule::at(with, files, &now.root)
                    .await
                    .map_err(at_base)?,
            ),
            None => None,
        };
        let before = base
            .as_ref()
            .map_or_else(BTreeSet::new, InspectedModule::built);
        let moves = change::compare(&before, &now.built());
        let mut told = VersionNotes::of(base.as_ref(), &now, &moves);
        match (&mut base, files) {
            (Some(base), Some(files)) => {
                imports::forget_known(with, &mut now, base, revision, &files.directory).await;
            }
            _ => imports::learn(with, &mut now).await,
        }
        let mut findings = now.findings(with);
        if let Some(base) = &base {
            findings = change::introduced(findings, &base.findings(with));
            findings.extend(now.lock.go_sum.changed_since(&base.lock.go_sum));
        }
        findings.extend(change::findings(&moves, &now.places()));
        let scans = facts::scans(with.site, &moves).await;
        findings.extend(change::capabilities(&moves, &scans, &now.places()));
        told.add_capabilities(&scans);
        told.add_facts(with, &now);
        let summary = change::markdown(&revision.tip.name, &moves, &told.by_version);
        Ok(Self { findings, summary })
    }
}

fn at_base(unreadable: UnreadableInput) -> UnreadableInput {
    UnreadableInput {
        problem: format!("at the base: {}", unreadable.problem),
        ..unreadable
    }
}

/// What a reviewer is told of each version that the change brings or takes.
struct VersionNotes {
    by_version: BTreeMap<String, ChangeFacts>,
}

// === impl VersionNotes ===

impl VersionNotes {
    /// With the vulnerabilities that the change mends and brings.
    fn of(base: Option<&InspectedModule>, now: &InspectedModule, moves: &[VersionChange]) -> Self {
        let of = |looked: Option<&InspectedModule>, path: &str| -> BTreeSet<String> {
            let hits = looked.into_iter().flat_map(InspectedModule::hits);
            hits.filter(|hit| hit.module == path)
                .map(|hit| hit.id.to_string())
                .collect()
        };
        let one = |one: &VersionChange| {
            let (before, after) = (of(base, &one.path), of(Some(now), &one.path));
            let list = |word: &str, ids: Vec<&String>| match ids.len() {
                0 => None,
                1..=5 => {
                    let ids: Vec<&str> = ids.into_iter().map(String::as_str).collect();
                    Some(format!("{word} {}", ids.join(", ")))
                }
                count => Some(format!("{word} {count}")),
            };
            let mended = list("mends", before.difference(&after).collect());
            let brought = list("brings", after.difference(&before).collect());
            let words: Vec<String> = mended.into_iter().chain(brought).collect();
            let known = ChangeFacts {
                vulnerabilities: words.join("; "),
                ..ChangeFacts::default()
            };
            let to = one.to.as_deref().unwrap_or("-");
            (format!("{}@{to}", one.path), known)
        };
        Self {
            by_version: moves.iter().map(one).collect(),
        }
    }

    fn add_capabilities(&mut self, scans: &BTreeMap<String, CapabilityScan>) {
        for (version, scan) in scans {
            if let Some(known) = self.by_version.get_mut(version) {
                known.capabilities = gained(scan);
            }
        }
    }

    fn add_facts(&mut self, with: ModuleInspector<'_>, now: &InspectedModule) {
        for (module, age) in &now.facts.ages {
            if let Some(known) = self.by_version.get_mut(&module.to_string()) {
                known.age = words(age, with.now);
            }
        }
        for (module, known_licence) in &now.facts.licences {
            if let Some(known) = self.by_version.get_mut(&module.to_string()) {
                known.licence = licence(known_licence);
            }
        }
    }
}

fn gained(scan: &CapabilityScan) -> String {
    match scan.gained() {
        Ok(gained) => {
            let words: Vec<&str> = gained.iter().map(|(one, _)| one.word()).collect();
            words.join(", ")
        }
        Err(_) => "unknown".to_owned(),
    }
}

fn words(age: &fresh::FirstKnownTime, now: Timestamp) -> String {
    match age {
        fresh::FirstKnownTime::Never => "unknown".to_owned(),
        fresh::FirstKnownTime::Since(since, _) => {
            let hours = now.duration_since(*since).as_hours();
            match hours {
                0..48 => format!("{hours} hours"),
                hours => format!("{} days", hours / 24),
            }
        }
    }
}

fn licence(known: &allowed::ModuleLicences) -> String {
    match known {
        allowed::ModuleLicences::Licences(licences) => {
            let ids: BTreeSet<&str> = licences.iter().map(|licence| &*licence.id).collect();
            Vec::from_iter(ids).join(", ")
        }
        allowed::ModuleLicences::Unrecognised(_) => "not recognised".to_owned(),
        allowed::ModuleLicences::Unavailable(_) => "unknown".to_owned(),
    }
}
