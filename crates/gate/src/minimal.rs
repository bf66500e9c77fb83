//! Minimal: no more dependencies than the budget.

use crate::{
    places::Places,
    policy::Minimal,
    rules::{TOO_DEEP, TOO_MANY_DIRECT, TOO_MANY_MODULES},
};
use finding::Finding;
use gomod::{modfile::ModuleVersion, mvs::Selection};
use std::collections::HashMap;

/// Compares a build list with the budgets.
pub fn check(
    budget: &Minimal,
    selection: &Selection,
    direct: usize,
    places: &Places,
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
