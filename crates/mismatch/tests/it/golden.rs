//! Reports as `modkeep doctor` prints them, and the JSON that is stored, as reviewed files.

use crate::kit::{CLIENT, KEPT, MIRROR, ORIGIN, Right, SECOND, flip};
use crate::states::commits;
use gomod::sumhash::h1_of_go_mod;
use mismatch::{MismatchCase, MismatchEvidence, MismatchStage};
use std::fs;
use std::path::Path;

/// Compares with a file; writes it if it is not there, and fails then too.
fn golden(name: &str, text: &str) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let file = directory.join(name);
    let Ok(expected) = fs::read_to_string(&file) else {
        fs::create_dir_all(directory).unwrap();
        fs::write(&file, text).unwrap();
        panic!("{name} was written: review it, and run again");
    };
    assert_eq!(text, expected, "{name} differs; remove it to write it anew");
}

fn rotten() -> MismatchEvidence {
    let right = Right::zip(1);
    let bad = flip(&right.bytes, 700, 4);
    right.and_right(right.rotted(&bad), &bad, MIRROR)
}

fn moved() -> MismatchEvidence {
    let right = Right::go_mod(1);
    let now = right.other_state().bytes;
    let came = right.came(&now, MIRROR, MismatchStage::FromUpstream);
    let mut evidence = right.and(came, &now, ORIGIN, &now);
    evidence.commits = Some(commits("6f1c9a3", "b2d4e08"));
    right.and_right(evidence, &now, KEPT)
}

fn forged() -> MismatchEvidence {
    let right = Right::go_mod(1);
    let mut evidence = right.came(&right.bytes, CLIENT, MismatchStage::OnClient);
    evidence.claimed = Some(h1_of_go_mod(b"forged"));
    evidence
}

fn undecided() -> MismatchEvidence {
    let right = Right::zip(1);
    let other = right.other_state().bytes;
    let came = right.came(&other, MIRROR, MismatchStage::FromUpstream);
    right.and_right(came, &other, SECOND)
}

#[test]
fn reports_are_as_reviewed() {
    for (name, evidence) in [
        ("rotten.txt", rotten()),
        ("moved.txt", moved()),
        ("forged.txt", forged()),
        ("undecided.txt", undecided()),
    ] {
        let case = MismatchCase::new(&evidence);
        let page = format!(
            "{}\nFor a client:\n{}\n",
            case.report(),
            case.client_lines().join("\n")
        );
        golden(name, &page);
    }
}

#[test]
fn the_stored_form_is_as_reviewed() {
    let json = MismatchCase::new(&rotten()).to_json();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    golden("rotten.json", &format!("{value:#}\n"));
}
