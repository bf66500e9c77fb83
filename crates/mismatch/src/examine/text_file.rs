//! Bytes that are neither zip nor gzip: a go.mod, or what came in its place.

use super::{CopyFindings, CopySubject, MAX_TEXT, SeekableBytes, flip, text};
use crate::copy::{ByteShape, EntryFacts, TextRewrite};
use gomod::{ArtifactKind, modfile, sumhash};
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// How a web page begins.
const PAGES: [&str; 5] = ["<!doctype", "<html", "<head", "<?xml", "<!--"];

pub(super) fn describe(
    bytes: &mut dyn SeekableBytes,
    subject: CopySubject<'_>,
    findings: &mut CopyFindings,
) -> io::Result<()> {
    if findings.scan.size > MAX_TEXT {
        return Ok(());
    }
    let mut content = Vec::new();
    bytes.rewind()?;
    bytes.take(MAX_TEXT).read_to_end(&mut content)?;
    findings.shape = shape(&content);
    if subject.artifact.kind == ArtifactKind::Mod {
        go_mod(&content, subject, findings);
    }
    Ok(())
}

/// What can be said of a go.mod, and of anything that came in its place.
fn go_mod(content: &[u8], subject: CopySubject<'_>, findings: &mut CopyFindings) {
    let h1 = sumhash::h1_of_go_mod(content);
    findings.h1 = Some(h1);
    findings.entries.push(EntryFacts {
        name: b"go.mod".to_vec(),
        begin: 0,
        end: content.len() as u64,
        digest: Some(Sha256::digest(content).into()),
        plain: text::is_text(content).then(|| Sha256::digest(text::plain(content)).into()),
        problem: None,
    });
    let undone = |rewrite: TextRewrite| {
        let before = text::undo(rewrite, content)?;
        Some((rewrite, sumhash::h1_of_go_mod(&before)))
    };
    let rewrites = text::OF_A_TREE.into_iter().chain(text::OF_A_FILE);
    findings.rewrites = rewrites.filter_map(undone).collect();
    if !subject.known.contains(&h1) {
        findings.flip = flip::in_go_mod(content, subject.known);
    }
}

fn shape(content: &[u8]) -> ByteShape {
    let Ok(words) = std::str::from_utf8(content) else {
        return if text::is_text(content) {
            ByteShape::Text
        } else {
            ByteShape::Other
        };
    };
    let words = words.trim_start_matches('\u{feff}').trim_start();
    let begins = |tag: &&str| {
        let front = words.get(..tag.len());
        front.is_some_and(|front| front.eq_ignore_ascii_case(tag))
    };
    if content.is_empty() {
        ByteShape::Empty
    } else if PAGES.iter().any(begins) {
        ByteShape::Html
    } else if words.starts_with(['{', '[']) && is_json(words) {
        ByteShape::Json
    } else {
        match modfile::parse(content, modfile::ParseMode::Lax) {
            Ok(modfile::ModFile {
                module: Some(module),
                ..
            }) => ByteShape::GoMod {
                module: module.path,
            },
            _ => ByteShape::Text,
        }
    }
}

fn is_json(words: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(words).is_ok()
}
