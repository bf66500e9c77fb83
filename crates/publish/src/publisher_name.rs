//! Publisher's name: who published something, as it stands in the journal for ever.

use std::fmt;

/// The longest name, in bytes.
const LONGEST: usize = 200;

/// Who publishes. It is short and has no control characters, since people read it in a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublisherName(String);

// === impl PublisherName ===

impl PublisherName {
    /// A name made of this text: what cannot stand in one becomes `?`, and what is too long is cut.
    pub fn new(text: &str) -> Self {
        let mut name = String::new();
        for letter in text.chars() {
            let shown = if letter.is_control() { '?' } else { letter };
            if name.len() + shown.len_utf8() > LONGEST {
                break;
            }
            name.push(shown);
        }
        Self(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PublisherName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, PublisherName};

    #[test]
    fn a_name_is_short_and_steers_no_terminal() {
        assert_eq!(PublisherName::new("ann\u{1b}[2J\n").as_str(), "ann?[2J?");
        let long = PublisherName::new(&"ä".repeat(LONGEST));
        assert_eq!(long.as_str().len(), LONGEST);
    }
}
