//! Budgets: how many dependencies there may be.

use crate::{
    places::RequirementPlaces,
    policy::MinimalPolicy,
    rules::{TOO_DEEP, TOO_HEAVY, TOO_MANY_DIRECT, TOO_MANY_MODULES, USAGE_UNKNOWN},
};
use finding::Finding;
use gomod::{modfile::ModuleVersion, mvs::ModuleSelection};
use project::tidy::TidyReport;
use std::collections::HashMap;

/// Compares a build list with the budgets.
pub fn check(
    budget: &MinimalPolicy,
    selection: &ModuleSelection,
    direct: usize,
    places: &RequirementPlaces,
) -> Vec<Finding> {
    let list = selection.build_list();
    let modules = list.len().saturating_sub(1);
    let over = |rule, limit: Option<usize>, count: usize, what: &str| {
        let limit = limit.filter(|&limit| count > limit)?;
        let message = format!("{count} {what}, {limit} are the budget");
        Some(Finding::new(rule, places.main(), "", message))
    };
    let mut findings: Vec<Finding> = over(&TOO_MANY_MODULES, budget.modules, modules, "modules")
        .into_iter()
        .chain(over(
            &TOO_MANY_DIRECT,
            budget.direct,
            direct,
            "direct requirements",
        ))
        .collect();
    if let Some(limit) = budget.depth {
        let depths = depths(selection.edges());
        let used = list.iter().map(|selected| selected.module);
        let too_deep = used.filter_map(|module| {
            let depth = depths
                .get(&*module.path)
                .copied()
                .filter(|&depth| depth > limit)?;
            let message = format!("{module} is {depth} requirements away, {limit} are the budget");
            let place = places.module(&module.path);
            Some(Finding::new(&TOO_DEEP, place, module.to_string(), message))
        });
        findings.extend(too_deep);
    }
    findings
}

/// Looks at what each direct requirement is for, and what it brings in alone. `name` is that of the
/// go.mod in the checkout.
pub fn usage(
    budget: &MinimalPolicy,
    report: Result<&TidyReport, &str>,
    name: &str,
    places: &RequirementPlaces,
) -> Vec<Finding> {
    let unknown = |message: String| Finding::new(&USAGE_UNKNOWN, places.main(), "", message);
    let report = match report {
        Ok(report) => report,
        Err(why) => return vec![unknown(format!("packages could not be read: {why}"))],
    };
    let mut findings: Vec<Finding> = report.findings.clone();
    for finding in &mut findings {
        name.clone_into(&mut finding.place.file);
    }
    findings.extend(report.direct.iter().filter_map(|requirement| {
        let alone = requirement.alone.as_ref()?;
        let too_many = budget
            .modules_alone
            .is_some_and(|limit| alone.modules.len() > limit);
        let too_large = budget.bytes_alone.is_some_and(|limit| alone.bytes > limit);
        (too_many || too_large).then(|| {
            let (module, count, bytes) = (&requirement.module, alone.modules.len(), alone.bytes);
            let message = format!("{module} alone brings in {count} modules, {bytes} bytes");
            let subject = format!("{module}@{}", requirement.version);
            Finding::new(&TOO_HEAVY, places.module(module), subject, message)
        })
    }));
    if let Some((module, why)) = report.unknown.first() {
        let count = report.unknown.len();
        findings.push(unknown(format!(
            "the files of {count} modules could not be had, the first is {module}: {why}"
        )));
    }
    findings
}

/// How many requirements away each module is, at least. Edges come nearest first.
fn depths<'a>(
    edges: impl Iterator<Item = (&'a ModuleVersion, &'a ModuleVersion)>,
) -> HashMap<&'a str, usize> {
    let mut depths: HashMap<&str, usize> = HashMap::new();
    for (from, to) in edges {
        let depth = match depths.get(&*from.path) {
            _ if from.version.is_empty() => 1,
            Some(depth) => depth + 1,
            None => continue,
        };
        depths.entry(&to.path).or_insert(depth);
    }
    depths
}
