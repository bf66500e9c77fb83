//! Letters: the characters of a line as the program wrote them.
//!
//! Terminals colour, browsers escape, word processors make quotation marks round, and copying leaves
//! characters that nobody sees. None of that is what `go` printed.

/// A character, and where in the original it stands.
pub(super) type PlacedLetter = (u32, char);

/// Longest name of an entity, between `&` and `;`.
const ENTITY: usize = 8;

/// The characters of a piece of text that begins at `start`.
pub(super) fn of(raw: &str, start: u32) -> Vec<PlacedLetter> {
    let placed = raw.char_indices().map(|(index, letter)| {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        (start.saturating_add(index), letter)
    });
    with_entities_read(without_controls(placed))
}

/// Without escape sequences of terminals, other control characters and invisible ones.
pub(super) fn without_controls(letters: impl Iterator<Item = PlacedLetter>) -> Vec<PlacedLetter> {
    let mut kept = Vec::with_capacity(letters.size_hint().0);
    let mut rest = letters.peekable();
    while let Some((place, letter)) = rest.next() {
        if letter == '\u{1b}' {
            match rest.peek() {
                Some((_, '[')) => skip(&mut rest, |end| ('@'..='~').contains(&end)),
                Some((_, ']' | '_' | 'P' | '^' | 'X')) => {
                    skip(&mut rest, |end| end == '\u{7}' || end == '\\');
                }
                // A character set.
                Some((_, '(' | ')')) => skip(&mut rest, |_| true),
                _ => {}
            }
        } else if letter == '\t' || !is_invisible(letter) {
            kept.push((place, straight(letter)));
        }
    }
    kept
}

/// Skips a bracket and all up to the character that ends the sequence.
fn skip(rest: &mut impl Iterator<Item = PlacedLetter>, is_end: impl Fn(char) -> bool) {
    rest.next();
    for (_, letter) in rest {
        if is_end(letter) {
            break;
        }
    }
}

/// Control characters, and those of no width: joiners, marks of direction and of byte order.
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A quotation mark or a space as programs write it.
pub(super) const fn straight(character: char) -> char {
    match character {
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' => '"',
        '\u{a0}' | '\u{2007}' | '\u{202f}' => ' ',
        other => other,
    }
}

fn with_entities_read(characters: Vec<PlacedLetter>) -> Vec<PlacedLetter> {
    if !characters.iter().any(|(_, character)| *character == '&') {
        return characters;
    }
    let mut read = Vec::with_capacity(characters.len());
    let mut rest = characters.as_slice();
    while let Some((&(place, character), behind)) = rest.split_first() {
        if let Some((meant, length)) = (character == '&').then(|| entity(behind)).flatten() {
            read.push((place, straight(meant)));
            rest = behind.get(length..).unwrap_or_default();
        } else {
            read.push((place, character));
            rest = behind;
        }
    }
    read
}

/// The character that an entity means, and the length of what stands behind its `&`.
fn entity(behind: &[PlacedLetter]) -> Option<(char, usize)> {
    let end = behind
        .iter()
        .take(ENTITY + 1)
        .position(|(_, c)| *c == ';')?;
    let name: String = behind.iter().take(end).map(|(_, c)| c).collect();
    let meant = match name.as_str() {
        "quot" => '"',
        "apos" => '\'',
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "nbsp" => ' ',
        _ => numbered(name.strip_prefix('#')?)?,
    };
    Some((meant, end + 1))
}

fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).filter(|&meant| meant == '\t' || !is_invisible(meant))
}

#[cfg(test)]
mod tests {
    use super::of;

    fn letters(raw: &str) -> String {
        of(raw, 0).into_iter().map(|(_, letter)| letter).collect()
    }

    #[test]
    fn what_browsers_and_word_processors_make_of_a_letter_is_undone() {
        assert_eq!(
            letters("a &quot;b&#34; &lt;c&#x3e; &amp;d"),
            "a \"b\" <c> &d"
        );
        assert_eq!(letters("\u{201c}a\u{201d} \u{2018}b\u{2019}"), "\"a\" 'b'");
        assert_eq!(letters("\u{feff}g\u{200b}o:"), "go:");
    }

    #[test]
    fn an_ampersand_is_no_entity() {
        assert_eq!(
            letters("?a=1&b=2;&&;&#1;&unknown;"),
            "?a=1&b=2;&&;&#1;&unknown;"
        );
    }
}
