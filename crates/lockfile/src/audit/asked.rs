//! Requests: what is locked for a dependency is the package, version and place that were asked for.
//!
//! Whoever needs something names it and says in which range, or from which address. Which entry
//! answers differs from tool to tool: in npm's tree it is the nearest one above, yarn writes beside
//! each entry what it was locked for, and pnpm beside each range what is locked. The answer has to be
//! the package that is named, in a version of the range, from the place that is asked for; unless a
//! replacement of the project's own says otherwise, which then is what is asked for.
//!
//! What cannot be told is no finding: tags, whose meaning only the registry knows, and what is linked
//! to a folder of the project.

use super::{LockExpectation, fits::LockCandidate, overrides::OverrideMap, tree::PackageTree};
use crate::{
    model::{LockedPackage, Lockfile, LockfileFormat, PackageDependency},
    pnpm,
    rules::{ASKED_DIFFERS, NAME_MISMATCH},
    source::PackageSource,
    tree::printable_name,
    yarn::YarnPattern,
};
use finding::{FileSpan, Finding, FindingPlace};
use std::collections::HashSet;

pub(super) fn check(
    lockfile: &Lockfile,
    expected: &LockExpectation,
    tree: &PackageTree<'_>,
) -> Vec<Finding> {
    let replaced = OverrideMap::of(lockfile, expected);
    let asked = DemandCheck { lockfile, replaced };
    match &lockfile.format {
        LockfileFormat::Npm(_) => asked.of_tree(expected, tree),
        LockfileFormat::YarnClassic | LockfileFormat::YarnBerry(_) => asked.of_patterns(),
        LockfileFormat::Pnpm { major, .. } => asked.of_importers(*major),
    }
}

struct DemandCheck<'l> {
    lockfile: &'l Lockfile,
    replaced: OverrideMap<'l>,
}

// === impl DemandCheck ===

impl DemandCheck<'_> {
    fn of_tree(&self, expected: &LockExpectation, tree: &PackageTree<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut asked: HashSet<*const LockedPackage> = HashSet::new();
        for (one, target) in tree.edges(self.lockfile, expected) {
            asked.insert(std::ptr::from_ref(target));
            let answer = LockCandidate::of(target);
            findings.extend(self.differing(&one, &answer, one.place(self.lockfile)));
        }
        if expected.manifests.is_empty() {
            return findings;
        }
        let aliases = self
            .lockfile
            .packages
            .iter()
            .filter(|one| one.alias.is_some());
        let registered = aliases.filter(|one| one.source == PackageSource::Registry);
        let unasked = registered.filter(|one| {
            let is_asked = asked.contains(&std::ptr::from_ref(*one));
            !is_asked && !self.replaced.knows(one.installed_as())
        });
        findings.extend(unasked.map(|package| {
            let (name, alias) = (
                printable_name(&package.name),
                printable_name(package.installed_as()),
            );
            let message = format!("{name} is installed as {alias}, which nobody asks for");
            let place = self.lockfile.place(package.span);
            Finding::new(&NAME_MISMATCH, place, package.subject(), message)
        }));
        findings
    }

    /// What each entry was locked for stands in it.
    fn of_patterns(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for package in &self.lockfile.packages {
            let answer = LockCandidate::of(package);
            for wanted in &package.wanted {
                let place = self.lockfile.place(wanted.span);
                let pattern = YarnPattern::parse(&wanted.value, &self.lockfile.format);
                let Some(pattern) = pattern.filter(|one| {
                    one.name == package.name || self.replaced.allow(one.installed_as, &answer)
                }) else {
                    let (wanted, name) =
                        (printable_name(&wanted.value), printable_name(&package.name));
                    let message = format!("{wanted} is locked to the package {name}");
                    findings.push(Finding::new(
                        &NAME_MISMATCH,
                        place,
                        package.subject(),
                        message,
                    ));
                    continue;
                };
                let need = PackageNeed {
                    name: pattern.installed_as,
                    wanted: pattern.range,
                    span: wanted.span,
                    manifest: None,
                };
                findings.extend(self.differing(&need, &answer, place));
            }
        }
        findings
    }

    /// What is locked stands beside what is asked for.
    fn of_importers(&self, major: u16) -> Vec<Finding> {
        let roots = self
            .lockfile
            .roots
            .iter()
            .flat_map(|root| &root.dependencies);
        let mut findings = Vec::new();
        for (one, wanted) in roots.filter_map(|one| Some((one, self.range(one)?))) {
            let Some((name, version)) = pnpm::target(major, one) else {
                // What has no entry by a name has an address.
                findings.extend(self.addressed(one, wanted));
                continue;
            };
            let answer = LockCandidate::named(name, version);
            let need = PackageNeed {
                wanted,
                ..PackageNeed::of(one)
            };
            findings.extend(self.differing(&need, &answer, need.place(self.lockfile)));
        }
        let packages = self
            .lockfile
            .packages
            .iter()
            .flat_map(|one| &one.dependencies);
        for one in packages {
            if let Some((name, version)) = pnpm::target(major, one) {
                let answer = LockCandidate::named(name, version);
                let message = self.replaced.contradicted(&one.name, &answer);
                findings.extend(
                    message.map(|message| self.finding(&PackageNeed::of(one), &answer, &message)),
                );
            }
        }
        findings
    }

    /// The range of an importer; that of a catalog stands at another place of the lock.
    fn range<'d>(&'d self, one: &'d PackageDependency) -> Option<&'d str> {
        let Some(catalog) = one.wanted.strip_prefix("catalog:") else {
            return Some(&one.wanted);
        };
        let catalog = if catalog.is_empty() {
            "default"
        } else {
            catalog
        };
        let key = format!("{catalog}:{}", one.name);
        let mut catalogs = self.lockfile.catalogs.iter();
        catalogs.find(|one| one.name == key).map(|one| &*one.wanted)
    }

    fn addressed(&self, one: &PackageDependency, wanted: &str) -> Option<Finding> {
        let locked = one.locked.as_deref()?;
        let answer = LockCandidate::at(&one.name, pnpm::address(locked)?)?;
        let need = PackageNeed {
            wanted,
            ..PackageNeed::of(one)
        };
        self.differing(&need, &answer, need.place(self.lockfile))
    }

    fn differing(
        &self,
        need: &PackageNeed<'_>,
        answer: &LockCandidate<'_>,
        place: FindingPlace,
    ) -> Option<Finding> {
        let problem = self.replaced.contradicted(need.name, answer).or_else(|| {
            let fits = answer.fits(need.name, need.wanted);
            let is_replaced = || self.replaced.allow(need.name, answer);
            (!fits && !is_replaced())
                .then(|| format!("{} is asked for", printable_name(need.wanted)))
        })?;
        let message = format!("{problem}, {} is locked", printable_name(&answer.subject()));
        Some(Finding::new(&ASKED_DIFFERS, place, need.name, message))
    }

    fn finding(
        &self,
        need: &PackageNeed<'_>,
        answer: &LockCandidate<'_>,
        problem: &str,
    ) -> Finding {
        let message = format!("{problem}, {} is locked", printable_name(&answer.subject()));
        Finding::new(
            &ASKED_DIFFERS,
            need.place(self.lockfile),
            need.name,
            message,
        )
    }
}

/// Something that is asked for, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct PackageNeed<'n> {
    pub(super) name: &'n str,
    pub(super) wanted: &'n str,
    pub(super) span: FileSpan,
    /// The package.json that it stands in, if not the lock.
    pub(super) manifest: Option<&'n str>,
}

// === impl PackageNeed ===

impl<'n> PackageNeed<'n> {
    pub(super) fn of(one: &'n PackageDependency) -> Self {
        Self {
            name: &one.name,
            wanted: &one.wanted,
            span: one.span,
            manifest: None,
        }
    }

    pub(super) fn place(&self, lockfile: &Lockfile) -> FindingPlace {
        match self.manifest {
            Some(file) => FindingPlace::at(file, self.span),
            None => lockfile.place(self.span),
        }
    }
}
