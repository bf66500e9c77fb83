//! Mutations of texts that are right, and damage to tiles.

use super::laws;
use testkit::{noise, oracle::Seed};
use tlog::{Hash, checkpoint::TreeHead, frontier::Frontier, note::sign, proof_file::LogProof};

/// How many inputs each law gets.
const INPUTS: usize = 100_000;

/// Mutations of a corpus: most of one entry, some of two glued together. Some of them must still be
/// accepted, or the laws behind that were not tried.
#[expect(clippy::print_stdout, reason = "the counts are the test's result")]
fn each(number: u64, corpus: &[String], law: impl Fn(&[u8]) -> bool) {
    let mut seed = Seed::new(number);
    let mut accepted = 0;
    for entry in corpus {
        assert!(law(entry.as_bytes()), "{entry}");
    }
    for _ in 0..INPUTS {
        let mut input = seed.pick::<String>(corpus).clone().into_bytes();
        if seed.chance(0.1) {
            input.extend(seed.pick::<String>(corpus).bytes());
        }
        accepted += usize::from(law(&seed.mutate(&input)));
    }
    println!("{INPUTS} inputs, {accepted} accepted");
    assert!(accepted > INPUTS / 1_000);
}

/// As [`each`], of what is text after mutation or made text.
fn each_text(number: u64, corpus: &[String], law: impl Fn(&str) -> bool) {
    each(number, corpus, |bytes| law(&String::from_utf8_lossy(bytes)));
}

fn head() -> TreeHead {
    let mut frontier = Frontier::default();
    frontier.append(Hash::of_leaf(b"a b c\n")).unwrap();
    frontier.append(Hash::of_leaf(b"other\n")).unwrap();
    frontier.head()
}

fn notes() -> Vec<String> {
    let signer = laws::signer();
    let head = sign(&head().to_text(), &[], &[&signer]).unwrap();
    let twice = sign("text\n\nmore\n", &[], &[&signer, &signer]).unwrap();
    vec![head, twice]
}

#[test]
fn notes_open_again() {
    each(3101, &notes(), laws::note);
}

#[test]
fn keys_come_back() {
    let key = laws::signer().verifier().clone();
    let corpus = [
        key.to_string(),
        key.for_cosignatures().to_string(),
        laws::signer().reveal(),
    ];
    each_text(3102, &corpus, laws::keys);
}

#[test]
fn records_come_back() {
    let records = [
        "0\na b c\n\n",
        "1234567\nexample.com/a v1.0.0 h1:x=\nexample.com/a v1.0.0/go.mod h1:y=\n\nrest",
    ];
    each(3103, &records.map(str::to_owned), laws::record);
}

#[test]
fn heads_come_back() {
    let head = head().to_text();
    let other = head.replace("go.sum database tree", "example.com/log");
    let corpus = [
        head.clone(),
        other.clone() + "more\nand more\n",
        head + "\n\nmore",
        other,
    ];
    each_text(3104, &corpus, laws::heads);
}

#[test]
fn paths_of_tiles_come_back() {
    let paths = [
        "tile/8/0/x273/278.p/104",
        "tile/8/data/x001/x234/067",
        "tile/30/63/000.p/1",
        "tile/1/2/999",
    ];
    each_text(3105, &paths.map(str::to_owned), laws::tile);
}

#[test]
fn proof_files_come_back() {
    let [head, ..] = &notes()[..] else {
        unreachable!("there are notes")
    };
    let proof = LogProof {
        extra: Some(b"a b c\n".to_vec()),
        index: 0,
        hashes: vec![Hash::of_leaf(b"other\n")],
        checkpoint: head.clone(),
    };
    let bare = LogProof {
        extra: None,
        ..proof.clone()
    };
    each(3106, &[proof.to_string(), bare.to_string()], laws::proof);
}

#[test]
fn tiles_are_authentic_exactly_if_nothing_was_changed() {
    let mut seed = Seed::new(3107);
    let count = INPUTS / 20;
    let honest = (0..count).filter(|_| {
        let changes = 3 * seed.below(4);
        let mut bytes = noise::bytes(seed.next_u64(), 3 + changes);
        // A change of no bits is none.
        if seed.chance(0.3) {
            bytes[3..].fill(0);
        }
        laws::authenticate(&bytes)
    });
    let honest = honest.count();
    println!("{count} inputs, {honest} without a change");
    assert!(honest > count / 10 && honest < count);
}

#[test]
fn all_numbers_end_in_an_answer() {
    let mut seed = Seed::new(3108);
    for _ in 0..INPUTS {
        laws::numbers([(); 3].map(|()| match seed.below(4) {
            0 => 1 << seed.below(64),
            1 => u64::MAX >> seed.below(64),
            2 => (seed.below(64) as u64) << 56 | seed.next_u64() >> 8,
            _ => seed.next_u64() >> seed.below(64),
        }));
    }
}

#[test]
fn long_inputs_take_no_longer_than_their_length_deserves() {
    let (lines, path) = (
        "\u{2014} a AAAAAAAA\n".repeat(1 << 15),
        "x001/".repeat(1 << 18),
    );
    assert!(!laws::note(format!("a\n\n{lines}").as_bytes()));
    assert!(!laws::note(&b"\n".repeat(1 << 20)));
    assert!(!laws::record(&b"1\n".repeat(1 << 19)));
    assert!(laws::record(
        format!("1\n{}\n", "a b c\n".repeat(1 << 10)).as_bytes()
    ));
    assert!(!laws::tile(&format!("tile/8/0/{path}001")));
    assert!(!laws::tile(&format!("tile/8/0/{}", "0".repeat(1 << 20))));
    assert!(!laws::keys(&"+".repeat(1 << 20)));
    assert!(!laws::heads(&"\n".repeat(1 << 20)));
    let hashes = format!("{}\n", Hash::of_empty_tree()).repeat(1 << 14);
    assert!(!laws::proof(
        format!("c2sp.org/tlog-proof@v1\nindex 0\n{hashes}\n").as_bytes()
    ));
}
