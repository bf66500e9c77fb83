//! Finds names that would be one file on some platform: equal but for case, the same file twice,
//! or a path that is both a file and a directory. Directories count, whether they are entries or
//! only implied: `x/a` and `X/b` collide.
//!
//! The names are sorted by their folded form with the slash as the least character. Then whatever
//! shares a folded directory stands together, the directory's own name first, so comparing
//! neighbours is enough. This takes no memory beyond the order, and time that does not depend on
//! how deep a hostile name is nested; a set of all directories would take both.

use crate::unicode;
use std::cmp::Ordering;

/// A path without the trailing slash, and whether it is a directory.
#[derive(Debug, Clone, Copy)]
pub(super) struct ZipPath<'a> {
    pub(super) path: &'a str,
    pub(super) is_directory: bool,
}

/// How two places collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathCollision {
    /// They differ in case only, or directories above them do.
    Case,
    /// One is a file where the other, or a directory above it, is a directory.
    FileAndDirectory,
    /// They are the same file.
    Duplicate,
}

/// Sorts the order of places, numbers from 0 on, and reports all neighbours that collide as their
/// numbers, the smaller one first.
pub(super) fn find_collisions<'a>(
    order: &mut [u32],
    place: impl Fn(u32) -> Option<ZipPath<'a>>,
    mut report: impl FnMut(PathCollision, u32, u32),
) {
    let path = |number| place(number).map_or("", |place| place.path);
    order.sort_by(|&left, &right| compare(path(left), path(right)).then(left.cmp(&right)));
    for pair in order.array_windows() {
        let &[left, right] = pair;
        let (Some(first), Some(second)) = (place(left), place(right)) else {
            continue;
        };
        if let Some(collision) = collide(first, second) {
            report(collision, left.min(right), left.max(right));
        }
    }
}

/// The order of folded paths, with the slash before everything else.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = behind_common(left, right);
    left.chars().map(rank).cmp(right.chars().map(rank))
}

/// What is left of two paths behind what they have in common.
fn behind_common<'a>(left: &'a str, right: &'a str) -> (&'a str, &'a str) {
    let at = left.floor_char_boundary(common_length(left.as_bytes(), right.as_bytes()));
    let left = left.get(at..).unwrap_or_default();
    (left, right.get(at..).unwrap_or_default())
}

/// How many bytes two paths have in common; by blocks first, for neighbours are much alike and
/// hostile ones long.
fn common_length(left: &[u8], right: &[u8]) -> usize {
    const BLOCK: usize = 64;
    let blocks = left.chunks_exact(BLOCK).zip(right.chunks_exact(BLOCK));
    let whole = BLOCK * blocks.take_while(|(left, right)| left == right).count();
    let left = left.get(whole..).unwrap_or_default();
    let right = right.get(whole..).unwrap_or_default();
    let rest = left.iter().zip(right);
    whole + rest.take_while(|(left, right)| left == right).count()
}

fn rank(character: char) -> u32 {
    match character {
        '/' => 0,
        _ => u32::from(unicode::fold(character)).saturating_add(1),
    }
}

/// Whether two places collide, of which the first is not behind the second in the order.
fn collide(first: ZipPath<'_>, second: ZipPath<'_>) -> Option<PathCollision> {
    // Whole elements that are the same need no look.
    let common = common_length(first.path.as_bytes(), second.path.as_bytes());
    let same = first.path.as_bytes().get(..common).unwrap_or_default();
    let slash = same.iter().rposition(|&byte| byte == b'/');
    let begin = slash.map_or(0, |slash| slash + 1);
    let mut deeper = second.path.get(begin..)?.split('/');
    for name in first.path.get(begin..)?.split('/') {
        let other = deeper.next()?;
        if name == other {
            continue;
        }
        let folded = name.chars().map(unicode::fold);
        let same = folded.eq(other.chars().map(unicode::fold));
        return same.then_some(PathCollision::Case);
    }
    let implied = deeper.next().is_some();
    match (first.is_directory, implied || second.is_directory) {
        (true, true) => None,
        (false, false) => Some(PathCollision::Duplicate),
        _ => Some(PathCollision::FileAndDirectory),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All collisions of paths, of which those with a trailing slash are directories.
    fn collisions(paths: &[&'static str]) -> Vec<(PathCollision, u32, u32)> {
        let mut order: Vec<u32> = (0..).take(paths.len()).collect();
        let mut found = Vec::new();
        let place = |number: u32| {
            let path = paths[number as usize];
            Some(ZipPath {
                path: path.trim_end_matches('/'),
                is_directory: path.ends_with('/'),
            })
        };
        find_collisions(&mut order, place, |kind, left, right| {
            found.push((kind, left, right));
        });
        found
    }

    #[test]
    fn what_differs_in_case_only_collides_even_in_directories() {
        for paths in [
            ["a", "A"],
            ["x/a", "X/b"],
            ["x/y/a", "x/Y/b"],
            ["k", "\u{212a}"],
            ["ſ/a", "S/b"],
            ["x/", "X/a"],
            ["ÉA", "éa"],
        ] {
            assert_eq!(
                collisions(&paths),
                [(PathCollision::Case, 0, 1)],
                "{paths:?}"
            );
        }
    }

    #[test]
    fn a_file_is_no_directory_and_stands_there_once() {
        use PathCollision::{Duplicate, FileAndDirectory};
        for (paths, kind) in [
            (["a", "a"], Duplicate),
            (["a", "a/"], FileAndDirectory),
            (["a/", "a"], FileAndDirectory),
            (["a/b", "a"], FileAndDirectory),
            (["a", "a/b/c"], FileAndDirectory),
        ] {
            assert_eq!(collisions(&paths), [(kind, 0, 1)], "{paths:?}");
        }
    }

    #[test]
    fn names_between_a_file_and_what_is_below_it_do_not_hide_the_collision() {
        let found = collisions(&["a", "a b", "a-b", "a.b/c", "a/b", "a!"]);
        assert_eq!(found, [(PathCollision::FileAndDirectory, 0, 4)]);
    }

    #[test]
    fn what_differs_in_more_than_case_does_not_collide() {
        let paths = [
            "a", "b", "ab/c", "ab/d", "ab/e/", "ab/e/", "ab/e/f", "ß", "ss", "a.b",
        ];
        assert_eq!(collisions(&paths), []);
    }
}
