//! Which versions are affected, and which fix is the lowest: the stock client's own code decides.

use crate::support::{programs, real_database, real_zip, write_files};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::{oracle::Seed, skip};
use vulndb::{FeedFile, OsvEntry, RangeEvent, unpack};

/// How many versions of modules are asked about.
const QUESTIONS: usize = 20_000;

/// The Go program, built; none where Go or the module that it stands on cannot be had.
fn program() -> Option<PathBuf> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    let program = programs().join("oracle");
    let build = Command::new("go")
        .args(["build", "-buildvcs=false", "-mod=readonly", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(sources)
        .output();
    match build {
        Ok(output) if output.status.success() => Some(program),
        Ok(output) => {
            skip::because(&String::from_utf8_lossy(&output.stderr));
            None
        }
        Err(error) => {
            skip::because(&format!("no go: {error}"));
            None
        }
    }
}

/// The versions that entries talk about, by module.
fn versions(files: &[FeedFile]) -> BTreeMap<String, Vec<String>> {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.name.starts_with("ID/")) {
        for affected in OsvEntry::parse(&file.bytes).unwrap().affected {
            let module = affected.module().unwrap().to_owned();
            let events = affected.ranges.iter().filter_map(|range| range.events());
            let at = events.flatten().filter_map(|event| match event {
                RangeEvent::Introduced(at) => at.clone(),
                RangeEvent::Fixed(at) | RangeEvent::LastAffected(at) => Some(at.clone()),
            });
            versions.entry(module).or_default().extend(at);
        }
    }
    let versions = versions.into_iter();
    versions
        .map(|(module, at)| (module, at.into_iter().collect()))
        .collect()
}

/// A version near one that is talked about.
fn near(seed: &mut Seed, module: &str, known: &[String]) -> String {
    let is_release = module == "stdlib" || module == "toolchain";
    let base = if known.is_empty() || seed.chance(0.1) {
        format!("v{}.{}.{}", seed.below(3), seed.below(30), seed.below(20))
    } else {
        seed.pick(known).clone()
    };
    let core = base.split(['-', '+']).next().unwrap();
    let mut numbers: Vec<usize> = core[1..]
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    if seed.chance(0.5) {
        let at = seed.below(numbers.len());
        numbers[at] = (numbers[at] + seed.below(3)).saturating_sub(1);
    }
    let core = format!("{}.{}.{}", numbers[0], numbers[1], numbers[2]);
    if is_release {
        return match seed.below(4) {
            0 => format!("go{}.{}rc{}", numbers[0], numbers[1], 1 + seed.below(3)),
            1 if numbers[2] == 0 && numbers[1] > 0 => format!("go{}.{}", numbers[0], numbers[1]),
            2 => format!("go{core} X:loopvar"),
            _ => format!("go{core}"),
        };
    }
    match seed.below(8) {
        0 => base,
        1 => format!("v{core}-rc.{}", seed.below(3)),
        2 => format!("v{core}-0.20240102030405-abcdefabcdef"),
        3 => format!("v{core}-rc.1.0.20240102030405-abcdefabcdef"),
        4 => format!("v{core}+incompatible"),
        5 => "v0.0.0-20210203040506-abcdefabcdef".to_owned(),
        _ => format!("v{core}"),
    }
}

#[test]
fn the_stock_code_finds_the_same_versions_affected_and_the_same_fixes() {
    let (Some(zip), Some(database)) = (real_zip(), real_database()) else {
        return;
    };
    let Some(program) = program() else { return };
    let directory = tempfile::tempdir().unwrap();
    let files = unpack(&zip).unwrap();
    write_files(directory.path(), &files);
    let versions = versions(&files);
    let modules: Vec<&String> = versions.keys().collect();
    let mut seed = Seed::new(20_260_821);
    let mut questions = Vec::new();
    for _ in 0..QUESTIONS {
        let module = match seed.below(40) {
            0 => "stdlib",
            1 => "toolchain",
            _ => seed.pick(&modules),
        };
        questions.push([
            module.to_owned(),
            near(&mut seed, module, &versions[module]),
        ]);
    }
    let lines: Vec<String> = questions
        .iter()
        .map(|it| serde_json::to_string(it).unwrap())
        .collect();
    let input = directory.path().join("questions");
    fs::write(&input, lines.join("\n")).unwrap();
    let output = Command::new(program)
        .arg(format!("file://{}", directory.path().display()))
        .stdin(fs::File::open(input).unwrap())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let answers = String::from_utf8(output.stdout).unwrap();
    let (mut different, mut count, mut hits) = (Vec::new(), 0, 0);
    for ([module, version], theirs) in questions.iter().zip(answers.lines()) {
        let theirs: Vec<[String; 2]> = serde_json::from_str(theirs).unwrap();
        let ours = database.affecting(module, version).unwrap();
        let ours: Vec<[String; 2]> = ours
            .into_iter()
            .map(|hit| [hit.id.to_string(), hit.lowest_fix.unwrap_or_default()])
            .collect();
        count += 1;
        hits += ours.len();
        if ours != theirs {
            different.push(format!(
                "{module}@{version}: ours {ours:?}, theirs {theirs:?}"
            ));
        }
    }
    println!(
        "{count} versions of modules, {hits} hits, {} differences",
        different.len()
    );
    assert_eq!(count, QUESTIONS);
    assert!(hits > QUESTIONS, "the questions miss what is known: {hits}");
    assert!(
        different.is_empty(),
        "{}",
        different[..different.len().min(10)].join("\n")
    );
}
