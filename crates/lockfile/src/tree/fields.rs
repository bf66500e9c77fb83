//! Fields: the entries of a map, asked by name and by type.

use super::{MapEntry, TreeNode, TreeValue, printable_name};
use crate::{
    input::{ByteRange, SourceText},
    model::{PackageDependency, SpannedText},
    source::is_folder_name,
};
use finding::UnreadableInput;

/// The entries of a map, and the text they are of.
#[derive(Clone, Copy)]
pub(crate) struct MapFields<'f, 't> {
    pub(crate) input: &'f SourceText<'t>,
    pub(crate) entries: &'f [MapEntry<'t>],
    /// Of the whole map.
    pub(crate) at: ByteRange,
}

// === impl MapFields ===

impl<'f, 't> MapFields<'f, 't> {
    /// The entries of what has to be a map.
    pub(crate) fn of(
        input: &'f SourceText<'t>,
        node: &'f TreeNode<'t>,
    ) -> Result<Self, UnreadableInput> {
        Ok(Self {
            input,
            entries: node.map(input)?,
            at: node.at,
        })
    }

    /// The value of a field.
    pub(crate) fn get(self, key: &str) -> Option<&'f TreeNode<'t>> {
        let mut entries = self.entries.iter();
        entries
            .find(|entry| entry.key == key)
            .map(|entry| &entry.node)
    }

    /// The value of a field that has to be there.
    pub(crate) fn need(self, key: &str) -> Result<&'f TreeNode<'t>, UnreadableInput> {
        let missing = || self.input.refuse(self.at, format!("has no {key:?} here"));
        self.get(key).ok_or_else(missing)
    }

    /// A field of text.
    pub(crate) fn text(self, key: &str) -> Result<Option<SpannedText>, UnreadableInput> {
        self.get(key).map(|node| self.text_of(node)).transpose()
    }

    /// A field of text that npm writes as `false` where there is nothing to say.
    pub(crate) fn text_unless_false(
        self,
        key: &str,
    ) -> Result<Option<SpannedText>, UnreadableInput> {
        match self.get(key).map(|node| &node.value) {
            Some(TreeValue::Literal("false")) => Ok(None),
            _ => self.text(key),
        }
    }

    fn text_of(self, node: &TreeNode<'_>) -> Result<SpannedText, UnreadableInput> {
        Ok(SpannedText {
            value: node.text(self.input)?.to_owned(),
            span: self.input.span(node.at),
        })
    }

    /// A flag; false where it is not given.
    pub(crate) fn flag(self, key: &str) -> Result<bool, UnreadableInput> {
        self.get(key)
            .map_or(Ok(false), |node| node.flag(self.input))
    }

    /// A field that is a map itself.
    pub(crate) fn map(self, key: &str) -> Result<Option<Self>, UnreadableInput> {
        let node = self.get(key);
        node.map(|node| Self::of(self.input, node)).transpose()
    }

    /// The texts of a list.
    pub(crate) fn texts_of(
        self,
        node: Option<&TreeNode<'_>>,
    ) -> Result<Vec<String>, UnreadableInput> {
        let Some(node) = node else {
            return Ok(Vec::new());
        };
        let elements = node.list(self.input)?.iter();
        let texts = elements.map(|element| element.text(self.input).map(str::to_owned));
        texts.collect()
    }

    /// Those of some fields that are there, each with its value as it is written.
    pub(crate) fn facts(self, keys: &[&str]) -> Vec<(String, String)> {
        let given = keys.iter().filter_map(|key| Some((*key, self.get(key)?)));
        let facts = given.map(|(key, node)| (key.to_owned(), node.canonical()));
        facts.collect()
    }

    /// What a field lists as needed: names with ranges.
    pub(crate) fn dependencies(
        self,
        key: &str,
        is_optional: bool,
    ) -> Result<Vec<PackageDependency>, UnreadableInput> {
        let Some(group) = self.map(key)? else {
            return Ok(Vec::new());
        };
        let needed = group.entries.iter().map(|entry| {
            if !is_folder_name(&entry.key) {
                let problem = format!(
                    "has {}, which no package can be named",
                    printable_name(&entry.key)
                );
                return Err(self.input.refuse(entry.at, problem));
            }
            Ok(PackageDependency {
                name: entry.key.to_string(),
                wanted: entry.node.text(self.input)?.to_owned(),
                locked: None,
                is_optional,
                span: self.input.span(entry.at.to(entry.node.at)),
            })
        });
        needed.collect()
    }
}
