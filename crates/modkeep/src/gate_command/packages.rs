//! Packages: lock files of npm, yarn and pnpm in the checkout, what asks for them, and where the
//! package managers are told to fetch from, now and at the base.

use checkout::CheckoutFiles;
use finding::{Finding, UnreadableInput};
use gate::{
    change,
    inventory::{self, join},
    lock_state::{self, LockState},
    policy::GatePolicy,
    scope::CheckoutScope,
};
use lockfile::{
    AdjacentFiles, Lockfile, LockfileKind, PackageManifest,
    audit::{LockExpectation, audit},
    compare::changed,
    registries::{self, ConfiguredRegistry},
    workspace_patterns,
};
use std::collections::{BTreeMap, BTreeSet};

/// What there is to say about packages.
#[derive(Debug, Default)]
pub(super) struct PackageFindings {
    /// What was found.
    pub(super) findings: Vec<Finding>,
    /// What could not be read.
    pub(super) unreadable: Vec<UnreadableInput>,
    /// What a reader should know beside.
    pub(super) notes: Vec<String>,
}

/// One state of the files, with the lock files that could be read.
struct PackageState<'a> {
    files: &'a dyn CheckoutFiles,
    locks: BTreeMap<&'a str, Lockfile>,
}

/// Looks at everything; with a base, only what the change brings.
pub(super) fn look(
    now: &dyn CheckoutFiles,
    base: Option<&dyn CheckoutFiles>,
    policy: &GatePolicy,
) -> PackageFindings {
    let mut found = PackageFindings::default();
    let now = PackageState::read(now, |unreadable| found.unreadable.push(unreadable));
    let base = base.map(|base| {
        PackageState::read(base, |unreadable| {
            // A change may mend what could not be read. All of the file is judged then.
            let note = format!("{unreadable}: nothing at the base is compared with it");
            found.notes.push(note);
        })
    });
    for (name, lock) in &now.locks {
        found.notes.push(format!("{name} was audited"));
        let judged = judge(name, lock, &now, base.as_ref(), policy);
        found.add(judged);
    }
    for name in &now.files.inventory().unread_locks {
        found.add(unread(name, now.files, base.as_ref()));
    }
    for name in &now.files.inventory().configurations {
        found.add(configuration(name, now.files, base.as_ref(), policy));
    }
    let asking = found.asking(&now);
    found.add(presence(&now, base.as_ref(), asking));
    found
}

// === impl PackageFindings ===

impl PackageFindings {
    fn add(&mut self, judged: Result<Vec<Finding>, UnreadableInput>) {
        match judged {
            Ok(findings) => self.findings.extend(findings),
            Err(unreadable) if self.unreadable.contains(&unreadable) => {}
            Err(unreadable) => self.unreadable.push(unreadable),
        }
    }

    /// Folders that ask for packages and have no lock of their own. A package.json that cannot be read
    /// hides no other.
    fn asking(&mut self, now: &PackageState<'_>) -> BTreeSet<String> {
        let inventory = now.files.inventory();
        let folders = inventory.manifests.iter();
        let folders = folders.map(|manifest| inventory::split(manifest).0);
        let mut asking = BTreeSet::new();
        for folder in folders.filter(|folder| inventory.locks_in(folder).next().is_none()) {
            match now.asks(folder) {
                Ok(true) => drop(asking.insert(folder.to_owned())),
                Ok(false) => {}
                Err(unreadable) => self.add(Err(unreadable)),
            }
        }
        asking
    }
}

// === impl PackageState ===

impl<'a> PackageState<'a> {
    fn read(files: &'a dyn CheckoutFiles, mut refused: impl FnMut(UnreadableInput)) -> Self {
        let mut locks = BTreeMap::new();
        for name in &files.inventory().locks {
            match lock(files, name) {
                Ok(Some(lock)) => drop(locks.insert(name.as_str(), lock)),
                Ok(None) => {}
                Err(unreadable) => refused(unreadable),
            }
        }
        Self { files, locks }
    }

    /// What package managers are told about the folder of a lock, in the folder or above it.
    fn registries(&self, lock: &str) -> Result<Vec<ConfiguredRegistry>, UnreadableInput> {
        let (folder, _) = inventory::split(lock);
        let mut all = Vec::new();
        for configuration in &self.files.inventory().configurations {
            let (above, _) = inventory::split(configuration);
            if is_below(folder, above) {
                all.extend(registries_in(self.files, configuration)?);
            }
        }
        Ok(all)
    }

    /// What asks for packages, and what holds them.
    fn lock_state(&self, asking: BTreeSet<String>) -> Result<LockState, UnreadableInput> {
        let mut covered: BTreeSet<String> = BTreeSet::new();
        let mut linked: BTreeSet<String> = BTreeSet::new();
        for lock in self.locks.values() {
            covered.extend(lock.members());
            linked.extend(lock.directories());
            let beside = AdjacentFiles::read(lock, |name| self.files.read(name))?;
            linked.extend(
                beside
                    .manifests
                    .iter()
                    .flat_map(PackageManifest::directories),
            );
        }
        let inventory = self.files.inventory();
        for lock in inventory.locks.iter().chain(&inventory.unread_locks) {
            covered.extend(self.members(inventory::split(lock).0)?);
        }
        Ok(LockState {
            inventory: inventory.clone(),
            asking,
            covered,
            linked,
        })
    }

    /// The folders that a package.json beside a lock names with patterns.
    fn members(&self, folder: &str) -> Result<Vec<String>, UnreadableInput> {
        let Some(manifest) = self.files.read(&join(folder, "package.json"))? else {
            return Ok(Vec::new());
        };
        let patterns = workspace_patterns(&manifest);
        let from_root = patterns.iter().map(|pattern| {
            let pattern = pattern.trim_start_matches("./").trim_matches('/');
            format!("/{}", join(folder, pattern))
        });
        // What is no pattern names nothing.
        let Ok(members) = CheckoutScope::without(&from_root.collect::<Vec<_>>()) else {
            return Ok(Vec::new());
        };
        let manifests = self.files.inventory().manifests.iter();
        let folders = manifests.map(|manifest| inventory::split(manifest).0);
        let folders = folders.filter(|folder| members.file(folder).is_some());
        Ok(folders.map(str::to_owned).collect())
    }

    /// Whether the package.json of a folder asks for packages from elsewhere.
    fn asks(&self, folder: &str) -> Result<bool, UnreadableInput> {
        let name = join(folder, "package.json");
        let Some(bytes) = self.files.read(&name)? else {
            return Ok(false);
        };
        Ok(PackageManifest::read(&name, &bytes)?.asks_elsewhere())
    }
}

fn lock(files: &dyn CheckoutFiles, name: &str) -> Result<Option<Lockfile>, UnreadableInput> {
    let (Some(kind), Some(bytes)) = (LockfileKind::of_file_name(name), files.read(name)?) else {
        return Ok(None);
    };
    lockfile::read(kind, name, &bytes).map(Some)
}

/// What is wrong with a lock, and with a base only what the change brings.
fn judge(
    name: &str,
    lock: &Lockfile,
    now: &PackageState<'_>,
    base: Option<&PackageState<'_>>,
    policy: &GatePolicy,
) -> Result<Vec<Finding>, UnreadableInput> {
    let before = base.and_then(|base| Some((base, base.locks.get(name)?)));
    let expected = |packages: &PackageState<'_>, lock: &Lockfile| {
        let beside = AdjacentFiles::read(lock, |name| packages.files.read(name))?;
        Ok(LockExpectation {
            hosts: policy.lock.hosts.clone(),
            // A change does not choose where its packages may come from.
            registries: base.unwrap_or(now).registries(name)?,
            hosts_before: before.map(|(_, lock)| lock.hosts()),
            manifests: beside.manifests,
            settings: beside.settings,
        })
    };
    let findings = audit(lock, &expected(now, lock)?);
    let Some((base, before)) = before else {
        return Ok(findings);
    };
    let old = audit(before, &expected(base, before)?);
    let mut findings = change::introduced(findings, &old);
    findings.extend(changed(before, lock));
    Ok(findings)
}

/// A lock that is not read: with a base, only if the change touches it.
fn unread(
    name: &str,
    now: &dyn CheckoutFiles,
    base: Option<&PackageState<'_>>,
) -> Result<Vec<Finding>, UnreadableInput> {
    let is_touched = match base {
        Some(base) => base.files.read(name)? != now.read(name)?,
        None => true,
    };
    Ok(is_touched
        .then(|| lock_state::not_read(name))
        .into_iter()
        .collect())
}

fn configuration(
    name: &str,
    now: &dyn CheckoutFiles,
    base: Option<&PackageState<'_>>,
    policy: &GatePolicy,
) -> Result<Vec<Finding>, UnreadableInput> {
    let before = base
        .map(|base| registries_in(base.files, name))
        .transpose()?;
    let now = registries_in(now, name)?;
    let allowed = &policy.lock.hosts;
    Ok(registries::check(&now, before.as_deref(), allowed))
}

fn registries_in(
    files: &dyn CheckoutFiles,
    name: &str,
) -> Result<Vec<ConfiguredRegistry>, UnreadableInput> {
    let (_, file) = inventory::split(name);
    let mut known = registries::FILES.iter();
    let Some((_, form)) = known.find(|(known, _)| *known == file) else {
        return Ok(Vec::new());
    };
    match files.read(name)? {
        Some(bytes) => registries::read(*form, name, &bytes),
        None => Ok(Vec::new()),
    }
}

/// What asks for packages and has no lock. Of the base only the folders are looked at that have none
/// now.
fn presence(
    now: &PackageState<'_>,
    base: Option<&PackageState<'_>>,
    asking: BTreeSet<String>,
) -> Result<Vec<Finding>, UnreadableInput> {
    let now = now.lock_state(asking)?;
    let Some(base) = base else {
        return Ok(lock_state::check(&now, None));
    };
    let mut asked = BTreeSet::new();
    for folder in now.unlocked() {
        // What could not be read at the base is no excuse for what is there now.
        if base.asks(folder).unwrap_or_default() {
            asked.insert(folder.to_owned());
        }
    }
    Ok(lock_state::check(&now, Some(&base.lock_state(asked)?)))
}

fn is_below(folder: &str, above: &str) -> bool {
    let rest = folder.strip_prefix(above);
    above.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
