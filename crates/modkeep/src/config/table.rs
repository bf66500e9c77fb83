//! The table of options: what a row has, and what is told of it.

mod rows;

pub use rows::OPTIONS;

/// One option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionSpec {
    /// Flag without its dashes, and key of the TOML file.
    pub name: &'static str,
    /// Under which heading it stands in help texts.
    pub group: Group,
    /// What values it takes.
    pub kind: Kind,
    /// What stands for the value in help texts.
    pub placeholder: &'static str,
    /// The value where nothing is configured, as one would write it.
    pub default: DefaultValue,
    /// What it means, one or two sentences.
    pub doc: &'static str,
    /// A value as one would write it.
    pub example: &'static str,
}

/// What options are about: the headings of help texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Where clients come in, and how the process begins and ends.
    Listening,
    /// What is kept, and its health.
    Keeping,
    /// Where modules come from.
    Sources,
    /// Checksum databases.
    Proof,
    /// How old an answer may be.
    Answers,
    /// What clients may cost.
    Limits,
    /// What is known about vulnerabilities.
    Advisories,
    /// What is written about all that.
    Log,
}

/// The values an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `ADDRESS:PORT` or `unix:PATH`.
    Address,
    /// Addresses with commas between them; an array in the file.
    Addresses,
    /// A path of the file system.
    Path,
    /// Free text with a grammar of its own.
    Text,
    /// A list of sources in the grammar of GOPROXY; what in it may be a secret is not shown.
    Sources,
    /// Free text with URLs in it; what in them may be a secret is not shown.
    Urls,
    /// A number with a unit: `500ms`, `30s`, `5m`, `2h`, `7d`.
    Duration,
    /// The same, or `off`.
    DurationOrOff,
    /// A number with a unit: `64MiB`, `1GiB`; without one, bytes.
    Bytes,
    /// A number from 1 on.
    Count,
    /// `on` or `off`; `true` or `false` in the file.
    Switch,
    /// Texts with commas between them; an array in the file.
    List,
    /// The same with URLs in them; what in them may be a secret is not shown.
    UrlList,
    /// An http or https URL that everybody may see.
    PublicUrl,
    /// The filter of the log.
    LogFilter,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// The value where nothing is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// This.
    Fixed(&'static str),
    /// Found out at start; described for people.
    Found(&'static str),
    /// Nothing: the feature is off.
    Unset,
}

// === impl OptionSpec ===

impl OptionSpec {
    /// The row of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        OPTIONS.iter().find(|option| option.name == name)
    }

    /// The environment variable: `MODKEEP_` and the name in capitals.
    pub fn variable(&self) -> String {
        variable(self.name)
    }
}

/// The environment variable of an option of this name.
pub(super) fn variable(name: &str) -> String {
    format!("MODKEEP_{}", name.to_uppercase().replace('-', "_"))
}

// === impl Group ===

impl Group {
    /// The heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Listening => "Listening, starting and stopping",
            Self::Keeping => "What is kept",
            Self::Sources => "Where modules come from",
            Self::Proof => "Checksum databases",
            Self::Answers => "How old an answer may be",
            Self::Limits => "What clients may cost",
            Self::Advisories => "Vulnerabilities",
            Self::Log => "Log",
        }
    }
}

// === impl DefaultValue ===

impl DefaultValue {
    /// For help texts and the reference page.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Fixed(text) | Self::Found(text) => text,
            Self::Unset => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DefaultValue, OPTIONS};
    use crate::config::value;
    use std::collections::HashSet;

    #[test]
    fn every_row_is_complete_and_its_own_default_and_example_can_be_read() {
        let names: HashSet<&str> = OPTIONS.iter().map(|option| option.name).collect();
        assert_eq!(names.len(), OPTIONS.len());
        for option in OPTIONS {
            assert!(
                option.doc.ends_with('.') && option.doc.is_ascii(),
                "{}",
                option.name
            );
            assert_eq!(
                value::check(option.kind, option.example),
                Ok(()),
                "{}",
                option.name
            );
            if let DefaultValue::Fixed(text) = option.default {
                assert_eq!(value::check(option.kind, text), Ok(()), "{}", option.name);
            }
        }
    }
}
