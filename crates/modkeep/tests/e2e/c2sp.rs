//! Logs and proofs read by an implementation of the C2SP specifications that shares nothing with ours.

use crate::{
    site::{module, url, wait_until},
    verify::Site,
};
use std::{path::Path, process::Command, time::Duration};
use testkit::process;

/// More than a full tile of journal entries: a proof and three files a module.
const MODULES: usize = 90;

#[test]
fn a_client_of_another_make_reads_the_journal_and_verifies_a_proof() {
    let modules: Vec<_> = (0..MODULES)
        .map(|number| module(&format!("m{number}"), 100))
        .collect();
    let site = Site::new("required", &modules);
    for number in 0..MODULES {
        for kind in ["info", "mod", "zip"] {
            assert!(
                site.server
                    .get(&url(&format!("m{number}"), kind))
                    .is_whole()
            );
        }
    }
    let entries = || {
        let checkpoint = site.server.get("/-/journal/checkpoint").text();
        let entries = checkpoint.lines().nth(1).unwrap_or_default();
        entries.parse::<usize>().unwrap_or(0)
    };
    wait_until(|| entries() >= 3 * MODULES);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c2sp");
    let mut command = Command::new("go");
    command
        .args(["run", "."])
        .arg(site.server.url())
        .arg("example.com/m7/@v/v1.0.0.zip")
        .arg(site.database.key())
        .current_dir(source);
    let output = process::run(&mut command, Duration::from_mins(5));
    output.assert_ok();
    let mut words = output.stdout.split_whitespace();
    assert_eq!(words.next(), Some("journal"), "{output}");
    let mut number = || words.next().unwrap().parse::<usize>().unwrap();
    let (promised, read) = (number(), number());
    // It reads full tiles; what is behind the last of them waits for the next.
    assert_eq!(read, promised - promised % 256, "{output}");
    assert!(read > 0, "{output}");
    assert!(output.stdout.ends_with("proof holds\n"), "{output}");
}
