//! Seen: a stretch of the plain text as a place in the original, with an excerpt.

use crate::diagnosis::Seen;
use crate::text::Plain;
use std::ops::Range;

/// Most characters of an excerpt.
const WIDTH: usize = 160;

/// Characters of an excerpt before the stretch.
const BEFORE: usize = 60;

/// Where the lines of a text begin.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

// === impl Lines ===

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(starts).collect();
        Self { text, starts }
    }

    /// A stretch of the plain text of what follows behind the first `skipped` bytes.
    pub(super) fn see(&self, plain: &Plain, stretch: Range<usize>, skipped: usize) -> Seen {
        let origin = plain.origin(stretch.clone());
        let start = (origin.start + skipped).min(self.text.len());
        let line = self.starts.partition_point(|&begin| begin <= start);
        let begin = self.starts.get(line.saturating_sub(1)).copied();
        let (excerpt, mark, marked) = excerpt(plain.text(), stretch);
        Seen {
            start,
            end: (origin.end + skipped).min(self.text.len()),
            line,
            column: start - begin.unwrap_or(0) + 1,
            excerpt,
            mark,
            marked,
        }
    }
}

/// The message around a stretch, where in it the stretch begins, and how long it is there.
fn excerpt(text: &str, stretch: Range<usize>) -> (String, usize, usize) {
    let before = text.get(..stretch.start).unwrap_or_default();
    let message = before.rsplit('\n').next().unwrap_or_default();
    let skipped = message.chars().count().saturating_sub(BEFORE);
    let mut excerpt = String::new();
    if skipped > 0 {
        excerpt.push_str("...");
    }
    excerpt.extend(message.chars().skip(skipped));
    let mark = excerpt.chars().count();
    let room = WIDTH.saturating_sub(mark);
    let inside = text.get(stretch.clone()).unwrap_or_default();
    let marked = inside.chars().count().min(room);
    let behind = text.get(stretch.start..).unwrap_or_default();
    let behind = behind.split('\n').next().unwrap_or_default();
    excerpt.extend(behind.chars().take(room));
    if behind.chars().nth(room).is_some() {
        excerpt.push_str("...");
    }
    (excerpt, mark, marked)
}

/// The message of a text that no pattern fits: the last that looks like one, else the last line.
pub(super) fn unknown(plain: &Plain) -> Option<Range<usize>> {
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
