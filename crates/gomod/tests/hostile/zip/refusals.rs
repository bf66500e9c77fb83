//! Each kind of refusal by a zip that deserves this one and no other.

use super::raw_zip::{Descriptor, Entry, RawZip};
use super::zip_inputs::PREFIX;
use super::{entry, problems};
use gomod::zip::{HeaderField, ZipProblem};

/// What is wrong with a zip of one file whose entry was changed, which must be one thing.
fn of_entry(descriptor: Descriptor, change: impl FnOnce(&mut Entry)) -> ZipProblem {
    let name = format!("{PREFIX}a.go");
    let mut entry = Entry::new(name.as_bytes(), b"package a", true, descriptor);
    change(&mut entry);
    only(&RawZip {
        entries: vec![entry],
        ..RawZip::default()
    })
}

/// What is wrong with a zip of two files that was changed, which must be one thing.
fn of_zip(change: impl FnOnce(&mut RawZip)) -> ZipProblem {
    let mut zip = RawZip {
        entries: vec![entry("a.go", b"package a"), entry("b.go", b"package b")],
        ..RawZip::default()
    };
    change(&mut zip);
    only(&zip)
}

fn only(zip: &RawZip) -> ZipProblem {
    let mut problems = problems(zip);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

fn rename(entry: &mut Entry, name: &str) {
    let name = format!("{PREFIX}{name}").into_bytes();
    entry.central.name.clone_from(&name);
    entry.local.name = name;
}

#[test]
fn headers_that_disagree_name_the_field() {
    use HeaderField::{Checksum, CompressedSize, Flags, Method, Name, Size};
    let field = |change: fn(&mut Entry)| match of_entry(Descriptor::None, change) {
        ZipProblem::Disagreement { field, .. } => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(field(|entry| entry.local.name[0] ^= 1), Name);
    assert_eq!(field(|entry| entry.local.flags = 8), Flags);
    assert_eq!(field(|entry| entry.local.method = 0), Method);
    assert_eq!(field(|entry| entry.local.checksum ^= 1), Checksum);
    assert_eq!(field(|entry| entry.local.compressed += 1), CompressedSize);
    assert_eq!(field(|entry| entry.local.size += 1), Size);
}

#[test]
fn a_descriptor_must_say_what_the_directory_says() {
    for change in [
        |entry: &mut Entry| entry.descriptor_sums.0 ^= 1,
        |entry: &mut Entry| entry.descriptor_sums.1 += 1,
        |entry: &mut Entry| entry.descriptor_sums.2 += 1,
        |entry: &mut Entry| entry.descriptor = Descriptor::None,
    ] {
        let problem = of_entry(Descriptor::Signed, change);
        assert!(matches!(problem, ZipProblem::Descriptor(_)), "{problem:?}");
    }
}

#[test]
fn content_must_be_what_its_headers_declare() {
    let wrong_sum = of_entry(Descriptor::None, |entry| {
        entry.central.checksum ^= 1;
        entry.local.checksum ^= 1;
    });
    assert!(matches!(wrong_sum, ZipProblem::Checksum(_)));
    let wrong_size = of_entry(Descriptor::None, |entry| {
        entry.central.size += 1;
        entry.local.size += 1;
    });
    assert!(matches!(wrong_size, ZipProblem::Size(_)));
    let slack = of_entry(Descriptor::None, |entry| {
        entry.data.push(0);
        entry.central.compressed += 1;
        entry.local.compressed += 1;
    });
    assert!(matches!(slack, ZipProblem::Slack(_)));
    let damaged = of_entry(Descriptor::None, |entry| entry.data.fill(0xff));
    assert!(matches!(damaged, ZipProblem::Damaged(_)));
    let method = of_entry(Descriptor::None, |entry| {
        entry.central.method = 93;
        entry.local.method = 93;
    });
    assert!(matches!(method, ZipProblem::Method { method: 93, .. }));
}

#[test]
fn what_other_readers_would_treat_otherwise_is_refused() {
    let encrypted = of_entry(Descriptor::None, |entry| {
        entry.central.flags |= 1;
        entry.local.flags |= 1;
    });
    assert!(matches!(encrypted, ZipProblem::Encrypted(_)));
    let link = of_entry(Descriptor::None, |entry| {
        (entry.creator, entry.attributes) = (3 << 8, 0o120_777 << 16);
    });
    assert!(matches!(link, ZipProblem::Irregular(_)));
    let mut second_name = vec![0x75, 0x70, 6, 0, 1, 0, 0, 0, 0];
    second_name.push(b'x');
    let second_name = of_entry(Descriptor::None, |entry| entry.local.extra = second_name);
    assert!(matches!(second_name, ZipProblem::SecondName(_)));
}

#[test]
fn every_byte_belongs_to_one_entry() {
    let gap = of_zip(|zip| zip.entries[1].gap = vec![0; 3]);
    assert!(matches!(gap, ZipProblem::Gap(_, 3)));
    let before = of_zip(|zip| zip.before_directory = vec![0; 3]);
    assert_eq!(before, ZipProblem::GapBeforeDirectory(3));
    let behind = of_zip(|zip| zip.behind_directory = vec![0; 3]);
    assert_eq!(behind, ZipProblem::MisplacedDirectory);
    let trailing = of_zip(|zip| zip.trailing = vec![0; 3]);
    assert_eq!(trailing, ZipProblem::TrailingData(3));
    let stub = of_zip(|zip| {
        zip.leading = b"#!/bin/sh\n".to_vec();
        zip.offset_lie = -10;
        zip.entries
            .iter_mut()
            .for_each(|entry| entry.offset_lie = -10);
    });
    assert_eq!(stub, ZipProblem::MisplacedDirectory);
    let stub = of_zip(|zip| zip.leading = b"#!/bin/sh\n".to_vec());
    assert!(matches!(stub, ZipProblem::Gap(_, 10)));
}

#[test]
fn the_end_records_must_be_true_and_agree() {
    let count = of_zip(|zip| zip.count_lie = 1);
    let expected = ZipProblem::EntryCount {
        found: 2,
        declared: 3,
    };
    assert_eq!(count, expected);
    let size = of_zip(|zip| zip.size_lie = 1);
    assert_eq!(size, ZipProblem::MisplacedDirectory);
    let offset = of_zip(|zip| zip.offset_lie = -1);
    assert_eq!(offset, ZipProblem::MisplacedDirectory);
    let locator = of_zip(|zip| {
        zip.zip64 = true;
        zip.locator_lie = 1;
    });
    assert_eq!(locator, ZipProblem::Zip64Disagreement);
    assert_eq!(
        of_zip(|zip| zip.trailing = vec![b'P'; 70_000]),
        ZipProblem::NoDirectory
    );
}

#[test]
fn names_follow_the_rules_of_modules() {
    let of_name = |name: &str| of_entry(Descriptor::None, |entry| rename(entry, name));
    assert!(matches!(of_name("a/../b"), ZipProblem::NotClean(_)));
    assert!(matches!(of_name("a\\b"), ZipProblem::Name { .. }));
    assert!(matches!(of_name("a\0b"), ZipProblem::Name { .. }));
    assert!(matches!(of_name("aux.go"), ZipProblem::Name { .. }));
    assert!(matches!(of_name("a/go.mod"), ZipProblem::NestedGoMod(_)));
    assert!(matches!(of_name("Go.Mod"), ZipProblem::GoModCase(_)));
    assert!(matches!(of_name("a/"), ZipProblem::DirectoryContent(_)));
    let elsewhere = of_entry(Descriptor::None, |entry| {
        entry.central.name = b"a.go".to_vec();
    });
    assert!(matches!(elsewhere, ZipProblem::Prefix { .. }));
    let of_two = |name: &str| of_zip(|zip| rename(&mut zip.entries[1], name));
    assert!(matches!(of_two("A.go"), ZipProblem::CaseCollision { .. }));
    assert!(matches!(of_two("a.go"), ZipProblem::Duplicate(_)));
    assert!(matches!(of_two("a.go/b"), ZipProblem::FileAndDirectory(_)));
}

#[test]
fn sizes_have_limits() {
    let of_size = |name: &str, size: u32| {
        of_entry(Descriptor::None, |entry| {
            rename(entry, name);
            (entry.central.size, entry.local.size) = (size, size);
        })
    };
    let limit = 16 << 20;
    assert!(matches!(
        of_size("go.mod", limit + 1),
        ZipProblem::GoModSize(_)
    ));
    assert!(matches!(
        of_size("LICENSE", limit + 1),
        ZipProblem::LicenseSize(_)
    ));
    assert!(matches!(of_size("go.mod", limit), ZipProblem::Size(_)));
    assert_eq!(of_size("a.go", (500 << 20) + 1), ZipProblem::TotalSize);
    assert!(matches!(of_size("a.go", 500 << 20), ZipProblem::Size(_)));
}
