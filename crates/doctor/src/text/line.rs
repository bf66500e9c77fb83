//! Line: one line of what was pasted, without what others put around it.

use super::json;
use regex::Regex;
use std::sync::LazyLock;

/// A line as a list of characters, each with its place in the original.
#[derive(Debug)]
pub(super) struct Line<'t> {
    characters: Vec<(u32, char)>,
    /// The same without the places, to look at.
    seen: String,
    /// Whether it is a whole message out of a JSON object.
    is_whole: bool,
    start: u32,
    raw: &'t str,
}

/// What log systems put before a line; several may stand one behind the other.
static PREFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^\s*(?:",
        // A time, with or without a date and brackets.
        r"\[?[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?\]?:?(?:\s|$)",
        r"|\[?[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?\]?(?:\s|$)",
        // An image build: the step, and its seconds.
        r"|#[0-9]+ [0-9]+\.[0-9]+(?:\s|$)",
        // Commands and groups of CI systems.
        r"|##\[[a-z]+\]|::[a-z]+[^:]{0,200}::",
        // The name of a container or job.
        r"|[A-Za-z0-9_.-]{1,64}\s*\|(?:\s|$)",
        r"|\[[A-Za-z0-9_.:/ -]{1,40}\]\s",
        // A quotation.
        r"|>(?:\s|$)",
        r")"
    ))
    .ok()
});

/// Most prefixes that are taken away.
const MOST_PREFIXES: usize = 4;

/// What `go` says while all is well; nothing in it is a failure.
const NOISE: [&str; 8] = [
    "go: downloading ",
    "go: extracting ",
    "go: finding ",
    "go: added ",
    "go: upgraded ",
    "go: downgraded ",
    "go: removed ",
    "# get http",
];

/// What a message begins with. A line that begins otherwise belongs to the one before it.
const BEGINNINGS: [&str; 9] = [
    "go: ",
    "go get: ",
    "go install: ",
    "verifying ",
    "warning: ",
    "{",
    "}",
    "FAIL",
    "\"",
];

// === impl Line ===

impl<'t> Line<'t> {
    pub(super) fn new(raw: &'t str, start: u32) -> Self {
        let mut characters = without_controls(raw, start);
        let seen: String = characters.iter().map(|(_, character)| character).collect();
        let prefix = prefix_of(&seen);
        let length = seen.get(..prefix).map_or(0, |text| text.chars().count());
        characters.drain(..length.min(characters.len()));
        let seen = characters.iter().map(|(_, character)| character).collect();
        Self {
            characters,
            seen,
            is_whole: false,
            start,
            raw,
        }
    }

    /// With the line behind it, which a terminal had broken off.
    pub(super) fn absorb(&mut self, other: Self) {
        self.characters.extend(other.characters);
        self.seen.push_str(&other.seen);
    }

    /// With what is in a JSON string read.
    pub(super) fn read(self) -> Self {
        let Some(found) = json::string(&self.characters) else {
            return self;
        };
        let characters = found.characters;
        Self {
            seen: characters.iter().map(|(_, character)| character).collect(),
            is_whole: found.is_whole,
            characters,
            ..self
        }
    }

    pub(super) fn characters(&self) -> &[(u32, char)] {
        &self.characters
    }

    pub(super) const fn start(&self) -> u32 {
        self.start
    }

    /// How many columns it had on a terminal.
    pub(super) fn width(&self) -> usize {
        self.raw.trim_end_matches(['\n', '\r']).chars().count()
    }

    pub(super) fn is_noise(&self) -> bool {
        let text = self.seen.trim_start();
        !self.is_whole && NOISE.iter().any(|noise| text.starts_with(noise))
    }

    /// Whether it may be what a terminal broke off the line before. A member of a JSON object is
    /// indented, a string that was broken before a quotation mark is not.
    pub(super) fn may_continue(&self) -> bool {
        self.seen.starts_with('"') || !self.begins_message()
    }

    pub(super) fn begins_message(&self) -> bool {
        let text = self.seen.trim_start();
        self.is_whole || BEGINNINGS.iter().any(|start| text.starts_with(start)) || is_place(text)
    }
}

/// Whether it begins as compilers do: `FILE.go:LINE:`.
fn is_place(text: &str) -> bool {
    let before = text.split_once(".go:").map(|(_, behind)| behind);
    before.is_some_and(|behind| {
        behind.starts_with(|first: char| first.is_ascii_digit())
            && !text.split(".go:").next().unwrap_or_default().contains(' ')
    })
}

fn prefix_of(text: &str) -> usize {
    let Some(regex) = PREFIX.as_ref() else {
        return 0;
    };
    let mut taken = 0;
    for _ in 0..MOST_PREFIXES {
        let Some(found) = text.get(taken..).and_then(|rest| regex.find(rest)) else {
            break;
        };
        taken += found.end();
    }
    taken
}

/// The characters of a line without escape sequences of terminals and other control characters.
fn without_controls(raw: &str, start: u32) -> Vec<(u32, char)> {
    let mut kept = Vec::with_capacity(raw.len());
    let mut rest = raw.char_indices().peekable();
    while let Some((index, character)) = rest.next() {
        if character == '\u{1b}' {
            match rest.peek() {
                Some((_, '[')) => skip(&mut rest, |end| ('@'..='~').contains(&end)),
                Some((_, ']')) => skip(&mut rest, |end| end == '\u{7}' || end == '\\'),
                _ => {}
            }
        } else if character == '\t' || !character.is_control() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            kept.push((start.saturating_add(index), character));
        }
    }
    kept
}

/// Skips a bracket and all up to the character that ends the sequence.
fn skip(rest: &mut impl Iterator<Item = (usize, char)>, is_end: impl Fn(char) -> bool) {
    rest.next();
    for (_, character) in rest {
        if is_end(character) {
            break;
        }
    }
}
