//! Versions together with their paths.

use super::{INPUTS, argument, inputs, verdict};
use gomod::{ModulePath, Version, path, semver, version};
use testkit::oracle::{Answer, Oracle, Seed};

const MAJORS: &[&str] = &[
    "",
    "/v2",
    "/v3",
    "/v1",
    "/v0",
    ".v0",
    ".v1",
    ".v2",
    ".v1-unstable",
    ".v2-unstable",
    "/v10",
    "/v2-unstable",
    "v2",
    "/",
    ".",
    "x",
    ".v",
];

#[test]
fn major_versions_belong_to_suffixes_as_for_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(501);
    let versions = inputs::some(&mut seed, INPUTS * 11 / 10, inputs::version);
    let texts = versions
        .into_iter()
        .filter(|version| std::str::from_utf8(version).is_ok());
    let questions: Vec<_> = texts
        .map(|version| vec![version, seed.pick(MAJORS).as_bytes().to_vec()])
        .collect();
    oracle.compare("path.major", &questions, |input| {
        verdict(path::check_path_major(
            argument(input, 0)?,
            argument(input, 1)?,
        ))
    });
}

#[test]
fn versions_belong_to_paths_as_for_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(502);
    let questions: Vec<_> = (0..2 * INPUTS)
        .map(|_| {
            let version = if seed.chance(0.8) {
                inputs::version(&mut seed).into_bytes()
            } else {
                inputs::some(&mut seed, 1, inputs::version).remove(0)
            };
            let path = match seed.below(4) {
                0 => inputs::path(&mut seed),
                1 => format!("gopkg.in/a.v{}", inputs::number(&mut seed)),
                2 => format!("example.com/a/v{}", inputs::number(&mut seed)),
                _ => "example.com/a".to_owned(),
            };
            vec![path.into_bytes(), version]
        })
        .collect();
    oracle.compare("path.check", &questions, check);
}

/// Go's check takes any semantic version, ours canonical ones; the others are asked in parts, and
/// what is canonical is asked the way everybody here asks.
fn check(input: &[Vec<u8>]) -> Answer {
    let path = ModulePath::parse(argument(input, 0)?).map_err(|error| error.to_string())?;
    let text = argument(input, 1)?;
    if version::canonical(text).as_deref() == Some(text) {
        let version = Version::parse(text).map_err(|error| error.to_string())?;
        assert_eq!(Version::unescape(&version.escaped()).as_ref(), Ok(&version));
        return verdict(version::check_agreement(&path, &version));
    }
    assert!(Version::parse(text).is_err(), "{text} is not canonical");
    if !semver::is_valid(text) {
        return Err("no version".to_owned());
    }
    verdict(path::check_path_major(text, path.path_major()))
}
