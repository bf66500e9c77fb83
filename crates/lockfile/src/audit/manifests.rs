//! Manifests: a lock fits the package.json that it was made for.
//!
//! npm since version 2 of its format, yarn since 2, and pnpm repeat in the lock what each
//! package.json asked for: it is compared word by word. yarn 1 has the ranges of all entries, so each
//! wanted range has to be among them. Version 1 of npm's format has neither: there, only names can be
//! missed.

use super::LockExpectation;
use crate::{
    manifest::{ManifestOverrides, PackageManifest},
    model::{LockedPackage, Lockfile, LockfileFormat, PackageDependency, RootPackage},
    rules::{MANIFEST_DIFFERS, MANIFEST_MISSING},
    settings::PnpmSettings,
    source::{PackageSource, is_name, local_path},
    tree::printable_name,
};
use finding::{Finding, FindingPlace, FindingRule};
use std::collections::{HashMap, HashSet};

/// Compares a lock with each package.json.
pub(super) fn check(lockfile: &Lockfile, expected: &LockExpectation) -> Vec<Finding> {
    let manifests = &expected.manifests;
    let own = manifests
        .iter()
        .filter_map(|manifest| manifest.name.as_deref());
    let comparison = ManifestComparison::of(lockfile, expected, own.collect());
    let findings = manifests.iter().flat_map(|manifest| match lockfile.format {
        LockfileFormat::Npm(1) => comparison.by_name(manifest),
        LockfileFormat::YarnClassic => comparison.by_range(manifest),
        _ => comparison.by_root(manifest),
    });
    findings.collect()
}

/// What of a lock is looked up.
struct ManifestComparison<'l> {
    lockfile: &'l Lockfile,
    /// The project's own packages, which need no entry.
    own: HashSet<&'l str>,
    /// What is installed, by name.
    installed: HashSet<&'l str>,
    /// What is locked, as yarn writes it: `NAME@RANGE`.
    wanted: HashSet<&'l str>,
    /// What the package.json beside the lock replaces, everywhere.
    overrides: Option<&'l ManifestOverrides>,
    settings: Option<&'l PnpmSettings>,
}

// === impl ManifestComparison ===

impl<'l> ManifestComparison<'l> {
    fn of(lockfile: &'l Lockfile, expected: &'l LockExpectation, own: HashSet<&'l str>) -> Self {
        let packages = || lockfile.packages.iter();
        let on_top = packages().filter(|package| package.is_on_top());
        let wanted = packages().flat_map(|package| &package.wanted);
        let mut installed: HashSet<&str> = on_top.map(LockedPackage::installed_as).collect();
        // yarn gives one entry to what is wanted under several names.
        let patterns = packages().flat_map(|package| &package.wanted);
        let patterns = patterns.filter_map(|text| crate::yarn::split(&text.value));
        installed.extend(patterns.map(|(name, _)| name));
        Self {
            lockfile,
            own,
            installed,
            wanted: wanted.map(|text| &*text.value).collect(),
            overrides: expected
                .manifests
                .first()
                .map(|manifest| &manifest.overrides),
            settings: expected.settings.as_ref(),
        }
    }

    fn by_name(&self, manifest: &PackageManifest) -> Vec<Finding> {
        let missing = self.others(manifest);
        let missing = missing.filter(|one| !self.installed.contains(&*one.name));
        missing.map(|one| missing_finding(manifest, one)).collect()
    }

    fn by_range(&self, manifest: &PackageManifest) -> Vec<Finding> {
        // A link is made and never locked.
        let others = self
            .others(manifest)
            .filter(|one| !one.wanted.starts_with("link:"));
        let findings = others.filter_map(|one| {
            if !self.installed.contains(&*one.name) {
                return Some(missing_finding(manifest, one));
            }
            let pattern = match &*one.wanted {
                "" => one.name.clone(),
                range => format!("{}@{range}", one.name),
            };
            let is_locked = self.wanted.contains(&*pattern);
            let is_replaced = manifest.overrides.all().any(|other| other.name == one.name);
            (!is_locked && !is_replaced).then(|| {
                let message = format!(
                    "{} is not what the lock was made for",
                    printable_name(&pattern)
                );
                about(&MANIFEST_DIFFERS, manifest, one, message)
            })
        });
        findings.collect()
    }

    /// What a manifest asks for and is not of the project itself.
    fn others<'m>(
        &self,
        manifest: &'m PackageManifest,
    ) -> impl Iterator<Item = &'m PackageDependency> {
        let dependencies = manifest.dependencies.iter();
        dependencies.filter(|dependency| !self.own.contains(&*dependency.name))
    }

    fn by_root(&self, manifest: &PackageManifest) -> Vec<Finding> {
        let path = path_from(&self.lockfile.file, &manifest.file);
        let roots = self.lockfile.roots.iter();
        let roots: Vec<&RootPackage> = roots.filter(|root| Some(&*root.path) == path).collect();
        if roots.is_empty() && self.is_folder(path) {
            return self.by_folder(manifest, path);
        }
        if roots.is_empty() {
            let message = "the lock knows nothing of this package.json";
            let place = FindingPlace::file(&*manifest.file);
            let subject = manifest.name.as_deref().filter(|name| is_name(name));
            let subject = subject.unwrap_or_default();
            return vec![Finding::new(&MANIFEST_MISSING, place, subject, message)];
        }
        let locked = || roots.iter().flat_map(|root| &root.dependencies);
        let by_name: HashMap<&str, &PackageDependency> =
            locked().map(|one| (&*one.name, one)).collect();
        let asked: HashSet<&str> = manifest.dependencies.iter().map(|one| &*one.name).collect();
        // A name can be in several groups, of which each tool has its own favourite.
        let pairs: HashSet<_> = manifest.dependencies.iter().map(pair).collect();
        let mut findings = Vec::new();
        for one in &manifest.dependencies {
            match by_name.get(&*one.name) {
                None => findings.push(missing_finding(manifest, one)),
                Some(other)
                    if !pairs.contains(&pair(other)) && self.differs(one, other, manifest) =>
                {
                    findings.push(self.differing(manifest, one, other));
                }
                Some(_) => {}
            }
        }
        let more = locked().filter(|one| !asked.contains(&*one.name));
        let more = more.filter(|one| !manifest.peers.contains(&one.name));
        let is_runtime = |one: &&PackageDependency| {
            let mut runtimes = manifest.runtimes.iter();
            matches!(self.lockfile.format, LockfileFormat::Pnpm { .. })
                && runtimes.any(|runtime| pair(runtime) == pair(one))
        };
        let more = more.filter(|one| !is_runtime(one));
        findings.extend(more.map(|one| {
            let message = format!(
                "{} does not ask for {}",
                manifest.file,
                printable_name(&one.name)
            );
            let place = self.lockfile.place(one.span);
            Finding::new(&MANIFEST_DIFFERS, place, &*one.name, message)
        }));
        findings
    }

    fn folders(&self, path: Option<&str>) -> impl Iterator<Item = &'l LockedPackage> {
        let folders = self.lockfile.packages.iter();
        let folders = folders.filter(|one| one.source == PackageSource::Folder);
        folders.filter(move |one| {
            let resolved = one.resolved.as_ref().map(|text| local_path(&text.value));
            resolved.map(|own| own.trim_start_matches("./")) == path
        })
    }

    fn is_folder(&self, path: Option<&str>) -> bool {
        self.folders(path).next().is_some()
    }

    /// A folder that is installed like a package needs what its package.json says, and nothing else.
    fn by_folder(&self, manifest: &PackageManifest, path: Option<&str>) -> Vec<Finding> {
        let asked: HashSet<&str> = manifest.dependencies.iter().map(|one| &*one.name).collect();
        let needed = self.folders(path).flat_map(|folder| &folder.dependencies);
        let more =
            needed.filter(|one| !asked.contains(&*one.name) && !manifest.peers.contains(&one.name));
        let findings = more.map(|one| {
            let message = format!(
                "{} does not ask for {}",
                manifest.file,
                printable_name(&one.name)
            );
            let place = self.lockfile.place(one.span);
            Finding::new(&MANIFEST_DIFFERS, place, &*one.name, message)
        });
        findings.collect()
    }

    /// Whether another range in the lock means anything.
    fn differs(
        &self,
        asked: &PackageDependency,
        locked: &PackageDependency,
        manifest: &PackageManifest,
    ) -> bool {
        // yarn completes what is inside of a patch's locator; the file of the patch stays.
        let is_patch =
            |one: &PackageDependency| PackageSource::of(&one.wanted) == Some(PackageSource::Patch);
        let is_patch = is_patch(asked) && is_patch(locked) && patch(asked) == patch(locked);
        let settings = self
            .settings
            .iter()
            .flat_map(|settings| &settings.overrides);
        let lists = self.overrides.iter().flat_map(|overrides| overrides.all());
        let lists = lists.chain(manifest.overrides.all()).chain(settings);
        let of_name = lists
            .chain(&self.lockfile.overrides)
            .filter(|one| one.name == asked.name);
        let mut wanted = of_name.filter_map(|one| one.wanted.as_deref());
        // The range of the project's own, or of a catalog: pnpm writes what it stands for.
        let is_replaced = wanted.any(|wanted| {
            wanted == locked.wanted || wanted.starts_with("catalog:") || wanted.starts_with('$')
        });
        let is_own = matches!(self.lockfile.format, LockfileFormat::Npm(_));
        !is_patch && (is_own || !is_replaced)
    }

    fn differing(
        &self,
        manifest: &PackageManifest,
        asked: &PackageDependency,
        locked: &PackageDependency,
    ) -> Finding {
        let (wanted, made_for) = (
            printable_name(&asked.wanted),
            printable_name(&locked.wanted),
        );
        let message = format!("{wanted} is asked for, the lock was made for {made_for}");
        let place = self.lockfile.place(locked.span);
        about(&MANIFEST_DIFFERS, manifest, asked, message).beside(place, "in the lock")
    }
}

/// The file of a patch, as far as both ways to write it have it in common.
fn patch(one: &PackageDependency) -> String {
    let (_, file) = one.wanted.split_once('#').unwrap_or_default();
    let file = file.split("::").next().unwrap_or_default();
    file.replace("optional!", "")
        .trim_start_matches(['~', '.', '/'])
        .to_owned()
}

fn pair(one: &PackageDependency) -> (&str, &str) {
    (&one.name, &one.wanted)
}

fn missing_finding(manifest: &PackageManifest, one: &PackageDependency) -> Finding {
    let message = format!("{} is not in the lock", printable_name(&one.name));
    about(&MANIFEST_MISSING, manifest, one, message)
}

fn about(
    rule: &'static FindingRule,
    manifest: &PackageManifest,
    one: &PackageDependency,
    message: String,
) -> Finding {
    let place = FindingPlace::at(&*manifest.file, one.span);
    Finding::new(rule, place, &*one.name, message)
}

/// The folder of a package.json as it is named in a lock; `None` if it is not below the lock's.
fn path_from<'m>(lock: &str, manifest: &'m str) -> Option<&'m str> {
    let folder = lock
        .rfind('/')
        .map_or("", |at| lock.get(..=at).unwrap_or_default());
    let below = manifest.strip_prefix(folder)?;
    Some(
        below
            .rfind('/')
            .map_or("", |at| below.get(..at).unwrap_or_default()),
    )
}
