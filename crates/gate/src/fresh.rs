//! Fresh: neither too young nor taken back.
//!
//! The date in a version's `.info` is its author's and proves nothing: whoever hijacks a module
//! writes any date there. A version is as old as somebody who does not profit has known it: the
//! checksum database's log, where its record stands before a head that was seen at a known time, or
//! this site, which captured it then.

pub mod calendar;

use crate::{
    places::RequirementPlaces,
    policy::AgePolicy,
    rules::{AGE_UNKNOWN, DEPRECATED, LATEST_UNKNOWN, RETRACTED, TOO_YOUNG},
};
use finding::Finding;
use gomod::{
    Version, modfile::ModFile, modfile::ModuleVersion, mvs::compare_versions,
    pattern::ModulePatterns,
};
use jiff::{SignedDuration, Timestamp};

/// When a version was known at the latest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstKnownTime {
    /// At this moment, by that witness.
    Since(Timestamp, &'static str),
    /// Nobody can say.
    Never,
}

/// Looks at a version's age.
pub fn age(
    policy: &AgePolicy,
    module: &ModuleVersion,
    known: &FirstKnownTime,
    now: Timestamp,
    places: &RequirementPlaces,
) -> Option<Finding> {
    if policy.days == 0 || ModulePatterns::parse(&policy.except).matches(&module.path) {
        return None;
    }
    let place = || places.module(&module.path);
    match known {
        FirstKnownTime::Never => {
            let message = format!("nobody can say how long {module} has been known");
            Some(Finding::new(
                &AGE_UNKNOWN,
                place(),
                module.to_string(),
                message,
            ))
        }
        FirstKnownTime::Since(since, witness) => {
            let age = now.duration_since(*since);
            if age >= SignedDuration::from_hours(24 * i64::from(policy.days)) {
                return None;
            }
            let (hours, days) = (age.as_hours(), policy.days);
            let message = format!(
                "{module} has been known for {hours} hours ({witness}, {since}), {days} days are wanted"
            );
            Some(Finding::new(
                &TOO_YOUNG,
                place(),
                module.to_string(),
                message,
            ))
        }
    }
}

/// The version whose go.mod speaks for a module, of a proxy's list: the highest release, else the
/// highest pre-release (<https://go.dev/ref/mod#version-queries>), retracted or not.
pub fn newest(list: &str) -> Option<Version> {
    let words = list
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let versions = words.filter_map(|word| Version::parse(word).ok());
    let listed = versions.filter(|version| !version.is_pseudo());
    listed.max_by_key(|version| (!version.is_prerelease(), version.clone()))
}

/// Looks at what the newest go.mod of a module says of the version that is used.
pub fn latest(
    module: &ModuleVersion,
    newest: Result<&ModFile, &str>,
    places: &RequirementPlaces,
) -> Vec<Finding> {
    let place = || places.module(&module.path);
    let about = |rule, message| Finding::new(rule, place(), module.to_string(), message);
    let newest = match newest {
        Ok(newest) => newest,
        Err(why) => {
            let message = format!("the newest go.mod of {} cannot be had: {why}", module.path);
            return vec![about(&LATEST_UNKNOWN, message)];
        }
    };
    let within = |low: &str, high: &str| {
        let order = |one: &str, other: &str| compare_versions(&module.path, one, other);
        order(low, &module.version).is_le() && order(&module.version, high).is_le()
    };
    let retracted = newest
        .retract
        .iter()
        .find(|line| within(&line.low, &line.high));
    let retracted = retracted.map(|line| {
        let why = match &*line.rationale {
            "" => "without a reason",
            why => why,
        };
        about(
            &RETRACTED,
            format!("{module} was retracted by its author: {why}"),
        )
    });
    let deprecated = newest
        .module
        .as_ref()
        .and_then(|line| line.deprecated.as_deref());
    let deprecated = deprecated.map(|why| {
        let why: Vec<&str> = why.split_whitespace().collect();
        let why = why.join(" ");
        about(&DEPRECATED, format!("{} is deprecated: {why}", module.path))
    });
    retracted.into_iter().chain(deprecated).collect()
}
