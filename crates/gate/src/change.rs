//! Change: what differs between a base and now, for a gate that judges only that, and for a reviewer.
//!
//! A project that begins with a gate has old findings; whoever changes one line must not have to mend
//! them all. So findings that the base has as well are left out, by what was found and not by line
//! numbers. What is compared is the code that a build can contain: a version that is only mentioned
//! somewhere in the graph changes no program.

mod summary;

pub use summary::{ChangeFacts, markdown};

use crate::{
    capability::{Capability, CapabilityPlaces},
    places::RequirementPlaces,
    rules::{self, CAPABILITY_UNKNOWN, LOWERED, NEW_CAPABILITY, NEW_MODULE, POLICY_CHANGED},
};
use finding::{Finding, FindingPlace};
use gomod::{modfile::ModuleVersion, mvs::compare_versions};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashSet},
};

/// What becomes of a module's versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionChange {
    /// Module path.
    pub path: String,
    /// Version at the base; none if it was not there.
    pub from: Option<String>,
    /// Version now; none if it is gone.
    pub to: Option<String>,
}

/// Compares what a build could contain with what it can contain now, by module path.
pub fn compare(
    base: &BTreeSet<ModuleVersion>,
    now: &BTreeSet<ModuleVersion>,
) -> Vec<VersionChange> {
    let mut moves: BTreeMap<&str, (Option<&str>, Option<&str>)> = BTreeMap::new();
    for module in base {
        moves.entry(&module.path).or_default().0 = Some(&module.version);
    }
    for module in now {
        moves.entry(&module.path).or_default().1 = Some(&module.version);
    }
    let changed = moves.into_iter().filter(|(_, (from, to))| from != to);
    changed
        .map(|(path, (from, to))| VersionChange {
            path: path.to_owned(),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        })
        .collect()
}

/// What the moves themselves say.
pub fn findings(moves: &[VersionChange], places: &RequirementPlaces) -> Vec<Finding> {
    let judge = |one: &VersionChange| {
        let (rule, version, message) = match (&one.from, &one.to) {
            (None, Some(to)) => (&NEW_MODULE, to, format!("{}@{to} is new", one.path)),
            (Some(from), Some(to)) if compare_versions(&one.path, to, from) == Ordering::Less => {
                let message = format!("{} goes from {from} down to {to}", one.path);
                (&LOWERED, to, message)
            }
            _ => return None,
        };
        let subject = format!("{}@{version}", one.path);
        Some(Finding::new(
            rule,
            places.module(&one.path),
            subject,
            message,
        ))
    };
    moves.iter().filter_map(judge).collect()
}

/// What the code of two versions can do, as far as it could be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapabilityScan {
    /// At the base; nothing where the module is new.
    pub from: Result<CapabilityPlaces, String>,
    /// Now.
    pub to: Result<CapabilityPlaces, String>,
}

// === impl CapabilityScan ===

impl CapabilityScan {
    /// What it can do now and could not before; the reason where that cannot be said.
    pub fn gained(&self) -> Result<Vec<(Capability, &str)>, &str> {
        let from = self.from.as_ref().map_err(String::as_str)?;
        let to = self.to.as_ref().map_err(String::as_str)?;
        let gained = to
            .iter()
            .filter(|(capability, _)| !from.contains_key(capability));
        Ok(gained
            .map(|(capability, file)| (*capability, &**file))
            .collect())
    }
}

/// What the code of changed versions can do for the first time. `scans` is by `MODULE@VERSION`.
pub fn capabilities(
    moves: &[VersionChange],
    scans: &BTreeMap<String, CapabilityScan>,
    places: &RequirementPlaces,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for one in moves {
        let Some(to) = &one.to else { continue };
        let subject = format!("{}@{to}", one.path);
        let Some(scan) = scans.get(&subject) else {
            continue;
        };
        let place = || places.module(&one.path);
        match scan.gained() {
            Ok(gained) if gained.is_empty() => {}
            Ok(gained) => {
                let words: Vec<String> = gained
                    .iter()
                    .map(|(capability, file)| format!("{capability} ({file})"))
                    .collect();
                let message = format!("{subject} has for the first time: {}", words.join(", "));
                findings.push(Finding::new(&NEW_CAPABILITY, place(), subject, message));
            }
            Err(why) => {
                let message = format!("{subject} could not be looked at: {why}");
                findings.push(Finding::new(&CAPABILITY_UNKNOWN, place(), subject, message));
            }
        }
    }
    findings
}

/// How the policy of a checkout differs from the one that judges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyDifference {
    /// The change wrote another one.
    Altered,
    /// The change took it away.
    Removed,
    /// The change did not touch it, and branched off before it became what it is.
    Older,
}

/// The checkout has another policy than the revision by whose policy it is judged.
pub fn policy_changed(file: &str, revision: &str, difference: PolicyDifference) -> Finding {
    let here = match difference {
        PolicyDifference::Altered => "the policy here is another one",
        PolicyDifference::Removed => "there is no policy here, other",
        PolicyDifference::Older => "the policy here is an older one",
    };
    let message = format!("{here} than that of {revision}, by which this is judged");
    let finding = Finding::new(&POLICY_CHANGED, FindingPlace::file(file), "", message);
    match difference {
        PolicyDifference::Older => finding.advise(format!(
            "Bring the branch up to date with {revision}, so that it is built with what it is judged by."
        )),
        PolicyDifference::Altered | PolicyDifference::Removed => finding,
    }
}

/// The findings that the base does not have as well, and those that say that something is not known:
/// of these nobody can tell whether the base had them.
pub fn introduced(now: Vec<Finding>, base: &[Finding]) -> Vec<Finding> {
    let same = |finding: &Finding| {
        (
            finding.rule.id,
            finding.place.file.clone(),
            finding.subject.clone(),
            finding.message.clone(),
        )
    };
    let old: HashSet<_> = base.iter().map(same).collect();
    now.into_iter()
        .filter(|finding| rules::is_unknown(finding.rule) || !old.contains(&same(finding)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{compare, findings, introduced};
    use crate::{
        places::RequirementPlaces,
        rules::{DATA_MISSING, MODULE_DENIED, SUM_UNPROVEN},
    };
    use finding::{FileSpan, Finding, FindingPlace};
    use gomod::modfile::ModuleVersion;
    use std::collections::BTreeSet;

    fn set(modules: &[(&str, &str)]) -> BTreeSet<ModuleVersion> {
        let module = |&(path, version): &(&str, &str)| ModuleVersion::new(path, version);
        modules.iter().map(module).collect()
    }

    #[test]
    fn new_lowered_raised_and_removed_modules_are_told_apart() {
        let base = set(&[
            ("a.b/x", "v1.2.0"),
            ("a.b/y", "v1.0.0"),
            ("a.b/gone", "v1.0.0"),
            ("a.b/same", "v1.0.0"),
        ]);
        let now = set(&[
            ("a.b/x", "v1.10.0"),
            ("a.b/y", "v0.9.0"),
            ("a.b/new", "v1.0.0"),
            ("a.b/same", "v1.0.0"),
        ]);
        let moves = compare(&base, &now);
        let paths: Vec<_> = moves.iter().map(|one| &*one.path).collect();
        assert_eq!(paths, ["a.b/gone", "a.b/new", "a.b/x", "a.b/y"]);
        let found = findings(&moves, &RequirementPlaces::default());
        let found: Vec<_> = found
            .iter()
            .map(|finding| (finding.rule.id, &*finding.subject))
            .collect();
        assert_eq!(
            found,
            [
                ("change/new-module", "a.b/new@v1.0.0"),
                ("change/lowered", "a.b/y@v0.9.0"),
            ]
        );
    }

    #[test]
    fn an_old_finding_is_old_on_another_line_too() {
        let at = |line| {
            let place = FindingPlace::at("go.mod", FileSpan::in_line(line, 1, 4));
            Finding::new(&MODULE_DENIED, place, "a.b/x@v1.0.0", "may not be used")
        };
        assert!(introduced(vec![at(7)], &[at(3)]).is_empty());
        let other = Finding::new(
            &MODULE_DENIED,
            FindingPlace::file("go.mod"),
            "a.b/y@v1.0.0",
            "no",
        );
        assert_eq!(introduced(vec![other], &[at(3)]).len(), 1);
    }

    #[test]
    fn what_is_not_known_now_was_not_there_before() {
        for rule in [&DATA_MISSING, &SUM_UNPROVEN, &vulndb::rules::DATA_OLD] {
            let unknown = Finding::new(rule, FindingPlace::file("go.mod"), "", "nobody could say");
            assert_eq!(introduced(vec![unknown.clone()], &[unknown]).len(), 1);
        }
    }
}
