//! Overrides: what a project puts in the place of what is asked for.
//!
//! A replacement by a name alone is meant wherever that name is asked for: then nothing else may be
//! locked. One for some ranges or parents only allows another answer beside the one that is asked
//! for. A tool follows its own list, so the lists of others allow and do not forbid.

use super::{LockExpectation, fits::LockCandidate};
use crate::{
    manifest::PackageManifest,
    model::{DependencyOverride, Lockfile, LockfileKind},
    tree::printable_name,
};
use std::collections::HashMap;

/// The replacements of a project, by name.
pub(super) struct OverrideMap<'l> {
    by_name: HashMap<&'l str, Vec<OverrideTarget<'l>>>,
}

struct OverrideTarget<'l> {
    /// Nothing where it only says what is replaced below.
    wanted: Option<&'l str>,
    /// The tool follows it, wherever the name is asked for.
    is_followed: bool,
}

// === impl OverrideMap ===

impl<'l> OverrideMap<'l> {
    pub(super) fn of(lockfile: &'l Lockfile, expected: &'l LockExpectation) -> Self {
        let folder = super::folder(&lockfile.file);
        let mut manifests = expected.manifests.iter();
        let own = manifests.find(|manifest| super::folder(&manifest.file) == folder);
        let kind = lockfile.format.kind();
        let mut found = Self {
            by_name: HashMap::new(),
        };
        for one in &lockfile.overrides {
            found.add(one, own, true);
        }
        if let Some(manifest) = own {
            let lists = &manifest.overrides;
            for (list, reader) in [
                (&lists.npm, LockfileKind::Npm),
                (&lists.yarn, LockfileKind::Yarn),
                (&lists.pnpm, LockfileKind::Pnpm),
            ] {
                for one in list {
                    found.add(one, own, reader == kind);
                }
            }
        }
        if let Some(settings) = &expected.settings {
            for one in &settings.overrides {
                found.add(one, own, kind == LockfileKind::Pnpm);
            }
        }
        found
    }

    fn add(
        &mut self,
        one: &'l DependencyOverride,
        own: Option<&'l PackageManifest>,
        is_followed: bool,
    ) {
        let wanted = one.wanted.as_deref();
        let replacement = OverrideTarget {
            wanted: wanted.and_then(|wanted| resolved(wanted, own)),
            is_followed: is_followed && one.is_everywhere() && wanted.is_some(),
        };
        self.by_name.entry(&one.name).or_default().push(replacement);
    }

    /// Whether anything is in the place of a name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Whether some replacement asks for what is locked; also where that cannot be told.
    pub(super) fn allow(&self, name: &str, answer: &LockCandidate<'_>) -> bool {
        let known = self.by_name.get(name).into_iter().flatten();
        let mut wanted = known.map(|one| one.wanted);
        wanted.any(|wanted| wanted.is_none_or(|wanted| answer.fits(name, wanted)))
    }

    /// What is asked for in the place of a name, if something else is locked.
    pub(super) fn contradicted(&self, name: &str, answer: &LockCandidate<'_>) -> Option<String> {
        let known = self.by_name.get(name)?;
        let followed = known.iter().find(|one| one.is_followed)?;
        let wanted = followed.wanted?;
        let is_allowed = answer.fits(name, wanted) || self.allow(name, answer);
        (!is_allowed).then(|| format!("the project puts {} in its place", printable_name(wanted)))
    }
}

/// A replacement can name the range of the project's own for the same or another name: `$NAME`. What
/// cannot be told allows everything.
fn resolved<'l>(wanted: &'l str, own: Option<&'l PackageManifest>) -> Option<&'l str> {
    if wanted.starts_with("catalog:") || wanted == "-" {
        return None;
    }
    let Some(name) = wanted.strip_prefix('$') else {
        return Some(wanted);
    };
    let mut dependencies = own?.dependencies.iter();
    let found = dependencies.find(|one| one.name == name)?;
    Some(&found.wanted)
}
