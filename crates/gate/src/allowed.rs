//! Allowed: modules, licences and sources that may be used, over the whole build list.

use crate::{
    licence::RecognisedLicence,
    places::{self, RequirementPlaces},
    policy::AllowPolicy,
    rules::{
        EXCLUDED, LICENCE_DENIED, LICENCE_NOT_LISTED, LICENCE_UNKNOWN, MODULE_DENIED,
        MODULE_NOT_LISTED, REPLACED_BY_DIRECTORY, REPLACED_BY_MODULE,
    },
};
use finding::{Finding, FindingPlace};
use gomod::{
    modfile::{ModFile, ModuleVersion, ReplaceDirective},
    pattern::ModulePatterns,
};

/// What is known of a module's licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleLicences {
    /// These are recognised.
    Licences(Vec<RecognisedLicence>),
    /// Its files are here, and nothing in them is recognised.
    Unrecognised(Vec<String>),
    /// Its files could not be looked at.
    Unavailable(String),
}

/// Looks at the modules by name.
pub fn modules<'a>(
    policy: &AllowPolicy,
    used: impl IntoIterator<Item = &'a ModuleVersion>,
    places: &RequirementPlaces,
) -> Vec<Finding> {
    let (allowed, denied) = (
        ModulePatterns::parse(&policy.modules),
        ModulePatterns::parse(&policy.denied),
    );
    let about = |rule, module: &ModuleVersion, what: &str| {
        let place = places.module(&module.path);
        let through = places.through(&module.path);
        let through = through.map_or_else(String::new, |path| format!(", brought in by {path}"));
        Finding::new(
            rule,
            place,
            module.to_string(),
            format!("{module} {what}{through}"),
        )
    };
    let judge = |module: &ModuleVersion| {
        if denied.matches(&module.path) {
            return Some(about(&MODULE_DENIED, module, "may not be used"));
        }
        let listed = policy.modules.is_empty() || allowed.matches(&module.path);
        (!listed).then(|| {
            about(
                &MODULE_NOT_LISTED,
                module,
                "is not among those that may be used",
            )
        })
    };
    used.into_iter().filter_map(judge).collect()
}

/// Looks at the licence of a module.
pub fn licence(
    policy: &AllowPolicy,
    module: &ModuleVersion,
    known: &ModuleLicences,
    places: &RequirementPlaces,
) -> Option<Finding> {
    let licences = &policy.licences;
    if licences.allowed.is_empty() && licences.denied.is_empty() {
        return None;
    }
    let about = |rule, what: String| {
        let place = places.module(&module.path);
        Some(Finding::new(
            rule,
            place,
            module.to_string(),
            format!("{module} {what}"),
        ))
    };
    let found = match known {
        ModuleLicences::Licences(found) if !found.is_empty() => found,
        ModuleLicences::Licences(_) => {
            return about(&LICENCE_UNKNOWN, "has no licence file".to_owned());
        }
        ModuleLicences::Unrecognised(files) => {
            let files = files.join(", ");
            return about(
                &LICENCE_UNKNOWN,
                format!("has a licence that is not recognised: {files}"),
            );
        }
        ModuleLicences::Unavailable(why) => {
            return about(&LICENCE_UNKNOWN, format!("could not be looked at: {why}"));
        }
    };
    let named = |list: &[String], licence: &RecognisedLicence| list.contains(&licence.id);
    if let Some(denied) = found.iter().find(|found| named(&licences.denied, found)) {
        return about(
            &LICENCE_DENIED,
            format!("is under {}, see {}", denied.id, denied.file),
        );
    }
    let listed = licences.allowed.is_empty();
    let other = found
        .iter()
        .find(|found| !listed && !named(&licences.allowed, found))?;
    about(
        &LICENCE_NOT_LISTED,
        format!("is under {}, see {}", other.id, other.file),
    )
}

/// Looks at what the main module replaces and excludes.
pub fn directives(name: &str, go_mod: &ModFile) -> Vec<Finding> {
    let excluded = go_mod.exclude.iter().map(|line| {
        let place = FindingPlace::at(name, places::span(line.place.span));
        let message = format!("{} is excluded", line.module);
        Finding::new(&EXCLUDED, place, line.module.to_string(), message)
    });
    let mut findings = replaced(name, &go_mod.replace);
    findings.extend(excluded);
    findings
}

/// Looks at what a go.mod or go.work replaces.
pub fn replaced(name: &str, lines: &[ReplaceDirective]) -> Vec<Finding> {
    let finding = |line: &ReplaceDirective| {
        let rule = if line.new.version.is_empty() {
            &REPLACED_BY_DIRECTORY
        } else {
            &REPLACED_BY_MODULE
        };
        let place = FindingPlace::at(name, places::span(line.place.span));
        let message = format!("{} is replaced by {}", line.old, line.new);
        Finding::new(rule, place, line.old.to_string(), message)
    };
    lines.iter().map(finding).collect()
}
