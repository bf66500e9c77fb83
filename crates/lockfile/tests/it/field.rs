//! Inputs from the field that once went wrong. They lie beside the repository; where they do not, the
//! cases of the project's own say the same.

use finding::Finding;
use lockfile::{
    Lockfile, LockfileKind, PackageManifest, PnpmSettings,
    audit::{LockExpectation, audit},
    compare::changed,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn field() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/field/gate");
    folder.is_dir().then_some(folder)
}

fn locks(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            locks(root, &path, found);
        } else if LockfileKind::of_file_name(path.to_str().unwrap()).is_some() {
            found.push(path.strip_prefix(root).unwrap().to_owned());
        }
    }
}

/// A lock in a folder with what lies beside it, and what there is to say of it alone.
fn look(root: &Path, file: &Path) -> Result<(Lockfile, Vec<Finding>), finding::UnreadableInput> {
    let name = file.to_str().unwrap();
    let kind = LockfileKind::of_file_name(name).unwrap();
    let lock = lockfile::read(kind, name, &fs::read(root.join(file)).unwrap())?;
    let beside = file.with_file_name("package.json");
    let mut manifests = Vec::new();
    if let Ok(bytes) = fs::read(root.join(&beside)) {
        manifests.push(PackageManifest::read(beside.to_str().unwrap(), &bytes)?);
    }
    let expected = LockExpectation {
        manifests,
        settings: Some(PnpmSettings::default()),
        ..LockExpectation::default()
    };
    let findings = audit(&lock, &expected);
    Ok((lock, findings))
}

#[test]
fn healthy_projects_of_the_field_pass() {
    let Some(field) = field() else {
        println!("skipped: there is no ../shared/data/field here");
        return;
    };
    let mut wrong = Vec::new();
    for case in [
        "g00-control-berry",
        "g00-control-npm",
        "g00-control-npm-no-resolved",
        "g00-control-pnpm",
        "g01-npm-bundled",
        "g02-yarn1-resolutions-alias",
        "g04-berry-link-dollar-name",
        "g06-npm-link-target",
        "g09-unhashed-twin",
        "g13-pnpm-inline-specifiers",
    ] {
        let (base, head) = (field.join(case).join("base"), field.join(case).join("head"));
        let mut found = Vec::new();
        locks(&head, &head, &mut found);
        assert!(!found.is_empty(), "{case}");
        for file in found {
            let (lock, mut findings) = match look(&head, &file) {
                Ok(looked) => looked,
                Err(error) => {
                    wrong.push(format!("{case}: {error}"));
                    continue;
                }
            };
            if base.join(&file).exists() {
                let (before, known) = look(&base, &file).unwrap();
                findings.retain(|one| !known.contains(one));
                findings.extend(changed(&before, &lock));
            }
            wrong.extend(
                findings
                    .iter()
                    .map(|one| format!("{case}: {} {} {}", one.place, one.rule.id, one.message)),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
