//! Since: what a module's change since the base comes to.

use super::{
    facts,
    module::{Files, Look, Looked},
};
use finding::{Finding, Unreadable};
use gate::{
    allowed,
    change::{self, Known, Move, Scan},
    fresh,
};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// A change.
pub(super) struct Since {
    /// What it brings, and nothing that was there before.
    pub(super) findings: Vec<Finding>,
    /// The summary for a reviewer.
    pub(super) summary: String,
}

// === impl Since ===

impl Since {
    /// Compares a module with its files at the base; a module that was not there is all new.
    pub(super) async fn of(
        with: Look<'_>,
        now: &Looked,
        base: Option<&Files>,
        root: &Path,
        name: &str,
    ) -> Result<Self, Unreadable> {
        let base = match base {
            Some(files) => Some(Looked::at(with, files, root).await.map_err(at_base)?),
            None => None,
        };
        let before = base.as_ref().map_or_else(BTreeSet::new, Looked::built);
        let moves = change::compare(&before, &now.built());
        let mut findings = now.findings(with);
        if let Some(base) = &base {
            findings = change::introduced(findings, &base.findings(with));
            findings.extend(change::changed_sums(&base.lock, &now.lock));
        }
        findings.extend(change::findings(&moves, &now.places()));
        let scans = facts::scans(with.site, &moves).await;
        findings.extend(change::capabilities(&moves, &scans, &now.places()));
        let summary = change::markdown(name, &moves, &known(with, now, &moves, &scans));
        Ok(Self { findings, summary })
    }
}

fn at_base(unreadable: Unreadable) -> Unreadable {
    Unreadable {
        problem: format!("at the base: {}", unreadable.problem),
        ..unreadable
    }
}

fn known(
    with: Look<'_>,
    now: &Looked,
    moves: &[Move],
    scans: &BTreeMap<String, Scan>,
) -> BTreeMap<String, Known> {
    let licences = &now.facts.licences;
    let ages = now.facts.ages.iter().map(|(module, age)| {
        let licence = licences.get(module).map(licence).unwrap_or_default();
        let scan = scans.get(&module.to_string());
        let known = Known {
            age: words(age, with.now),
            licence,
            capabilities: scan.map(gained).unwrap_or_default(),
            ..Known::default()
        };
        (module.to_string(), known)
    });
    let touched: BTreeSet<&str> = moves.iter().map(|one| &*one.path).collect();
    ages.filter(|(module, _)| {
        let path = module.split('@').next().unwrap_or_default();
        touched.contains(path)
    })
    .collect()
}

fn gained(scan: &Scan) -> String {
    match scan.gained() {
        Ok(gained) => {
            let words: Vec<&str> = gained.iter().map(|(one, _)| one.word()).collect();
            words.join(", ")
        }
        Err(_) => "unknown".to_owned(),
    }
}

fn words(age: &fresh::Known, now: Timestamp) -> String {
    match age {
        fresh::Known::Never => "unknown".to_owned(),
        fresh::Known::Since(since, _) => {
            let hours = now.duration_since(*since).as_hours();
            match hours {
                0..48 => format!("{hours} hours"),
                hours => format!("{} days", hours / 24),
            }
        }
    }
}

fn licence(known: &allowed::Known) -> String {
    match known {
        allowed::Known::Licences(licences) => {
            let ids: BTreeSet<&str> = licences.iter().map(|licence| &*licence.id).collect();
            Vec::from_iter(ids).join(", ")
        }
        allowed::Known::Unrecognised(_) => "not recognised".to_owned(),
        allowed::Known::Unavailable(_) => "unknown".to_owned(),
    }
}
