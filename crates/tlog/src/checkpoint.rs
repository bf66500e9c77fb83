//! Tree heads, and the texts in which they are signed.
//!
//! A checksum database signs `go.sum database tree`, the size and the root, one a line
//! (golang.org/x/mod/sumdb/tlog); whatever follows is ignored. C2SP's checkpoint is the same text
//! with the log's own name in the first line, its *origin*, and with non-empty extension lines only.
//! Every Go checksum database therefore has the same origin, which is why witnesses need a
//! checkpoint beside it.

use crate::{hash::Hash, tree::MAX_SIZE};
use std::fmt;

/// The first line of what a checksum database signs.
pub const GO_ORIGIN: &str = "go.sum database tree";

/// The longest text that is read, as in Go: a million bytes.
const MAX_TEXT: usize = 1_000_000;

/// What a signature on a log vouches for: so many leaves with this root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// Number of leaves.
    pub size: u64,
    /// Hash over all of them.
    pub root: Hash,
}

/// A tree head with the name of its log (C2SP tlog-checkpoint).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's own name.
    pub origin: String,
    /// The head.
    pub head: TreeHead,
    /// Further lines, without their ends.
    pub extensions: Vec<String>,
}

/// Why a text is no tree head: which line, counted from 1, and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed tree head, line {line}: {problem}")]
pub struct MalformedHead {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: &'static str,
}

const fn malformed(line: usize, problem: &'static str) -> MalformedHead {
    MalformedHead { line, problem }
}

// === impl TreeHead ===

impl TreeHead {
    /// The head of the empty tree, which nobody needs to sign.
    pub fn empty() -> Self {
        Self {
            size: 0,
            root: Hash::of_empty_tree(),
        }
    }

    /// Reads what a checksum database signs.
    pub fn parse(text: &str) -> Result<Self, MalformedHead> {
        let (origin, head, _) = parts(text)?;
        if origin == GO_ORIGIN {
            Ok(head)
        } else {
            Err(malformed(1, "it is not `go.sum database tree`"))
        }
    }

    /// Writes what a checksum database signs.
    pub fn to_text(self) -> String {
        format!("{GO_ORIGIN}\n{}\n{}\n", self.size, self.root)
    }
}

// === impl Checkpoint ===

impl Checkpoint {
    /// Reads a checkpoint, strictly.
    pub fn parse(text: &str) -> Result<Self, MalformedHead> {
        let (origin, head, rest) = parts(text)?;
        if origin.is_empty() {
            return Err(malformed(1, "the origin is empty"));
        }
        let whole = rest.strip_suffix('\n').unwrap_or(rest);
        let extensions: Vec<String> = match rest {
            "" => Vec::new(),
            _ => whole.split('\n').map(str::to_owned).collect(),
        };
        if let Some(at) = extensions.iter().position(String::is_empty) {
            return Err(malformed(4 + at, "it is empty"));
        }
        if !rest.is_empty() && !rest.ends_with('\n') {
            return Err(malformed(3 + extensions.len(), "it has no end"));
        }
        Ok(Self {
            origin: origin.to_owned(),
            head,
            extensions,
        })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n{}\n{}\n",
            self.origin, self.head.size, self.head.root
        )?;
        self.extensions
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Origin, head, and what follows.
fn parts(text: &str) -> Result<(&str, TreeHead, &str), MalformedHead> {
    if text.len() > MAX_TEXT {
        return Err(malformed(1, "the text is longer than a million bytes"));
    }
    let (origin, rest) = text.split_once('\n').ok_or(malformed(1, "it has no end"))?;
    let (size, rest) = rest.split_once('\n').ok_or(malformed(2, "it has no end"))?;
    let (root, rest) = rest.split_once('\n').ok_or(malformed(3, "it has no end"))?;
    let size = decimal(size).ok_or(malformed(2, "it is no size"))?;
    let root = root
        .parse()
        .map_err(|_| malformed(3, "it is no hash in base64"))?;
    Ok((origin, TreeHead { size, root }, rest))
}

/// A number up to [`MAX_SIZE`] in its one spelling.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain
        .then(|| text.parse().ok())
        .flatten()
        .filter(|number| *number <= MAX_SIZE)
}

#[cfg(test)]
mod tests {
    use super::{Checkpoint, MalformedHead, TreeHead};

    const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

    #[test]
    fn a_head_is_read_and_written_as_it_is_signed() {
        let text = format!("go.sum database tree\n20852163\n{ROOT}\n");
        let head = TreeHead::parse(&text).unwrap();
        assert_eq!((head.size, head.to_text()), (20_852_163, text.clone()));
        assert_eq!(TreeHead::parse(&format!("{text}more\n")), Ok(head));
    }

    #[test]
    fn a_checkpoint_may_have_further_lines_but_no_empty_ones() {
        let text = format!("example.com/log\n0\n{ROOT}\nmore\nand more\n");
        let checkpoint = Checkpoint::parse(&text).unwrap();
        assert_eq!(checkpoint.extensions, ["more", "and more"]);
        assert_eq!(checkpoint.to_string(), text);
        for (text, line) in [
            (format!("\n0\n{ROOT}\n"), 1),
            (format!("a\n0\n{ROOT}\n\n"), 4),
            (format!("a\n0\n{ROOT}\nb\n\nc\n"), 5),
            (format!("a\n0\n{ROOT}\nb"), 4),
        ] {
            let error = Checkpoint::parse(&text).unwrap_err();
            assert_eq!(error.line, line, "{text:?}: {error}");
        }
    }

    #[test]
    fn the_line_that_is_wrong_is_named() {
        for (text, line) in [
            (String::new(), 1),
            ("go.sum database tree v2\n1\n".to_owned(), 3),
            (format!("go.sum database tree v2\n1\n{ROOT}\n"), 1),
            (format!("go.sum database tree\n01\n{ROOT}\n"), 2),
            (format!("go.sum database tree\n-1\n{ROOT}\n"), 2),
            (
                format!("go.sum database tree\n9223372036854775808\n{ROOT}\n"),
                2,
            ),
            ("go.sum database tree\n1\nCsUYapGG\n".to_owned(), 3),
            (format!("go.sum database tree\n1\n{ROOT}"), 3),
        ] {
            let error: MalformedHead = TreeHead::parse(&text).unwrap_err();
            assert_eq!(error.line, line, "{text:?}: {error}");
        }
    }
}
