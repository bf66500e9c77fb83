//! JSON: the strings in which `go … -json` hides its messages.
//!
//! Only a line of the form `"Error": "…"` is looked at, not a whole document: what is pasted is
//! often a piece of one, or several behind each other, or one per line among other lines.

/// The members that hold messages, and whether each holds a whole one.
const MEMBERS: [(&str, bool); 3] = [("Error", true), ("Err", true), ("Output", false)];

/// A string with its escapes read, each character where it stood.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) characters: Vec<(u32, char)>,
    /// Whether it is a message, and not a line of one.
    pub(super) is_whole: bool,
}

/// The string in such a line; `None` if the line has none.
pub(super) fn string(line: &[(u32, char)]) -> Option<Found> {
    let (value, is_whole) = MEMBERS
        .iter()
        .find_map(|&(name, is_whole)| Some((value_of(line, name)?, is_whole)))?;
    let mut characters = Vec::with_capacity(value.len());
    let mut rest = value.iter().copied();
    while let Some((origin, character)) = rest.next() {
        match character {
            '"' => break,
            '\\' => characters.push((origin, escape(&mut rest)?)),
            other => characters.push((origin, other)),
        }
    }
    Some(Found {
        characters,
        is_whole,
    })
}

/// What stands behind `"NAME":"`.
fn value_of<'l>(line: &'l [(u32, char)], name: &str) -> Option<&'l [(u32, char)]> {
    let quoted: Vec<char> = format!("\"{name}\"").chars().collect();
    let is_here = |window: &[(u32, char)]| window.iter().map(|(_, c)| c).eq(quoted.iter());
    let at = line.windows(quoted.len()).position(is_here)?;
    let rest = line.get(at + quoted.len()..)?;
    behind(behind(rest, ':')?, '"')
}

/// What stands behind this character, with white space before it.
fn behind(text: &[(u32, char)], expected: char) -> Option<&[(u32, char)]> {
    let at = text.iter().position(|(_, c)| !c.is_whitespace())?;
    let (first, rest) = text.get(at..)?.split_first()?;
    (first.1 == expected).then_some(rest)
}

/// The character of an escape, behind its backslash. Line breaks are white space like any other.
fn escape(rest: &mut impl Iterator<Item = (u32, char)>) -> Option<char> {
    match rest.next()?.1 {
        'n' | 't' | 'r' | 'b' | 'f' => Some(' '),
        'u' => {
            let digits: String = rest
                .by_ref()
                .take(4)
                .map(|(_, character)| character)
                .collect();
            let number = u32::from_str_radix(&digits, 16).ok()?;
            Some(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER))
        }
        other => Some(other),
    }
}
