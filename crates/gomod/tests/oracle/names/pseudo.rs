//! Pseudo-versions.

use super::{INPUTS, argument, inputs, single, text};
use gomod::pseudo::{self, PseudoTimestamp, PseudoVersion};
use testkit::oracle::{Oracle, Seed};

#[test]
fn pseudo_versions_are_taken_apart_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(401);
    let versions = single(inputs::some(&mut seed, 2 * INPUTS, inputs::pseudo));
    let yes = |yes: bool| {
        if yes {
            Ok(Vec::new())
        } else {
            Err("no".to_owned())
        }
    };
    oracle.compare("pseudo.is", &versions, |input| {
        yes(pseudo::is_pseudo(argument(input, 0)?))
    });
    oracle.compare("pseudo.zero", &versions, |input| {
        yes(pseudo::is_zero(argument(input, 0)?))
    });
    oracle.compare("pseudo.base", &versions, |input| {
        let base = PseudoVersion::parse(argument(input, 0)?).and_then(|parsed| parsed.base());
        text(base.map(Option::unwrap_or_default))
    });
    oracle.compare("pseudo.rev", &versions, |input| {
        text(PseudoVersion::parse(argument(input, 0)?).map(|parsed| parsed.revision()))
    });
    oracle.compare("pseudo.time", &versions, |input| {
        let time = PseudoVersion::parse(argument(input, 0)?).and_then(|parsed| parsed.time());
        text(time.map(|time| time.to_rfc3339()))
    });
}

#[test]
fn pseudo_versions_are_built_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(402);
    let questions: Vec<Vec<Vec<u8>>> = (0..INPUTS)
        .map(|_| {
            let major = seed.pick(&["", "v0", "v1", "v2", "v10"]).to_string();
            let older = if seed.chance(0.2) {
                String::new()
            } else {
                inputs::version(&mut seed)
            };
            let revision = inputs::revision(&mut seed).to_owned();
            let seconds = seconds(&mut seed).to_string();
            [major, older, seconds, revision]
                .map(String::into_bytes)
                .to_vec()
        })
        .collect();
    oracle.compare("pseudo.build", &questions, |input| {
        let seconds: i64 = argument(input, 2)?.parse().map_err(|_| "no number")?;
        let time = PseudoTimestamp::from_unix_seconds(seconds).ok_or("no year of four digits")?;
        let older = Some(argument(input, 1)?);
        let built = pseudo::build(argument(input, 0)?, older, &time, argument(input, 3)?);
        Ok(vec![built.into_bytes()])
    });
}

/// Any second of the years 0 to 9999, often at the edges of days and months.
fn seconds(seed: &mut Seed) -> i64 {
    const FIRST: i64 = -62_167_219_200;
    const LAST: i64 = 253_402_300_799;
    let span = usize::try_from(LAST - FIRST + 1).unwrap_or(1);
    let any = FIRST + i64::try_from(seed.below(span)).unwrap_or(0);
    if seed.chance(0.5) {
        any
    } else {
        any - any.rem_euclid(86_400) - i64::from(seed.chance(0.5))
    }
    .clamp(FIRST, LAST)
}
