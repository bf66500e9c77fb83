//! Line prefixes: what CI systems, containers and loggers put before each line of a message.
//!
//! Build servers, containers, loggers, configuration tools, mail programs: each writes its own prefix,
//! and there are more of them than anybody can list. But a prefix betrays itself. Where a message
//! begins is known by its words; what stands before them is a prefix if the next line begins with the
//! same: the same letters and signs, with other digits and other white space.
//!
//! A few prefixes differ from line to line or stand before a single line; those are known by their
//! form, see [`PREFIX`].
//!
//! What is refused: a prefix in which a module with its version stands, for that is the beginning of a
//! message; and one that no neighbour shares.

use super::letters::PlacedLetter;
use super::line::LetterLine;
use crate::cause::CAUSES;
use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;
use std::sync::LazyLock;

/// What log systems put before a line; several may stand one behind the other.
static PREFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^\s*(?:",
        // A time, with or without a date and brackets, and the stream behind it.
        r"\[?[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?\]?:?(?:\s|$)",
        r"|\[?[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?\]?(?:\s|$)",
        r"|(?:stdout|stderr) [FP](?:\s|$)|[0-9a-f]{2}[OE][+ ]",
        // An image build: the step, and its seconds.
        r"|#[0-9]+ [0-9]+\.[0-9]+(?:\s|$)|[0-9]+\.[0-9]{3}(?:\s|$)",
        // Commands and groups of CI systems.
        r"|##\[[a-z]+\]|::[a-z]+[^:]{0,200}::",
        // The name of a container or job.
        r"|[A-Za-z0-9_.-]{1,64}\s*\|(?:\s|$)",
        r"|\[[A-Za-z0-9_.:/ -]{1,40}\]\s",
        // A quotation, and the side of a box.
        r"|[>|\x{2500}-\x{257f}](?:\s|$)",
        r")"
    ))
    .ok()
});

/// Most prefixes of a known form that are taken away.
const MOST_PREFIXES: usize = 4;

/// Longest prefix, in characters.
const LONGEST: usize = 240;

/// Shortest words of a pattern that show where a message begins.
const SHORTEST: usize = 9;

/// A message of `go` begins here, or a compiler's place in a file.
static BEGINNING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"go: |go (?:mod |work )?[a-z]+: |go [a-z]+ [^\s:]+: |verifying [^\s@]+@v|",
        r"SECURITY ERROR|can't load package: |package [^\s/]+\.[^\s/]+/|[^\s@]+ imports$|",
        r"(?:[A-Za-z]:)?[A-Za-z0-9_./\\~@][A-Za-z0-9_./\\~@-]*\.go:[0-9]+:"
    ))
    .ok()
});

/// The words with which patterns begin.
static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let templates = CAUSES.iter().flat_map(|cause| cause.patterns);
    let words = templates.filter_map(|pattern| pattern.template.split('{').next());
    let words = words.map(str::trim_end);
    let words = words.filter(|words| words.len() >= SHORTEST);
    let mut builder = AhoCorasick::builder();
    builder.match_kind(MatchKind::LeftmostLongest);
    builder.build(words).ok()
});

/// A module with its version: what stands before it belongs to a message.
static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("@v[0-9]").ok());

/// The lines without what stands before them.
pub(super) fn taken_off(lines: Vec<LetterLine>) -> Vec<LetterLine> {
    let lengths = shared(&lines);
    lines
        .into_iter()
        .zip(lengths)
        .map(|(line, length)| {
            let line = line.behind(length);
            let known = known_prefix_length(line.text());
            line.behind(known)
        })
        .collect()
}

/// How much of each line is a prefix that it shares with a line in which a message begins.
fn shared(lines: &[LetterLine]) -> Vec<usize> {
    let coats: Vec<Option<usize>> = lines.iter().map(|line| beginning(line.text())).collect();
    let mut lengths = vec![0; lines.len()];
    for (index, line) in lines.iter().enumerate() {
        let Some(length) = coats.get(index).copied().flatten().filter(|&at| at > 0) else {
            continue;
        };
        let Some(coat) = line.characters().get(..length).filter(|coat| is_coat(coat)) else {
            continue;
        };
        let mut take = |range: &mut dyn Iterator<Item = usize>| {
            let mut taken = false;
            for other in range {
                let (Some(line), Some(known)) = (lines.get(other), lengths.get_mut(other)) else {
                    break;
                };
                let Some(length) = same(coat, line.characters()) else {
                    break;
                };
                taken = true;
                // Another line with the same prefix went on from there.
                if *known > 0 {
                    break;
                }
                *known = length;
            }
            taken
        };
        let behind = take(&mut (index + 1..lines.len()));
        let before = take(&mut (0..index).rev());
        if (behind || before)
            && let Some(own) = lengths.get_mut(index)
        {
            *own = length;
        }
    }
    lengths
}

/// Where in a line a message begins, in characters; `None` if none does.
fn beginning(text: &str) -> Option<usize> {
    let strong = BEGINNING.as_ref()?.find(text).map(|found| found.start());
    let words = || WORDS.as_ref()?.find(text).map(|found| found.start());
    let at = strong.or_else(words)?;
    text.get(..at).map(|before| before.chars().count())
}

/// Whether this can stand before a message and be no part of it.
fn is_coat(coat: &[PlacedLetter]) -> bool {
    let text: String = coat.iter().map(|(_, letter)| letter).collect();
    let ends = text.ends_with(|last: char| last.is_whitespace() || ">|:]+-#`(".contains(last));
    let is_blank = text.trim().is_empty();
    let has_version = VERSION
        .as_ref()
        .is_none_or(|version| version.is_match(&text));
    ends && !is_blank && !has_version && !is_open(&text) && coat.len() <= LONGEST
}

/// Whether a quoted string begins in it and does not end: that is another matter, see
/// [`super::escape`].
fn is_open(text: &str) -> bool {
    let opens = ["='", "b'", ": '", "('", "['"];
    let is_odd = |mark: char| text.matches(mark).count() % 2 == 1;
    is_odd('"') || is_odd('\'') && opens.iter().any(|open| text.contains(open))
}

/// The length of the same prefix at the beginning of a line: other digits, other white space, another
/// level and the other of two separators are the same.
fn same(coat: &[PlacedLetter], line: &[PlacedLetter]) -> Option<usize> {
    let (mut coat, mut rest) = (coat, line);
    while let Some(&(_, letter)) = coat.first() {
        let is_alike: fn(char) -> bool = match letter {
            letter if letter.is_ascii_digit() => |c| c.is_ascii_digit(),
            letter if letter.is_whitespace() => char::is_whitespace,
            letter if letter.is_alphabetic() => char::is_alphabetic,
            _ => |_| false,
        };
        let ours = run(coat, is_alike).max(1);
        let theirs = run(rest, is_alike);
        let is_white = letter.is_whitespace();
        let is_word = letter.is_ascii_digit() || letter.is_alphabetic();
        let is_end = rest.is_empty() && coat.iter().all(|(_, c)| c.is_whitespace());
        let is_same = if letter.is_ascii_digit() || is_white {
            theirs > 0 || is_end
        } else if letter.is_alphabetic() {
            theirs > 0 && are_same_words(coat.get(..ours)?, rest.get(..theirs)?)
        } else {
            rest.first()
                .is_some_and(|(_, other)| are_same_signs(letter, *other))
        };
        if !is_same {
            return None;
        }
        coat = coat.get(ours..)?;
        let taken = if is_white && coat.is_empty() {
            // Behind the prefix the message may be indented.
            theirs.min(ours)
        } else if is_white || is_word {
            theirs
        } else {
            1
        };
        rest = rest.get(taken..)?;
    }
    Some(line.len() - rest.len())
}

fn run(text: &[PlacedLetter], is_alike: fn(char) -> bool) -> usize {
    text.iter()
        .take_while(|(_, letter)| is_alike(*letter))
        .count()
}

/// Words that change from line to line of one log: levels and streams.
const LEVELS: [&str; 16] = [
    "error", "err", "erro", "warning", "warn", "info", "inf", "debug", "debu", "fatal", "notice",
    "trace", "stdout", "stderr", "out", "e",
];

fn are_same_words(one: &[PlacedLetter], other: &[PlacedLetter]) -> bool {
    let word =
        |word: &[PlacedLetter]| -> String { word.iter().map(|(_, letter)| letter).collect() };
    let is_level = |word: &str| LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level));
    let (one, other) = (word(one), word(other));
    one == other || is_level(&one) && is_level(&other)
}

/// Whether one separator may stand in place of another: `grep` marks the lines around a hit so, and a
/// diff those that it did not change.
fn are_same_signs(one: char, other: char) -> bool {
    one == other || matches!((one, other), (':', '-') | ('-', ':') | ('+', ' ' | '-'))
}

/// How much of a line is a prefix that is known by its form, in characters.
fn known_prefix_length(text: &str) -> usize {
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
    text.get(..taken).map_or(0, |taken| taken.chars().count())
}
