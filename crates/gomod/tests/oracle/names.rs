//! Paths, versions, patterns: golang.org/x/mod's `module` and `semver`.

mod infos;
mod inputs;
mod lists;
mod paths;
mod patterns;
mod proxies;
mod pseudo;
mod queries;
mod semver;
mod versions;

use testkit::oracle::{Answer, Oracle};

/// How many inputs each area gets.
const INPUTS: usize = 20_000;

/// An answer that only accepts or refuses.
fn verdict<E: ToString>(result: Result<(), E>) -> Answer {
    result
        .map(|()| Vec::new())
        .map_err(|error| error.to_string())
}

/// An answer of one text.
fn text<E: ToString>(result: Result<impl AsRef<str>, E>) -> Answer {
    result
        .map(|text| vec![text.as_ref().as_bytes().to_vec()])
        .map_err(|error| error.to_string())
}

/// The argument as text. Our functions take text only; what is none is refused before them.
fn argument(arguments: &[Vec<u8>], index: usize) -> Result<&str, String> {
    let bytes = arguments.get(index).ok_or("missing argument")?;
    std::str::from_utf8(bytes).map_err(|error| error.to_string())
}

/// One argument each.
fn single(inputs: Vec<Vec<u8>>) -> Vec<Vec<Vec<u8>>> {
    inputs.into_iter().map(|input| vec![input]).collect()
}

#[test]
fn the_oracle_answers_in_order() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let inputs = [
        vec![b"v1".to_vec(), b"v2".to_vec()],
        vec![b"v2".to_vec(), b"v1.0".to_vec()],
    ];
    let answers = oracle.ask("semver.compare", &inputs);
    assert_eq!(answers, [Ok(vec![b"-1".to_vec()]), Ok(vec![b"1".to_vec()])]);
}
