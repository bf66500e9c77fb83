//! What an audit says of lock files: `cargo run -p lockfile --example audit_lock -- FILE…`
//!
//! A package.json beside a file is read too. For trying the rules on lock files of others; the
//! command that projects use is `modkeep gate`.

#![expect(clippy::print_stdout, reason = "a command")]

use finding::Unreadable;
use lockfile::{
    Kind, Manifest,
    audit::{Expected, audit},
};
use std::{fs, path::Path};

fn main() {
    for file in std::env::args().skip(1) {
        match said(&file) {
            Ok(lines) => lines.iter().for_each(|line| println!("{line}")),
            Err(error) => println!("{error}"),
        }
    }
}

fn said(file: &str) -> Result<Vec<String>, Unreadable> {
    let kind = Kind::of_file_name(file).unwrap_or_else(|| by_ending(file));
    let bytes = fs::read(file).unwrap_or_default();
    let lock = lockfile::read(kind, file, &bytes)?;
    let beside = Path::new(file).with_file_name("package.json");
    let manifest = match fs::read(&beside) {
        Ok(bytes) => Some(Manifest::read(&beside.to_string_lossy(), &bytes)?),
        Err(_) => None,
    };
    let expected = Expected {
        manifests: manifest.into_iter().collect(),
        ..Expected::default()
    };
    let findings = audit(&lock, &expected);
    let (format, packages) = (&lock.format, lock.packages.len());
    let head = format!(
        "{file}: {format}, {packages} packages, {} findings",
        findings.len()
    );
    let lines = findings.iter().map(|one| {
        format!(
            "{}: {} {}: {}",
            one.place, one.rule.id, one.subject, one.message
        )
    });
    Ok(std::iter::once(head).chain(lines).collect())
}

/// Collections of lock files name them otherwise than the tools do.
fn by_ending(file: &str) -> Kind {
    match file.rsplit('.').next() {
        Some("json") => Kind::Npm,
        Some("lock") => Kind::Yarn,
        _ => Kind::Pnpm,
    }
}
