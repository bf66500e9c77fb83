//! Report: a diagnosis for people.
//!
//! What was pasted is printed in its own letters, whatever its language. Only what has no width is
//! spelled out, so that nothing in a pasted text can play with the reader's terminal. Colours are asked
//! for; they carry nothing that is not also in the words.

use crate::chain::RequirementLink;
use crate::diagnosis::{Diagnosis, DiagnosisReason, MessageSpan};
use crate::fix::Fix;
use crate::lint::LintCase;
use crate::text::is_invisible;
use std::fmt::Write as _;

/// Whether to use the colours of terminals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourMode {
    /// Plain text.
    #[default]
    Never,
    /// With escape sequences.
    Always,
}

/// Columns of running text.
const WIDTH: usize = 96;

/// Where the text behind a label begins.
const INDENT: &str = "           ";

/// Links of a chain that are printed at each of its ends.
const LINKS: usize = 8;

/// Prints a diagnosis.
pub fn report(diagnosis: &Diagnosis, colour: ColourMode) -> String {
    let mut page = ReportPage::new(colour);
    for (index, reason) in diagnosis.reasons.iter().enumerate() {
        page.reason(index + 1, reason);
    }
    if let Some(seen) = &diagnosis.unknown {
        page.line(&page.bold("unknown: this message fits no known cause"));
        page.excerpt(seen);
        page.labelled("next", next_of_unknown(seen));
    } else if diagnosis.reasons.is_empty() {
        page.line("There is no error in this text.");
    }
    page.remarks(diagnosis);
    page.text
}

/// Prints what was found in the settings.
pub fn report_lints(lints: &[LintCase], colour: ColourMode) -> String {
    let mut page = ReportPage::new(colour);
    for (index, lint) in lints.iter().enumerate() {
        page.lint(index + 1, lint);
    }
    if lints.is_empty() {
        page.line("The settings of go hold no surprise.");
    }
    page.text
}

/// The name under which other pages know it.
pub(crate) use self::printable as ascii;

pub(crate) struct ReportPage {
    text: String,
    colour: ColourMode,
}

// === impl ReportPage ===

impl ReportPage {
    pub(crate) const fn new(colour: ColourMode) -> Self {
        Self {
            text: String::new(),
            colour,
        }
    }

    /// What was printed.
    pub(crate) fn text(self) -> String {
        self.text
    }

    fn reason(&mut self, number: usize, reason: &DiagnosisReason) {
        let title = format!("{number}. {}", reason.what.title());
        let head = format!(
            "{}  [{}, {}]",
            self.bold(&printable(&title)),
            reason.what.id(),
            reason.confidence.name()
        );
        self.line(&head);
        self.excerpt(&reason.seen);
        self.labelled("why", reason.what.why());
        self.labelled("next", reason.what.next());
        self.chain(&reason.chain);
        if reason.times > 1 {
            self.times(reason);
        }
        for fix in &reason.fixes {
            self.fix(fix);
        }
        self.line("");
    }

    fn lint(&mut self, number: usize, lint: &LintCase) {
        let title = self.bold(&format!("{number}. {}", lint.belief.title));
        self.line(&format!("{title}  [{}]", lint.belief.id));
        let setting = format!("{}={}", lint.setting, lint.value);
        self.labelled(
            "set",
            &printable(&format!("{setting} (from {})", lint.origin.name())),
        );
        self.labelled("belief", lint.belief.believed);
        self.labelled("in fact", lint.belief.truth);
        for fix in &lint.fixes {
            self.fix(fix);
        }
        self.line("");
    }

    /// The message, with carets under the stretch that says so.
    fn excerpt(&mut self, seen: &MessageSpan) {
        let place = format!("  --> line {}, column {}", seen.line, seen.column);
        self.line(&place);
        let excerpt = printable(&seen.excerpt);
        self.line(&format!("   | {excerpt}"));
        // What is spelled out is longer than it was, so the columns are those of what is printed.
        let part = |from: usize, length: usize| -> String {
            seen.excerpt.chars().skip(from).take(length).collect()
        };
        let before = columns(&printable(&part(0, seen.mark)));
        let carets = "^".repeat(columns(&printable(&part(seen.mark, seen.marked))));
        if !carets.is_empty() {
            self.line(&format!("   | {}{}", " ".repeat(before), self.red(&carets)));
        }
    }

    fn chain(&mut self, chain: &[RequirementLink]) {
        let mut label = "through";
        for (index, link) in chain.iter().enumerate() {
            if index == LINKS && chain.len() > 2 * LINKS {
                self.labelled("", &format!("... {} more ...", chain.len() - 2 * LINKS));
            }
            let is_middle = index >= LINKS && index + LINKS < chain.len();
            if is_middle {
                continue;
            }
            self.labelled(
                label,
                &format!("{} {}", printable(&link.name), link.pull.name()),
            );
            label = "";
        }
    }

    fn times(&mut self, reason: &DiagnosisReason) {
        let mut words = format!("{} times", reason.times);
        if reason.subjects.len() > 1 {
            words.push_str(": ");
            words.push_str(&printable(&reason.subjects.join(", ")));
        }
        self.labelled("seen", &words);
    }

    pub(crate) fn fix(&mut self, fix: &Fix) {
        let line = format!(
            "{:11}{}",
            format!("  {}:", fix.kind.name()),
            self.green(&printable(&fix.text))
        );
        self.line(&line);
        self.labelled("", &format!("cost: {}", fix.cost));
    }

    fn remarks(&mut self, diagnosis: &Diagnosis) {
        if diagnosis.withheld {
            self.labelled("note", "No rewriting of the path is proposed while hashes disagree: first settle which bytes are right.");
        }
        if diagnosis.cut {
            self.labelled(
                "note",
                "The text was longer than 1 MiB; only its end was read.",
            );
        }
    }

    /// A label and running text behind it.
    pub(crate) fn labelled(&mut self, label: &str, words: &str) {
        let mut head = format!(
            "{:11}",
            if label.is_empty() {
                String::new()
            } else {
                format!("  {label}:")
            }
        );
        for line in wrap(words, WIDTH - INDENT.len()) {
            self.line(&format!("{head}{line}"));
            INDENT.clone_into(&mut head);
        }
    }

    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    pub(crate) fn bold(&self, text: &str) -> String {
        self.painted(text, "1")
    }

    fn red(&self, text: &str) -> String {
        self.painted(text, "1;31")
    }

    fn green(&self, text: &str) -> String {
        self.painted(text, "32")
    }

    fn painted(&self, text: &str, code: &str) -> String {
        match self.colour {
            ColourMode::Never => text.to_owned(),
            ColourMode::Always => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

/// What to do about a text that shows no cause.
fn next_of_unknown(seen: &MessageSpan) -> &'static str {
    if seen.excerpt.starts_with("FAIL") {
        "A test failed. What a test prints says nothing of go and its modules: look at the test itself."
    } else {
        "Paste more of the log, from the first line that begins with \"go:\"; or run the command with -x."
    }
}

/// The text as it can be shown: what has no width is spelled out, such as `<U+202E>`, and so is what
/// would begin a command to the runner of a workflow (`##[error]`).
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' | '\n' => shown.push(' '),
            '#' if shown.ends_with('#') => shown.push_str(" #"),
            other if is_invisible(other) => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "<U+{:04X}>", u32::from(other));
            }
            other => shown.push(other),
        }
    }
    shown
}

/// How many columns a text takes on a terminal.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(column).sum()
}

/// How many columns a character takes: those of East Asia and pictures two, marks on a letter none.
pub(crate) const fn column(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// Breaks running text between its words; a word that is longer than a line stands alone.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && columns(&line) + 1 + columns(word) > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
