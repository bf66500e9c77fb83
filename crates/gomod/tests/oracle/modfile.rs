//! go.mod, go.work, go.sum and selection.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests, which start the go command and time it"
)]

mod corpus;
mod files;
mod go_command;
mod graphs;
mod real;
mod selection;

use testkit::oracle::{Oracle, Seed};

/// Inputs an area.
const INPUTS: usize = 30_000;

/// Inputs of one argument each.
fn inputs(seed: u64, make: impl Fn(&mut Seed) -> Vec<u8>) -> Vec<Vec<Vec<u8>>> {
    let mut seed = Seed::new(seed);
    (0..INPUTS).map(|_| vec![make(&mut seed)]).collect()
}

fn lossy(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(bytes).into_owned().into_bytes()
}

/// The printable characters are Go's. A later Unicode only adds some.
#[test]
fn printable_characters_are_those_of_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let answer = oracle.ask("modfile.unicode", &[vec![]]).remove(0).unwrap();
    let version = String::from_utf8(answer[0].clone()).unwrap();
    let flips: Vec<u32> = answer[1..]
        .iter()
        .map(|flip| std::str::from_utf8(flip).unwrap().parse().unwrap())
        .collect();
    let same = version == gomod::modfile::UNICODE_VERSION;
    for code in 0..=u32::from(char::MAX) {
        let Some(character) = char::from_u32(code) else {
            continue;
        };
        let ours = gomod::modfile::is_printable(character);
        let theirs = flips.partition_point(|&flip| flip <= code) % 2 == 1;
        assert!(
            ours == theirs || !same && theirs,
            "{code:#x} in Unicode {version}"
        );
    }
    println!("oracle modfile.unicode: 1112064 characters of Unicode {version}, 0 differences");
}
