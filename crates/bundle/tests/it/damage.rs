//! Damage, anywhere: it is noticed, or the contents are what they were.

use crate::sample::{self, Sample, read, samples, write};
use bundle::MalformedBundle;

#[test]
fn no_byte_can_be_changed_unnoticed_but_those_of_a_tile() {
    let bytes = write(&samples()[..2]);
    let (mut noticed, mut unnoticed) = (0, 0);
    for at in 0..bytes.len() {
        for flip in [1, 0x80] {
            let mut wrong = bytes.clone();
            wrong[at] ^= flip;
            match read(&wrong) {
                Err(_) => noticed += 1,
                Ok(files) => {
                    // Tiles have no hash in the manifest: a signed head speaks for them.
                    assert_eq!(files[1..], read(&bytes).unwrap()[1..]);
                    unnoticed += 1;
                }
            }
        }
    }
    assert_eq!(unnoticed, 2 * sample::TILE.len());
    println!("{noticed} of {} changes noticed", noticed + unnoticed);
}

#[test]
fn a_bundle_that_is_cut_short_anywhere_is_refused_at_a_place_within() {
    let bytes = write(&samples()[..2]);
    for length in 0..bytes.len() {
        let refused = read(&bytes[..length]).unwrap_err();
        assert!(refused.at <= length as u64, "{length}: {refused}");
    }
}

#[test]
fn what_stands_behind_the_end_is_refused() {
    let mut bytes = write(&samples());
    bytes.push(0);
    assert!(read(&bytes).is_err());
    bytes.extend([0; 10_239]);
    assert!(read(&bytes).unwrap_err().problem.contains("behind the end"));
}

#[test]
fn files_that_the_manifest_does_not_name_are_refused_with_their_place() {
    let bytes = write(&samples());
    let end = bytes.len() - 1024;
    let entry = |header: Vec<u8>| [&bytes[..end], &header, &[0; 1024]].concat();
    for (path, kind, link) in [
        ("example.com/evil/@v/v1.0.0.mod", b'0', ""),
        ("/etc/passwd", b'0', ""),
        ("../../evil", b'0', ""),
        ("evil", b'1', "/etc/passwd"),
        ("evil", b'2', "/etc/passwd"),
        ("evil", b'3', ""),
        ("evil", b'5', ""),
        ("evil", b'L', ""),
        ("evil", b'g', ""),
        ("evil", b'S', ""),
    ] {
        let refused = read(&entry(header(path, kind, link, "00000000000"))).unwrap_err();
        assert_eq!(
            refused.at,
            end as u64,
            "{path} {}: {refused}",
            char::from(kind)
        );
    }
}

#[test]
fn a_header_of_another_making_is_refused_in_place_of_ours() {
    let sample = || [Sample::of("example.com/a", "v1.0.0")];
    let bytes = write(&sample());
    let path = "example.com/a/@v/v1.0.0.info";
    let at = position(&bytes, &[path.as_bytes(), &[0]].concat());
    let with = |header: Vec<u8>| {
        let mut changed = bytes.clone();
        changed[at..at + 512].copy_from_slice(&header);
        read(&changed)
    };
    let zero = "00000000000";
    let sized = |size: &str| header(path, b'0', "", size);
    assert!(
        with(sized("00000000002")).is_ok(),
        "the honest header is no other"
    );
    for header in [
        header(path, b'\0', "", "00000000002"),
        header(path, b'2', "/etc/passwd", zero),
        header(path, b'1', "/etc/passwd", "00000000002"),
        header("../../../etc/passwd", b'0', "", "00000000002"),
        sized("77777777777"),
        sized("0000000002 "),
        sized("         2 "),
        sized("\u{1}"),
        sized("-0000000002"),
        sized(zero),
    ] {
        assert_eq!(with(header).unwrap_err().at, at as u64);
    }
}

#[test]
fn a_huge_declared_size_takes_no_memory() {
    let mut bytes = header("modkeep-bundle.json", b'0', "", "77777777777");
    bytes.extend([0; 2048]);
    let refused = read(&bytes).unwrap_err();
    assert!(refused.problem.contains("8589934591"), "{refused}");
    let mut pax = header("modkeep-long-path", b'x', "", "77777777777");
    pax.extend([0; 2048]);
    assert!(read(&pax).is_err());
}

#[test]
fn a_manifest_that_never_ends_its_line_is_refused() {
    let body = vec![b'a'; 5 << 20];
    let size = format!("{:011o}", body.len());
    let mut bytes = header("modkeep-bundle.json", b'0', "", &size);
    bytes.extend(&body);
    let sum = format!("{}  modkeep-bundle.json\n", bundle::Digest::of(&body));
    bytes.extend(header(
        "modkeep-bundle.sha256",
        b'0',
        "",
        &format!("{:011o}", sum.len()),
    ));
    bytes.extend(sum.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(512) + 1024, 0);
    let MalformedBundle { problem, .. } = read(&bytes).unwrap_err();
    assert!(problem.contains("a line of more than"), "{problem}");
}

fn position(bytes: &[u8], what: &[u8]) -> usize {
    let mut places = bytes.windows(what.len()).enumerate();
    let (at, _) = places
        .find(|(at, window)| at % 512 == 0 && *window == what)
        .unwrap();
    at
}

/// A ustar header with a right checksum, by a hand other than the one under test.
fn header(path: &str, kind: u8, link: &str, size: &str) -> Vec<u8> {
    let mut block = vec![0; 512];
    for (at, text) in [
        (0, path),
        (100, "0000644"),
        (108, "0000000"),
        (116, "0000000"),
        (124, size),
        (136, "00000000000"),
        (148, "        "),
        (157, link),
        (257, "ustar\0"),
        (263, "00"),
        (329, "0000000"),
        (337, "0000000"),
    ] {
        block[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    block[156] = kind;
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}
