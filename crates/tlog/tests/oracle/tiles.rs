//! Tiles: their paths, which there are, and what is in them.

use super::{arguments, log::Log, number, refused, text, trees::numbered};
use bytes::Bytes;
use testkit::oracle::{Answer, Oracle, Seed};
use tlog::{
    checkpoint::TreeHead,
    plan::TilePlan,
    tile::{Tile, new_tiles},
    tree::CompleteSubtree,
};

mod paths;
mod reading;

const INPUTS: usize = 20_000;

/// A tree's size, of any magnitude, often next to a power of two.
fn size(seed: &mut Seed) -> u64 {
    let shift = 3 + seed.below(61);
    let size = seed.next_u64() >> shift;
    if seed.chance(0.3) {
        (1 << (61 - seed.below(61))) - seed.below(2) as u64
    } else {
        size
    }
}

fn height(seed: &mut Seed) -> u8 {
    if seed.chance(0.5) {
        8
    } else {
        u8::try_from(1 + seed.below(30)).unwrap()
    }
}

/// A node that is in the tree of `size`, if that has any.
fn node_within(seed: &mut Seed, size: u64) -> CompleteSubtree {
    let level = seed.below(1 + size.checked_ilog2().unwrap_or(0) as usize);
    let count = (size >> level).max(1);
    let index = match seed.below(3) {
        0 => count - 1,
        1 => 0,
        _ => seed.next_u64() % count,
    };
    let level = u8::try_from(level).unwrap();
    CompleteSubtree { level, index }
}

fn byte(input: &[Vec<u8>], index: usize) -> Result<u8, String> {
    u8::try_from(number(input, index)?).map_err(refused)
}

fn shown(tiles: impl IntoIterator<Item = Tile>) -> Vec<Vec<u8>> {
    tiles
        .into_iter()
        .map(|tile| tile.to_string().into_bytes())
        .collect()
}

#[test]
fn a_node_is_in_the_tile_that_go_says() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1701);
    let inputs: Vec<_> = (0..INPUTS)
        .map(|_| {
            let size = size(&mut seed);
            let node = node_within(&mut seed, size);
            let numbers = [
                u64::from(height(&mut seed)),
                u64::from(node.level),
                node.index,
            ];
            numbers
                .map(|number| number.to_string().into_bytes())
                .to_vec()
        })
        .collect();
    oracle.compare("tile.of", &inputs, |input| {
        let (level, index) = (byte(input, 1)?, number(input, 2)?);
        // Go's is as wide as it must be to hold the node: as the tree that ends with it fills it.
        let end = (index + 1) << level;
        let tile = Tile::of_node(byte(input, 0)?, CompleteSubtree { level, index }, end);
        Ok(shown(Some(tile.ok_or("not in the tree")?)))
    });
}

#[test]
fn a_grown_tree_has_the_new_tiles_that_go_says() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1702);
    // Trees never shrink: Go gives something for a shrunk one, which means nothing.
    let inputs: Vec<_> = (0..INPUTS)
        .map(|_| {
            let older = size(&mut seed);
            let height = height(&mut seed);
            let most = 40_usize << height.min(20);
            let most = 1 + seed.below(most);
            let newer = older + seed.below(most) as u64;
            arguments([&height.to_string(), &older.to_string(), &newer.to_string()])
        })
        .collect();
    oracle.compare("tile.new", &inputs, |input| {
        Ok(shown(new_tiles(
            byte(input, 0)?,
            number(input, 1)?,
            number(input, 2)?,
        )))
    });
}
