//! Seeded zips: true ones of a module, ones that lie in one or two places, damaged ones.

use super::raw_zip::{Descriptor, Entry, RawZip, deflate};
use testkit::oracle::Seed;

/// The module whose zips these are.
pub(crate) const MODULE: &str = "example.com/Mod/v2";
/// Its version.
pub(crate) const VERSION: &str = "v2.0.1-pre+incompatible";
/// What every name in its zips begins with.
pub(crate) const PREFIX: &str = "example.com/Mod/v2@v2.0.1-pre+incompatible/";

const DIRECTORIES: [&str; 8] = ["", "", "a/", "a/b/", "B/", "vendor/x/", "é/", "日本/c/"];

const DESCRIPTORS: [Descriptor; 6] = [
    Descriptor::None,
    Descriptor::Signed,
    Descriptor::Signed,
    Descriptor::Plain,
    Descriptor::Plain64,
    Descriptor::Signed64,
];

/// Some content: empty, short, or long enough for several blocks.
pub(crate) fn content(seed: &mut Seed) -> Vec<u8> {
    match seed.below(12) {
        0 => Vec::new(),
        1 => vec![b'z'; seed.below(70_000)],
        2 => (0..seed.below(3000))
            .map(|_| seed.next_u64().to_le_bytes()[0])
            .collect(),
        _ => format!("package p // {}\n", seed.next_u64() % 1000)
            .repeat(1 + seed.below(20))
            .into_bytes(),
    }
}

/// A true zip of a few files and directories.
pub(crate) fn valid(seed: &mut Seed) -> RawZip {
    let mut zip = RawZip::default();
    let mut names = vec![];
    if seed.chance(0.7) {
        names.push("go.mod".to_owned());
    }
    for number in 0..seed.below(5) {
        names.push(format!("{}f{number}.go", seed.pick(&DIRECTORIES)));
    }
    if seed.chance(0.2) {
        names.push("LICENSE".to_owned());
    }
    if seed.chance(0.15) {
        names.extend(["a/".to_owned(), "dir/".to_owned(), "dir/".to_owned()]);
    }
    if seed.chance(0.05) {
        names.push(String::new());
    }
    for name in names {
        zip.entries.push(entry(seed, &name));
    }
    if seed.chance(0.3) {
        let length = zip.entries.len();
        for at in 0..length {
            zip.entries.swap(at, seed.below(length));
        }
    }
    decorate(seed, &mut zip);
    zip
}

fn entry(seed: &mut Seed, name: &str) -> Entry {
    let whole = format!("{PREFIX}{name}").into_bytes();
    if whole.ends_with(b"/") {
        return Entry::new(&whole, b"", seed.chance(0.3), Descriptor::None);
    }
    let content = content(seed);
    let descriptor = *seed.pick(&DESCRIPTORS);
    Entry::new(&whole, &content, seed.chance(0.8), descriptor)
}

/// Changes that no reader minds.
fn decorate(seed: &mut Seed, zip: &mut RawZip) {
    if seed.chance(0.1) {
        zip.zip64 = true;
        zip.keep_32 = seed.chance(0.5);
    }
    if seed.chance(0.1) {
        zip.comment = b"a comment".to_vec();
    }
    zip.reversed = seed.chance(0.1);
    for entry in &mut zip.entries {
        if seed.chance(0.05) {
            entry.widen_central();
        }
        if seed.chance(0.05) && entry.descriptor == Descriptor::None {
            entry.widen_local();
        }
        if seed.chance(0.1) {
            entry
                .central
                .extra
                .extend([0x55, 0x54, 5, 0, 3, 1, 2, 3, 4]);
            entry.comment = b"commented".to_vec();
        }
        if seed.chance(0.1) {
            (entry.creator, entry.attributes) = (3 << 8, 0o100_644 << 16);
        }
    }
}

/// A zip that lies in one or two places.
pub(crate) fn lying(seed: &mut Seed) -> RawZip {
    let mut zip = valid(seed);
    for _ in 0..=seed.below(2) {
        if seed.chance(0.3) || zip.entries.is_empty() {
            lie_around(seed, &mut zip);
        } else {
            let at = seed.below(zip.entries.len());
            let other = seed.pick(&zip.entries).central.name.clone();
            lie_about(seed, &mut zip.entries[at], &other);
        }
    }
    zip
}

fn lie_around(seed: &mut Seed, zip: &mut RawZip) {
    let junk = junk(seed);
    let step = *seed.pick(&[-46, -1, 1, 46, 65536, 1 << 31]);
    match seed.below(12) {
        0 => zip.leading = junk,
        1 => zip.before_directory = junk,
        2 => zip.behind_directory = junk,
        3 => zip.trailing = junk,
        4 => zip.comment = junk,
        5 => zip.count_lie = step,
        6 => zip.size_lie = step,
        7 => zip.offset_lie = step,
        8 => {
            zip.zip64 = true;
            zip.locator_lie = step;
        }
        9 => {
            zip.zip64 = true;
            zip.keep_32 = true;
            zip.count_lie = step;
        }
        10 => {
            // Sits in front of the true directory, as self-extracting archives do.
            zip.leading.clone_from(&junk);
            zip.offset_lie = -i64::try_from(junk.len()).unwrap_or(0);
            for entry in &mut zip.entries {
                entry.offset_lie = zip.offset_lie;
            }
        }
        _ => {
            if let Some(entry) = zip.entries.last().cloned() {
                zip.entries.push(entry);
            }
        }
    }
}

/// Bytes that a reader may take for a record.
fn junk(seed: &mut Seed) -> Vec<u8> {
    match seed.below(5) {
        0 => RawZip::default().write(),
        1 => Entry::new(b"x", b"y", false, Descriptor::None).data,
        2 => b"PK\x03\x04".repeat(10),
        3 => vec![0; 1 + seed.below(40)],
        _ => b"#!/bin/sh\n".to_vec(),
    }
}

fn lie_about(seed: &mut Seed, entry: &mut Entry, other: &[u8]) {
    let near = |seed: &mut Seed, number: u32| match seed.below(5) {
        0 => 0,
        1 => number.wrapping_add(1),
        2 => number.wrapping_sub(1),
        3 => u32::MAX,
        _ => 600 << 20,
    };
    let header = match seed.below(2) {
        0 => &mut entry.central,
        _ => &mut entry.local,
    };
    match seed.below(19) {
        0 => header.size = near(seed, header.size),
        1 => header.compressed = near(seed, header.compressed),
        2 => header.checksum = near(seed, header.checksum),
        3 => header.method = *seed.pick(&[0, 8, 9, 12, 93, 99]),
        4 => header.flags ^= 1 << seed.below(16),
        5 => header.name = rename(seed, &header.name),
        6 => header.extra = vec![1, 0, 8, 0, 9, 9, 9, 9, 9, 9, 9, 9],
        7 => {
            let name = rename(seed, &entry.central.name);
            entry.central.name.clone_from(&name);
            entry.local.name = name;
        }
        8 => {
            entry.central.name = other.to_vec();
            entry.local.name = other.to_vec();
        }
        9 => entry.descriptor_sums.0 = near(seed, entry.descriptor_sums.0),
        10 => entry.descriptor_sums.1 += 1,
        11 => entry.descriptor = *seed.pick(&DESCRIPTORS),
        12 => entry.gap = junk(seed),
        13 => entry.offset_lie = *seed.pick(&[-1, 1, 30, 1 << 20, -1000]),
        14 => entry.shares = true,
        15 => {
            entry.creator = *seed.pick(&[3 << 8, 19 << 8, 0]);
            entry.attributes = *seed.pick(&[0o120_777, 0o010_644, 0o040_755, 0o100_600]) << 16;
        }
        16 => slack(entry, &junk(seed)),
        17 => entry.data = seed.mutate(&entry.data),
        _ => {
            let mut extra = vec![0x75, 0x70, 10, 0, 1, 0, 0, 0, 0];
            extra.extend(b"other");
            header.extra = extra;
        }
    }
}

/// Hides bytes behind the compressed data, with all headers telling of them.
fn slack(entry: &mut Entry, junk: &[u8]) {
    entry.data.extend(junk);
    let length = u32::try_from(entry.data.len()).unwrap_or(0);
    entry.central.compressed = length;
    entry.descriptor_sums.1 = length.into();
    if entry.descriptor == Descriptor::None {
        entry.local.compressed = length;
    }
}

fn rename(seed: &mut Seed, name: &[u8]) -> Vec<u8> {
    const NAMES: [&str; 22] = [
        "GO.MOD",
        "a/go.mod",
        "a/Go.Mod",
        "../x",
        "/abs",
        "a//b",
        "a/./b",
        "A/f0.go",
        "F1.go",
        "a",
        "a/b",
        "con.go",
        "nul",
        "x\\y",
        "x\0",
        "x\n",
        "a/B/f1.go",
        "É/f2.go",
        "f0.go/x",
        "a/b/",
        "go.mod/",
        "_go.mod",
    ];
    match seed.below(5) {
        0 => seed.mutate(name),
        1 => name.to_ascii_uppercase(),
        2 => b"other.example/m@v1.0.0/x".to_vec(),
        _ => format!("{PREFIX}{}", seed.pick(&NAMES)).into_bytes(),
    }
}

/// The bytes of a zip of any of these kinds, now and then damaged afterwards.
pub(crate) fn any(seed: &mut Seed) -> Vec<u8> {
    let zip = match seed.below(10) {
        0..=2 => valid(seed),
        _ => lying(seed),
    };
    let bytes = zip.write();
    match seed.below(10) {
        0 | 1 => seed.mutate(&bytes),
        2 => poke(seed, bytes),
        _ => bytes,
    }
}

/// Sets single bytes of the last kilobyte, where the directory is, to telling values.
fn poke(seed: &mut Seed, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=seed.below(3) {
        let at = bytes.len().saturating_sub(1 + seed.below(400));
        if let Some(byte) = bytes.get_mut(at) {
            *byte = *seed.pick(&[
                0,
                1,
                8,
                0xff,
                0x7f,
                b'/',
                b'P',
                *byte ^ 0x20,
                byte.wrapping_add(1),
            ]);
        }
    }
    bytes
}

/// Deflate streams that are damaged or made by nobody, in an otherwise true zip.
pub(crate) fn odd_stream(seed: &mut Seed) -> Vec<u8> {
    let content = content(seed);
    let name = format!("{PREFIX}x.go");
    let mut entry = Entry::new(name.as_bytes(), &content, true, Descriptor::None);
    let mut data = deflate(&content);
    for _ in 0..=seed.below(2) {
        // Block headers and code lengths are in front.
        let at = seed.below(data.len().min(60));
        if let Some(byte) = data.get_mut(at) {
            *byte ^= 1 << seed.below(8);
        }
    }
    entry.data = data;
    let length = u32::try_from(entry.data.len()).unwrap_or(0);
    (entry.central.compressed, entry.local.compressed) = (length, length);
    // No checksum: whatever comes out counts if it has the right size.
    (entry.central.checksum, entry.local.checksum) = (0, 0);
    RawZip {
        entries: vec![entry],
        ..RawZip::default()
    }
    .write()
}
