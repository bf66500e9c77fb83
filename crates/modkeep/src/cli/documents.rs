//! Every command line in the documents is one that this program takes.

use super::command;
use clap::error::ErrorKind;
use testkit::document::{Document, commands};

/// Languages of blocks in which commands stand.
const SHELLS: [&str; 4] = ["", "sh", "console", "text"];

/// A command line, and the line of the page that it stands on or whose block it is in.
struct DocumentedCall {
    line: usize,
    arguments: Vec<String>,
    /// Whether it stands in a sentence, which may name a command and leave out what it wants.
    is_named_only: bool,
}

// === impl DocumentedCall ===

impl DocumentedCall {
    /// Why it is refused; nothing if it is taken.
    fn refused(&self) -> Option<String> {
        let arguments = self.arguments.iter().cloned();
        let words = std::iter::once("modkeep".to_owned()).chain(arguments);
        let error = command().try_get_matches_from(words).err()?;
        let is_wrong = match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => false,
            ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand => true,
            _ => !self.is_named_only,
        };
        let first = error.to_string().lines().next().map(str::to_owned);
        first.filter(|_| is_wrong)
    }

    /// Lines of output begin with the program's name too: refusals, and what `--version` prints.
    fn is_output(&self) -> bool {
        let first = self.arguments.first();
        first.is_none_or(|word| word.starts_with("MK") || word.starts_with(char::is_numeric))
    }
}

/// The command lines of a page that are behind a mark, or those that are not.
fn calls(page: &Document, is_marked: bool) -> Vec<DocumentedCall> {
    let blocks = page.blocks().into_iter();
    let blocks = blocks
        .filter(|block| block.is_marked == is_marked && SHELLS.contains(&&*block.language))
        .map(|block| (block.line, block.body, false));
    let spans = page.spans().into_iter();
    let spans = spans
        .filter(|(_, span)| !is_marked && span.starts_with("modkeep "))
        .map(|(line, span)| (line, span, true));
    let found = blocks
        .chain(spans)
        .flat_map(|(line, script, is_named_only)| {
            let calls = commands(&script, "modkeep").into_iter();
            calls.map(move |arguments| DocumentedCall {
                line,
                arguments,
                is_named_only,
            })
        });
    found.filter(|call| !call.is_output()).collect()
}

#[test]
fn every_command_in_the_documents_is_taken() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in Document::all() {
        for call in calls(&page, false) {
            count += 1;
            let words = call.arguments.join(" ");
            let place = format!("{}:{}: modkeep {words}", page.name, call.line);
            wrong.extend(call.refused().map(|why| format!("{place}: {why}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 150, "{count} commands found");
}

#[test]
fn a_mark_goes_when_what_it_waits_for_is_there() {
    for page in Document::all() {
        let calls = calls(&page, true);
        let Some(first) = calls.first() else {
            continue;
        };
        let waits = calls.iter().any(|call| call.refused().is_some());
        assert!(waits, "{}:{}: take the mark away", page.name, first.line);
    }
}
