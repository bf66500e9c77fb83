//! Escape: messages inside of quoted strings.
//!
//! Loggers write what a command printed as a string of their own: JSON, `key="value"`, the notation of
//! a programming language. Its line breaks are then two characters, and one line of the log is several
//! of the message. Here such a string becomes the lines that it stands for, and what the logger put
//! around it goes.
//!
//! It is not asked which logger it was: a string counts if all of its escapes can be read and one of
//! them is needed, or if it stands behind a name that loggers give to messages.

use super::letters::{self, PlacedLetter};
use super::line::LetterLine;

/// Names under which messages stand, and whether each holds a whole one.
const NAMES: [(&str, bool); 14] = [
    ("Error", true),
    ("Err", true),
    ("Output", false),
    ("log", false),
    ("msg", false),
    ("message", false),
    ("MESSAGE", false),
    ("textPayload", false),
    ("text", false),
    ("error", false),
    ("err", false),
    ("output", false),
    ("stderr", false),
    ("stdout", false),
];

/// Most strings that may be wrapped in each other.
const DEEPEST: usize = 4;

/// The lines that a line stands for.
pub(super) fn unescaped(line: LetterLine) -> Vec<LetterLine> {
    let mut lines = vec![line];
    for _ in 0..DEEPEST {
        let mut changed = false;
        let mut next = Vec::with_capacity(lines.len());
        for line in lines {
            match team_city(&line)
                .or_else(|| strings(&line))
                .or_else(|| parts(&line))
            {
                Some(inner) => {
                    changed = true;
                    next.extend(inner);
                }
                None => next.push(line),
            }
        }
        lines = next;
        if !changed {
            break;
        }
    }
    lines
}

/// The lines of the quoted strings in a line; `None` if it has none that counts.
fn strings(line: &LetterLine) -> Option<Vec<LetterLine>> {
    let characters = line.characters();
    if !line.text().contains(['"', '\'']) || begins_message(line.text()) {
        return None;
    }
    let mut found = Vec::new();
    let mut is_needed = false;
    let mut at = 0;
    while at < characters.len() {
        match quoted(characters, at) {
            Some(string) => {
                at = string.end;
                is_needed |= string.is_needed;
                if string.counts() {
                    found.extend(string.lines(line));
                }
            }
            None => at += 1,
        }
    }
    // Line breaks outside of the strings are those of the whole.
    let is_inside = is_needed || parts(line).is_none();
    (!found.is_empty() && is_inside).then_some(found)
}

/// A message may quote something with escapes itself; then it is no logger's string.
fn begins_message(text: &str) -> bool {
    let text = text.trim_start();
    ["go: ", "go get: ", "verifying "]
        .iter()
        .any(|start| text.starts_with(start))
}

/// A quoted string.
struct QuotedString<'l> {
    inside: Vec<StringCharacter>,
    /// Behind its closing mark.
    end: usize,
    before: &'l [PlacedLetter],
    /// Whether an escape in it is one that a message needs.
    is_needed: bool,
}

/// A character of a string, and whether it was written as an escape.
#[derive(Clone, Copy)]
struct StringCharacter {
    placed: PlacedLetter,
    is_escape: bool,
}

fn quoted(characters: &[PlacedLetter], at: usize) -> Option<QuotedString<'_>> {
    let &(_, mark) = characters.get(at)?;
    if !matches!(mark, '"' | '\'') || !opens(characters.get(..at)?) {
        return None;
    }
    let mut inside = Vec::new();
    let mut is_needed = false;
    let mut index = at + 1;
    loop {
        let &(place, character) = characters.get(index)?;
        if character == mark {
            break;
        }
        let (meant, length) = match character {
            '\\' => escape(characters.get(index + 1..)?)?,
            other => (other, 0),
        };
        let is_escape = length > 0;
        is_needed |= is_escape && meant != '\\';
        inside.push(StringCharacter {
            placed: (place, meant),
            is_escape,
        });
        index += 1 + length;
    }
    Some(QuotedString {
        inside,
        end: index + 1,
        before: characters.get(..at)?,
        is_needed,
    })
}

/// Whether a string may begin behind this.
fn opens(before: &[PlacedLetter]) -> bool {
    let letters: Vec<char> = before.iter().rev().take(2).map(|(_, c)| *c).collect();
    match letters.as_slice() {
        [] => true,
        // The bytes of Python.
        ['b', rest @ ..] => rest.first().is_none_or(|c| !c.is_alphanumeric()),
        [last, ..] => last.is_whitespace() || "=:[{(,>|`".contains(*last),
    }
}

/// The character of an escape, and how many stand behind the backslash for it.
fn escape(behind: &[PlacedLetter]) -> Option<(char, usize)> {
    let &(_, kind) = behind.first()?;
    let (meant, length) = match kind {
        'n' => ('\n', 1),
        'r' => (' ', 1),
        't' | 'b' | 'f' => ('\t', 1),
        '"' | '\'' | '\\' | '/' => (kind, 1),
        'u' => (coded(behind.get(1..5)?)?, 5),
        'x' => (coded(behind.get(1..3)?)?, 3),
        _ => return None,
    };
    Some((meant, length))
}

fn coded(digits: &[PlacedLetter]) -> Option<char> {
    let digits: String = digits.iter().map(|(_, digit)| digit).collect();
    let number = u32::from_str_radix(&digits, 16).ok()?;
    Some(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER))
}

// === impl QuotedString ===

impl QuotedString<'_> {
    /// Whether it is a message of somebody else.
    fn counts(&self) -> bool {
        let has_words = || self.inside.iter().any(|c| c.placed.1.is_whitespace());
        self.is_needed || self.name().is_some() && has_words()
    }

    /// The name before it, if messages stand behind that name, and whether whole ones do.
    fn name(&self) -> Option<(&'static str, bool)> {
        let mut before = self.before.iter().rev().map(|(_, c)| *c).peekable();
        while before.next_if(|c| c.is_whitespace()).is_some() {}
        before.next_if(|c| matches!(c, '=' | ':'))?;
        while before.next_if(|c| matches!(c, '"' | '\'' | ' ')).is_some() {}
        let name: String = before.take_while(|c| c.is_alphanumeric()).collect();
        let is_here = |known: &str| known.chars().rev().eq(name.chars());
        NAMES.into_iter().find(|(known, _)| is_here(known))
    }

    /// The lines that it stands for.
    fn lines(&self, line: &LetterLine) -> Vec<LetterLine> {
        let is_whole = self.name().is_some_and(|(_, is_whole)| is_whole);
        let breaks = |c: &StringCharacter| c.is_escape && c.placed.1 == '\n';
        // The last line break ends a line and begins none.
        let last = self.inside.last().is_some_and(breaks);
        let inside = self.inside.get(..self.inside.len() - usize::from(last));
        let lines = inside.unwrap_or_default().split(breaks).enumerate();
        let placed =
            |part: &[StringCharacter]| letters::without_controls(part.iter().map(|c| c.placed));
        lines
            .map(|(index, part)| line.inner(placed(part), is_whole && index == 0))
            .collect()
    }
}

/// Marks that stand for a line break where nothing is quoted: escapes, and what commands to the runner
/// of a workflow have in their place.
const BREAKS: [&str; 4] = ["\\r\\n", "\\n", "%0D%0A", "%0A"];

/// A line that was written with such marks, as its parts.
fn parts(line: &LetterLine) -> Option<Vec<LetterLine>> {
    let used = BREAKS.into_iter().find(|mark| is_used(line.text(), mark))?;
    let length = used.chars().count();
    let characters = line.characters();
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < characters.len() {
        let rest = characters.get(at..).unwrap_or_default();
        if rest.iter().map(|(_, c)| *c).take(length).eq(used.chars()) {
            parts.push(line.inner(without_tabs(characters.get(start..at)?), false));
            at += length;
            start = at;
        } else {
            at += 1;
        }
    }
    parts.push(line.inner(without_tabs(characters.get(start..)?), false));
    Some(parts)
}

/// Whether a mark means a line break: the end of a sentence stands before it, or more of a message
/// behind it. In a directory of Windows `\n` may be the first letter of a name.
fn is_used(text: &str, mark: &str) -> bool {
    let is_break = |(before, behind): (&str, &str)| {
        mark.starts_with('%')
            || behind.is_empty()
            || behind.starts_with("\\t")
            || behind.starts_with(char::is_whitespace)
            || begins_message(behind)
            || ends_sentence(before)
            || !is_in_path(before, behind)
    };
    let mut places = text.match_indices(mark);
    places.any(|(at, mark)| {
        let around = text.get(..at).zip(text.get(at + mark.len()..));
        around.is_some_and(is_break)
    })
}

/// Whether the mark is in the name of a directory, as far as the words on both sides tell.
fn is_in_path(before: &str, behind: &str) -> bool {
    let word = before
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default();
    let rest = behind.split(char::is_whitespace).next().unwrap_or_default();
    word.is_empty() || word.contains('\\') || word.ends_with(':') || rest.contains('\\')
}

/// Whether it ends as a sentence does, or with a colon that is not that of a drive.
fn ends_sentence(text: &str) -> bool {
    let drive = |text: &str| {
        text.chars()
            .nth_back(1)
            .is_none_or(|c| !c.is_alphanumeric())
    };
    text.ends_with(['.', ';', ')']) || text.strip_suffix(':').is_some_and(|text| !drive(text))
}

/// A part without the marks for tabs at its beginning.
fn without_tabs(mut part: &[PlacedLetter]) -> Vec<PlacedLetter> {
    while let [(_, '\\'), (_, 't'), rest @ ..] = part {
        part = rest;
    }
    while let [(_, '%'), (_, '0'), (_, '9'), rest @ ..] = part {
        part = rest;
    }
    part.to_vec()
}

/// The text of a message to `TeamCity`, whose escapes begin with a bar.
fn team_city(line: &LetterLine) -> Option<Vec<LetterLine>> {
    const TEXT: &str = "text='";
    let at = line.text().find("##teamcity[")?;
    let begin = at + line.text().get(at..)?.find(TEXT)? + TEXT.len();
    let begin = line.text().get(..begin)?.chars().count();
    let mut lines = Vec::new();
    let mut current = Vec::new();
    let mut rest = line.characters().get(begin..)?.iter().copied();
    while let Some((place, letter)) = rest.next() {
        match letter {
            '\'' => break,
            '|' => match rest.next()?.1 {
                'n' => lines.push(line.inner(std::mem::take(&mut current), false)),
                'r' => {}
                other => current.push((place, other)),
            },
            other => current.push((place, other)),
        }
    }
    lines.push(line.inner(current, false));
    Some(lines)
}
