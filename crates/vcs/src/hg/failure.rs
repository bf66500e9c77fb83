//! What hg said when it failed. It has one exit code for nearly everything, so its words decide.

use crate::{error::VcsError, failure_text::quoted};

/// The server has no such repository.
const ABSENT: [&str; 3] = [
    "http error 404",
    "http error 410",
    "does not appear to be an hg repository",
];

/// It wants credentials, and nobody can be asked for them.
const UNAUTHENTICATED: [&str; 4] = [
    "authorization required",
    "authorization failed",
    "http authorization",
    "permission denied (publickey",
];

/// It forbids.
const REFUSED: [&str; 1] = ["http error 403"];

/// A bound on files was reached.
const TOO_LARGE: [&str; 2] = ["file size limit", "file too large"];

/// The error of a call of hg that failed with these words.
pub(super) fn of_errors(errors: &str) -> VcsError {
    let words = errors.to_lowercase();
    let has = |texts: &[&str]| texts.iter().any(|text| words.contains(text));
    // A file that does not exist is one of this machine unless it is the repository itself.
    let is_missing = words.contains("repository ") && words.contains(" not found!");
    let said = format!("hg: {}", quoted(errors, &["abort:"]));
    if has(&UNAUTHENTICATED) {
        VcsError::Unauthenticated(said)
    } else if has(&REFUSED) {
        VcsError::Refused(said)
    } else if has(&ABSENT) || is_missing {
        VcsError::Absent(said)
    } else if has(&TOO_LARGE) {
        VcsError::TooLarge(said)
    } else {
        VcsError::Unreachable(said)
    }
}

#[cfg(test)]
mod tests {
    use super::of_errors;
    use crate::error::VcsError;

    #[test]
    fn only_what_says_so_is_an_absence() {
        for text in [
            "abort: HTTP Error 404: Not Found",
            "abort: repository https://example.com/a not found!",
        ] {
            assert!(of_errors(text).is_absence(), "{text}");
        }
        for text in [
            "abort: error: Name or service not known",
            "abort: error: Connection refused",
            "abort: stream ended unexpectedly (got 0 bytes, expected 4)",
            "",
        ] {
            let error = of_errors(text);
            assert!(matches!(error, VcsError::Unreachable(_)), "{text}");
        }
        let text = "abort: http authorization required for https://example.com/a";
        assert!(matches!(of_errors(text), VcsError::Unauthenticated(_)));
        let text = "abort: HTTP Error 403: Forbidden";
        assert!(matches!(of_errors(text), VcsError::Refused(_)));
    }
}
