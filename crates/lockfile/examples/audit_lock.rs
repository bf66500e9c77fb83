//! What an audit says of lock files: `cargo run -p lockfile --example audit_lock -- FILE…`
//!
//! What lies beside a file is read too: package.json, those of the project's own packages,
//! pnpm-workspace.yaml. For trying the rules on lock files of others; the
//! command that projects use is `modkeep gate`.

#![expect(clippy::print_stdout, reason = "a command")]

use finding::UnreadableInput;
use lockfile::{
    LockfileKind, PackageManifest, PnpmSettings,
    audit::{LockExpectation, audit},
    compare::changed,
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

fn said(file: &str) -> Result<Vec<String>, UnreadableInput> {
    let kind = LockfileKind::of_file_name(file).unwrap_or_else(|| by_ending(file));
    let bytes = fs::read(file).unwrap_or_default();
    let lock = lockfile::read(kind, file, &bytes)?;
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let mut manifests = Vec::new();
    let below = lock.folders().filter(|path| !path.is_empty());
    for root in std::iter::once("").chain(below) {
        let beside = folder.join(root).join("package.json");
        if let Ok(bytes) = fs::read(&beside) {
            manifests.push(PackageManifest::read(&beside.to_string_lossy(), &bytes)?);
        }
    }
    let settings = match fs::read(folder.join("pnpm-workspace.yaml")) {
        Ok(bytes) => PnpmSettings::read("pnpm-workspace.yaml", &bytes)?,
        Err(_) => PnpmSettings::default(),
    };
    let expected = LockExpectation {
        manifests,
        settings: Some(settings),
        ..LockExpectation::default()
    };
    let mut findings = audit(&lock, &expected);
    findings.extend(changed(&lock, &lock));
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
fn by_ending(file: &str) -> LockfileKind {
    match file.rsplit('.').next() {
        Some("json") => LockfileKind::Npm,
        Some("lock") => LockfileKind::Yarn,
        _ => LockfileKind::Pnpm,
    }
}
