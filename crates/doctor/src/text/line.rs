//! Line: one line of what was pasted, as a list of characters with their places.

use super::letters::{self, PlacedLetter};

/// A line as a list of characters, each with its place in the original.
#[derive(Debug, Clone)]
pub(super) struct LetterLine {
    characters: Vec<PlacedLetter>,
    /// The same without the places, to look at.
    seen: String,
    /// Whether it is a whole message out of a quoted string.
    is_whole: bool,
    start: u32,
    /// How many columns it had on a terminal.
    width: usize,
    /// How it began, with a zero for each digit, before anything was taken off.
    head: String,
    is_coated: bool,
}

/// How many characters of a line's beginning tell whether it has the prefix of another.
const HEAD: usize = 6;

/// What `go` says while all is well; nothing in it is a failure.
const NOISE: [&str; 9] = [
    "go: downloading ",
    "go: extracting ",
    "go: finding ",
    "go: found ",
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

// === impl LetterLine ===

impl LetterLine {
    pub(super) fn new(raw: &str, start: u32) -> Self {
        let width = raw.trim_end_matches(['\n', '\r']).chars().count();
        let line = Self::of(letters::of(raw, start), start, width);
        let head = line.seen.chars().take(HEAD);
        Self {
            head: head
                .map(|c| if c.is_ascii_digit() { '0' } else { c })
                .collect(),
            ..line
        }
    }

    fn of(characters: Vec<PlacedLetter>, start: u32, width: usize) -> Self {
        Self {
            seen: characters.iter().map(|(_, character)| character).collect(),
            characters,
            is_whole: false,
            start,
            width,
            head: String::new(),
            is_coated: false,
        }
    }

    /// A line that stood inside of this one.
    pub(super) fn inner(&self, characters: Vec<PlacedLetter>, is_whole: bool) -> Self {
        let start = characters.first().map_or(self.start, |(place, _)| *place);
        Self {
            is_whole,
            ..Self::of(characters, start, 0)
        }
    }

    /// Without its first characters.
    pub(super) fn behind(mut self, length: usize) -> Self {
        self.is_coated |= length > 0;
        self.characters.drain(..length.min(self.characters.len()));
        self.seen = self.characters.iter().map(|(_, letter)| letter).collect();
        self
    }

    /// With the line behind it, which a terminal had broken off.
    pub(super) fn absorb(&mut self, other: Self) {
        self.characters.extend(other.characters);
        self.seen.push_str(&other.seen);
    }

    pub(super) fn characters(&self) -> &[PlacedLetter] {
        &self.characters
    }

    pub(super) fn text(&self) -> &str {
        &self.seen
    }

    pub(super) const fn start(&self) -> u32 {
        self.start
    }

    pub(super) const fn width(&self) -> usize {
        self.width
    }

    /// Whether nothing in it can belong to a failure: what `go` says while all is well, lines that are
    /// drawn, fences.
    pub(super) fn is_noise(&self) -> bool {
        let text = self.seen.trim_start();
        let is_noise = NOISE.iter().any(|noise| text.starts_with(noise));
        !self.is_whole && (is_noise || self.is_drawn())
    }

    fn is_drawn(&self) -> bool {
        let text = self.seen.trim();
        let draws = |c: char| "-=_*~#`+|".contains(c) || ('\u{2500}'..='\u{257f}').contains(&c);
        !text.is_empty() && text.chars().all(draws)
    }

    /// Whether it may be what a terminal broke off the line before. A member of a JSON object is
    /// indented, a string that was broken before a quotation mark is not.
    pub(super) fn may_continue(&self) -> bool {
        (self.seen.starts_with('"') || !self.begins_message()) && !self.is_drawn()
    }

    /// Whether it is another line of the log that this one came from, although its prefix did not come
    /// off: then no terminal broke it off from that.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        other.is_coated && !self.is_coated && self.head == other.head
    }

    pub(super) fn begins_message(&self) -> bool {
        let text = self.seen.trim_start();
        self.is_whole
            || BEGINNINGS.iter().any(|start| text.starts_with(start))
            || is_command(text)
            || is_place(text)
    }
}

/// Whether it begins as go up to 1.15 did: `go get MODULE: `.
fn is_command(text: &str) -> bool {
    let Some((command, _)) = text.split_once(": ") else {
        return false;
    };
    command.starts_with("go ") && command.split(' ').count() == 3
}

/// Whether it begins as compilers do: `FILE.go:LINE:`.
fn is_place(text: &str) -> bool {
    let before = text.split_once(".go:").map(|(_, behind)| behind);
    before.is_some_and(|behind| {
        behind.starts_with(|first: char| first.is_ascii_digit())
            && !text.split(".go:").next().unwrap_or_default().contains(' ')
    })
}
