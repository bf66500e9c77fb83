//! JSON into a tree, by `serde_json`: strict, and already what the house reads JSON with.
//!
//! It keeps no positions. But it hands out the raw text of a value as a slice of what it was given,
//! and where a slice begins in its text is where its pointer is. So the tree is made a level at a
//! time: keys and values raw, then each of them. What is read again for every level is bounded by
//! the nesting that is allowed.

use super::{MapEntry, ReadBudget, TreeNode, TreeValue, unique};
use crate::input::{ByteRange, SourceText};
use finding::UnreadableInput;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// Reads a whole text as one value of JSON.
pub(crate) fn json<'t>(input: &SourceText<'t>) -> Result<TreeNode<'t>, UnreadableInput> {
    let raw = parse(input, input.text, 0)?;
    node(input, raw, 0, &mut ReadBudget::default())
}

fn node<'t>(
    input: &SourceText<'t>,
    raw: &'t RawValue,
    depth: usize,
    budget: &mut ReadBudget,
) -> Result<TreeNode<'t>, UnreadableInput> {
    let text = raw.get();
    let at = at(input, raw);
    budget.spend(input, at, depth)?;
    let value = match text.as_bytes().first() {
        Some(b'"') => TreeValue::Text(string(input, raw)?),
        Some(b'[') => list(input, raw, depth, budget)?,
        Some(b'{') => TreeValue::Map(map(input, raw, depth, budget)?),
        _ => TreeValue::Literal(text),
    };
    Ok(TreeNode { at, value })
}

fn list<'t>(
    input: &SourceText<'t>,
    raw: &'t RawValue,
    depth: usize,
    budget: &mut ReadBudget,
) -> Result<TreeValue<'t>, UnreadableInput> {
    let elements: Vec<&RawValue> = parse(input, raw.get(), start(input, raw))?;
    let elements = elements.into_iter();
    let nodes = elements.map(|element| node(input, element, depth + 1, budget));
    Ok(TreeValue::List(nodes.collect::<Result<_, _>>()?))
}

fn map<'t>(
    input: &SourceText<'t>,
    raw: &'t RawValue,
    depth: usize,
    budget: &mut ReadBudget,
) -> Result<Vec<MapEntry<'t>>, UnreadableInput> {
    let ObjectPairs(pairs) = parse(input, raw.get(), start(input, raw))?;
    let entries = pairs.into_iter().map(|(key, value)| {
        Ok(MapEntry {
            key: string(input, key)?,
            at: at(input, key),
            node: node(input, value, depth + 1, budget)?,
        })
    });
    let entries = entries.collect::<Result<Vec<_>, UnreadableInput>>()?;
    unique(input, &entries)?;
    Ok(entries)
}

/// The text between quotes; borrowed where it has no escapes.
fn string<'t>(input: &SourceText<'t>, raw: &'t RawValue) -> Result<Cow<'t, str>, UnreadableInput> {
    let text = raw.get();
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.contains('\\') => Ok(Cow::Borrowed(inner)),
        _ => parse(input, text, start(input, raw)).map(Cow::Owned),
    }
}

fn start(input: &SourceText<'_>, raw: &RawValue) -> usize {
    let base = input.text.as_ptr().addr();
    raw.get().as_ptr().addr().saturating_sub(base)
}

fn at(input: &SourceText<'_>, raw: &RawValue) -> ByteRange {
    let start = start(input, raw);
    ByteRange::new(start, start + raw.get().len())
}

/// Parses a part of the text that begins at an offset; errors are placed in the whole.
fn parse<'t, T: serde::Deserialize<'t>>(
    input: &SourceText<'_>,
    text: &'t str,
    start: usize,
) -> Result<T, UnreadableInput> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let before = text.split_inclusive('\n').take(line.saturating_sub(1));
        let line_start: usize = before.map(str::len).sum();
        // The column is of the last byte that was read: 0 if that was the break before the line.
        let offset = start + line_start + column.saturating_sub(1);
        let offset = offset.min(input.text.len());
        let message = error.to_string();
        let reason = message.split(" at line ").next().unwrap_or_default();
        input.refuse(
            ByteRange::new(offset, offset),
            format!("is no JSON here: {reason}"),
        )
    })
}

/// The keys and values of an object, raw, in their order.
struct ObjectPairs<'t>(Vec<(&'t RawValue, &'t RawValue)>);

struct PairsVisitor;

// === impl Pairs ===

impl<'t> serde::Deserialize<'t> for ObjectPairs<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

impl<'t> Visitor<'t> for PairsVisitor {
    type Value = ObjectPairs<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<ObjectPairs<'t>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(ObjectPairs(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::json;
    use crate::input::SourceText;

    fn problem(text: &str) -> String {
        let input = SourceText::new("x.json", text.as_bytes()).unwrap();
        json(&input).unwrap_err().to_string()
    }

    #[test]
    fn values_and_keys_have_their_places() {
        let text = "{\n  \"a\":    \"b\\u0041\",\n  \"k\\\"\": {\"c\": [1, 2]}\n}";
        let input = SourceText::new("x.json", text.as_bytes()).unwrap();
        let node = json(&input).unwrap();
        let entries = node.map(&input).unwrap();
        assert_eq!(entries[0].node.text(&input).unwrap(), "bA");
        let span = input.span(entries[0].node.at);
        assert_eq!((span.line, span.column, span.end_column), (2, 11, 20));
        assert_eq!(entries[1].key, "k\"");
        assert_eq!(input.span(entries[1].at).line, 3);
    }

    #[test]
    fn what_is_no_json_is_refused_where_it_ends_to_be_some() {
        assert!(problem("{\n  \"a\": 1,\n").starts_with("x.json:3:1: is no JSON"));
        assert!(problem("{\"a\": 1,}").starts_with("x.json:1:9: is no JSON"));
        assert!(problem("{\"a\":\n{\"b\": \"\\ud800\"}}").starts_with("x.json:2:"));
        assert!(problem("{} {}").starts_with("x.json:1:4: is no JSON"));
    }

    #[test]
    fn a_key_given_twice_is_refused_at_the_second() {
        assert_eq!(
            problem("{\"a\": 1,\n\"\\u0061\": 2}"),
            "x.json:2:1: has \"a\" twice"
        );
        let many = (0..20).map(|at| format!("\"k{at}\": 0, "));
        let many = many.collect::<Vec<_>>().concat();
        assert!(problem(&format!("{{{many}\n\"k3\": 1}}")).starts_with("x.json:2:1: has \"k3\""));
    }

    #[test]
    fn a_nesting_bomb_is_refused() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(problem(&deep).contains("nested deeper"));
        assert!(problem(&"[".repeat(100_000)).contains("no JSON"));
    }
}
