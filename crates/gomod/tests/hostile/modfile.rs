//! go.mod, go.work, go.sum.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

#[path = "../oracle/modfile/corpus.rs"]
mod corpus;
mod laws;

use gomod::gosum;
use gomod::modfile::{self, ModFileFault, ParseMode};
use testkit::oracle::Seed;

/// How many inputs each parser gets.
const INPUTS: usize = 100_000;

fn each(name: &str, default: u64, make: fn(&mut Seed) -> Vec<u8>, law: fn(&[u8])) {
    let mut seed = Seed::new(default);
    for _ in 0..INPUTS {
        let mut input = make(&mut seed);
        if seed.chance(0.5) {
            input = seed.mutate(&input);
        }
        if std::panic::catch_unwind(|| law(&input)).is_err() {
            println!("input {}", input.escape_ascii());
            panic!("{name}: the law is broken");
        }
    }
    println!("hostile {name}: {INPUTS} inputs");
}

#[test]
fn what_is_too_large_is_refused_unread() {
    let faults = |source: &[u8]| {
        let errors = modfile::parse(source, ParseMode::Lax).unwrap_err();
        errors
            .iter()
            .map(|error| error.fault.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        faults(&vec![b'\n'; modfile::MAX_BYTES + 1]),
        [ModFileFault::TooLarge]
    );
    assert!(modfile::parse(&vec![b'\n'; modfile::MAX_BYTES], ParseMode::Lax).is_ok());
    let words = "a\n".repeat(modfile::MAX_TOKENS);
    assert!(modfile::parse(words.as_bytes(), ParseMode::Lax).is_ok());
    assert_eq!(
        faults(format!("{words}a").as_bytes()),
        [ModFileFault::TooManyTokens]
    );
    let sum = vec![b'\n'; gosum::MAX_BYTES + 1];
    assert_eq!(gosum::parse(&sum), Err(gosum::GoSumError::TooLarge));
    let lines = "a b c\n".repeat(gosum::MAX_LINES);
    assert!(gosum::parse(lines.as_bytes()).is_ok());
    let error = gosum::parse(format!("{lines}a b c").as_bytes());
    assert_eq!(error, Err(gosum::GoSumError::TooManyLines));
}

#[test]
fn a_file_of_nothing_but_faults_does_not_flood_its_reader() {
    let errors = modfile::parse("a\n".repeat(1000).as_bytes(), ParseMode::Strict).unwrap_err();
    assert_eq!(errors.iter().count(), 1000);
    let text = errors.to_string();
    assert_eq!(text.lines().count(), 101);
    assert!(text.ends_with("\nand 900 more"), "{text}");
}

#[test]
fn go_mod() {
    each("go.mod", 11, corpus::go_mod, laws::go_mod);
}

#[test]
fn go_work() {
    each("go.work", 12, corpus::go_work, laws::go_work);
}

#[test]
fn go_sum() {
    each("go.sum", 13, corpus::go_sum, laws::go_sum);
}
