//! Zips: anything may be offered as one.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod laws;
#[path = "../support/raw_zip.rs"]
mod raw_zip;
mod refusals;
#[path = "../support/zip_inputs.rs"]
mod zip_inputs;

use gomod::zip::{ZipError, ZipProblem, check_zip};
use gomod::{ModulePath, Version};
use raw_zip::{Descriptor, Entry, RawZip};
use std::io::Cursor;
use testkit::oracle::Seed;
use zip_inputs::{MODULE, PREFIX, VERSION};

/// How many zips.
const INPUTS: usize = 100_000;

#[test]
fn any_bytes_are_judged_without_panic_and_by_the_laws() {
    let mut seed = Seed::new(51);
    let mut passed = 0;
    for number in 0..INPUTS {
        let bytes = match number % 4 {
            0 => zip_inputs::odd_stream(&mut seed),
            1 => {
                let bytes = zip_inputs::any(&mut seed);
                seed.mutate(&bytes)
            }
            _ => zip_inputs::any(&mut seed),
        };
        passed += usize::from(laws::zip(&bytes, MODULE, VERSION));
    }
    println!("hostile zip: {INPUTS} inputs, {passed} passed");
    assert!(passed > INPUTS / 10, "too few pass to mean anything");
}

/// All that is wrong with a zip.
fn problems(zip: &RawZip) -> Vec<ZipProblem> {
    let module = ModulePath::parse(MODULE).unwrap();
    let version = Version::parse(VERSION).unwrap();
    match check_zip(Cursor::new(zip.write()), &module, &version) {
        Err(ZipError::Refused(problems)) => problems.kept().to_vec(),
        other => panic!("{other:?}"),
    }
}

fn entry(name: &str, content: &[u8]) -> Entry {
    let name = format!("{PREFIX}{name}");
    Entry::new(name.as_bytes(), content, true, Descriptor::None)
}

#[test]
fn a_bomb_that_declares_little_is_stopped_at_what_it_declares() {
    let mut bomb = entry("bomb", &vec![0; 64 << 20]);
    (bomb.central.size, bomb.local.size) = (10, 10);
    let zip = RawZip {
        entries: vec![bomb],
        ..RawZip::default()
    };
    assert!(matches!(problems(&zip)[..], [ZipProblem::Size(_)]));
}

#[test]
fn a_bomb_that_declares_much_is_not_unpacked_at_all() {
    let entries = (0..9).map(|number| {
        let mut bomb = entry(&format!("bomb{number}"), b"");
        (bomb.central.size, bomb.local.size) = (64 << 20, 64 << 20);
        bomb
    });
    let zip = RawZip {
        entries: entries.collect(),
        ..RawZip::default()
    };
    assert_eq!(problems(&zip), [ZipProblem::TotalSize]);
}

#[test]
fn entries_that_share_data_are_refused() {
    let mut second = entry("b", b"content");
    second.shares = true;
    let zip = RawZip {
        entries: vec![entry("b", b"content"), second],
        ..RawZip::default()
    };
    assert!(matches!(problems(&zip)[..], [ZipProblem::Duplicate(_)]));
    let mut second = entry("c", b"content");
    second.shares = true;
    let zip = RawZip {
        entries: vec![entry("b", b"content"), second],
        ..RawZip::default()
    };
    assert!(matches!(
        problems(&zip)[..],
        [ZipProblem::Overlap(_) | ZipProblem::Disagreement { .. }]
    ));
}

#[test]
fn names_as_deep_as_they_can_be_cost_no_more_than_their_length() {
    let deep = "a/".repeat(32_000);
    let entries = (0..40).map(|number| entry(&format!("{deep}{number}"), b""));
    let zip = RawZip {
        entries: entries.collect(),
        ..RawZip::default()
    };
    assert!(laws::zip(&zip.write(), MODULE, VERSION));
}

#[test]
fn of_very_many_problems_the_first_are_kept_and_the_rest_counted() {
    let entries = (0..70_000).map(|_| {
        let mut entry = entry("x", b"");
        entry.central.name = b"elsewhere".to_vec();
        entry
    });
    let zip = RawZip {
        entries: entries.collect(),
        ..RawZip::default()
    };
    assert_eq!(problems(&zip).len(), 100);
}
