//! Real files, and the real go command where x/mod has no function to ask.

use super::files::{compare, formatted, our_parse};
use super::{corpus, go_command};
use gomod::modfile::{self, ParseMode};
use gomod::{gosum, gowork};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use testkit::oracle::{Oracle, Seed};

/// Files put to `go mod edit` and to `go work edit` each: a process a file.
const EDITED: usize = 250;

/// go.sum files put to the go command.
const SUMS: usize = 250;

/// The most real files that are looked at.
const REAL_FILES: usize = 20_000;

/// Files below a directory that `wanted` accepts; symbolic links are not followed.
fn collect(directory: &Path, wanted: fn(&str) -> bool, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            collect(&entry.path(), wanted, found);
        } else if kind.is_file() && wanted(&entry.file_name().to_string_lossy()) {
            found.push(entry.path());
        }
    }
}

#[test]
fn real_files() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut paths = Vec::new();
    let go_root = go_command::environment("GOROOT");
    collect(&go_root.join("src"), |name| name == "go.mod", &mut paths);
    let cache = go_command::environment("GOMODCACHE").join("cache/download");
    collect(
        &cache,
        |name| {
            Path::new(name)
                .extension()
                .is_some_and(|suffix| suffix == "mod")
        },
        &mut paths,
    );
    paths.truncate(REAL_FILES);
    let inputs: Vec<_> = paths
        .iter()
        .map(|path| vec![fs::read(path).unwrap()])
        .collect();
    assert!(!inputs.is_empty(), "the Go distribution has go.mod files");
    println!("real go.mod files: {}", inputs.len());
    compare("modfile.strict", &inputs, true, |source| {
        our_parse(source, ParseMode::Strict)
    });
    compare("modfile.lax", &inputs, true, |source| {
        our_parse(source, ParseMode::Lax)
    });
    oracle.compare("modfile.format", &inputs, |input| {
        formatted(modfile::format(&input[0]))
    });
}

/// Puts files to an editing command and compares what it leaves.
fn edit(
    name: &str,
    command: &str,
    seed: u64,
    make: fn(&mut Seed) -> Vec<u8>,
    ours: fn(&[u8]) -> Option<Vec<u8>>,
) {
    let mut seed = Seed::new(seed);
    let root = go_command::temporary(command);
    let file = root.join(name);
    let (mut accepted, mut different) = (0, 0);
    for _ in 0..EDITED {
        let source = make(&mut seed);
        fs::write(&file, &source).unwrap();
        let result = go_command::run(&root, &root, &[command, "edit", "-fmt", name]);
        let theirs = result.ok().map(|_| fs::read(&file).unwrap());
        accepted += usize::from(theirs.is_some());
        let mine = ours(&source);
        if theirs != mine {
            different += 1;
            println!(
                "input {}\ngo   {theirs:?}\nours {mine:?}",
                source.escape_ascii()
            );
        }
    }
    fs::remove_dir_all(&root).unwrap();
    println!(
        "go {command} edit -fmt: {EDITED} files ({accepted} accepted by go), {different} differences"
    );
    assert_eq!(different, 0);
}

#[test]
fn go_mod_edit_formats_the_same() {
    if go_command::is_here() {
        edit("go.mod", "mod", 21, corpus::go_mod, |source| {
            modfile::format(source).ok()
        });
    }
}

#[test]
fn go_work_edit_formats_the_same() {
    if go_command::is_here() {
        edit("go.work", "work", 22, corpus::go_work, |source| {
            gowork::format(source).ok()
        });
    }
}

/// The lines of a go.sum but those of the dependency that the test adds itself.
fn sum_lines(text: &str) -> BTreeSet<String> {
    let others = text
        .lines()
        .filter(|line| !line.starts_with("dependency.example.com/d "));
    others.map(str::to_owned).collect()
}

/// The go command rewrites go.sum when it adds a line, which shows what it has read.
#[test]
fn the_go_command_reads_the_same_sums() {
    if !go_command::is_here() {
        return;
    }
    let mut seed = Seed::new(23);
    let root = go_command::temporary("sums");
    let versions = root.join("proxy/dependency.example.com/d/@v");
    fs::create_dir_all(&versions).unwrap();
    fs::write(
        versions.join("v1.0.0.mod"),
        "module dependency.example.com/d\n",
    )
    .unwrap();
    fs::write(versions.join("v1.0.0.info"), r#"{"Version":"v1.0.0"}"#).unwrap();
    let go_mod =
        "module main.example.com/m\n\ngo 1.20\n\nrequire dependency.example.com/d v1.0.0\n";
    let (mut accepted, mut different) = (0, 0);
    for _ in 0..SUMS {
        let source = corpus::go_sum(&mut seed);
        fs::write(root.join("go.mod"), go_mod).unwrap();
        fs::write(root.join("go.sum"), &source).unwrap();
        let result = go_command::run(&root, &root, &["list", "-mod=mod", "-m", "all"]);
        let written = fs::read(root.join("go.sum")).unwrap();
        let same = match (&result, gosum::parse(&source)) {
            (Ok(_), Ok(sum)) => {
                sum_lines(&String::from_utf8_lossy(&written)) == sum_lines(&sum.print())
            }
            (Err(text), Err(gosum::GoSumError::WrongNumberOfFields { line, fields })) => {
                text.contains(&format!("go.sum:{line}: wrong number of fields {fields}"))
            }
            _ => false,
        };
        accepted += usize::from(result.is_ok());
        if !same {
            different += 1;
            println!(
                "input {}\ngo {result:?}\n{}",
                source.escape_ascii(),
                written.escape_ascii()
            );
        }
    }
    fs::remove_dir_all(&root).unwrap();
    println!(
        "go command, go.sum: {SUMS} files ({accepted} accepted by go), {different} differences"
    );
    assert_eq!(different, 0);
}
