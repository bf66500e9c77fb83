//! Problems in lines: the count of all of a kind, and the first of them.

use crate::output;
use store::maintenance::ProblemList;

/// Problems that are printed of each kind; the count of all stands beside them.
pub(crate) const SHOWN: usize = 100;

/// Prints a list of problems; nothing where there are none.
pub(super) fn print<T>(title: &str, problems: &ProblemList<T>, line: impl Fn(&T) -> String) {
    for line in lines(title, problems, line) {
        output::line(&line);
    }
}

/// The same as lines.
pub(super) fn lines<T>(
    title: &str,
    problems: &ProblemList<T>,
    line: impl Fn(&T) -> String,
) -> Vec<String> {
    if problems.is_empty() {
        return Vec::new();
    }
    let head = format!("{title}: {}", problems.count);
    let lines = problems.first.iter().take(SHOWN);
    let lines = lines.map(|problem| format!("  {}", line(problem)));
    [head].into_iter().chain(lines).collect()
}
