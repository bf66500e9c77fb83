//! Heads, constraints and file names against what `go list` says of every package of the standard
//! library, for builds that differ in everything that is told apart.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test: it starts the go command, and a step that cannot be taken is a failure"
)]

use project::{
    configurations::{KnownConfigurations, NEWEST_RELEASE, PORTS},
    imports::GoFile,
    source::{BuildConstraint, is_considered, parse},
};
use serde::Deserialize;
use std::{collections::BTreeSet, fs, path::PathBuf, process::Command};

const BUILDS: [(&str, &str, bool); 4] = [
    ("linux", "amd64", true),
    ("windows", "arm64", false),
    ("ios", "arm64", true),
    ("wasip1", "wasm", false),
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Package {
    import_path: String,
    dir: PathBuf,
    go_files: Vec<String>,
    cgo_files: Vec<String>,
    test_go_files: Vec<String>,
    #[serde(rename = "XTestGoFiles")]
    x_test_go_files: Vec<String>,
    imports: Vec<String>,
    test_imports: Vec<String>,
    #[serde(rename = "XTestImports")]
    x_test_imports: Vec<String>,
}

/// The standard library in one build.
fn packages(build: (&str, &str, bool)) -> Vec<Package> {
    let (system, architecture, cgo) = build;
    let fields = "-json=ImportPath,Dir,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports";
    let output = Command::new("go")
        .args(["list", "-e", fields, "std"])
        .env("GOOS", system)
        .env("GOARCH", architecture)
        .env("CGO_ENABLED", if cgo { "1" } else { "0" })
        .env("GOFLAGS", "")
        .output()
        .unwrap();
    let stream = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    stream.map(Result::unwrap).collect()
}

/// Tags that the toolchain sets by its own configuration.
fn is_configured(file: &GoFile) -> bool {
    let mut found = false;
    let mut look = |tag: &str| {
        found |=
            tag.starts_with("goexperiment.") || tag.contains(".v") || tag == "compiler_bootstrap";
    };
    if let Some(constraint) = &file.constraint {
        constraint.tags(&mut look);
    }
    found
}

/// Which files are built and what they import, by ours; without those that configuration decides.
fn ours(
    package: &Package,
    target: (&str, &str, bool),
    release: u32,
) -> (Vec<GoFile>, BTreeSet<String>) {
    let universe = KnownConfigurations::new(std::iter::empty::<&BuildConstraint>(), release);
    let (mut files, mut configured) = (Vec::new(), BTreeSet::new());
    for entry in fs::read_dir(&package.dir).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(file) = is_considered(&name).then(|| {
            let source = fs::read(package.dir.join(&name)).unwrap();
            GoFile::new(&name, parse(&source).unwrap())
        }) else {
            continue;
        };
        if is_configured(&file) {
            configured.insert(name);
        } else if file
            .constraint
            .as_ref()
            .is_none_or(|constraint| universe.holds(constraint, (target.0, target.1), target.2))
        {
            files.push(file);
        }
    }
    (files, configured)
}

/// The minor version of the go command; nothing if there is none.
fn release() -> Option<u32> {
    let output = Command::new("go")
        .args(["env", "GOVERSION"])
        .output()
        .ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    version
        .trim()
        .strip_prefix("go1.")?
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[test]
fn the_ports_are_those_that_go_can_build_for() {
    if release() != Some(NEWEST_RELEASE) {
        println!("skipped: the table is that of Go 1.{NEWEST_RELEASE}");
        return;
    }
    let output = Command::new("go")
        .args(["tool", "dist", "list"])
        .output()
        .unwrap();
    let theirs = String::from_utf8(output.stdout).unwrap();
    let theirs: BTreeSet<&str> = theirs.lines().collect();
    let ours = PORTS.map(|(system, architecture)| format!("{system}/{architecture}"));
    let ours: BTreeSet<&str> = ours.iter().map(String::as_str).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn the_standard_library_is_read_as_go_list_reads_it() {
    let Some(release) = release() else {
        println!("skipped: there is no go command");
        return;
    };
    let (mut files, mut count) = (0, 0);
    for build in BUILDS {
        for package in &packages(build) {
            let (built, configured) = ours(package, build, release);
            let lists = [
                &package.go_files,
                &package.cgo_files,
                &package.test_go_files,
                &package.x_test_go_files,
            ];
            let theirs: BTreeSet<&String> = lists.into_iter().flatten().collect();
            let theirs: BTreeSet<&String> = theirs
                .into_iter()
                .filter(|name| !configured.contains(*name))
                .collect();
            let names: BTreeSet<&String> = built.iter().map(|file| &file.name).collect();
            let place = format!("{} {build:?}", package.import_path);
            assert_eq!(names, theirs, "{place}");
            files += names.len();
            count += 1;
            if configured.is_empty() {
                assert_imports(package, &built, &place);
            }
        }
    }
    println!("go list std: {count} packages, {files} files, 0 differences");
    assert!(count > 500);
}

fn assert_imports(package: &Package, built: &[GoFile], place: &str) {
    let lists = [
        &package.imports,
        &package.test_imports,
        &package.x_test_imports,
    ];
    let theirs = lists.into_iter().flatten().map(String::as_str);
    // What the library vendors is listed by where it is.
    let theirs = theirs.map(|path| path.strip_prefix("vendor/").unwrap_or(path));
    let theirs: BTreeSet<&str> = theirs.filter(|path| *path != "C").collect();
    let imports = built.iter().flat_map(|file| &file.imports);
    let ours: BTreeSet<&str> = imports.map(|import| import.path.as_str()).collect();
    assert_eq!(ours, theirs, "{place}");
}
