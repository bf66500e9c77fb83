//! What svn said when it failed: its errors have numbers, which stay the same in every language.

use crate::{error::VcsError, failure_text::quoted};

/// No such path, revision or repository.
const ABSENT: [&str; 7] = [
    "E160005", "E160006", "E160013", "E170000", "E180001", "E195012", "E200009",
];

/// It wants credentials.
const UNAUTHENTICATED: [&str; 3] = ["E170001", "E215004", "E230001"];

/// It forbids.
const REFUSED: [&str; 2] = ["E175013", "E220001"];

/// A bound on files was reached.
const TOO_LARGE: [&str; 2] = ["File size limit", "File too large"];

/// The error of a call of svn that failed with these words.
pub(super) fn of_errors(errors: &str) -> VcsError {
    let has = |numbers: &[&str]| numbers.iter().any(|number| errors.contains(number));
    let said = format!("svn: {}", quoted(errors, &["svn: E"]));
    if has(&TOO_LARGE) {
        VcsError::TooLarge(said)
    } else if has(&UNAUTHENTICATED) {
        VcsError::Unauthenticated(said)
    } else if has(&REFUSED) {
        VcsError::Refused(said)
    } else if is_unreachable(errors) {
        VcsError::Unreachable(said)
    } else if has(&ABSENT) {
        VcsError::Absent(said)
    } else {
        VcsError::Unreachable(said)
    }
}

/// The way to the server failed: told beside what could not be done without it.
fn is_unreachable(errors: &str) -> bool {
    ["E170013", "E120", "E670", "E175002"]
        .iter()
        .any(|number| errors.contains(number))
        && !errors.contains("E160013")
}

#[cfg(test)]
mod tests {
    use super::of_errors;
    use crate::error::VcsError;

    #[test]
    fn only_what_says_so_is_an_absence() {
        for text in [
            "svn: warning: W160013: '/a/go.mod' path not found\nsvn: E200009: Could not cat all targets because some targets don't exist",
            "svn: E160013: File not found: revision 3, path '/go.mod'",
            "svn: E160006: No such revision 99",
        ] {
            assert!(of_errors(text).is_absence(), "{text}");
        }
        for text in [
            "svn: E170013: Unable to connect to a repository at URL 'https://svn.example.com/a'\nsvn: E670002: Name or service not known",
            "svn: E170013: Unable to connect to a repository at URL 'https://svn.example.com/a'\nsvn: E120106: ra_serf: The server sent a truncated HTTP response body.",
            "",
        ] {
            let error = of_errors(text);
            assert!(matches!(error, VcsError::Unreachable(_)), "{text}");
        }
        let text = "svn: E170013: Unable to connect to a repository at URL 'https://svn.example.com/a'\nsvn: E215004: No more credentials or we tried too many times.";
        assert!(matches!(of_errors(text), VcsError::Unauthenticated(_)));
        let text = "svn: E175013: Access to '/a' forbidden";
        assert!(matches!(of_errors(text), VcsError::Refused(_)));
    }
}
