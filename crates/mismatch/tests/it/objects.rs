//! Bytes that were changed as a whole, or are those of something else.

use crate::kit::{KEPT, MIRROR, MODULE, ORIGIN, Right, SECOND, Trial, VERSION, decidable, pack};
use flate2::{Compression, write::GzEncoder};
use gomod::{Artifact, Version};
use mismatch::{MismatchCause, MismatchEvidence, MismatchStage};
use std::io::Write as _;
use testkit::upstream::Fault;

pub(crate) fn trials(seed: u64) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (kind, right) in rights(seed) {
        compressed(kind, &right, &mut trials);
        rewritten(kind, &right, &mut trials);
    }
    wrong_zip(&Right::zip(seed), &mut trials);
    wrong_go_mod(&Right::go_mod(seed), &mut trials);
    through_text_tools(seed, &mut trials);
    single_file(seed, &mut trials);
    trials
}

fn rights(seed: u64) -> [(&'static str, Right); 3] {
    [
        ("zip", Right::zip(seed)),
        ("stored zip", Right::stored_zip(seed)),
        ("go.mod", Right::go_mod(seed)),
    ]
}

fn came(right: &Right, bytes: &[u8]) -> MismatchEvidence {
    right.came(bytes, MIRROR, MismatchStage::FromUpstream)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn compressed(kind: &str, right: &Right, trials: &mut Vec<Trial>) {
    // Stored blocks, by the fake upstream's own few lines.
    let Fault::Tamper(by_upstream) = Fault::gzip() else {
        panic!("gzip changes the body");
    };
    let upstreams = came(right, &by_upstream(&right.bytes));
    let (once, twice) = (gzip(&right.bytes), gzip(&gzip(&right.bytes)));
    let mut unlogged = came(right, &once);
    unlogged.logged = None;
    let compared = right.and_right(came(right, &once), &once, SECOND);
    let cause = MismatchCause::DoubleCompression;
    trials.extend([
        decidable(format!("{kind} in gzip"), cause, came(right, &once)),
        decidable(
            format!("{kind} in gzip in gzip"),
            cause,
            came(right, &twice),
        ),
        decidable(format!("{kind} in gzip of stored blocks"), cause, upstreams),
        decidable(format!("{kind} in gzip, compared"), cause, compared),
        decidable(format!("{kind} in gzip, no log"), cause, unlogged),
        decidable(
            format!("{kind} in gzip on disk"),
            cause,
            right.rotted(&once),
        ),
    ]);
}

pub(crate) fn crlf(content: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(content).replace('\n', "\r\n");
    text.into_bytes()
}

fn is_binary(name: &str) -> bool {
    name.starts_with("testdata/")
}

/// A text tool over all text files.
fn over_text(right: &Right, change: impl Fn(&[u8]) -> Vec<u8>) -> Right {
    right.with(|name, content| {
        if is_binary(name) {
            content.to_vec()
        } else {
            change(content)
        }
    })
}

fn rewritten(kind: &str, right: &Right, trials: &mut Vec<Trial>) {
    let with_mark = |content: &[u8]| [b"\xef\xbb\xbf", content].concat();
    let latin1 = |content: &[u8]| {
        let text = String::from_utf8_lossy(content);
        text.chars()
            .map(|each| u8::try_from(each).unwrap_or(b'?'))
            .collect()
    };
    let cause = MismatchCause::TextRewrite;
    for (what, bad) in [
        ("CRLF", over_text(right, crlf)),
        ("a mark", over_text(right, with_mark)),
        (
            "a mark and CRLF",
            over_text(right, |text| with_mark(&crlf(text))),
        ),
        ("UTF-16", over_text(right, utf16)),
        (
            "UTF-16 and CRLF",
            over_text(right, |text| utf16(&crlf(text))),
        ),
    ] {
        let alone = came(right, &bad.bytes);
        let compared = right.and_right(alone.clone(), &bad.bytes, SECOND);
        trials.extend([
            decidable(format!("{kind} to {what}"), cause, alone),
            decidable(format!("{kind} to {what}, compared"), cause, compared),
        ]);
    }
    if kind != "go.mod" {
        let alone = came(right, &over_text(right, latin1).bytes);
        trials.push(decidable(format!("{kind} to Latin-1"), cause, alone));
        mixed(kind, right, trials);
    }
    // The right one has CRLF, and a tool has taken it off.
    let windows = over_text(right, crlf);
    let alone = came(&windows, &right.bytes);
    trials.push(decidable(format!("{kind} of CRLF to LF"), cause, alone));
}

/// Some files had CRLF before, so nothing but a right copy shows what was rewritten.
fn mixed(kind: &str, right: &Right, trials: &mut Vec<Trial>) {
    let before = right.with(|name, content| match name {
        "README.md" | "doc.go" => crlf(content),
        _ => content.to_vec(),
    });
    let after = over_text(right, crlf);
    let compared = before.and_right(came(&before, &after.bytes), &after.bytes, ORIGIN);
    trials.push(decidable(
        format!("{kind} of mixed to CRLF, compared"),
        MismatchCause::TextRewrite,
        compared,
    ));
}

fn utf16(content: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(content);
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

/// The zip's own bytes went through a tool for text.
fn through_text_tools(seed: u64, trials: &mut Vec<Trial>) {
    for (kind, right) in [
        ("zip", Right::zip(seed)),
        ("stored zip", Right::stored_zip(seed)),
    ] {
        let lossy = String::from_utf8_lossy(&right.bytes)
            .into_owned()
            .into_bytes();
        let alone = came(&right, &lossy);
        trials.push(decidable(
            format!("{kind} read as UTF-8"),
            MismatchCause::TextRewrite,
            alone,
        ));
    }
    let right = Right::zip(seed);
    let mut ftp = Vec::new();
    for &byte in &right.bytes {
        if byte == b'\n' {
            ftp.push(b'\r');
        }
        ftp.push(byte);
    }
    let alone = came(&right, &ftp);
    trials.push(decidable(
        "zip over FTP as text",
        MismatchCause::TextRewrite,
        alone,
    ));
}

fn single_file(seed: u64, trials: &mut Vec<Trial>) {
    let right = Right::go_mod_of([Right::go_mod(seed).bytes, "// für alle\n".into()].concat());
    let twice: String = right.bytes.iter().copied().map(char::from).collect();
    let lost = right.bytes[..right.bytes.len() - 1].to_vec();
    let added = [right.bytes.as_slice(), b"\n"].concat();
    for (what, bad) in [
        ("encoded twice", twice.into_bytes()),
        ("without its last newline", lost),
        ("with one more newline", added),
    ] {
        let alone = came(&right, &bad);
        trials.push(decidable(
            format!("go.mod {what}"),
            MismatchCause::TextRewrite,
            alone,
        ));
    }
}

const PAGE: &[u8] = b"<!DOCTYPE html>\n<html><body><h1>Please sign in</h1></body></html>\n";
const INFO: &[u8] = br#"{"Version":"v1.4.2","Time":"2024-01-02T03:04:05Z"}"#;

fn wrong_zip(right: &Right, trials: &mut Vec<Trial>) {
    let other_version = pack(&right.files, MODULE, "v1.4.1", true);
    let other_module = pack(&right.files, "example.com/tools/stack", VERSION, false);
    let cut = &other_module[..other_module.len() / 2];
    let go_mod = Right::go_mod(1).bytes;
    for (what, bad) in [
        ("a page", PAGE),
        ("a packed page", &gzip(PAGE)),
        ("JSON", INFO),
        ("a go.mod", &go_mod),
        ("another version", &other_version),
        ("another module", &other_module),
        ("half of another module", cut),
    ] {
        let alone = came(right, bad);
        let compared = right.and_right(right.rotted(bad), bad, MIRROR);
        let cause = MismatchCause::WrongObject;
        trials.extend([
            decidable(format!("zip is {what}"), cause, alone),
            decidable(format!("zip on disk is {what}, compared"), cause, compared),
        ]);
    }
}

fn wrong_go_mod(right: &Right, trials: &mut Vec<Trial>) {
    let cause = MismatchCause::WrongObject;
    let zip = Right::zip(2).bytes;
    for (what, bad) in [("a page", PAGE), ("JSON", INFO), ("a zip", &zip)] {
        trials.push(decidable(
            format!("go.mod is {what}"),
            cause,
            came(right, bad),
        ));
    }
    let other = b"module example.com/elsewhere/stack\n\ngo 1.20\n";
    let compared = right.and_right(came(right, other), other, KEPT);
    trials.push(decidable("go.mod of another module", cause, compared));
    let before = right.other_state();
    let mut twin = came(right, &before.bytes);
    twin.twin = Some(Artifact {
        version: Version::parse("v1.4.1").unwrap(),
        ..right.artifact.clone()
    });
    trials.push(decidable("go.mod of another version", cause, twin));
}
