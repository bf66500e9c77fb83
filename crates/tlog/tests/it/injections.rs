//! Any answer may be any bytes: nothing false is ever proven.

use crate::database::{Database, answer, module};
use bytes::Bytes;
use testkit::oracle::Seed;
use tlog::{
    Hash,
    checkpoint::GO_ORIGIN,
    client::{ProvenRecord, SumdbClient},
    note::SignerKey,
    tile::Tile,
};

const INJECTIONS: usize = 12_000;
const SIZE: u64 = 300;

#[test]
fn no_corruption_of_any_answer_proves_anything_false() {
    let (honest, fork) = (Database::honest(SIZE), Database::forked(100, SIZE));
    fork.publish(SIZE);
    let mut seed = Seed::new(2201);
    let (mut accepted, mut wrong) = (0, 0);
    for _ in 0..INJECTIONS {
        let number = seed.next_u64() % SIZE;
        let proven = inject(&mut seed, &honest, &fork, number);
        accepted += usize::from(proven.is_some());
        wrong += usize::from(proven.is_some_and(|proven| !is_true(&honest, &proven, number)));
    }
    println!("{wrong} wrong in {INJECTIONS} injections, {accepted} of which did no harm");
    assert_eq!(wrong, 0);
    assert!(accepted > INJECTIONS / 100 && accepted < INJECTIONS / 2);
}

/// Looks a record up in a database that has one to three of its files corrupted.
fn inject(
    seed: &mut Seed,
    honest: &Database,
    fork: &Database,
    number: u64,
) -> Option<ProvenRecord> {
    let path = format!("lookup/{}@v1.0.0", module(number));
    let mut files: Vec<(String, Bytes)> = honest.memory.remote().into_iter().collect();
    files.retain(|(path, _)| path.starts_with("tile/"));
    files.push((path.clone(), honest.answer(number, SIZE).into()));
    for _ in 0..=seed.below(3) {
        let at = seed.below(files.len());
        let other = files[seed.below(files.len())].1.clone();
        let file = &mut files[at];
        file.1 = corrupt(seed, file, other, fork, number);
    }
    let scene = Database::forked(0, 0);
    for (path, bytes) in files {
        // What is kept may be as wrong as what is served.
        match path.parse::<Tile>() {
            Ok(tile) if seed.chance(0.2) => scene.memory.keep(tile, bytes),
            _ => scene.memory.serve(&path, bytes),
        }
    }
    if seed.chance(0.3) {
        let size = 1 + seed.next_u64() % SIZE;
        let latest = if seed.chance(0.5) {
            honest.signed(size)
        } else {
            fork.signed(size)
        };
        scene.memory.store(Some(latest.into()));
    }
    let client: SumdbClient<_> = scene.client();
    let escaped = path.strip_prefix("lookup/").unwrap();
    crate::memory::run(client.lookup(escaped, &module(number), "v1.0.0")).ok()
}

fn corrupt(
    seed: &mut Seed,
    (path, bytes): &(String, Bytes),
    other: Bytes,
    fork: &Database,
    number: u64,
) -> Bytes {
    let text = String::from_utf8_lossy(bytes);
    match seed.below(7) {
        0 => other,
        1 => bytes.slice(..seed.below(bytes.len())),
        // The other history's file, or the right record under a stranger's signature.
        2 => match path.parse::<Tile>() {
            Ok(tile) => fork.log.tile(tile).unwrap(),
            Err(_) => fork.answer(number, SIZE).into(),
        },
        3 if text.contains("h1:") => text.replacen("h1:", "h1:A", 1).into_bytes().into(),
        4 if text.contains("h1:") => {
            let stranger = SignerKey::from_seed("sum.example.com", [8; 32]).unwrap();
            answer(&fork.log, number, SIZE, &stranger).into()
        }
        _ => seed.mutate(bytes).into(),
    }
}

/// Whether it is what the honest log holds, and its proof says so to whoever has the key.
fn is_true(honest: &Database, proven: &ProvenRecord, number: u64) -> bool {
    let leaf = Hash::of_leaf(honest.log.leaf(number).as_bytes());
    let keys = [honest.signer.verifier().clone()];
    proven.record.id == number
        && proven.record.text == honest.log.leaf(number)
        && proven.head == honest.log.head(proven.head.size)
        && proven.proof.check(leaf, GO_ORIGIN, &keys) == Ok(proven.head)
}
