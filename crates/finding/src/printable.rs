//! Printable: words from a checkout, made so that nobody obeys them.
//!
//! Whoever writes a change chooses the names of its directories and every word of its files. Printed
//! as they are, these speak to a terminal (escape sequences), to the machine that runs the checks
//! (workflow commands such as `::error` at the begin of a line, `##[error]` and `##vso[` anywhere in
//! it), and to a reader who cannot see them (marks that turn the order of letters round). Here they
//! are spelled out instead, as `\u{1b}`, so that a reader still sees what was there.

use std::fmt::Write as _;

/// Whether a character ends a line, steers a terminal, or turns the order of letters round. A file
/// that is meant to be read has no such character in its name.
pub fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Whether a character is not seen, or may not stand in every document.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A text as part of a line: no line break, nothing unseen, no command.
pub fn printable(text: &str) -> String {
    spelled(text, |c| is_obeyed(c) || is_unseen(c))
}

/// A text of several lines, each by itself harmless. Tabs stay.
pub fn printable_lines(text: &str) -> String {
    let is_harmful = |c: char| (is_obeyed(c) && c != '\t') || is_unseen(c);
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| spelled(line, is_harmful))
        .collect();
    lines.join("\n")
}

/// The same document in JSON, with everything harmful in its strings written as escapes of JSON.
pub fn printable_json(document: &str) -> String {
    let mut text = String::with_capacity(document.len());
    let mut last = ' ';
    for c in document.chars() {
        if (is_obeyed(c) && c != '\n') || is_unseen(c) || (c == '#' && last == '#') {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
        last = c;
    }
    text
}

/// A line with harmful characters spelled out, and without what begins a workflow command.
fn spelled(line: &str, is_harmful: impl Fn(char) -> bool) -> String {
    let mut text = String::with_capacity(line.len());
    let (mut last, mut is_begin) = (' ', true);
    for c in line.chars() {
        let is_command = (c == ':' && is_begin) || (c == '#' && last == '#');
        if is_harmful(c) || is_command {
            let _ = write!(text, "{}", c.escape_unicode());
        } else {
            text.push(c);
        }
        is_begin &= c.is_whitespace();
        last = c;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{is_obeyed, printable, printable_json, printable_lines};

    const HOSTILE: [&str; 12] = [
        "\u{1b}[2J",
        "\u{7}",
        "a\r::error::x",
        "a\n::set-output name=x::y",
        "a\u{85}b",
        "a\u{2028}::error::x",
        "a\u{202e}b\u{2066}",
        "::error::x",
        " \t::error::x",
        "a ##[error]x",
        "##vso[task.setvariable]",
        "]]>\u{0}\u{ffff}",
    ];

    #[test]
    fn nothing_is_obeyed_whatever_is_printed() {
        for text in HOSTILE {
            let made = printable(text);
            assert!(!made.chars().any(is_obeyed), "{text:?}: {made}");
            assert!(!made.trim_start().starts_with("::"), "{text:?}: {made}");
            assert!(!made.contains("##"), "{text:?}: {made}");
            assert_eq!(printable(&made), made, "twice is once");
            for line in printable_lines(text).split('\n') {
                assert!(!line.trim_start().starts_with("::"), "{text:?}: {line}");
                assert!(!line.contains("##"), "{text:?}: {line}");
            }
        }
    }

    #[test]
    fn what_was_there_is_still_told() {
        for (text, wanted) in [
            ("example.com/a@v1.0.0", "example.com/a@v1.0.0"),
            ("h1:a+/b= :: é 日本 ]]>", "h1:a+/b= :: é 日本 ]]>"),
            ("a\n::error::b", "a\\u{a}::error::b"),
            (" ::error::b", " \\u{3a}:error::b"),
            ("##[x]", "#\\u{23}[x]"),
            ("\u{202e}x", "\\u{202e}x"),
        ] {
            assert_eq!(printable(text), wanted);
        }
        assert_eq!(printable_lines("a\n::b\n\tc"), "a\n\\u{3a}:b\n\tc");
    }

    #[test]
    fn a_document_says_the_same_with_escapes() {
        for text in HOSTILE {
            let document = format!("{{\n \"a\": {}\n}}", quoted(text));
            let made = printable_json(&document);
            assert!(!made.contains("##"), "{made}");
            assert!(!made.chars().any(|c| is_obeyed(c) && c != '\n'), "{made}");
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&made).unwrap()["a"],
                text
            );
        }
    }

    fn quoted(text: &str) -> String {
        serde_json::to_string(text).unwrap()
    }
}
