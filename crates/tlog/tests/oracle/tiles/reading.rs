//! Reading hashes out of tiles that may have been made up.

use super::{Answer, Oracle, Seed};
use super::{
    Bytes, CompleteSubtree, INPUTS, Log, Tile, TilePlan, TreeHead, byte, height, node_within,
    number, numbered, refused, shown, size, text,
};
use tlog::Hash;

/// Trees that are read from: small ones with low tiles have many levels.
const SIZE: u64 = 700;

#[test]
fn a_hash_is_computed_from_one_tile_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let (mut seed, log) = (Seed::new(1721), numbered("tiles", SIZE));
    let inputs: Vec<_> = (0..INPUTS).map(|_| one_tile(&mut seed, &log)).collect();
    oracle.compare("tile.hash", &inputs, |input| {
        let tile: Tile = text(input, 0)?.parse().map_err(refused)?;
        let node = CompleteSubtree {
            level: byte(input, 2)?,
            index: number(input, 3)?,
        };
        // All of a full tile make up a hash of its parent. Ours computes it, which is how a tile is
        // checked; Go takes it out of the parent only.
        let top = tile
            .level()
            .map(|level| (level + 1).saturating_mul(tile.height()));
        if top == Some(node.level) {
            return Err("a hash of the parent".to_owned());
        }
        let hash = tile.hash(&input[1], node).ok_or("not there")?;
        Ok(vec![hash.as_bytes().to_vec()])
    });
}

/// A tile, its bytes, and a node, which mostly belong together.
fn one_tile(seed: &mut Seed, log: &Log) -> Vec<Vec<u8>> {
    let height = u8::try_from(1 + seed.below(8)).unwrap();
    let size = 1 + seed.next_u64() % SIZE;
    let node = node_within(seed, size);
    let mut tile = Tile::of_node(height, node, size).unwrap();
    let mut bytes = log.tile(tile).unwrap().to_vec();
    let mut asked = node;
    match seed.below(10) {
        0 => bytes.truncate(seed.below(bytes.len() + 1)),
        1 => bytes.extend([7; 40]),
        2 => {
            let width = 1 + seed.below(1 << height);
            tile = tile.with_width(u32::try_from(width).unwrap()).unwrap();
        }
        3 => asked = node_within(seed, SIZE),
        4 => {
            asked = CompleteSubtree {
                level: node.level + 1,
                index: node.index / 2,
            }
        }
        5 => {
            asked = CompleteSubtree {
                level: node.level.saturating_sub(1),
                ..node
            }
        }
        _ => {}
    }
    let [level, index] = [u64::from(asked.level), asked.index].map(|n| n.to_string().into_bytes());
    vec![tile.to_string().into_bytes(), bytes, level, index]
}

#[test]
fn the_tiles_to_fetch_are_those_that_go_fetches_in_its_order() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1722);
    let inputs: Vec<_> = (0..INPUTS).map(|_| planned(&mut seed)).collect();
    oracle.compare("tile.plan", &inputs, |input| {
        let root = Hash::of_empty_tree();
        let head = TreeHead {
            size: number(input, 1)?,
            root,
        };
        let plan =
            TilePlan::try_new(head, byte(input, 0)?, nodes(&input[2..])?).map_err(refused)?;
        Ok(shown(plan.tiles().iter().copied()))
    });
}

fn planned(seed: &mut Seed) -> Vec<Vec<u8>> {
    let size = 1 + size(seed);
    // Some of the nodes are beyond the tree.
    let beyond = if seed.chance(0.1) {
        size + 1 + seed.below(9) as u64
    } else {
        size
    };
    let height = u64::from(height(seed));
    let nodes = (0..=seed.below(4)).flat_map(|_| {
        let node = node_within(seed, beyond);
        [u64::from(node.level), node.index]
    });
    let numbers = [height, size].into_iter().chain(nodes.collect::<Vec<_>>());
    numbers
        .map(|number| number.to_string().into_bytes())
        .collect()
}

fn nodes(input: &[Vec<u8>]) -> Result<Vec<CompleteSubtree>, String> {
    let pairs = (0..input.len()).step_by(2);
    pairs
        .map(|at| {
            Ok(CompleteSubtree {
                level: byte(input, at)?,
                index: number(input, at + 1)?,
            })
        })
        .collect()
}

#[test]
fn hashes_are_read_from_tiles_of_anybody_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let (mut seed, log) = (Seed::new(1723), numbered("tiles", SIZE));
    let inputs: Vec<_> = (0..INPUTS / 2).map(|_| reading(&mut seed, &log)).collect();
    oracle.compare("tile.read", &inputs, read);
}

fn read(input: &[Vec<u8>]) -> Answer {
    let root = Hash::from_slice(&input[2]).unwrap();
    let head = TreeHead {
        size: number(input, 1)?,
        root,
    };
    let end = 4 + 2 * usize::try_from(number(input, 3)?).unwrap();
    let nodes = nodes(&input[4..end])?;
    let plan = TilePlan::try_new(head, byte(input, 0)?, nodes.iter().copied()).map_err(refused)?;
    let bytes = plan.tiles().iter().map(|tile| {
        let path = tile.to_string().into_bytes();
        // The last of a path counts, as in a map that is filled in this order.
        let found = input[end..].chunks(2).rfind(|pair| pair[0] == path);
        found
            .map(|pair| Bytes::from(pair[1].clone()))
            .ok_or("no such tile")
    });
    let bytes = bytes.collect::<Result<Vec<_>, _>>()?;
    let tiles = plan.authenticate(bytes).map_err(refused)?;
    let hashes = nodes
        .into_iter()
        .map(|node| tiles.hash(node).map(|hash| hash.as_bytes().to_vec()));
    hashes.collect::<Result<_, _>>().map_err(refused)
}

/// A tree, hashes that are wanted, and the tiles to read them from, mostly with one lie.
fn reading(seed: &mut Seed, log: &Log) -> Vec<Vec<u8>> {
    let size = 1 + seed.next_u64() % SIZE;
    let highest = *seed.pick(&[3, 8]);
    let height = u8::try_from(1 + seed.below(highest)).unwrap();
    let nodes: Vec<CompleteSubtree> = (0..=seed.below(3))
        .map(|_| node_within(seed, size))
        .collect();
    let plan = TilePlan::try_new(log.head(size), height, nodes.iter().copied()).unwrap();
    let mut tiles: Vec<(Tile, Vec<u8>)> = plan
        .tiles()
        .iter()
        .map(|tile| (*tile, log.tile(*tile).unwrap().to_vec()))
        .collect();
    let mut root = log.root(size);
    let (at, other) = (seed.below(tiles.len()), seed.below(tiles.len()));
    let bytes = &mut tiles[at].1;
    match seed.below(12) {
        0 => bytes.truncate(seed.below(bytes.len())),
        1 => bytes.extend([0; 32]),
        2 | 3 => {
            let byte = seed.below(bytes.len());
            bytes[byte] ^= 1 << seed.below(8);
        }
        // Two hashes change places.
        4 if bytes.len() >= 64 => bytes.rotate_left(32),
        5 => drop(tiles.remove(at)),
        6 => tiles[at].1 = log.tile(tiles[other].0).unwrap().to_vec(),
        7 => root = log.root(seed.next_u64() % SIZE),
        _ => {}
    }
    let numbers = nodes
        .iter()
        .flat_map(|node| [u64::from(node.level), node.index]);
    let count = nodes.len().to_string().into_bytes();
    let mut input = vec![
        height.to_string().into(),
        size.to_string().into(),
        root.as_bytes().to_vec(),
        count,
    ];
    input.extend(numbers.map(|number| number.to_string().into_bytes()));
    input.extend(
        tiles
            .into_iter()
            .flat_map(|(tile, bytes)| [tile.to_string().into_bytes(), bytes]),
    );
    input
}
