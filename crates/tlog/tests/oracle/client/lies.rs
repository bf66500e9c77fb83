//! Lies: what a database, or somebody on the way to it, may do.

use super::scene::{Logs, Lookup, Scene};
use bytes::Bytes;
use testkit::oracle::Seed;
use tlog::{
    Hash,
    checkpoint::TreeHead,
    note::{SignerKey, sign},
    tile::Tile,
};

/// Puts one lie into an honest scene, or none.
pub(crate) fn tell(seed: &mut Seed, logs: &Logs, scene: &mut Scene) {
    let at = seed.below(scene.lookups.len());
    match seed.below(14) {
        0 | 1 | 10 | 11 => another_history(seed, logs, scene),
        2 => stored(seed, logs, scene),
        3 | 4 => tile(seed, logs, scene),
        5 => record(seed, logs, &mut scene.lookups[at]),
        6 => head(seed, logs, &mut scene.lookups[at]),
        7 => answer(seed, scene, at),
        8 => partial_gone(seed, logs, scene),
        9 => beyond_tiles(logs, scene, at),
        _ => {}
    }
}

/// Some heads are of another history; the tiles are of either.
fn another_history(seed: &mut Seed, logs: &Logs, scene: &mut Scene) {
    let (_, fork) = logs.fork(seed);
    if scene.sizes.iter().any(|size| *size > fork.size()) {
        return;
    }
    let sign_fork = |size| fork.signed(size, &logs.signer);
    let stored = scene.sizes.last().copied().unwrap_or_default();
    if stored > 0 && seed.chance(0.4) {
        scene.latest = sign_fork(stored);
    }
    for lookup in &mut scene.lookups {
        if seed.chance(0.4) {
            lookup.head = sign_fork(lookup.size);
        }
        if seed.chance(0.2) {
            fork.leaf(lookup.record.id)
                .clone_into(&mut lookup.record.text);
        }
        // A fork must not be hidden behind a record that is out of range.
        if seed.chance(0.1) {
            lookup.record.id += 1_000;
        }
    }
    if seed.chance(0.4) {
        scene.serve(fork);
    }
}

/// What is stored is no head of this log, or no head at all.
fn stored(seed: &mut Seed, logs: &Logs, scene: &mut Scene) {
    let latest = match seed.below(6) {
        0 => "garbage".to_owned(),
        1 => signed_text(logs, "go.sum database tree v2\n1\n\n"),
        2 => sign(&TreeHead::empty().to_text(), &[], &[&stranger()]).unwrap(),
        3 => signed_text(logs, &TreeHead::empty().to_text()),
        4 => scene.latest.replacen('\n', "\n0", 1),
        _ => String::from_utf8_lossy(&seed.mutate(scene.latest.as_bytes())).into_owned(),
    };
    scene.latest = latest;
}

fn stranger() -> SignerKey {
    SignerKey::from_seed("sum.example.com", [2; 32]).unwrap()
}

fn signed_text(logs: &Logs, text: &str) -> String {
    sign(text, &[], &[&logs.signer]).unwrap()
}

/// A tile is damaged, mixed up, or not there.
fn tile(seed: &mut Seed, logs: &Logs, scene: &mut Scene) {
    let files = &mut scene.files;
    if files.is_empty() {
        return;
    }
    let (at, other) = (seed.below(files.len()), seed.below(files.len()));
    let mut bytes = files[at].1.to_vec();
    let byte = seed.below(bytes.len());
    match seed.below(8) {
        0 => drop(files.remove(at)),
        1 => bytes = files[other].1.to_vec(),
        2 => bytes.truncate(byte),
        3 => bytes.extend(vec![0; 1 + byte]),
        4 => bytes.rotate_left(32 % (byte + 1)),
        5 => {
            let tile: Tile = files[at].0.parse().unwrap();
            let honest = logs.fork(seed).1.tile(tile);
            bytes = honest.unwrap_or_default().to_vec();
        }
        _ => bytes[byte] ^= 1 << seed.below(8),
    }
    if let Some(file) = files.get_mut(at) {
        file.1 = bytes.into();
    }
}

/// A record says something else, or says it is another one.
fn record(seed: &mut Seed, logs: &Logs, lookup: &mut Lookup) {
    let text = &mut lookup.record.text;
    let other = seed.next_u64() % lookup.size;
    match seed.below(7) {
        0 => *text = text.replace("h1:", "h1:x"),
        1 => text.push_str("more\n"),
        2 => {
            // Another record, with its own number or with this one's.
            logs.honest_log().leaf(other).clone_into(text);
            if seed.chance(0.7) {
                lookup.record.id = other;
            }
        }
        3 => lookup.record.id = other,
        4 => lookup.record.id = lookup.size,
        5 => lookup.record.id = *seed.pick(&[1 << 40, 1 << 60, 1 << 62]),
        _ => text.truncate(text.find('\n').map_or(0, |end| end + 1)),
    }
}

/// A head is not what the database signs, or of an odd tree.
fn head(seed: &mut Seed, logs: &Logs, lookup: &mut Lookup) {
    let honest = logs.honest_log().head(lookup.size);
    let other = Hash::of_leaf(b"other");
    lookup.head = match seed.below(9) {
        0 => sign(&honest.to_text(), &[], &[&stranger()]).unwrap(),
        1 => sign(&honest.to_text(), &[], &[&stranger(), &logs.signer]).unwrap(),
        2 => signed_text(logs, &(honest.to_text() + "more\n\nand more\n")),
        3 => signed_text(logs, &honest.to_text().replacen("tree", "tree v2", 1)),
        4 => signed_text(
            logs,
            &TreeHead {
                root: other,
                ..honest
            }
            .to_text(),
        ),
        5 => signed_text(
            logs,
            &TreeHead {
                root: other,
                size: 0,
            }
            .to_text(),
        ),
        6 => signed_text(logs, &TreeHead::empty().to_text()),
        7 => String::new(),
        _ => lookup.head.replacen("tree\n", "tree\n1", 1),
    };
}

/// An answer is cut, mutated, written oddly, or not there.
fn answer(seed: &mut Seed, scene: &mut Scene, at: usize) {
    let Lookup {
        module,
        version,
        record,
        head,
        ..
    } = &scene.lookups[at];
    let honest = (record.to_text() + head).into_bytes();
    let bytes = match seed.below(6) {
        0 => honest[..seed.below(honest.len())].to_vec(),
        1 => [b"+", honest.as_slice()].concat(),
        2 => [b"0", honest.as_slice()].concat(),
        3 => [b"-", honest.as_slice()].concat(),
        _ => seed.mutate(&honest),
    };
    let path = format!("lookup/{module}@{version}");
    scene.files.push((path, bytes.into()));
}

/// The database has gone on: partial tiles are gone, the full ones are there.
fn partial_gone(seed: &mut Seed, logs: &Logs, scene: &mut Scene) {
    for (path, bytes) in &mut scene.files {
        let tile: Tile = path.parse().unwrap();
        let Some(full) = logs
            .honest_log()
            .tile(tile.full())
            .filter(|_| !tile.is_full())
        else {
            continue;
        };
        *path = tile.full().to_string();
        *bytes = match seed.below(6) {
            0 => full.slice(..seed.below(full.len())),
            1 => Bytes::from([&full[..], &[7; 50]].concat()),
            _ => full,
        };
    }
}

/// A head is signed of a tree whose tiles are not served yet.
fn beyond_tiles(logs: &Logs, scene: &mut Scene, at: usize) {
    let lookup = &mut scene.lookups[at];
    lookup.size += 300;
    if lookup.size <= logs.honest_log().size() {
        lookup.head = logs.honest_log().signed(lookup.size, &logs.signer);
    }
}
