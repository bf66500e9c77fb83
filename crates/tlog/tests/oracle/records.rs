//! Records: what a lookup answers.

use super::{refused, text};
use testkit::oracle::{Oracle, Seed};
use tlog::record::{LogRecord, check_text};

const INPUTS: usize = 20_000;

#[rustfmt::skip]
const LINES: &[&str] = &[
    "example.com/a v1.0.0 h1:CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
    "example.com/a v1.0.0/go.mod h1:CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
    "x\n", "\u{e9}\u{1f600}\u{7f}\u{85}\u{2028}\n", "\n", "\t\n", "\r\n", "\0\n", "no end",
];

#[test]
fn records_are_read_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1401);
    let inputs: Vec<_> = (0..2 * INPUTS).map(|_| vec![record(&mut seed)]).collect();
    oracle.compare("record.parse", &inputs, |input| {
        let (record, rest) = LogRecord::parse(&input[0]).map_err(refused)?;
        Ok(vec![
            record.id.to_string().into_bytes(),
            record.text.into_bytes(),
            rest.to_vec(),
        ])
    });
}

#[test]
fn records_are_written_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1402);
    let inputs: Vec<_> = (0..INPUTS)
        .map(|_| {
            let id = seed.next_u64() >> (1 + seed.below(63));
            vec![id.to_string().into_bytes(), content(&mut seed)]
        })
        .collect();
    oracle.compare("record.format", &inputs, |input| {
        let id = text(input, 0)?.parse().map_err(refused)?;
        let text = check_text(&input[1]).map_err(refused)?.to_owned();
        Ok(vec![LogRecord { id, text }.to_text().into_bytes()])
    });
}

fn record(seed: &mut Seed) -> Vec<u8> {
    let id = seed.next_u64() >> seed.below(64);
    let sign = *seed.pick(&["", "", "", "", "", "", "", "+", "-", "0", " "]);
    let head = *seed.pick(&["", "head\n\n\u{2014} a signature\n", "\n", "\u{fffd}"]);
    let number = format!("{sign}{id}\n").into_bytes();
    let record = [number, content(seed), b"\n".to_vec(), head.into()].concat();
    if seed.chance(0.3) {
        seed.mutate(&record)
    } else {
        record
    }
}

/// A record's text: most of the time one that can be.
fn content(seed: &mut Seed) -> Vec<u8> {
    let kinds = if seed.chance(0.6) { 4 } else { LINES.len() };
    let lines = (0..=seed.below(3)).map(|_| *seed.pick(&LINES[..kinds]));
    let content = lines.collect::<String>().into_bytes();
    if seed.chance(0.2) {
        seed.mutate(&content)
    } else {
        content
    }
}
