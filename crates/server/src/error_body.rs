//! Error bodies: what a refusal says to the person in front of `go` (law L8).
//!
//! `go` prints a body only if it is `text/plain`, and then at most 8 lines, 648 bytes, up to the
//! first blank line; one character that is not graphic and it prints nothing at all. So: at most
//! 7 lines, at most [`MAX_BYTES`], and every byte outside graphic ASCII and space is replaced.
//! An upstream's own words about absence are relayed as they came: people search for them.

use protocol::{Refusal, RefusalText};
use std::fmt::Write as _;

/// The longest body of ours; `go` reads 648 bytes, and its own prefix needs some.
pub const MAX_BYTES: usize = 600;

/// The least room in which a line is begun.
const LEAST: usize = 20;

/// The most lines of a body of ours (law L8).
const MAX_LINES: usize = 7;

/// What a line that was cut ends in.
const CUT: &str = "...";

/// The body of a refusal, one newline at the end of every line.
///
/// ```text
/// modkeep MK2004: the source did not answer in time
/// upstream.example.com stalled after 12 of 340 bytes
/// why: The source accepted the request but sent no answer, or stalled in the middle of it.
/// next: Run again; raise the deadlines if the source is known to be slow.
/// request: 06a1b2c3d4e5f6g7
/// ```
pub fn render(refusal: &Refusal, request_id: &str) -> String {
    match &refusal.text {
        RefusalText::Relayed(text) => text.clone(),
        RefusalText::Facts(facts) => ours(refusal, facts, request_id),
        RefusalText::Lines(lines) => told(refusal, lines, request_id),
    }
}

/// A body whose middle somebody else has written; what does not fit is cut, line by line.
fn told(refusal: &Refusal, lines: &[String], request_id: &str) -> String {
    let mut body = format!("modkeep {}: {}\n", refusal.code, refusal.code.entry().title);
    let tail = format!("request: {request_id}\n");
    for line in lines.iter().take(MAX_LINES - 2) {
        let room = MAX_BYTES.saturating_sub(body.len() + tail.len() + 1);
        // What is left of a line that hardly fits tells nobody anything.
        if room < LEAST {
            break;
        }
        let line = one_line(line, room);
        if !line.is_empty() {
            let _ = writeln!(body, "{line}");
        }
    }
    body + &tail
}

fn ours(refusal: &Refusal, facts: &str, request_id: &str) -> String {
    let entry = refusal.code.entry();
    let head = format!("modkeep {}: {}\n", refusal.code, entry.title);
    let tail = format!(
        "why: {}\nnext: {}\nrequest: {request_id}\n",
        entry.cause, entry.remedy
    );
    let room = MAX_BYTES.saturating_sub(head.len() + tail.len() + 1);
    let facts = one_line(facts, room);
    let mut body = String::with_capacity(head.len() + facts.len() + tail.len() + 1);
    body.push_str(&head);
    if !facts.is_empty() {
        let _ = writeln!(body, "{facts}");
    }
    body.push_str(&tail);
    body
}

/// At most `room` bytes of graphic ASCII and single spaces; what is cut ends in `...`.
fn one_line(text: &str, room: usize) -> String {
    let graphic = |c: char| {
        if c.is_ascii_graphic() || c == ' ' {
            c
        } else {
            '?'
        }
    };
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let mut line: String = words.join(" ").chars().map(graphic).collect();
    if line.len() > room {
        line.truncate(room.saturating_sub(CUT.len()));
        line.push_str(CUT);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, render};
    use codes::Code;
    use protocol::{Refusal, RefusalText};

    #[test]
    fn every_code_with_hostile_facts_is_printed_whole_by_go() {
        let facts = [
            "",
            "plain",
            "two\nlines\n\nand\ta tab",
            "\u{7f}\0\u{1b}[31m \u{202e} é",
            &"x".repeat(10_000),
        ];
        for code in Code::ALL {
            for fact in facts {
                let body = render(&Refusal::new(*code, fact), "06a1b2c3d4e5f6g7");
                assert!(body.len() <= MAX_BYTES, "{code}: {}", body.len());
                assert!(body.lines().count() <= 7 && body.ends_with('\n'), "{body}");
                assert!(
                    body.lines().all(|line| !line.is_empty()
                        && line.bytes().all(|b| b == b' ' || b.is_ascii_graphic())),
                    "{body}"
                );
                assert!(
                    body.starts_with(&format!("modkeep {code}: "))
                        && body.ends_with("request: 06a1b2c3d4e5f6g7\n"),
                    "{body}"
                );
            }
        }
    }

    #[test]
    fn lines_of_a_case_stand_between_the_code_and_the_request() {
        let long = vec!["x".repeat(400); 9];
        let refusal = Refusal {
            text: RefusalText::Lines(long),
            ..Refusal::new(Code::ChecksumMismatch, "")
        };
        let body = render(&refusal, "id");
        assert!(
            body.len() <= MAX_BYTES && body.lines().count() <= 7,
            "{body}"
        );
        assert!(body.starts_with("modkeep MK4004: ") && body.ends_with("request: id\n"));
    }

    #[test]
    fn the_words_of_a_source_are_not_touched() {
        let words = "not found: module example.com/x: no matching versions\n\n\u{e9}";
        assert_eq!(render(&Refusal::relayed(410, words), "id"), words);
    }
}
