//! Places in a text: the file, the line, the column.

use crate::{error::ConfigError, sourced::FilePlace};
use std::{fmt, path::Path};

/// A file and its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SourceText<'t> {
    pub(crate) path: &'t Path,
    pub(crate) text: &'t str,
}

// === impl SourceText ===

impl SourceText<'_> {
    /// Line and column of a byte, from 1 on; columns are characters.
    pub(crate) fn position(self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let in_line = before.get(start..).unwrap_or_default();
        (line, in_line.chars().count() + 1)
    }

    pub(crate) fn place(self, offset: usize, is_nested: bool) -> FilePlace {
        let (line, column) = self.position(offset);
        FilePlace {
            path: self.path.to_owned(),
            line,
            column,
            is_nested,
        }
    }

    /// An error about what stands at a byte.
    pub(crate) fn refuse(
        self,
        offset: usize,
        why: impl fmt::Display,
        remedy: impl Into<String>,
    ) -> ConfigError {
        let (line, _) = self.position(offset);
        ConfigError::of_file(self.path, Some(line), why, remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::SourceText;
    use std::path::Path;

    #[test]
    fn lines_and_columns_begin_at_one_and_count_characters() {
        let source = SourceText {
            path: Path::new("m.toml"),
            text: "a = 1\n  é = 2\n",
        };
        for (offset, position) in [(0, (1, 1)), (4, (1, 5)), (8, (2, 3)), (11, (2, 5))] {
            assert_eq!(source.position(offset), position, "{offset}");
        }
    }
}
