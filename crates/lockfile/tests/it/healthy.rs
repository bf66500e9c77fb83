//! Locks of healthy projects, made by the real tools (`tests/healthy/make.mjs`): nothing in them
//! stops a change, alone or beside the base.

use finding::Finding;
use lockfile::{
    Lockfile, LockfileKind, PackageManifest, PnpmSettings,
    audit::{LockExpectation, audit},
    compare::changed,
    registries::{self, ConfiguredRegistry},
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// A lock, and what lies beside it.
pub(crate) struct Case {
    /// `SHAPE/TOOL`.
    pub(crate) name: String,
    pub(crate) kind: LockfileKind,
    /// The lock's path from the folder of the project.
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) expected: LockExpectation,
}

/// An archive that no registry has, and that the tool writes no hash of, or a weak one: nothing holds
/// fast what is installed, so it is right to say so.
const UNHELD: [(&str, &str); 2] = [
    ("archive/yarn1", "lock/integrity-weak"),
    ("archive/pnpm", "lock/integrity-missing"),
];

/// Findings of these only warn where the step blocks.
const WARNINGS: [&str; 2] = ["lock/host-mixed", "lock/source-asked"];

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/healthy")
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every file below a folder, by its path from there.
fn files(root: &Path, folder: &Path, found: &mut BTreeMap<String, PathBuf>) {
    for path in below(folder) {
        if path.is_dir() {
            files(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            found.insert(name.to_owned(), path.clone());
        }
    }
}

/// All locks.
pub(crate) fn all() -> Vec<Case> {
    let shapes = below(&corpus()).into_iter().filter(|path| path.is_dir());
    let families = shapes.flat_map(|shape| below(&shape));
    families.flat_map(|family| of_project(&family)).collect()
}

fn of_project(folder: &Path) -> Vec<Case> {
    let mut found = BTreeMap::new();
    files(folder, folder, &mut found);
    let shape = folder
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    let locks = found.iter().filter_map(|(name, path)| {
        let kind = match path.extension()?.to_str()? {
            "json" if !name.ends_with("package.json") => LockfileKind::Npm,
            "lock" => LockfileKind::Yarn,
            "yaml" if !name.ends_with("pnpm-workspace.yaml") => LockfileKind::Pnpm,
            _ => return None,
        };
        let file_name = match kind {
            LockfileKind::Npm => "package-lock.json",
            LockfileKind::Yarn => "yarn.lock",
            LockfileKind::Pnpm => "pnpm-lock.yaml",
        };
        let directory = name.rsplit_once('/').map_or("", |(directory, _)| directory);
        let tool = path.file_stem()?.to_str()?;
        let settings = found.get("pnpm-workspace.yaml");
        let text = fs::read_to_string(path).unwrap();
        let file = join(directory, file_name);
        Some(Case {
            name: format!("{shape}/{tool}"),
            kind,
            expected: LockExpectation {
                manifests: manifests(kind, &file, &text, &found, directory),
                settings: Some(settings.map_or_else(PnpmSettings::default, |path| {
                    PnpmSettings::read("pnpm-workspace.yaml", &fs::read(path).unwrap()).unwrap()
                })),
                registries: configured(&found),
                ..LockExpectation::default()
            },
            file,
            text,
        })
    });
    locks.collect()
}

/// Those beside the lock and of each package of the project's own that it names, as the gate gives
/// them.
fn manifests(
    kind: LockfileKind,
    file: &str,
    text: &str,
    found: &BTreeMap<String, PathBuf>,
    directory: &str,
) -> Vec<PackageManifest> {
    let lock = lockfile::read(kind, file, text.as_bytes());
    let own = lock
        .as_ref()
        .map(|lock| lock.folders().collect())
        .unwrap_or_default();
    let mut folders: Vec<&str> = own;
    folders.sort_unstable();
    folders.retain(|path| !path.is_empty());
    folders.dedup();
    folders.insert(0, "");
    let folders = folders.into_iter();
    let names = folders.map(|folder| join(directory, &join(folder, "package.json")));
    let known = names.filter_map(|name| Some((found.get(&name)?, name)));
    known
        .map(|(path, name)| PackageManifest::read(&name, &fs::read(path).unwrap()).unwrap())
        .collect()
}

/// What the files that configure the package manager say of registries.
fn configured(found: &BTreeMap<String, PathBuf>) -> Vec<ConfiguredRegistry> {
    let files = registries::FILES.iter();
    let known = files.filter_map(|(name, form)| Some((name, form, found.get(*name)?)));
    let read = known
        .map(|(name, form, path)| registries::read(*form, name, &fs::read(path).unwrap()).unwrap());
    read.flatten().collect()
}

fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() {
        name.to_owned()
    } else {
        format!("{directory}/{name}")
    }
}

// === impl Case ===

impl Case {
    pub(crate) fn shape(&self) -> &str {
        self.name.split('/').next().unwrap()
    }

    pub(crate) fn read(&self) -> Result<Lockfile, finding::UnreadableInput> {
        lockfile::read(self.kind, &self.file, self.text.as_bytes())
    }

    /// What stops a change that has this lock.
    pub(crate) fn stopping(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let is_declared = |rule: &str| {
            let mut unheld = UNHELD.iter();
            unheld.any(|(name, one)| self.name.starts_with(name) && *one == rule)
        };
        let is_mild = |rule: &str| is_declared(rule) || WARNINGS.contains(&rule);
        findings
            .into_iter()
            .filter(|one| !is_mild(one.rule.id))
            .collect()
    }
}

#[test]
fn locks_that_real_tools_made_for_healthy_projects_pass() {
    let cases = all();
    let mut wrong = Vec::new();
    let mut warned = 0;
    let mut by_tool: BTreeMap<String, usize> = BTreeMap::new();
    for case in &cases {
        *by_tool
            .entry(case.name.rsplit('/').next().unwrap().to_owned())
            .or_default() += 1;
        let lock = match case.read() {
            Ok(lock) => lock,
            Err(error) => {
                wrong.push(format!("{}: {error}", case.name));
                continue;
            }
        };
        assert!(!lock.packages.is_empty(), "{}", case.name);
        let findings = audit(&lock, &case.expected);
        warned += findings.len();
        let findings = case.stopping(findings);
        warned -= findings.len();
        wrong.extend(findings.iter().map(|one| {
            format!(
                "{}: {} {} {} {}",
                case.name, one.place, one.rule.id, one.subject, one.message
            )
        }));
        assert_eq!(changed(&lock, &lock), [], "{}", case.name);
    }
    println!("{} locks, {warned} warnings: {by_tool:?}", cases.len());
    assert!(
        wrong.is_empty(),
        "{} findings\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(cases.len() >= 60, "{} locks", cases.len());
}
