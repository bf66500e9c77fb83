//! `.info` against `encoding/json` and `time`: what we accept, Go reads the same.

use super::INPUTS;
use gomod::info::VersionInfo;
use testkit::oracle::{Oracle, Seed};

#[rustfmt::skip]
const KEYS: &[&str] = &[
    "Version", "Version", "Version", "Time", "Time", "Time", "version", "TIME", "Ver\u{17f}ion", "VERSION",
    "T\\u0069me", "Origin", "Name", "", "Versi\u{f6}n",
];
#[rustfmt::skip]
const VALUES: &[&str] = &[
    "\"v1.2.3\"", "\"v1.2.3\"", "\"v1.2.3\"", "\"v2.0.0+incompatible\"", "\"v1\"", "\"v1.2.\\u0033\"", "\"\"",
    "null", "1", "true", "{}", "[]", "{\"VCS\":\"git\",\"Version\":\"v9.9.9\"}", "\"v1.2.3 \"",
];
#[rustfmt::skip]
const TIMES: &[&str] = &[
    "2024-02-29T23:59:59Z", "2024-02-29T23:59:59.5Z", "2024-02-29T23:59:59.123456789+07:00",
    "2023-02-29T00:00:00Z", "2024-01-01T00:00:00-23:59", "2024-01-01T00:00:00+24:00", "2024-01-01 00:00:00Z",
    "2024-01-01t00:00:00z", "2024-01-01T00:00:60Z", "2024-01-01T1:00:00Z", "2024-01-01T00:00:00,5Z",
    "2024-01-01T00:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999999Z", "2024-01-01T00:00:00.Z",
];

fn info(seed: &mut Seed) -> Vec<u8> {
    let mut members = Vec::new();
    for _ in 0..=seed.below(4) {
        let key = seed.pick::<&str>(KEYS);
        let value = if key.starts_with(['T', 't']) && seed.chance(0.9) {
            format!("\"{}\"", seed.pick::<&str>(TIMES))
        } else {
            (*seed.pick::<&str>(VALUES)).to_owned()
        };
        members.push(format!("\"{key}\":{value}"));
    }
    let json = format!("{{{}}}", members.join(","));
    if seed.chance(0.3) {
        seed.mutate(json.as_bytes())
    } else {
        json.into_bytes()
    }
}

#[test]
fn what_is_accepted_is_read_the_same_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(901);
    let mut questions = Vec::new();
    let mut count = 0;
    while questions.len() < INPUTS {
        count += 1;
        let json = info(&mut seed);
        if let Ok(found) = VersionInfo::parse(&json) {
            let version = found.version.to_string().into_bytes();
            questions.push(vec![
                json,
                version,
                found.time.unwrap_or_default().into_bytes(),
            ]);
        }
    }
    println!("{} of {count} infos are accepted by us", questions.len());
    oracle.compare("info.same", &questions, |_| Ok(Vec::new()));
}
