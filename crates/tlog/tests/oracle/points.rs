//! Odd points of the curve: keys and signatures about which implementations of Ed25519 differ.
//!
//! Points of small order, encodings that are not reduced, and scalars beyond the order of the group.
//! Nobody has such a key by accident. Ours takes a point in its one encoding only, Go any: the Go side
//! makes up for that, and all else must be judged alike.

use super::notes::open;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use testkit::{
    noise,
    oracle::{Oracle, Seed},
};

const INPUTS: usize = 20_000;

/// The points of order 1, 2, 4 and 8, and further encodings of them: the y coordinate not reduced, or
/// a sign where x is zero.
#[rustfmt::skip]
const POINTS: &[&str] = &[
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    // No point at all: there is no x for this y.
    "0200000000000000000000000000000000000000000000000000000000000000",
    // The base point.
    "5866666666666666666666666666666666666666666666666666666666666666",
];

/// Scalars: 0, 1, the order of the group less one, the order, and more.
#[rustfmt::skip]
const SCALARS: &[&str] = &[
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
    "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
    "eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

#[test]
fn odd_points_are_judged_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1901);
    let inputs: Vec<_> = (0..INPUTS).map(|_| question(&mut seed)).collect();
    oracle.compare("note.open", &inputs, open);
}

fn question(seed: &mut Seed) -> Vec<Vec<u8>> {
    let public = point(seed);
    let key = [&[1][..], &public].concat();
    let id = Sha256::digest([b"odd\n", key.as_slice()].concat());
    let id = &id[..4];
    let signature = [id, &point(seed), &hex(seed.pick::<&str>(SCALARS))].concat();
    let number = u32::from_be_bytes(id.try_into().unwrap());
    let text = format!("text {}\n", seed.below(100));
    let message = format!("{text}\n\u{2014} odd {}\n", STANDARD.encode(signature));
    let key = format!("odd+{number:08x}+{}", STANDARD.encode(key));
    vec![message.into_bytes(), key.into_bytes()]
}

/// Mostly one of the points, sometimes any bytes.
fn point(seed: &mut Seed) -> Vec<u8> {
    if seed.chance(0.95) {
        hex(seed.pick::<&str>(POINTS))
    } else {
        noise::bytes(seed.next_u64(), 32)
    }
}

fn hex(text: &str) -> Vec<u8> {
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}
