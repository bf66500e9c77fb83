//! YAML into a tree, from the events of `granit-parser`: it knows byte offsets, forbids unsafe code,
//! and is fuzzed by those who keep it.
//!
//! Package managers write a small part of YAML. What they never write and what makes YAML dangerous
//! is refused: anchors and aliases, tags, directives, keys that are no scalars.

use super::{MapEntry, ReadBudget, TreeNode, TreeValue, unique};
use crate::input::{ByteRange, SourceText};
use finding::UnreadableInput;
use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use std::borrow::Cow;

/// The longest key, in characters. pnpm names a package with the versions of all its peers in one
/// key, so YAML's own 1024 is too short for real files.
const MAX_KEY: usize = 64 << 10;

/// Reads the documents of a text.
pub(crate) fn yaml<'t>(input: &SourceText<'t>) -> Result<Vec<TreeNode<'t>>, UnreadableInput> {
    let options = granit_parser::options! {
        disallow_directives: true,
        simple_key_max_lookahead: MAX_KEY,
    };
    let mut builder = TreeBuilder {
        input,
        budget: ReadBudget::default(),
        open: Vec::new(),
        documents: Vec::new(),
    };
    for next in Parser::new_from_str_with_options(input.text, options) {
        let (event, span) = next.map_err(|error| refuse(input, &error))?;
        builder.take(event, at(input, &span))?;
    }
    Ok(builder.documents)
}

/// A tree in the making.
struct TreeBuilder<'i, 't> {
    input: &'i SourceText<'t>,
    budget: ReadBudget,
    open: Vec<UnclosedNode<'t>>,
    documents: Vec<TreeNode<'t>>,
}

/// A list or map that has not ended.
struct UnclosedNode<'t> {
    at: ByteRange,
    kind: OpenKind<'t>,
}

enum OpenKind<'t> {
    List(Vec<TreeNode<'t>>),
    Map {
        entries: Vec<MapEntry<'t>>,
        key: Option<(Cow<'t, str>, ByteRange)>,
    },
}

// === impl TreeBuilder ===

impl<'t> TreeBuilder<'_, 't> {
    fn take(&mut self, event: Event<'t>, at: ByteRange) -> Result<(), UnreadableInput> {
        let refuse = |what: &str| {
            Err(self
                .input
                .refuse(at, format!("has {what} here, which no lock file needs")))
        };
        match event {
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(_, anchor, _)
            | Event::MappingStart(_, anchor, _)
                if anchor != 0 =>
            {
                refuse("an anchor")
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, _, Some(_))
            | Event::MappingStart(_, _, Some(_)) => refuse("a tag"),
            Event::Alias(_) | Event::UnresolvedAlias(_) => refuse("an alias"),
            Event::Scalar(text, style, _, _) => self.scalar(text, style, at),
            Event::SequenceStart(..) => self.open(at, OpenKind::List(Vec::new())),
            Event::MappingStart(..) => {
                let entries = Vec::new();
                self.open(at, OpenKind::Map { entries, key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(at),
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        at: ByteRange,
    ) -> Result<(), UnreadableInput> {
        self.budget.spend(self.input, at, self.open.len())?;
        if let Some(UnclosedNode {
            kind: OpenKind::Map {
                key: key @ None, ..
            },
            ..
        }) = self.open.last_mut()
        {
            *key = Some((text, at));
            return Ok(());
        }
        let value = match style {
            ScalarStyle::Plain => TreeValue::Word(text),
            _ => TreeValue::Text(text),
        };
        self.put(TreeNode { at, value })
    }

    fn open(&mut self, at: ByteRange, kind: OpenKind<'t>) -> Result<(), UnreadableInput> {
        self.budget.spend(self.input, at, self.open.len())?;
        if let Some(UnclosedNode {
            kind: OpenKind::Map { key: None, .. },
            ..
        }) = self.open.last()
        {
            return Err(self.input.refuse(at, "has a list or map as a key here"));
        }
        self.open.push(UnclosedNode { at, kind });
        Ok(())
    }

    fn close(&mut self, end: ByteRange) -> Result<(), UnreadableInput> {
        let Some(UnclosedNode { at, kind }) = self.open.pop() else {
            return Err(self.input.refuse(end, "ends more than it began"));
        };
        let value = match kind {
            OpenKind::List(elements) => TreeValue::List(elements),
            OpenKind::Map { entries, .. } => {
                unique(self.input, &entries)?;
                TreeValue::Map(entries)
            }
        };
        let at = at.to(ByteRange {
            start: end.start,
            end: end.start,
        });
        self.put(TreeNode { at, value })
    }

    /// Puts a value where it belongs.
    fn put(&mut self, node: TreeNode<'t>) -> Result<(), UnreadableInput> {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.documents.push(node),
            Some(OpenKind::List(elements)) => elements.push(node),
            Some(OpenKind::Map { entries, key }) => match key.take() {
                Some((key, at)) => entries.push(MapEntry { key, at, node }),
                None => return Err(self.input.refuse(node.at, "has a value without a key here")),
            },
        }
        Ok(())
    }
}

fn at(input: &SourceText<'_>, span: &Span) -> ByteRange {
    let range = span
        .byte_range()
        .unwrap_or(input.text.len()..input.text.len());
    ByteRange::new(range.start, range.end)
}

fn refuse(input: &SourceText<'_>, error: &ScanError) -> UnreadableInput {
    let end = input.text.len();
    let offset = error.marker().byte_offset().unwrap_or(end).min(end);
    let problem = format!("is no YAML here: {}", error.info());
    input.refuse(ByteRange::new(offset, offset), problem)
}

#[cfg(test)]
mod tests {
    use super::yaml;
    use crate::input::SourceText;

    fn problem(text: &str) -> String {
        let input = SourceText::new("x.yaml", text.as_bytes()).unwrap();
        yaml(&input).unwrap_err().to_string()
    }

    #[test]
    fn values_and_keys_have_their_places() {
        let text = "\u{e9}: x\n\"a b\":\n    {c: [1, 2], d: 'two'}\n";
        let input = SourceText::new("x.yaml", text.as_bytes()).unwrap();
        let documents = yaml(&input).unwrap();
        let entries = documents[0].map(&input).unwrap();
        let column = input.span(entries[0].node.at).column;
        assert_eq!(column, 4, "columns are characters");
        let inner = entries[1].node.map(&input).unwrap();
        assert_eq!(inner[1].node.text(&input).unwrap(), "two");
        let span = input.span(inner[1].node.at);
        assert_eq!((span.line, span.column, span.end_column), (3, 20, 25));
    }

    #[test]
    fn what_makes_yaml_dangerous_is_refused() {
        assert!(problem("a: &x 1\n").starts_with("x.yaml:1:7: has an anchor"));
        assert!(problem("a: *x\n").starts_with("x.yaml:1:4: is no YAML"));
        assert!(problem("a: !!str 1\n").contains("has a tag"));
        assert!(problem("%YAML 1.2\n---\na: 1\n").starts_with("x.yaml:1:1"));
        assert!(problem("? [a]\n: 1\n").contains("as a key"));
        assert!(problem("a: 1\nb: 2\na: 3\n").starts_with("x.yaml:3:1: has \"a\" twice"));
        assert!(problem("a: 1\n  b: 2\n").starts_with("x.yaml:2:"));
    }

    #[test]
    fn bombs_are_refused() {
        assert!(problem(&"[".repeat(200_000)).starts_with("x.yaml:1:"));
        assert!(problem(&"- ".repeat(200_000)).starts_with("x.yaml:1:"));
        let steps: String = (0..200).map(|at| " ".repeat(at) + "a:\n").collect();
        assert!(problem(&steps).contains("nested deeper"));
        let laughs = "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
        assert!(problem(laughs).contains("an anchor"));
    }
}
