//! Test output: what a tested program printed is no failure of `go`.
//!
//! A test of an HTTP client that fails says "connection refused" as `go` does. Whether a test ran is
//! told by the lines that `go test` prints around it; what stands between them is its own.

use super::line::LetterLine;

/// What begins the report of a test.
const BEGINNINGS: [&str; 6] = [
    "--- FAIL: ",
    "--- PASS: ",
    "--- SKIP: ",
    "=== RUN ",
    "=== NAME ",
    "=== CONT ",
];

/// The lines without what tests printed.
pub(super) fn without_output(lines: Vec<LetterLine>) -> Vec<LetterLine> {
    let mut is_inside = false;
    let mut kept = Vec::with_capacity(lines.len());
    for line in lines {
        if begins(line.text()) {
            is_inside = true;
        } else if is_inside && ends(line.text()) {
            is_inside = false;
        }
        if !is_inside {
            kept.push(line);
        }
    }
    kept
}

fn begins(text: &str) -> bool {
    // A logger that writes several lines at once puts its own words before the first alone.
    BEGINNINGS.iter().any(|start| text.contains(start))
}

/// Whether it is the end of what a test printed: the result of its package, or a message that `go`
/// begins at the margin.
fn ends(text: &str) -> bool {
    let is_result = |word: &str| {
        text.strip_prefix(word)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    };
    text.starts_with("go: ")
        || text.starts_with("# ")
        || ["FAIL", "PASS", "ok"].into_iter().any(is_result)
}
