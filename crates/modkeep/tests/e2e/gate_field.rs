//! `modkeep gate` over inputs on which it went wrong in the field, where they are at hand: what each
//! wants is written beside it.

use crate::site::BINARY;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use testkit::process::{self, Output};

/// Where the inputs are, seen from this crate.
const FIELD: &str = "../../../shared/data/field/gate";

/// The ending of files that must not be taken for what they are while they are stored.
const STORED: &str = ".stored";

#[test]
fn inputs_from_the_field_end_as_they_want() {
    let field = Path::new(env!("CARGO_MANIFEST_DIR")).join(FIELD);
    let Ok(cases) = fs::read_dir(&field) else {
        eprintln!("skipped: there is no {}", field.display());
        return;
    };
    let mut cases: Vec<PathBuf> = cases.map(|case| case.unwrap().path()).collect();
    cases.sort();
    let wrong: Vec<String> = cases.iter().filter_map(|case| wrong(case)).collect();
    assert!(!cases.is_empty());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is wrong with the verdict over a case, if anything.
fn wrong(case: &Path) -> Option<String> {
    let want: Value = serde_json::from_slice(&fs::read(case.join("want.json")).unwrap()).unwrap();
    let list = |key: &str| want[key].as_array().unwrap().clone();
    let output = judge(case, &list("args"));
    let code = Value::from(output.status.code().unwrap());
    let has = |word: &Value| {
        // The patterns are words in which only dots and quotes are escaped.
        output
            .stdout
            .contains(&word.as_str().unwrap().replace('\\', ""))
    };
    let is_right = list("exit").contains(&code)
        && list("must").iter().all(has)
        && !list("mustnot").iter().any(has);
    let name = case.file_name().unwrap().to_string_lossy();
    (!is_right).then(|| format!("{name} wants {want:#}, and got exit {code}: {output}"))
}

fn judge(case: &Path, arguments: &[Value]) -> Output {
    let root = tempfile::tempdir().unwrap();
    let project = root.path().join("project");
    fs::create_dir(&project).unwrap();
    git(&project, &["init", "-q"]);
    lay(&case.join("base"), &project);
    git(&project, &["add", "-A", "-f"]);
    git(&project, &["commit", "-qm", "base", "--allow-empty"]);
    if case.join("base").exists() {
        // What the head does not have, the change removed.
        let kept = project.join(".git");
        for entry in fs::read_dir(&project)
            .unwrap()
            .map(|entry| entry.unwrap().path())
        {
            if entry == kept {
            } else if entry.is_dir() {
                fs::remove_dir_all(entry).unwrap();
            } else {
                fs::remove_file(entry).unwrap();
            }
        }
    }
    lay(&case.join("head"), &project);
    let mut command = Command::new(BINARY);
    command
        .args(arguments.iter().map(|one| one.as_str().unwrap()))
        .current_dir(&project);
    process::run(&mut command, Duration::from_mins(1))
}

/// Copies files, under the names that they are meant to have.
fn lay(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else {
        return;
    };
    for entry in entries.map(|entry| entry.unwrap()) {
        let name = entry.file_name().into_string().unwrap();
        let target = to.join(name.strip_suffix(STORED).unwrap_or(&name));
        if entry.path().is_dir() {
            fs::create_dir_all(&target).unwrap();
            lay(&entry.path(), &target);
        } else {
            fs::write(target, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

fn git(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=n", "-c", "user.email=n@example.com"])
        .args(arguments)
        .current_dir(directory);
    process::run(&mut command, Duration::from_mins(1)).assert_ok();
}
