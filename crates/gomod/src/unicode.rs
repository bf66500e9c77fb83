//! The two facts of Unicode that the names of files in a module need: what is a letter, and which
//! characters are the same but for case.
//!
//! Neither is in the standard library in the form that Go means: `char::is_alphabetic` counts more
//! than category L, and `to_lowercase` is full case mapping, where Go compares by *simple folding*
//! (`strings.EqualFold`), in which the Kelvin sign is a `k` and `ß` is not `ss`. Hence tables, made
//! by `oracle/tables` and held against Go code point by code point.

mod tables;

use std::cmp::Ordering;
use tables::{FOLDS, LETTERS};

/// The edition of Unicode that letters and folding follow, as Go's `unicode.Version` names it.
pub const EDITION: &str = tables::EDITION;

/// Whether a character is a letter (category L), as Go's `unicode.IsLetter` answers.
#[must_use]
pub fn is_letter(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphabetic();
    }
    let code = u32::from(character);
    LETTERS
        .binary_search_by(|&(first, last)| position(first, last, code))
        .is_ok()
}

/// The one character that stands for all that equal this one under simple folding: the least of
/// them, in lower case if that is an ASCII letter.
///
/// Two strings are equal under Go's `strings.EqualFold` exactly if they are equal character by
/// character after this.
#[must_use]
pub fn fold(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    let code = u32::from(character);
    let found = FOLDS.binary_search_by(|&(first, last, _, _)| position(first, last, code));
    let Some(&(first, _, stride, delta)) = found.ok().and_then(|index| FOLDS.get(index)) else {
        return character;
    };
    if (code - first) % stride != 0 {
        return character;
    }
    code.checked_add_signed(delta)
        .and_then(char::from_u32)
        .unwrap_or(character)
}

/// Where the run from `first` to `last` lies as seen from `code`.
fn position(first: u32, last: u32, code: u32) -> Ordering {
    if last < code {
        Ordering::Less
    } else if first > code {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_joins_what_differs_only_in_case() {
        for (left, right) in [
            ('A', 'a'),
            ('K', '\u{212a}'),
            ('s', 'ſ'),
            ('Σ', 'ς'),
            ('É', 'é'),
            ('µ', 'μ'),
        ] {
            assert_eq!(fold(left), fold(right), "{left} {right}");
        }
    }

    #[test]
    fn folding_keeps_apart_what_differs_in_more() {
        for (left, right) in [('a', 'b'), ('ß', 's'), ('İ', 'i'), ('ı', 'i'), ('é', 'e')] {
            assert_ne!(fold(left), fold(right), "{left} {right}");
        }
    }

    #[test]
    fn numbers_and_marks_are_no_letters() {
        for character in ['Ⅷ', '٣', '\u{301}', '€', '日', 'ª'] {
            assert_eq!(is_letter(character), matches!(character, '日' | 'ª'));
        }
    }
}
