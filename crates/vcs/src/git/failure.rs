//! What git said when it failed.
//!
//! It has one exit code for everything, so its words decide; they are those of `LC_ALL=C`. What is not
//! recognised is no absence: it says nothing about whether a module exists.

use crate::{error::VcsError, failure_text::quoted};

/// The server has no such repository or ref.
const ABSENT: [&str; 5] = [
    "couldn't find remote ref",
    "does not appear to be a git repository",
    "no such remote ref",
    "not our ref",
    "repository not found",
];

/// It wants credentials.
const UNAUTHENTICATED: [&str; 6] = [
    "authentication failed",
    "could not read password",
    "could not read username",
    "permission denied",
    "returned error: 401",
    "terminal prompts disabled",
];

/// It forbids.
const REFUSED: [&str; 1] = ["returned error: 403"];

/// A bound on files was reached; 25 is the signal that says so.
const TOO_LARGE: [&str; 3] = ["file size limit", "file too large", "died of signal 25"];

/// What came cannot be right; unless it just stopped, as the next ones say.
const WRONG: [&str; 7] = [
    "bad line length",
    "bad object",
    "inflate",
    "index-pack",
    "invalid server response",
    "pack is corrupted",
    "protocol error",
];
const BROKEN_OFF: [&str; 4] = ["early eof", "hung up", "rpc failed", "timed out"];

/// git itself does not speak this protocol to anybody.
const FORBIDDEN: [&str; 1] = ["not allowed"];

/// The error of a call of git that failed with these words.
pub(crate) fn of_errors(errors: &str) -> VcsError {
    let words = errors.to_lowercase();
    let has = |texts: &[&str]| texts.iter().any(|text| words.contains(text));
    let said = format!("git: {}", quoted(errors, &["fatal:", "error:"]));
    if has(&UNAUTHENTICATED) {
        VcsError::Unauthenticated(said)
    } else if has(&REFUSED) {
        VcsError::Refused(said)
    } else if has(&ABSENT) || is_missing_repository(&words) {
        VcsError::Absent(said)
    } else if words.contains("transport") && has(&FORBIDDEN) {
        VcsError::Forbidden(said)
    } else if has(&TOO_LARGE) {
        VcsError::TooLarge(said)
    } else if has(&WRONG) && !has(&BROKEN_OFF) {
        VcsError::Content(said)
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
        ] {
            let error = of_errors(text);
            assert!(matches!(error, VcsError::Unauthenticated(_)), "{text}");
        }
        let text = "fatal: unable to access 'https://example.com/a/': The requested URL returned error: 403";
        assert!(matches!(of_errors(text), VcsError::Refused(_)), "{text}");
        for text in [
            "fatal: pack is corrupted (SHA1 mismatch)\nfatal: fetch-pack: invalid index-pack output",
            "fatal: protocol error: bad line length character: x",
            "fatal: remote-curl: bad line length character: eedl",
            "fatal: invalid server response; got 'x'",
        ] {
            assert!(matches!(of_errors(text), VcsError::Content(_)), "{text}");
        }
        let text = "fatal: early EOF\nfatal: fetch-pack: invalid index-pack output";
        assert!(matches!(of_errors(text), VcsError::Unreachable(_)));
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
