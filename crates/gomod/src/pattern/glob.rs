//! One glob in the syntax of Go's `path.Match`.
//!
//! `*` is any run without slashes, `?` one character that is no slash, `[a-c]` and `[^a-c]` one
//! character of a class, `\` takes the next one literally. Go's matcher is reproduced with its
//! edges: a star takes the shortest run with which the literal part behind it matches and never
//! tries a longer one later, so time is bounded by the product of both lengths; literals are
//! compared as bytes; a class may match a slash, and a malformed byte counts as U+FFFD.

/// A well-formed glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob {
    chunks: Vec<GlobChunk>,
}

/// Units that match one after another, behind a star or not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct GlobChunk {
    star: bool,
    units: Vec<GlobUnit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum GlobUnit {
    Byte(u8),
    AnyButSlash,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

// === impl Glob ===

impl Glob {
    /// Parses; `None` when malformed.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let mut chunks = Vec::new();
        let mut chunk = GlobChunk::default();
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            rest = rest.get(c.len_utf8()..)?;
            match c {
                '*' => {
                    if !chunk.units.is_empty() {
                        chunks.push(std::mem::take(&mut chunk));
                    }
                    chunk.star = true;
                }
                '?' => chunk.units.push(GlobUnit::AnyButSlash),
                '[' => chunk.units.push(class(&mut rest)?),
                '\\' => {
                    // The backslash itself is dropped; what follows is literal.
                    let literal = rest.chars().next()?;
                    rest = rest.get(literal.len_utf8()..)?;
                    chunk.push(literal);
                }
                literal => chunk.push(literal),
            }
        }
        chunks.push(chunk);
        Some(Self { chunks })
    }

    /// Whether the whole name matches.
    pub(super) fn matches(&self, name: &str) -> bool {
        let mut name = name.as_bytes();
        let last = self.chunks.len().saturating_sub(1);
        for (index, chunk) in self.chunks.iter().enumerate() {
            match chunk.find(name, index == last) {
                Some(rest) => name = rest,
                None => return false,
            }
        }
        name.is_empty()
    }
}

// === impl GlobChunk ===

impl GlobChunk {
    fn push(&mut self, literal: char) {
        let mut buffer = [0; 4];
        self.units
            .extend(literal.encode_utf8(&mut buffer).bytes().map(GlobUnit::Byte));
    }

    /// What is left of the name behind the first place where the chunk matches. The last chunk has
    /// to leave nothing.
    fn find<'n>(&self, name: &'n [u8], last: bool) -> Option<&'n [u8]> {
        if self.star && self.units.is_empty() && last {
            return (!name.contains(&b'/')).then_some(&[]);
        }
        let mut start = name;
        loop {
            match self.at(start) {
                Some(rest) if rest.is_empty() || !last => return Some(rest),
                _ if !self.star => return None,
                _ => start = skip_byte(start)?,
            }
        }
    }

    fn at<'n>(&self, name: &'n [u8]) -> Option<&'n [u8]> {
        self.units
            .iter()
            .try_fold(name, |rest, unit| unit.take(rest))
    }
}

// === impl GlobUnit ===

impl GlobUnit {
    fn take<'n>(&self, name: &'n [u8]) -> Option<&'n [u8]> {
        let (&first, rest) = name.split_first()?;
        match self {
            Self::Byte(byte) => (first == *byte).then_some(rest),
            Self::AnyButSlash => {
                let (_, length) = decode(name);
                (first != b'/').then(|| name.get(length..))?
            }
            Self::Class { negated, ranges } => {
                let (c, length) = decode(name);
                let inside = ranges.iter().any(|&(low, high)| low <= c && c <= high);
                (inside != *negated).then(|| name.get(length..))?
            }
        }
    }
}

/// What a star may skip: one byte that is no slash.
fn skip_byte(name: &[u8]) -> Option<&[u8]> {
    name.split_first()
        .filter(|(first, _)| **first != b'/')
        .map(|(_, rest)| rest)
}

/// A class behind its opening bracket; a malformed one is `None`.
fn class(rest: &mut &str) -> Option<GlobUnit> {
    let negated = match rest.strip_prefix('^') {
        Some(behind) => {
            *rest = behind;
            true
        }
        None => false,
    };
    let mut ranges = Vec::new();
    loop {
        if let Some(behind) = rest.strip_prefix(']').filter(|_| !ranges.is_empty()) {
            *rest = behind;
            return Some(GlobUnit::Class { negated, ranges });
        }
        let low = class_character(rest)?;
        let high = match rest.strip_prefix('-') {
            Some(behind) => {
                *rest = behind;
                class_character(rest)?
            }
            None => low,
        };
        ranges.push((low, high));
    }
}

/// One character of a class, perhaps escaped; something must follow it.
fn class_character(rest: &mut &str) -> Option<char> {
    if rest.starts_with(['-', ']']) {
        return None;
    }
    let behind = rest.strip_prefix('\\').unwrap_or(rest);
    let c = behind.chars().next()?;
    *rest = behind
        .get(c.len_utf8()..)
        .filter(|behind| !behind.is_empty())?;
    Some(c)
}

/// The first character and its length in bytes; a malformed byte is U+FFFD of length 1, because a
/// star may have skipped half a character.
fn decode(bytes: &[u8]) -> (char, usize) {
    let first = (1..=bytes.len().min(4)).find_map(|length| {
        let text = std::str::from_utf8(bytes.get(..length)?).ok()?;
        text.chars().next().map(|c| (c, length))
    });
    first.unwrap_or((char::REPLACEMENT_CHARACTER, 1))
}
