//! Paths of tiles: one spelling each.

use super::{INPUTS, height, refused, text};
use testkit::oracle::{Oracle, Seed};
use tlog::tile::Tile;

#[test]
fn paths_are_read_as_by_go() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let mut seed = Seed::new(1711);
    let inputs: Vec<_> = (0..2 * INPUTS).map(|_| vec![path(&mut seed)]).collect();
    oracle.compare("tile.path", &inputs, |input| {
        let tile: Tile = text(input, 0)?.parse().map_err(refused)?;
        let level = tile.level().map_or(-1, i32::from);
        let shown = format!(
            "{} {level} {} {}",
            tile.height(),
            tile.index(),
            tile.width()
        );
        Ok(vec![shown.into_bytes()])
    });
}

fn path(seed: &mut Seed) -> Vec<u8> {
    let height = height(seed);
    let width = 1 + seed.below((1 << height) + 1);
    let index = seed.next_u64() >> (1 + seed.below(63));
    let level = seed.below(66).to_string();
    let level = if seed.chance(0.2) { "data" } else { &level };
    let mut path = format!("tile/{height}/{level}/{}", grouped(seed, index));
    if seed.chance(0.5) {
        path = format!("{path}.p/{width}");
    }
    match seed.below(6) {
        0 => odd(seed, &path).into_bytes(),
        1 => seed.mutate(path.as_bytes()),
        _ => path.into_bytes(),
    }
}

/// Groups of three digits, from the right.
fn grouped(seed: &mut Seed, index: u64) -> String {
    let digits = format!("{index:0>21}");
    let groups: Vec<&str> = (0..7).map(|at| &digits[3 * at..3 * at + 3]).collect();
    let mut first = groups.iter().position(|group| *group != "000").unwrap_or(6);
    if seed.chance(0.05) {
        first = first.saturating_sub(1);
    }
    let (last, rest) = groups[first..].split_last().unwrap();
    let marked = |path: String, group| path + "x" + group + "/";
    rest.iter().copied().fold(String::new(), marked) + last
}

/// Other spellings of what may be the same tile.
fn odd(seed: &mut Seed, path: &str) -> String {
    let from_to = [
        ("/", "//"),
        ("tile/", "/tile/"),
        ("tile/", "tile/0"),
        ("tile/", "tile/+"),
        ("/x", "/"),
        ("/x", "/xx"),
        ("/x", "/X"),
        (".p/", ".p/0"),
        (".p/", ".P/"),
        (".p/", ".p/.p/"),
        (".p/", "/"),
        ("/0", "/+0"),
        ("/0", "/-0"),
        ("0", "\u{660}"),
        ("data", "-1"),
        ("data", "entries"),
        ("/data/", "/data/x000/"),
    ];
    let (from, to) = *seed.pick(&from_to);
    match seed.below(4) {
        0 => format!("{path}/"),
        1 => format!("{path}.p/1"),
        _ => path.replacen(from, to, 1),
    }
}
