//! What git said when it failed.
//!
//! It has one exit code for everything, so its words decide; they are those of `LC_ALL=C`. What is not
//! recognised is no absence: it says nothing about whether a module exists.

use crate::error::VcsError;

/// Longest line of git's that is quoted.
const QUOTE_LIMIT: usize = 300;

/// The server has no such repository or ref.
const ABSENT: [&str; 5] = [
    "couldn't find remote ref",
    "does not appear to be a git repository",
    "no such remote ref",
    "not our ref",
    "repository not found",
];

/// It wants credentials, or forbids.
const REFUSED: [&str; 6] = [
    "authentication failed",
    "could not read password",
    "could not read username",
    "permission denied",
    "returned error: 403",
    "terminal prompts disabled",
];

/// git itself does not speak this protocol to anybody.
const FORBIDDEN: [&str; 1] = ["not allowed"];

/// The error of a call of git that failed with these words.
pub(super) fn of_errors(errors: &str) -> VcsError {
    let words = errors.to_lowercase();
    let has = |texts: &[&str]| texts.iter().any(|text| words.contains(text));
    let said = format!("git: {}", quoted(errors));
    if has(&REFUSED) {
        VcsError::Refused(said)
    } else if has(&ABSENT) || is_missing_repository(&words) {
        VcsError::Absent(said)
    } else if words.contains("transport") && has(&FORBIDDEN) {
        VcsError::Forbidden(said)
    } else if words.contains("file size limit") || words.contains("file too large") {
        VcsError::TooLarge(said)
    } else {
        VcsError::Unreachable(said)
    }
}

/// `fatal: repository 'https://example.com/a/' not found`.
fn is_missing_repository(words: &str) -> bool {
    words
        .lines()
        .any(|line| line.contains("repository '") && line.trim_end().ends_with("not found"))
}

/// The line that tells most: the first that git calls fatal or an error, else the last.
fn quoted(errors: &str) -> String {
    let lines = || {
        errors
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    let told = lines().find(|line| line.starts_with("fatal:") || line.starts_with("error:"));
    let line = told
        .or_else(|| lines().next_back())
        .unwrap_or("no word of why");
    let plain = line.chars().filter(|character| !character.is_control());
    plain.take(QUOTE_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::of_errors;
    use crate::error::VcsError;

    #[test]
    fn only_what_says_so_is_an_absence() {
        for text in [
            "fatal: repository 'https://example.com/a/' not found",
            "remote: Repository not found.\nfatal: repository 'https://example.com/a/' not found",
            "fatal: couldn't find remote ref refs/tags/v9.9.9",
            "fatal: '/srv/a' does not appear to be a git repository",
            "fatal: remote error: upload-pack: not our ref 0123456789",
        ] {
            assert!(of_errors(text).is_absence(), "{text}");
        }
        for text in [
            "fatal: unable to access 'https://example.com/a/': Could not resolve host: example.com",
            "fatal: the remote end hung up unexpectedly",
            "",
        ] {
            assert!(
                matches!(of_errors(text), VcsError::Unreachable(_)),
                "{text}"
            );
        }
        for text in [
            "fatal: could not read Username for 'https://example.com': terminal prompts disabled",
            "fatal: Authentication failed for 'https://example.com/a/'",
            "git@example.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
            "fatal: unable to access 'https://example.com/a/': The requested URL returned error: 403",
        ] {
            assert!(matches!(of_errors(text), VcsError::Refused(_)), "{text}");
        }
        let ext = of_errors("fatal: transport 'ext' not allowed");
        assert!(matches!(ext, VcsError::Forbidden(_)));
    }

    #[test]
    fn a_quote_is_one_bounded_line_without_control_characters() {
        let text = format!("fatal: \u{1b}[31m{}\nmore", "x".repeat(10_000));
        let error = of_errors(&text).to_string();
        assert!(error.len() < 400 && !error.contains('\u{1b}'), "{error}");
    }
}
