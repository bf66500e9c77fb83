//! Tree heads: what a checksum database signs.

use super::{refused, text, texts};
use testkit::oracle::{Oracle, Seed};
use tlog::{Hash, checkpoint::TreeHead};

const INPUTS: usize = 20_000;

#[test]
fn heads_are_read_and_written_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1301);
    let mut inputs: Vec<_> = (0..INPUTS).map(|_| vec![head(&mut seed)]).collect();
    inputs.extend([999_900, 1_000_000, 1_000_100].map(|size| vec![long(size)]));
    oracle.compare("head.parse", &inputs, |input| {
        let head = TreeHead::parse(text(input, 0)?).map_err(refused)?;
        let root = head.root.as_bytes().to_vec();
        Ok(vec![
            head.size.to_string().into_bytes(),
            root,
            head.to_text().into_bytes(),
        ])
    });
}

fn head(seed: &mut Seed) -> Vec<u8> {
    let root = Hash::of_leaf(&seed.next_u64().to_be_bytes()).to_string();
    let root = if seed.chance(0.3) {
        texts::base64(seed, &root)
    } else {
        root
    };
    let size = size(seed);
    let origin = *seed.pick(&["", "", "", " v2", "\r", "s"]);
    let rest = *seed.pick(&["", "", "more\n", "\n\n", "no end", "\u{e9}\n", "\t\n"]);
    let text = format!("go.sum database tree{origin}\n{size}\n{root}\n{rest}");
    if seed.chance(0.3) {
        seed.mutate(text.as_bytes())
    } else {
        text.into_bytes()
    }
}

fn size(seed: &mut Seed) -> String {
    let shift = u32::try_from(seed.below(64)).unwrap();
    let size = seed.next_u64() >> shift;
    let sign = *seed.pick(&["", "", "", "", "", "", "+", "-", "0", " ", "0x", "\u{663}"]);
    let behind = *seed.pick(&["", "", "", "", "", "", " ", "_0", ".0", "\r"]);
    format!("{sign}{size}{behind}")
}

/// A head with so many bytes in all.
fn long(size: usize) -> Vec<u8> {
    let head = TreeHead::empty().to_text();
    let rest = "x".repeat(size - head.len());
    (head + &rest).into_bytes()
}

#[test]
fn hashes_are_read_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1302);
    let inputs: Vec<_> = (0..INPUTS)
        .map(|_| {
            let bytes = testkit::noise::bytes(seed.next_u64(), 30 + seed.below(5));
            let hash = Hash::from_slice(&bytes).map(|hash| hash.to_string());
            let hash = hash.unwrap_or_else(|| Hash::of_leaf(&bytes).to_string()[..40].to_owned());
            let odd = texts::base64(&mut seed, &hash);
            let input = *seed.pick(&[&hash, &odd]);
            let mutated = seed.mutate(input.as_bytes());
            vec![if seed.chance(0.2) {
                mutated
            } else {
                input.clone().into_bytes()
            }]
        })
        .collect();
    oracle.compare("hash.parse", &inputs, |input| {
        let hash: Hash = text(input, 0)?.parse().map_err(refused)?;
        Ok(vec![hash.as_bytes().to_vec()])
    });
}
