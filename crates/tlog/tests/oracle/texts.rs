//! Odd texts that notes, keys and heads are made of.

use testkit::oracle::Seed;
use tlog::note::SignerKey;

/// Names of keys: most of them can be, some cannot.
const NAMES: &[&str] = &[
    "sum.example.com",
    "sum.example.com",
    "example.com/log",
    "a",
    "\u{e9}\u{1f600}",
    "no+plus",
    "no space",
    "",
    "no\u{85}next",
    "no\u{a0}break",
    "no\u{2003}em",
    "no\u{3000}wide",
    "zero\u{200b}width",
    "del\u{7f}ete",
    "mongolian\u{180e}vowel",
    "byte\u{feff}order",
];

/// The signer of a number: the same in every test.
pub(crate) fn signer(number: u8) -> SignerKey {
    let name = NAMES[usize::from(number) % 5];
    SignerKey::from_seed(name, [number; 32]).unwrap()
}

pub(crate) fn name(seed: &mut Seed) -> &'static str {
    seed.pick::<&str>(NAMES)
}

/// A near relative of a text in base64: other padding, stray bits, breaks, other alphabets.
pub(crate) fn base64(seed: &mut Seed, text: &str) -> String {
    let unpadded = text.trim_end_matches('=');
    let end = unpadded.floor_char_boundary(unpadded.len().saturating_sub(1));
    let (head, last) = unpadded.split_at(end);
    let middle = text.floor_char_boundary(seed.below(text.len() + 1));
    match seed.below(9) {
        0 => unpadded.to_owned(),
        1 => format!("{text}="),
        2 => text.replace(['+', '/'], "-"),
        3 => format!("{}\n{}", &text[..middle], &text[middle..]),
        4 => format!("{}\r{}", &text[..middle], &text[middle..]),
        5 => text[..middle].to_owned(),
        6 => format!("{text}AAAA"),
        // The bits behind the last byte.
        7 => format!("{head}{}{}", stray(last), &text[unpadded.len()..]),
        _ => format!("{}={}", &text[..middle], &text[middle..]),
    }
}

/// The next letter of the alphabet: in the last place it differs in the lowest bit.
fn stray(letter: &str) -> char {
    match letter.bytes().next() {
        Some(letter @ (b'A'..=b'Y' | b'a'..=b'y' | b'0'..=b'8')) => char::from(letter + 1),
        _ => 'B',
    }
}
