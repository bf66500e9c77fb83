//! Checksum-database paths: `sumdb/NAME/{supported,latest,lookup/...,tile/...}`, and the two that
//! witnesses and auditors ask of a log (C2SP tlog-tiles): `checkpoint` and tiles without a height.
//!
//! NAME is `host[/path]` and may contain slashes, so it ends where the rest reads as a path of the
//! database. A module path may itself have an element `lookup`, a database name has none in
//! practice: the first place that fits wins. What no client sends is 400, as the database itself
//! answers it.

use super::RouteError;
use gomod::{ModulePath, Version};
use protocol::Resource;

/// The tallest tile that the format allows.
const MAX_HEIGHT: u32 = 30;

/// The height of every tile of C2SP tlog-tiles.
const LOG_HEIGHT: u32 = 8;

/// The highest level of a tile: a tree of 2^63 records has no more.
const MAX_LEVEL: u32 = 63;

/// What marks the last group of a partial tile's index.
const PARTIAL: &str = ".p";

const BAD_LOOKUP: RouteError = RouteError::Malformed("invalid module@version syntax");
const BAD_TILE: RouteError = RouteError::Malformed("invalid tile syntax");
const BAD_NAME: RouteError =
    RouteError::Malformed("the name of the checksum database is not valid");

pub(crate) fn parse(elements: &[&str]) -> Result<Resource, RouteError> {
    let mut refused = RouteError::NoSuchPage;
    for at in 1..elements.len() {
        let (name, path) = elements.split_at(at);
        match database_path(path) {
            Some(Ok(())) => return named(name, path),
            Some(Err(error)) => refused = error,
            None => {}
        }
    }
    Err(refused)
}

/// Whether `path` is one of a checksum database; `None` if it does not even begin like one.
fn database_path(path: &[&str]) -> Option<Result<(), RouteError>> {
    match path {
        ["supported" | "latest" | "checkpoint"] => Some(Ok(())),
        ["lookup", record @ ..] => Some(lookup(&record.join("/")).ok_or(BAD_LOOKUP)),
        ["tile", coordinates @ ..] => {
            let tile = tile(coordinates).or_else(|| tile_of_log(coordinates));
            Some(tile.ok_or(BAD_TILE))
        }
        _ => None,
    }
}

/// A database's name, where nothing follows it.
pub(crate) fn name(elements: &[&str]) -> Result<String, RouteError> {
    match named(elements, &[])? {
        Resource::Sumdb { name, .. } if !name.is_empty() => Ok(name),
        _ => Err(BAD_NAME),
    }
}

fn named(name: &[&str], path: &[&str]) -> Result<Resource, RouteError> {
    let fits = |element: &&str| {
        element
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte))
    };
    if !name.iter().all(fits) {
        return Err(BAD_NAME);
    }
    Ok(Resource::Sumdb {
        name: name.join("/"),
        path: path.join("/"),
    })
}

/// `MODULE@VERSION`, both escaped, the version canonical.
fn lookup(record: &str) -> Option<()> {
    let (path, version) = record.split_once('@')?;
    ModulePath::unescape(path).ok()?;
    Version::unescape(version).ok()?;
    Some(())
}

/// `H/L/K[.p/W]` of golang.org/x/mod/sumdb/tlog: height, level or `data`, index, partial width.
fn tile(coordinates: &[&str]) -> Option<()> {
    let [height, level, index @ ..] = coordinates else {
        return None;
    };
    let height = number(height).filter(|height| (1..=MAX_HEIGHT).contains(height))?;
    if *level != "data" {
        number(level).filter(|level| *level <= MAX_LEVEL)?;
    }
    index_in(index, height)
}

/// `L/K[.p/W]` or `entries/K[.p/W]` of C2SP tlog-tiles, whose tiles are all of one height. No path of
/// the other form reads as one of this: there a group of three digits never follows the first number.
fn tile_of_log(coordinates: &[&str]) -> Option<()> {
    let [level, index @ ..] = coordinates else {
        return None;
    };
    if *level != "entries" {
        number(level).filter(|level| *level <= MAX_LEVEL)?;
    }
    index_in(index, LOG_HEIGHT)
}

fn index_in(index: &[&str], height: u32) -> Option<()> {
    match index {
        [full @ .., last, width] if is_partial(last) => {
            number(width).filter(|width| (1..1 << height).contains(width))?;
            tile_index(full, last.strip_suffix(PARTIAL)?)
        }
        [full @ .., last] => tile_index(full, last),
        [] => None,
    }
}

fn is_partial(element: &str) -> bool {
    element.strip_suffix(PARTIAL).is_some()
}

/// Groups of three digits, all but the last with an `x` before them: `x001/x234/067`.
/// Groups of leading zeros are not written, and six groups hold every possible index.
fn tile_index(groups: &[&str], last: &str) -> Option<()> {
    let digits = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let all_marked = groups
        .iter()
        .all(|group| group.strip_prefix('x').is_some_and(digits));
    let minimal = groups.first() != Some(&"x000");
    (groups.len() < 6 && all_marked && minimal && digits(last)).then_some(())
}

/// A decimal number written in the one canonical way.
fn number(text: &str) -> Option<u32> {
    let value: u32 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}
