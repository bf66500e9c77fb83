//! Disguise: what stands between `go` and the eyes of a reader.

/// The same text as other programs show it, each with the name of the disguise.
pub(crate) fn all(text: &str) -> Vec<(&'static str, String)> {
    let lines = |change: &dyn Fn(&str) -> String| text.lines().map(change).collect::<String>();
    vec![
        (
            "a CI log",
            lines(&|line| format!("2026-03-01T10:11:12.1234567Z {line}\r\n")),
        ),
        (
            "colours",
            lines(&|line| format!("\u{1b}[31m{line}\u{1b}[0m\n")),
        ),
        (
            "an image build",
            lines(&|line| format!("#12 0.345 {line}\n")),
        ),
        ("a container", lines(&|line| format!("web_1  | {line}\n"))),
        ("a quotation", lines(&|line| format!("> {line}\n"))),
        (
            "a job",
            lines(&|line| format!("[12:34:56] [build] {line}\n")),
        ),
        (
            "noise",
            format!("go: downloading example.com/x v1.0.0\n{text}\nError: exit status 1\n"),
        ),
        ("a narrow terminal", lines(&|line| broken(line, 80) + "\n")),
        ("a wide terminal", lines(&|line| broken(line, 120) + "\n")),
    ]
}

/// A line as a terminal of this width breaks it: inside its words.
fn broken(line: &str, width: usize) -> String {
    let characters: Vec<char> = line.chars().collect();
    let pieces = characters.chunks(width);
    pieces
        .map(|piece| piece.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("\n")
}
