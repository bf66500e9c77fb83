//! Line starts: a stretch of the plain text as a place in the original, with an excerpt.

use crate::diagnosis::MessageSpan;
use crate::report::{column, columns};
use crate::text::PlainMessage;
use std::ops::Range;

/// Most columns of an excerpt.
const WIDTH: usize = 100;

/// Columns of an excerpt before the point, if it does not fit as a whole.
const BEFORE: usize = 56;

/// Where the lines of a text begin.
#[derive(Debug)]
pub(super) struct LineStarts<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

// === impl LineStarts ===

impl<'t> LineStarts<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(starts).collect();
        Self { text, starts }
    }

    /// A stretch of the plain text of what follows behind the first `skipped` bytes, with the words in
    /// it that say most.
    pub(super) fn see(
        &self,
        plain: &PlainMessage,
        stretch: Range<usize>,
        point: Range<usize>,
        skipped: usize,
    ) -> MessageSpan {
        let origin = plain.origin(stretch);
        let start = (origin.start + skipped).min(self.text.len());
        let line = self.starts.partition_point(|&begin| begin <= start);
        let begin = self.starts.get(line.saturating_sub(1)).copied();
        let (excerpt, mark, marked) = excerpt(plain.text(), point);
        MessageSpan {
            start,
            end: (origin.end + skipped).min(self.text.len()),
            line,
            column: start - begin.unwrap_or(0) + 1,
            excerpt,
            mark,
            marked,
        }
    }

    /// The same, where no words say more than the others.
    pub(super) fn see_whole(
        &self,
        plain: &PlainMessage,
        stretch: Range<usize>,
        skipped: usize,
    ) -> MessageSpan {
        let point = stretch.start..stretch.start;
        MessageSpan {
            marked: 0,
            ..self.see(plain, stretch, point, skipped)
        }
    }
}

/// The message around a point, where in it the point begins, and how long it is there; both in
/// characters. The point stands whole in it, if it is not longer than the excerpt itself.
fn excerpt(text: &str, point: Range<usize>) -> (String, usize, usize) {
    let before = text.get(..point.start).unwrap_or_default();
    let before = before.rsplit('\n').next().unwrap_or_default();
    let inside = text.get(point.clone()).unwrap_or_default();
    let behind = text.get(point.end..).unwrap_or_default();
    let behind = behind.split('\n').next().unwrap_or_default();
    let fits = columns(before) + columns(inside) <= WIDTH;
    let kept = if fits { before } else { end_of(before) };
    let mut excerpt = String::new();
    if kept.len() < before.len() {
        excerpt.push_str("...");
    }
    excerpt.push_str(kept);
    let mark = excerpt.chars().count();
    let room = WIDTH.saturating_sub(columns(&excerpt));
    let inside = beginning_of(inside, room);
    excerpt.push_str(inside);
    let rest = beginning_of(behind, WIDTH.saturating_sub(columns(&excerpt)));
    excerpt.push_str(rest);
    if rest.len() < behind.len() {
        excerpt.push_str("...");
    }
    (excerpt, mark, inside.chars().count())
}

/// The end of a text, from the beginning of a word unless that is a long one.
fn end_of(text: &str) -> &str {
    let mut width = 0;
    let mut start = text.len();
    for (at, character) in text.char_indices().rev() {
        width += column(character);
        if width > BEFORE {
            break;
        }
        start = at;
    }
    let end = text.get(start..).unwrap_or_default();
    match end.find(' ') {
        Some(at) if start > 0 && columns(end.get(..at).unwrap_or_default()) < BEFORE / 2 => {
            end.get(at + 1..).unwrap_or_default()
        }
        _ => end,
    }
}

fn beginning_of(text: &str, room: usize) -> &str {
    let mut width = 0;
    for (at, character) in text.char_indices() {
        width += column(character);
        if width > room {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// The message of a text that no pattern fits: the last that looks like one, else the last line.
pub(super) fn unknown(plain: &PlainMessage) -> Option<Range<usize>> {
    let text = plain.text();
    let mut end = text.len();
    let mut last = None;
    for message in text.rsplit('\n') {
        let start = end - message.len();
        let stretch = start..start + message.trim_end().len();
        if !stretch.is_empty() {
            if message.starts_with("go: ") || message.contains("rror") || message.contains("fatal")
            {
                return Some(stretch);
            }
            last = last.or(Some(stretch));
        }
        end = start.saturating_sub(1);
    }
    last
}

#[cfg(test)]
mod tests {
    use super::{BEFORE, WIDTH, excerpt};
    use crate::report::columns;

    /// The excerpt of a text around the words in brackets, with what it marks.
    fn around(text: &str) -> (String, String) {
        let start = text.find('[').unwrap();
        let end = text.find(']').unwrap() - 1;
        let text = text.replace(['[', ']'], "");
        let (excerpt, mark, marked) = excerpt(&text, start..end);
        let marked = excerpt.chars().skip(mark).take(marked).collect();
        (excerpt, marked)
    }

    #[test]
    fn the_point_stands_in_the_excerpt_whole() {
        let long = "word ".repeat(60);
        let (excerpt, marked) = around(&format!("{long}[connection refused]{long}"));
        assert_eq!(marked, "connection refused");
        assert!(excerpt.starts_with("...word ") && excerpt.ends_with("..."));
        assert!(columns(&excerpt) <= WIDTH + 6);
        let (excerpt, _) = around("go: [x] y");
        assert_eq!(excerpt, "go: x y");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let (excerpt, _) = around(&format!("{}[x]", "\u{4ed3}\u{5e93} ".repeat(40)));
        assert!(columns(&excerpt) <= BEFORE + 4);
        assert!(excerpt.starts_with("...\u{4ed3}\u{5e93}"));
    }
}
