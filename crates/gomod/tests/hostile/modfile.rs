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
