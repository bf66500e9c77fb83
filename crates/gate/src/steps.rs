//! Steps: what each of them says of one Go module, from facts that a shell has gathered.

use crate::{
    allowed, fresh,
    go_lock::GoLock,
    minimal,
    places::RequirementPlaces,
    policy::{GatePolicy, StepMode},
    sum_file::LogAnswer,
    vulnerable,
};
use finding::{Finding, GateStep};
use gomod::{
    gosum::HashSubject,
    modfile::{ModFile, ModuleVersion},
    mvs::ModuleSelection,
};
use jiff::{Timestamp, tz::TimeZone};
use project::tidy::TidyReport;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What is known beside the files of the checkout. What is missing here was not asked for, because
/// its step is off; what could not be had is here with its reason.
#[derive(Debug, Default)]
pub struct GateFacts {
    /// What the checksum database says of each line of go.sum, in order.
    pub logged: Vec<LogAnswer>,
    /// How long module versions have been known.
    pub ages: BTreeMap<ModuleVersion, fresh::FirstKnownTime>,
    /// The go.mod of the newest version of each module, by path.
    pub newest: BTreeMap<String, Result<ModFile, String>>,
    /// What each requirement is for.
    pub usage: Option<Result<TidyReport, String>>,
    /// What is known to be vulnerable.
    pub vulnerable: Option<vulnerable::VulnerabilityFacts>,
    /// Under what licences module versions are.
    pub licences: BTreeMap<ModuleVersion, allowed::ModuleLicences>,
    /// SHA-256 of the zips that were read, in hexadecimal digits.
    pub digests: BTreeMap<ModuleVersion, String>,
}

/// The module versions of the build list: what was selected, or what stands in for it. The main
/// module and directories are not among them.
pub fn used(selection: &ModuleSelection) -> BTreeSet<ModuleVersion> {
    let list = selection.build_list();
    let fetched = list
        .iter()
        .map(|selected| selected.replacement.unwrap_or(selected.module))
        .filter(|module| !module.version.is_empty());
    fetched.cloned().collect()
}

/// Of these, the ones whose code a build can contain: go lists the hash of a module's files if a
/// package of it is used, and refuses the module if it is not listed. What go.mod itself requires is
/// among them in any case.
pub fn built(lock: &GoLock, selection: &ModuleSelection) -> BTreeSet<ModuleVersion> {
    let required = lock.go_mod.require.iter().map(|line| &*line.module.path);
    let required: HashSet<&str> = required.collect();
    let files = lock.go_sum.sums.entries.iter();
    let files = files.filter(|entry| entry.subject == HashSubject::Zip);
    let files: HashSet<(&str, &str)> = files.map(|entry| (&*entry.path, &*entry.version)).collect();
    let can_be_built = |module: &ModuleVersion| {
        required.contains(&*module.path) || files.contains(&(&*module.path, &*module.version))
    };
    used(selection).into_iter().filter(can_be_built).collect()
}

/// The places of modules in a go.mod, through the graph that was loaded from it.
pub fn places(lock: &GoLock, selection: &ModuleSelection) -> RequirementPlaces {
    RequirementPlaces::of(&lock.go_mod_name, &lock.go_mod, selection.edges())
}

/// What is found of vulnerabilities.
pub fn vulnerable(
    policy: &GatePolicy,
    lock: &GoLock,
    selection: &ModuleSelection,
    facts: &GateFacts,
    now: Timestamp,
) -> Vec<Finding> {
    let known = facts.vulnerable.as_ref();
    let Some(known) = known.filter(|_| policy.steps.of(GateStep::Vulnerable) != StepMode::Off)
    else {
        return Vec::new();
    };
    let (days, today) = (
        policy.vulnerable.data_days,
        now.to_zoned(TimeZone::UTC).date(),
    );
    vulnerable::check(known, lock, &places(lock, selection), days, today)
}

/// Everything that the steps over Go's own files find.
pub fn findings(
    policy: &GatePolicy,
    lock: &GoLock,
    selection: &ModuleSelection,
    facts: &GateFacts,
    now: Timestamp,
) -> Vec<Finding> {
    let places = places(lock, selection);
    let is_on = |step| policy.steps.of(step) != StepMode::Off;
    let (used, built) = (used(selection), built(lock, selection));
    let mut findings = Vec::new();
    if is_on(GateStep::Lock) {
        findings.extend(lock.check_files());
        findings.extend(lock.check_selection(selection, &places));
        findings.extend(lock.go_sum.held_against(&facts.logged));
    }
    if is_on(GateStep::Minimal) {
        let direct = lock.go_mod.require.iter().filter(|line| !line.indirect);
        let direct = direct.count();
        findings.extend(minimal::check(&policy.minimal, selection, direct, &places));
    }
    if is_on(GateStep::Minimal)
        && let Some(usage) = &facts.usage
    {
        let (usage, name) = (usage.as_ref().map_err(String::as_str), &lock.go_mod_name);
        findings.extend(minimal::usage(&policy.minimal, usage, name, &places));
    }
    findings.extend(vulnerable(policy, lock, selection, facts, now));
    if is_on(GateStep::Fresh) {
        for module in &built {
            let age = facts.ages.get(module);
            findings
                .extend(age.and_then(|age| fresh::age(&policy.fresh, module, age, now, &places)));
            if let Some(newest) = facts.newest.get(&module.path) {
                let newest = newest.as_ref().map_err(String::as_str);
                findings.extend(fresh::latest(module, newest, &places));
            }
        }
    }
    if is_on(GateStep::Allowed) {
        findings.extend(allowed::modules(&policy.allowed, &used, &places));
        findings.extend(allowed::directives(&lock.go_mod_name, &lock.go_mod));
        let licences = built.iter().filter_map(|module| {
            let known = facts.licences.get(module)?;
            allowed::licence(&policy.allowed, module, known, &places)
        });
        findings.extend(licences);
    }
    findings
}
