//! Tree: what JSON, YAML and yarn's own format have in common here: values, each with the stretch it
//! was written in.
//!
//! The libraries below give positions but no bounds that fit: so nesting and the number of values
//! are bounded here, and a key that is given twice is refused. Which of the two would count differs
//! between tools, and a lock that two tools read differently is what an attacker wants.

mod classic;
mod fields;
mod json;
mod yaml;

pub(crate) use classic::classic;
pub(crate) use fields::MapFields;
pub(crate) use json::json;
pub(crate) use yaml::yaml;

use crate::input::{ByteRange, SourceText};
use finding::UnreadableInput;
use std::{borrow::Cow, collections::HashSet};

/// The deepest nesting that is read. Version 1 of npm's format nests packages, each in two levels;
/// real files stay below twenty.
const MAX_DEPTH: usize = 64;

/// The most values that are read of one file. The largest real locks have some hundred thousand. The
/// tree stays below a gigabyte: four million entries, and lists with half of their space unused.
const MAX_NODES: usize = 4 << 20;

/// A value.
#[derive(Debug)]
pub(crate) struct TreeNode<'t> {
    pub(crate) at: ByteRange,
    pub(crate) value: TreeValue<'t>,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum TreeValue<'t> {
    /// Text in quotes.
    Text(Cow<'t, str>),
    /// A word of YAML without quotes: text, number or flag, as the reader takes it.
    Word(Cow<'t, str>),
    /// A number, `true`, `false` or `null` of JSON, as written.
    Literal(&'t str),
    /// A list, in the order of the file.
    List(Vec<TreeNode<'t>>),
    /// A map, in the order of the file.
    Map(Vec<MapEntry<'t>>),
}

/// An entry of a map.
#[derive(Debug)]
pub(crate) struct MapEntry<'t> {
    pub(crate) key: Cow<'t, str>,
    /// Of the key.
    pub(crate) at: ByteRange,
    pub(crate) node: TreeNode<'t>,
}

/// How much of a file was read so far.
#[derive(Debug, Default)]
struct ReadBudget {
    nodes: usize,
}

const _: () = assert!(2 * MAX_NODES * size_of::<MapEntry<'_>>() < 1 << 30);

// === impl ReadBudget ===

impl ReadBudget {
    /// One more value, at a depth.
    fn spend(
        &mut self,
        input: &SourceText<'_>,
        at: ByteRange,
        depth: usize,
    ) -> Result<(), UnreadableInput> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(input.refuse(at, format!("has more than {MAX_NODES} values")));
        }
        if depth > MAX_DEPTH {
            return Err(input.refuse(at, format!("is nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(())
    }
}

/// Refuses a map that has a key twice.
fn unique(input: &SourceText<'_>, entries: &[MapEntry<'_>]) -> Result<(), UnreadableInput> {
    /// Up to here looking at every earlier key is cheaper than hashing.
    const FEW: usize = 8;
    let again = if entries.len() <= FEW {
        let mut pairs = entries.iter().enumerate();
        pairs.find_map(|(index, entry)| {
            let mut before = entries.iter().take(index);
            before.any(|other| other.key == entry.key).then_some(entry)
        })
    } else {
        let mut seen = HashSet::with_capacity(entries.len());
        entries.iter().find(|entry| !seen.insert(&entry.key))
    };
    match again {
        Some(entry) => Err(input.refuse(
            entry.at,
            format!("has {} twice", printable_name(&entry.key)),
        )),
        None => Ok(()),
    }
}

/// A name from the file in quotes, cut where it is long.
pub(crate) fn printable_name(name: &str) -> String {
    const LONGEST: usize = 120;
    let mut short: String = name.chars().take(LONGEST).collect();
    if short.len() < name.len() {
        short.push_str("...");
    }
    format!("{short:?}")
}

// === impl TreeNode ===

impl<'t> TreeNode<'t> {
    /// What is wanted is not what is there.
    fn wrong(&self, input: &SourceText<'_>, wanted: &str) -> UnreadableInput {
        let found = match self.value {
            TreeValue::Text(_) => "text",
            TreeValue::Word(_) => "a word",
            TreeValue::Literal(_) => "a number, flag or null",
            TreeValue::List(_) => "a list",
            TreeValue::Map(_) => "a map",
        };
        input.refuse(self.at, format!("has {found} where {wanted} belongs"))
    }

    /// The entries of a map.
    pub(crate) fn map(&self, input: &SourceText<'_>) -> Result<&[MapEntry<'t>], UnreadableInput> {
        match &self.value {
            TreeValue::Map(entries) => Ok(entries),
            _ => Err(self.wrong(input, "a map")),
        }
    }

    /// The value in one form, whatever the format and however it is spaced.
    pub(crate) fn canonical(&self) -> String {
        match &self.value {
            TreeValue::Text(text) | TreeValue::Word(text) => format!("{text:?}"),
            TreeValue::Literal(text) => (*text).to_owned(),
            TreeValue::List(elements) => {
                let elements: Vec<String> = elements.iter().map(Self::canonical).collect();
                format!("[{}]", elements.join(", "))
            }
            TreeValue::Map(entries) => {
                let entries = entries.iter();
                let pairs = entries.map(|one| format!("{:?}: {}", one.key, one.node.canonical()));
                let mut pairs: Vec<String> = pairs.collect();
                pairs.sort_unstable();
                format!("{{{}}}", pairs.join(", "))
            }
        }
    }

    /// The elements of a list.
    pub(crate) fn list(&self, input: &SourceText<'_>) -> Result<&[Self], UnreadableInput> {
        match &self.value {
            TreeValue::List(elements) => Ok(elements),
            _ => Err(self.wrong(input, "a list")),
        }
    }

    /// A text.
    pub(crate) fn text(&self, input: &SourceText<'_>) -> Result<&str, UnreadableInput> {
        match &self.value {
            TreeValue::Text(text) | TreeValue::Word(text) => Ok(text),
            _ => Err(self.wrong(input, "text")),
        }
    }

    /// A number, flag or null of JSON, as written.
    pub(crate) fn literal(&self, input: &SourceText<'_>) -> Result<&'t str, UnreadableInput> {
        match &self.value {
            TreeValue::Literal(text) => Ok(text),
            _ => Err(self.wrong(input, "a number")),
        }
    }

    /// A text or number, as written.
    pub(crate) fn scalar(&self, input: &SourceText<'_>) -> Result<&str, UnreadableInput> {
        match &self.value {
            TreeValue::Literal(text) => Ok(text),
            _ => self.text(input),
        }
    }

    /// A flag.
    pub(crate) fn flag(&self, input: &SourceText<'_>) -> Result<bool, UnreadableInput> {
        let written = match &self.value {
            TreeValue::Literal(text) => text,
            TreeValue::Word(text) => text.as_ref(),
            _ => "",
        };
        match written {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.wrong(input, "true or false")),
        }
    }
}
