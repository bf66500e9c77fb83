//! Whole zips: taken or refused, and what is in them.
//!
//! Go takes a zip if `zip.CheckZip`, `dirhash.HashZip` and `zip.Unzip` all do. What Go refuses we
//! must refuse; what both take must have the same hash and files. Refusing what Go takes is allowed
//! for the reasons listed in [`STRICTER`] only, is counted by reason, and never happens to a zip
//! that tells no lie.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use super::zip_inputs::{self, MODULE, VERSION};
use gomod::sumhash::h1_of_zip;
use gomod::zip::{CheckedZip, ZipError, ZipProblem, check_zip, list_zip};
use gomod::{ModulePath, Version};
use std::collections::BTreeMap;
use std::io::Cursor;
use testkit::oracle::{Answer, Oracle, Seed};

/// Inputs to each area.
const INPUTS: usize = 20_000;
/// Inputs asked at a time, to bound the memory of the test.
const BATCH: usize = 2_000;

/// Why we may refuse what Go takes: readers would differ. See the documentation of `gomod::zip`.
const STRICTER: [&str; 14] = [
    "Descriptor",
    "Disagreement",
    "Encrypted",
    "EntryCount",
    "Gap",
    "GapBeforeDirectory",
    "Irregular",
    "MalformedEntry",
    "MisplacedDirectory",
    "Overlap",
    "SecondName",
    "Slack",
    "TrailingData",
    "Zip64Disagreement",
];

/// The same, but of directories only: Go never looks at their data, nor, if the same directory is
/// there twice, at all but one of their headers.
const STRICTER_ABOUT_DIRECTORIES: [&str; 6] = [
    "Checksum",
    "Damaged",
    "DirectoryContent",
    "LocalHeader",
    "Method",
    "Size",
];

fn check(zip: &[u8]) -> Result<CheckedZip, ZipError> {
    let module = ModulePath::parse(MODULE).unwrap();
    let version = Version::parse(VERSION).unwrap();
    let checked = check_zip(Cursor::new(zip), &module, &version)?;
    // What the directory alone says is what the whole check, and with it Go, says.
    let names = list_zip(Cursor::new(zip), &module, &version)?;
    let (mut listed, mut files): (Vec<_>, Vec<_>) = (
        names.files().collect(),
        checked.files().map(|file| file.path).collect(),
    );
    listed.sort_unstable();
    files.sort_unstable();
    assert_eq!(listed, files);
    Ok(checked)
}

/// Our answer in the form of the oracle's.
fn answer(checked: &CheckedZip) -> Vec<Vec<u8>> {
    let mut files: Vec<_> = checked.files().collect();
    files.sort_by(|left, right| left.path.split('/').cmp(right.path.split('/')));
    let mut answer = vec![checked.h1().to_string().into_bytes()];
    for file in files {
        answer.push(file.path.as_bytes().to_vec());
        answer.push(file.size.to_string().into_bytes());
    }
    answer
}

/// The name of the kind of a problem.
fn kind(problem: &ZipProblem) -> String {
    let text = format!("{problem:?}");
    text.split([' ', '(', '{'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Whether we may refuse for this reason what Go takes.
fn intended(problem: &ZipProblem) -> bool {
    let kind = kind(problem);
    let of_directory = problem.to_string().contains("/: ");
    STRICTER.contains(&kind.as_str())
        || of_directory && STRICTER_ABOUT_DIRECTORIES.contains(&kind.as_str())
}

/// Counts of what happened.
#[derive(Default)]
struct Tally {
    taken: usize,
    refused: usize,
    stricter: BTreeMap<String, usize>,
    different: usize,
}

impl Tally {
    fn add(&mut self, zip: &[u8], go: &Answer, ours: &Result<CheckedZip, ZipError>) {
        match (go, ours) {
            (Ok(go), Ok(ours)) if *go == answer(ours) => self.taken += 1,
            (Err(_), Err(ZipError::Refused(_))) => self.refused += 1,
            (Ok(_), Err(ZipError::Refused(problems))) if problems.kept().iter().all(intended) => {
                *self.stricter.entry(kind(&problems.kept()[0])).or_default() += 1;
            }
            _ => self.differ(zip, go, ours),
        }
    }

    fn differ(&mut self, zip: &[u8], go: &Answer, ours: &Result<CheckedZip, ZipError>) {
        self.different += 1;
        if self.different <= 5 {
            let ours = ours.as_ref().map(answer).map_err(ToString::to_string);
            println!("zip {}\n  go   {go:?}\n  ours {ours:?}", zip.escape_ascii());
        }
    }
}

fn compare(name: &str, inputs: usize, mut next: impl FnMut() -> Vec<u8>) -> Option<Tally> {
    let mut oracle = Oracle::start_or_skip()?;
    let mut tally = Tally::default();
    for _ in 0..inputs / BATCH {
        let questions: Vec<Vec<Vec<u8>>> = (0..BATCH)
            .map(|_| vec![MODULE.into(), VERSION.into(), next()])
            .collect();
        for (question, go) in questions.iter().zip(oracle.ask("zip.check", &questions)) {
            tally.add(&question[2], &go, &check(&question[2]));
        }
    }
    let stricter: usize = tally.stricter.values().sum();
    println!(
        "oracle zip.check, {name}: {inputs} inputs ({} taken by both, {} refused by both), \
         {stricter} refused by us only for reasons intended {:?}, {} differences",
        tally.taken, tally.refused, tally.stricter, tally.different
    );
    assert_eq!(tally.different, 0);
    Some(tally)
}

#[test]
fn zips_that_tell_no_lie_are_all_taken() {
    let mut seed = Seed::new(31);
    let next = || zip_inputs::valid(&mut seed).write();
    let Some(tally) = compare("true zips", INPUTS / 2, next) else {
        return;
    };
    assert_eq!(tally.taken, INPUTS / 2);
}

#[test]
fn zips_that_lie_are_refused_wherever_go_refuses() {
    let mut seed = Seed::new(32);
    let Some(tally) = compare("lies", INPUTS, || zip_inputs::any(&mut seed)) else {
        return;
    };
    assert!(
        tally.taken > INPUTS / 10,
        "too few zips pass to mean anything"
    );
    assert!(
        tally.refused > INPUTS / 10,
        "too few zips fail to mean anything"
    );
}

#[test]
fn damaged_streams_are_damaged_to_both_inflaters() {
    let mut seed = Seed::new(33);
    compare("damaged streams", INPUTS, || {
        zip_inputs::odd_stream(&mut seed)
    });
}

#[test]
fn the_hash_of_any_zip_is_that_of_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(34);
    let (mut same, mut refused, mut stricter, mut different) = (0, 0, 0, 0);
    for _ in 0..INPUTS / BATCH {
        let questions: Vec<Vec<Vec<u8>>> = (0..BATCH)
            .map(|_| vec![zip_inputs::any(&mut seed)])
            .collect();
        for (question, go) in questions.iter().zip(oracle.ask("zip.hash", &questions)) {
            match (go, h1_of_zip(Cursor::new(&question[0]))) {
                (Ok(go), Ok(ours)) if go == [ours.to_string().into_bytes()] => same += 1,
                (Err(_), Err(ZipError::Refused(_))) => refused += 1,
                (Ok(_), Err(ZipError::Refused(problems)))
                    if problems.kept().iter().all(intended_for_hash) =>
                {
                    stricter += 1;
                }
                (go, ours) => {
                    different += 1;
                    println!(
                        "{}\n  go {go:?}\n  ours {ours:?}",
                        question[0].escape_ascii()
                    );
                }
            }
        }
    }
    println!(
        "oracle zip.hash: {INPUTS} inputs ({same} with the same hash, {refused} refused by both), \
         {stricter} refused by us only for reasons intended, {different} differences"
    );
    assert_eq!(different, 0);
    assert!(same > INPUTS / 10 && refused > INPUTS / 10);
}

/// As for the check, and what is no module zip by its size or by a file that is there twice, of
/// which Go takes the last.
fn intended_for_hash(problem: &ZipProblem) -> bool {
    matches!(problem, ZipProblem::Duplicate(_) | ZipProblem::TotalSize) || intended(problem)
}
