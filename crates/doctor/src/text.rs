//! Text: what was pasted, made plain for the patterns.
//!
//! Between `go` and the eyes of a reader stand terminals, CI systems and copy commands, each adding
//! something: colours, times, the name of a container, line breaks where the window ended. All of it
//! is taken away here, once, so that a pattern is the message and nothing else. The result is one
//! long text in which words are separated by single spaces and messages by newlines, and each of its
//! bytes knows where in the original it came from: a diagnosis points at what was pasted.
//!
//! It is not known which tool made the log, and it need not be: what is taken away shows itself in the
//! lines.

mod coat;
mod escape;
mod letters;
mod line;
mod test;

pub(crate) use letters::is_invisible;

use line::LetterLine;
use std::ops::Range;

/// What was pasted, in its plain form.
#[derive(Debug, Default)]
pub(crate) struct PlainMessage {
    text: String,
    /// For each byte of the text, where in the original it stands.
    origins: Vec<u32>,
}

/// The narrowest line that a terminal may have broken.
const NARROWEST: usize = 60;

// === impl PlainMessage ===

impl PlainMessage {
    /// Makes a text plain, as it most likely was. The text has fewer than 2^32 bytes; what lies beyond
    /// is left out.
    pub(crate) fn new(original: &str) -> Self {
        let mut readings = Self::readings(original).into_iter();
        readings.next().unwrap_or_default()
    }

    /// The same for each width at which a terminal may have broken the lines, the likeliest first. None
    /// is a width too: a line may be as long as a terminal is wide.
    pub(crate) fn readings(original: &str) -> Vec<Self> {
        let lines = lines(original);
        let widest = lines
            .iter()
            .map(LetterLine::width)
            .max()
            .unwrap_or_default();
        let full = lines.iter().filter(|line| line.width() == widest).count();
        let widths = if widest < NARROWEST {
            vec![None]
        } else if full > 1 {
            vec![Some(widest), None]
        } else {
            vec![None, Some(widest)]
        };
        let reading = |width| Self::with(original, width);
        widths.into_iter().map(reading).collect()
    }

    fn with(original: &str, width: Option<usize>) -> Self {
        let mut plain = Self {
            text: String::with_capacity(original.len()),
            origins: Vec::with_capacity(original.len()),
        };
        let lines = mended(coat::taken_off(lines(original)), width);
        let lines = lines.into_iter().flat_map(escape::unescaped).collect();
        let lines = test::without_output(coat::taken_off(lines));
        for line in lines.iter().filter(|line| !line.is_noise()) {
            let separator = if line.begins_message() { '\n' } else { ' ' };
            plain.separate(separator, line);
            plain.append(line);
        }
        plain
    }

    /// The plain text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Where in the original a stretch of the plain text stands.
    pub(crate) fn origin(&self, stretch: Range<usize>) -> Range<usize> {
        let at = |index: usize| self.origins.get(index).map_or(0, |&origin| origin as usize);
        if stretch.is_empty() {
            return at(stretch.start)..at(stretch.start);
        }
        at(stretch.start)..at(stretch.end - 1) + 1
    }

    fn separate(&mut self, separator: char, line: &LetterLine) {
        if !self.text.is_empty() {
            self.push(separator, line.start());
        }
    }

    /// Appends a line, with runs of white space as one space.
    fn append(&mut self, line: &LetterLine) {
        for &(origin, character) in line.characters() {
            if !character.is_whitespace() {
                self.push(character, origin);
            } else if !self.text.is_empty() && !self.text.ends_with([' ', '\n']) {
                self.push(' ', origin);
            }
        }
    }

    fn push(&mut self, character: char, origin: u32) {
        if character == ' ' && self.text.ends_with([' ', '\n']) {
            return;
        }
        self.text.push(character);
        // Each byte of a character has its own place, so that a stretch ends behind the character.
        for index in 0..character.len_utf8() {
            let index = u32::try_from(index).unwrap_or(0);
            self.origins.push(origin.saturating_add(index));
        }
    }
}

fn lines(original: &str) -> Vec<LetterLine> {
    let mut start = 0;
    let mut lines = Vec::new();
    for text in original.split_inclusive('\n') {
        // A carriage return alone takes a terminal back to the beginning of its line.
        let (text, end) = text.split_at(text.trim_end_matches(['\r', '\n']).len());
        for text in text.split_inclusive('\r') {
            let Ok(at) = u32::try_from(start) else { break };
            lines.push(LetterLine::new(text, at));
            start += text.len();
        }
        if text.is_empty() {
            let Ok(at) = u32::try_from(start) else { break };
            lines.push(LetterLine::new(text, at));
        }
        start += end.len();
    }
    lines
}

/// The lines as they were before a terminal of this width broke them inside their words.
fn mended(lines: Vec<LetterLine>, width: Option<usize>) -> Vec<LetterLine> {
    let mut mended: Vec<LetterLine> = Vec::new();
    let mut was_full = false;
    for line in lines {
        let is_full = width == Some(line.width());
        match mended.last_mut() {
            Some(last) if was_full && line.may_continue() && !line.is_beside(last) => {
                last.absorb(line);
            }
            _ => mended.push(line),
        }
        was_full = is_full;
    }
    mended
}

#[cfg(test)]
mod tests {
    use super::PlainMessage;
    use proptest::prelude::*;

    fn plain(text: &str) -> String {
        PlainMessage::new(text).text().to_owned()
    }

    const MESSAGE: &str = "go: example.com/a@v1.0.0: reading http://proxy.example.com/x: 404 Not Found server response: not found";

    #[test]
    fn what_ci_systems_add_is_taken_away() {
        let logs = [
            "2026-03-01T10:11:12.1234567Z go: example.com/a@v1.0.0: reading http://proxy.example.com/x: 404 Not Found\r\n2026-03-01T10:11:12.1234999Z \tserver response: not found\r\n",
            "#12 0.345 go: example.com/a@v1.0.0: reading http://proxy.example.com/x: 404 Not Found\n#12 0.346 \tserver response: not found\n",
            "web_1  | go: example.com/a@v1.0.0: reading http://proxy.example.com/x: 404 Not Found\nweb_1  |     server response: not found",
            "\u{1b}[31mgo: example.com/a@v1.0.0: reading\u{1b}[0m http://proxy.example.com/x: 404 Not Found\n\tserver response: not found",
            "> go: example.com/a@v1.0.0: reading http://proxy.example.com/x: 404 Not Found\n> \tserver response: not found",
            "[2026-03-01 10:11:12] [build] go: example.com/a@v1.0.0: reading http://proxy.example.com/x: 404 Not Found\n[2026-03-01 10:11:12] [build]   server response: not found",
            "go: downloading example.com/b v1.0.0\ngo: example.com/a@v1.0.0: reading http://proxy.example.com/x: 404 Not Found\n\tserver response: not found",
        ];
        for log in logs {
            assert_eq!(plain(log).trim_end(), MESSAGE, "{log}");
        }
    }

    #[test]
    fn json_strings_are_read() {
        let object = "{\n\t\"Path\": \"example.com/a\",\n\t\"Error\": \"example.com/a@v1.0.0: reading \\\"x\\\":\\n\\tserver response: \\u003chtml\\u003e\"\n}";
        let plain = plain(object);
        assert!(
            plain.contains("\nexample.com/a@v1.0.0: reading \"x\": server response: <html>"),
            "{plain}"
        );
    }

    #[test]
    fn words_that_a_terminal_broke_are_mended() {
        let broken = "go: example.com/a@v1.0.0: reading https://proxy.example.com/example.com/a/@v/v1.\n0.0.info: 404 Not Found";
        assert_eq!(broken.lines().next().map(str::len), Some(80));
        let is_mended =
            |plain: &PlainMessage| plain.text().contains("/@v/v1.0.0.info: 404 Not Found");
        assert!(PlainMessage::readings(broken).iter().any(is_mended));
    }

    #[test]
    fn a_prefix_is_what_the_next_line_begins_with_too() {
        let message = "main.go:4:2: ambiguous import: found package example.com/a/b in multiple modules: example.com/a v1.0.0 (/go/a) example.com/a/b v1.0.0 (/go/b)";
        let lines = [
            "main.go:4:2: ambiguous import: found package example.com/a/b in multiple modules:",
            "\texample.com/a v1.0.0 (/go/a)",
            "\texample.com/a/b v1.0.0 (/go/b)",
        ];
        let prefixes = [
            ["1.000 ", "1.010 ", "1.120 "],
            [
                "build\tRun it\t2026-03-01T10:11:12.1Z ",
                "build\tRun it\t2026-03-01T10:11:12.24Z ",
                "build\tRun it\t2026-03-01T10:11:13.3Z ",
            ],
            [
                "Mar  5 07:01:02 host make[1]: ",
                "Mar  5 07:01:02 host make[1]: ",
                "Mar 15 07:01:02 host make[1]: ",
            ],
            ["INFO[0001] x: ", "INFO[0002] x: ", "ERROR[0002] x: "],
            ["\u{2502} ", "\u{2502} ", "\u{2502} "],
            ["log:9:", "log-10-", "log-11-"],
            ["+", "+", "+"],
        ];
        for prefix in prefixes {
            let lines = prefix.iter().zip(lines);
            let log: Vec<String> = lines
                .map(|(prefix, line)| format!("{prefix}{line}"))
                .collect();
            let log = log.join("\n");
            assert_eq!(plain(&log).trim_end(), message, "{log}");
        }
    }

    #[test]
    fn the_beginning_of_a_message_is_no_prefix() {
        let text = "example.com/a@v1.0.0: verifying example.com/a@v1.0.0: x\nexample.com/a@v1.2.0: verifying example.com/a@v1.2.0: y";
        assert!(
            plain(text).contains("example.com/a@v1.2.0: verifying"),
            "{}",
            plain(text)
        );
        let text = "go: downloading x v1.0.0\ngo: example.com/a: bad\ngo: example.com/b: bad";
        assert_eq!(
            plain(text),
            "go: example.com/a: bad\ngo: example.com/b: bad"
        );
    }

    #[test]
    fn a_string_of_a_logger_is_the_lines_it_stands_for() {
        let wanted = "go: a requires b: reading \"x\": 404";
        let logs = [
            "{\"log\":\"go: a requires\\n\",\"stream\":\"stderr\"}\n{\"log\":\"\\tb: reading \\\"x\\\": 404\\n\",\"stream\":\"stderr\"}",
            "time=1 level=error msg=\"go: a requires\\n\\tb: reading \\\"x\\\": 404\"",
            "stderr: 'go: a requires\\n\\tb: reading \"x\": 404\\n'",
            "go: a requires\\n\\tb: reading \"x\": 404",
            "##teamcity[message text='go: a requires|n\tb: reading \"x\": 404' status='ERROR']",
            "{\"msg\":\"\\u001b[31mgo: a requires\\u001b[0m\\n\\tb: reading \\\"x\\\": 404\"}",
            "::error::go: a requires%0A%09b: reading \"x\": 404",
            "{\"log\":\"{\\\"msg\\\":\\\"go: a requires\\\\n\\\\tb: reading \\\\\\\"x\\\\\\\": 404\\\"}\\n\"}",
        ];
        for log in logs {
            assert_eq!(plain(log).trim_end(), wanted, "{log}");
        }
    }

    #[test]
    fn a_directory_of_windows_is_no_escape() {
        for text in [
            "go: open C:\\new\\temp\\go.mod: The system cannot find the path specified.",
            "go: open \"C:\\new\\go.mod\": Access is denied.",
            "reading C:\\go\\net\\x.zip: bad",
        ] {
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn what_a_test_prints_is_left_out() {
        let text = "=== RUN   TestX\nGet \"http://x/\": EOF\n--- FAIL: TestX (0.00s)\n    x_test.go:1: open /x: permission denied\nFAIL\nFAIL\texample.com/m\t0.1s\ngo: example.com/a@v1.0.0: bad";
        let plain = plain(text);
        assert!(
            !plain.contains("EOF") && !plain.contains("denied"),
            "{plain}"
        );
        assert!(plain.contains("\ngo: example.com/a@v1.0.0: bad"), "{plain}");
    }

    proptest! {
        #[test]
        fn every_byte_comes_from_where_it_says(text in "(?s).{0,300}") {
            let plain = PlainMessage::new(&text);
            prop_assert_eq!(plain.text.len(), plain.origins.len());
            for (index, character) in plain.text().char_indices() {
                let origin = plain.origin(index..index + character.len_utf8());
                prop_assert!(origin.end <= text.len());
                if !character.is_whitespace() && !text.contains('\\') {
                    prop_assert_eq!(text.get(origin).map(str::to_owned), Some(character.to_string()));
                }
            }
        }

        #[test]
        fn hostile_lines_are_survived(text in "([\u{1b}\\[\\]{}\":|#> 0-9mErrorOutput\\\\u\n\r]|go: ){0,200}") {
            PlainMessage::new(&text);
        }
    }
}
