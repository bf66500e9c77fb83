//! The line of a program's complaint that tells most.

/// Longest line that is quoted.
const QUOTE_LIMIT: usize = 300;

/// The first line that begins with one of these words, else the last: bounded, and without control characters.
pub(crate) fn quoted(errors: &str, first_words: &[&str]) -> String {
    let lines = || {
        let lines = errors.lines().map(str::trim);
        lines.filter(|line| !line.is_empty())
    };
    let is_telling = |line: &&str| first_words.iter().any(|word| line.starts_with(word));
    let line = lines()
        .find(is_telling)
        .or_else(|| lines().next_back())
        .unwrap_or("no word of why");
    let plain = line.chars().filter(|character| !character.is_control());
    plain.take(QUOTE_LIMIT).collect()
}
