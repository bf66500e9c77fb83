//! yarn's `yarn.lock`: a format of its own from yarn 1, YAML from those after it.
//!
//! Both list entries by what they were locked for: `NAME@RANGE`, several of them parted by commas.
//! An alias is a range `npm:NAME@RANGE` under another name.

mod berry;
mod old;

use crate::{
    input::{ByteRange, SourceText},
    model::{Lockfile, LockfileFormat, SpannedText},
    source::PackageSource,
};
use finding::UnreadableInput;

/// A line that every file of yarn 1 has, and no other.
const CLASSIC_MARK: &str = "# yarn lockfile v1";

/// Between two patterns.
const SEPARATOR: &str = ", ";

/// The most patterns that are read of one file. They are no values of the tree, whose number is
/// bounded already; real files have some ten thousand.
const MAX_PATTERNS: usize = 1 << 20;

/// Reads a file of any version.
pub(crate) fn read(input: &SourceText<'_>) -> Result<Lockfile, UnreadableInput> {
    if input.text.matches(SEPARATOR).count() > MAX_PATTERNS {
        let problem = format!("has more than {MAX_PATTERNS} ranges");
        return Err(input.refuse_whole(problem));
    }
    let mut lines = input.text.lines();
    if lines.any(|line| line.trim_end() == CLASSIC_MARK) {
        old::read(input)
    } else {
        berry::read(input)
    }
}

/// What an entry was locked for, in its parts.
pub(crate) struct YarnPattern<'p> {
    /// The name that it is installed under.
    pub(crate) installed_as: &'p str,
    /// The name behind `npm:` in an alias, else the same.
    pub(crate) name: &'p str,
    /// The range or address, as written.
    pub(crate) range: &'p str,
}

// === impl YarnPattern ===

impl<'p> YarnPattern<'p> {
    /// Reads `NAME@RANGE`; yarn 1 leaves the range out where it is empty. Behind `npm:` it always has
    /// a name, and later versions a range or tag unless both are there.
    pub(crate) fn parse(text: &'p str, format: &LockfileFormat) -> Option<Self> {
        let (installed_as, range) = split(text)?;
        let target = range.strip_prefix("npm:");
        let target = target.and_then(|target| match format {
            LockfileFormat::YarnClassic => split(target).map(|(name, _)| name),
            _ => aliased(target),
        });
        Some(Self {
            installed_as,
            name: target.unwrap_or(installed_as),
            range,
        })
    }
}

/// The name in `NAME@RANGE` behind `npm:`; a range alone has none.
fn aliased(target: &str) -> Option<&str> {
    let (name, range) = split(target)?;
    let is_name = name.starts_with(|first: char| first == '@' || first.is_ascii_alphanumeric());
    (is_name && !range.is_empty()).then_some(name)
}

/// Parts a name and what is behind its `@`; a scope begins with one itself.
pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
    let mut letters = text.char_indices().skip(1);
    let at = letters.find(|(_, letter)| *letter == '@');
    let (name, rest) = match at {
        Some((at, _)) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, ""),
    };
    (!name.is_empty()).then_some((name, rest))
}

/// The patterns in the key of an entry, each with the place of the whole key.
fn patterns(input: &SourceText<'_>, key: &str, at: ByteRange) -> Vec<SpannedText> {
    let span = input.span(at);
    let parts = key.split(SEPARATOR).map(|part| SpannedText {
        value: part.to_owned(),
        span,
    });
    parts.collect()
}

/// What kind of place an address or locator is of.
fn source(
    input: &SourceText<'_>,
    at: ByteRange,
    address: &str,
) -> Result<PackageSource, UnreadableInput> {
    PackageSource::of(address).ok_or_else(|| {
        let shown = crate::tree::printable_name(address);
        input.refuse(at, format!("has an address of no known kind: {shown}"))
    })
}
