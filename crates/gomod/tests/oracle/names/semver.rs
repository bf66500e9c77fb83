//! Semantic versions.

use super::{INPUTS, argument, inputs, single};
use gomod::semver;
use std::cmp::Ordering;
use testkit::oracle::{Oracle, Seed};

#[test]
fn versions_are_valid_and_taken_apart_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(301);
    let versions = single(inputs::some(&mut seed, 2 * INPUTS, inputs::version));
    oracle.compare("semver.valid", &versions, |input| {
        let valid = semver::is_valid(argument(input, 0)?);
        if valid {
            Ok(Vec::new())
        } else {
            Err("no".to_owned())
        }
    });
    oracle.compare("semver.parts", &versions, |input| {
        // For Go the parts of no version are empty.
        let text = argument(input, 0).unwrap_or_default();
        let parts = [
            semver::canonical(text).unwrap_or_default().into_owned(),
            semver::major(text).unwrap_or_default().to_owned(),
            semver::major_minor(text).unwrap_or_default().into_owned(),
            semver::prerelease(text).unwrap_or_default().to_owned(),
            semver::build(text).unwrap_or_default().to_owned(),
        ];
        Ok(parts.map(String::into_bytes).to_vec())
    });
    oracle.compare("version.canonical", &versions, |input| {
        let text = argument(input, 0).unwrap_or_default();
        let canonical = gomod::version::canonical(text).unwrap_or_default();
        Ok(vec![canonical.into_bytes()])
    });
}

#[test]
fn versions_compare_as_for_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(302);
    let left = inputs::some(&mut seed, 2 * INPUTS, inputs::version);
    let pairs: Vec<Vec<Vec<u8>>> = left
        .into_iter()
        .map(|left| {
            // Near relatives compare in the deep parts; strangers in the major version already.
            let right = match seed.below(3) {
                0 => inputs::version(&mut seed).into_bytes(),
                1 => seed.mutate(&left),
                _ => relative(&mut seed, &left),
            };
            vec![left, right]
        })
        .collect();
    oracle.compare("semver.compare", &pairs, |input| {
        let text = |index| argument(input, index).unwrap_or_default();
        let order = match semver::compare(text(0), text(1)) {
            Ordering::Less => "-1",
            Ordering::Equal => "0",
            Ordering::Greater => "1",
        };
        Ok(vec![order.into()])
    });
}

/// The same numbers with another tail.
fn relative(seed: &mut Seed, version: &[u8]) -> Vec<u8> {
    let stem: Vec<u8> = version
        .iter()
        .copied()
        .take_while(|&b| b != b'-' && b != b'+')
        .collect();
    let other = inputs::version(seed);
    let tail = other.find(['-', '+']).map_or("", |at| &other[at..]);
    [&stem, tail.as_bytes()].concat()
}

#[test]
fn lists_sort_as_for_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(303);
    let lists: Vec<Vec<Vec<u8>>> = (0..INPUTS)
        .map(|_| {
            let length = seed.below(8);
            let mut list = inputs::some(&mut seed, length, inputs::version);
            // Our lists hold text.
            list.retain(|version| std::str::from_utf8(version).is_ok());
            list
        })
        .collect();
    oracle.compare("semver.sort", &lists, |input| {
        let texts = input
            .iter()
            .map(|version| String::from_utf8(version.clone()));
        let mut list: Vec<String> = texts.collect::<Result<_, _>>().map_err(|e| e.to_string())?;
        semver::sort(&mut list);
        Ok(list.into_iter().map(String::into_bytes).collect())
    });
}
