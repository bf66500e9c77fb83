//! yarn 1's own format into a tree. It looks like YAML and is none, so no library reads it.
//!
//! A line is a comment, `key value`, or `key:` with a map below it, two spaces further in. Keys and
//! values are words, or in quotes as JSON has them. A key may be several, parted by commas; they are
//! one key here, joined by `, `, as yarn's later format writes them. yarn itself also reads a value
//! behind `key: `, which it never writes: that is refused.

use super::{MapEntry, ReadBudget, TreeNode, TreeValue, unique};
use crate::input::{ByteRange, SourceText};
use finding::UnreadableInput;
use std::borrow::Cow;

/// How much further in a map is than its key.
const STEP: usize = 2;

/// Reads a whole text as a map.
pub(crate) fn classic<'t>(input: &SourceText<'t>) -> Result<TreeNode<'t>, UnreadableInput> {
    let end = input.text.len();
    let mut stack = MapStack {
        input,
        budget: ReadBudget::default(),
        open: vec![UnclosedMap {
            entries: Vec::new(),
            key: (Cow::Borrowed(""), ByteRange::new(0, end)),
        }],
    };
    let mut start = 0;
    for line in input.text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        stack.line(content, start)?;
        start += line.len();
    }
    stack.close(1)?;
    let entries = stack.open.pop().map(|open| open.entries);
    let entries = entries.unwrap_or_default();
    unique(input, &entries)?;
    Ok(TreeNode {
        at: ByteRange::new(0, end),
        value: TreeValue::Map(entries),
    })
}

/// The maps that have not ended, the outermost first.
struct MapStack<'i, 't> {
    input: &'i SourceText<'t>,
    budget: ReadBudget,
    open: Vec<UnclosedMap<'t>>,
}

/// A map that has not ended, and the key it belongs to.
struct UnclosedMap<'t> {
    entries: Vec<MapEntry<'t>>,
    key: (Cow<'t, str>, ByteRange),
}

/// What is left of a line, and where it is in the text.
struct LineRest<'i, 't> {
    input: &'i SourceText<'t>,
    rest: &'t str,
    start: usize,
}

// === impl MapStack ===

impl<'t> MapStack<'_, 't> {
    fn line(&mut self, content: &'t str, start: usize) -> Result<(), UnreadableInput> {
        let rest = content.trim_start_matches(' ');
        if rest.is_empty() || rest.starts_with('#') {
            return Ok(());
        }
        let indent = content.len() - rest.len();
        let depth = indent / STEP + 1;
        let at = ByteRange::new(start + indent, start + content.len());
        if !indent.is_multiple_of(STEP) || depth > self.open.len() {
            let problem = "is indented as no line of a lock file is";
            return Err(self.input.refuse(at, problem));
        }
        self.budget.spend(self.input, at, depth)?;
        self.close(depth)?;
        let mut line = LineRest {
            input: self.input,
            rest,
            start: start + indent,
        };
        let key = line.keys()?;
        if line.eat(':') {
            line.end()?;
            self.open.push(UnclosedMap {
                entries: Vec::new(),
                key,
            });
            return Ok(());
        }
        let node = line.value()?;
        self.add(key, node);
        Ok(())
    }

    /// Ends maps until so many are open.
    fn close(&mut self, depth: usize) -> Result<(), UnreadableInput> {
        while self.open.len() > depth {
            let Some(UnclosedMap { entries, key }) = self.open.pop() else {
                return Ok(());
            };
            unique(self.input, &entries)?;
            let Some(last) = entries.last() else {
                return Err(self.input.refuse(key.1, "has nothing below it"));
            };
            let node = TreeNode {
                at: key.1.to(last.node.at),
                value: TreeValue::Map(entries),
            };
            self.add(key, node);
        }
        Ok(())
    }

    fn add(&mut self, (key, at): (Cow<'t, str>, ByteRange), node: TreeNode<'t>) {
        if let Some(open) = self.open.last_mut() {
            open.entries.push(MapEntry { key, at, node });
        }
    }
}

// === impl LineRest ===

impl<'t> LineRest<'_, 't> {
    /// The keys of a line, joined.
    fn keys(&mut self) -> Result<(Cow<'t, str>, ByteRange), UnreadableInput> {
        let (mut keys, mut at) = self.scalar()?;
        while self.eat(',') {
            if !self.eat(' ') {
                return Err(self.refuse("has no space behind a comma"));
            }
            let (key, more) = self.scalar()?;
            let joined = keys.to_mut();
            joined.push_str(", ");
            joined.push_str(&key);
            at = at.to(more);
        }
        Ok((keys, at))
    }

    /// A space and the value behind it.
    fn value(&mut self) -> Result<TreeNode<'t>, UnreadableInput> {
        if !self.eat(' ') {
            return Err(self.refuse("has no value here"));
        }
        let is_quoted = self.rest.starts_with('"');
        let (text, at) = self.scalar()?;
        self.end()?;
        let value = if is_quoted {
            TreeValue::Text(text)
        } else {
            TreeValue::Word(text)
        };
        Ok(TreeNode { at, value })
    }

    /// A word, or text in quotes.
    fn scalar(&mut self) -> Result<(Cow<'t, str>, ByteRange), UnreadableInput> {
        let length = if self.rest.starts_with('"') {
            quoted(self.rest)
        } else {
            Some(self.rest.find(ends_word).unwrap_or(self.rest.len()))
        };
        let split = length.filter(|&length| length > 0);
        let split = split.and_then(|length| self.rest.split_at_checked(length));
        let Some((written, rest)) = split else {
            return Err(self.refuse("has no word or text in quotes here"));
        };
        let at = ByteRange::new(self.start, self.start + written.len());
        let text = match written.strip_prefix('"') {
            None => Cow::Borrowed(written),
            Some(inner) if !inner.contains('\\') => Cow::Borrowed(inner.trim_end_matches('"')),
            Some(_) => Cow::Owned(serde_json::from_str(written).map_err(|_| {
                self.input
                    .refuse(at, "has an escape here that JSON does not know")
            })?),
        };
        self.start += written.len();
        self.rest = rest;
        Ok((text, at))
    }

    fn eat(&mut self, wanted: char) -> bool {
        let Some(rest) = self.rest.strip_prefix(wanted) else {
            return false;
        };
        self.start += wanted.len_utf8();
        self.rest = rest;
        true
    }

    fn end(&self) -> Result<(), UnreadableInput> {
        match self.rest {
            "" => Ok(()),
            _ => Err(self.refuse("has more here than a line of a lock file")),
        }
    }

    fn refuse(&self, problem: &str) -> UnreadableInput {
        let at = ByteRange::new(self.start, self.start + self.rest.len());
        self.input.refuse(at, problem)
    }
}

fn ends_word(letter: char) -> bool {
    matches!(letter, ':' | ' ' | ',' | '"') || letter.is_control()
}

/// The length of a text in quotes, with them.
fn quoted(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::classic;
    use crate::input::SourceText;

    fn problem(text: &str) -> String {
        let input = SourceText::new("yarn.lock", text.as_bytes()).unwrap();
        classic(&input).unwrap_err().to_string()
    }

    #[test]
    fn keys_and_values_have_their_places() {
        let text = "# yarn lockfile v1\r\n\"a@^1\", b@2:\r\n  v \"1\\u0041\"\n  d:\n    c x\n\ne@1:\n  v 2";
        let input = SourceText::new("yarn.lock", text.as_bytes()).unwrap();
        let tree = classic(&input).unwrap();
        let entries = tree.map(&input).unwrap();
        assert_eq!(entries[0].key, "a@^1, b@2");
        assert_eq!(entries[1].key, "e@1");
        let inner = entries[0].node.map(&input).unwrap();
        assert_eq!(inner[0].node.text(&input).unwrap(), "1A");
        let span = input.span(inner[0].node.at);
        assert_eq!((span.line, span.column, span.end_column), (3, 5, 14));
        assert_eq!(inner[1].node.map(&input).unwrap()[0].key, "c");
    }

    #[test]
    fn what_yarn_never_writes_is_refused() {
        assert!(problem("a:\n   b 1\n").starts_with("yarn.lock:2:4: is indented"));
        assert!(problem("a:\n    b 1\n").contains("is indented"));
        assert!(problem("a:\nb:\n  c 1\n").starts_with("yarn.lock:1:1: has nothing"));
        assert!(problem("a: 1\n").starts_with("yarn.lock:1:3: has more"));
        assert!(problem("a \"1\n").starts_with("yarn.lock:1:3: has no word"));
        assert!(problem("a 1 2\n").contains("has more"));
        assert!(problem("a,b 1\n").contains("no space"));
        assert!(problem("a\n").contains("has no value"));
        assert!(problem("a:\n  b 1\n  b 2\n").starts_with("yarn.lock:3:3: has \"b\" twice"));
        assert!(problem("a 1\na 1\n").starts_with("yarn.lock:2:1: has \"a\" twice"));
        assert!(problem("\ta 1\n").starts_with("yarn.lock:1:"));
    }

    #[test]
    fn a_nesting_bomb_is_refused() {
        let steps: String = (0..200).map(|at| "  ".repeat(at) + "a:\n").collect();
        assert!(problem(&steps).contains("nested deeper"));
    }
}
