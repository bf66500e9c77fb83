//! The shapes of Go versions and toolchain names that go.mod accepts.
//!
//! They are looser than what exists, so that a file written for a later Go still parses.

/// A Go version as a `go` line may hold it: `1.23`, `1.23.4`, `1.24rc1`.
pub fn is_go_version(word: &[u8]) -> bool {
    let Some((_, rest)) = major_minor(word) else {
        return false;
    };
    let rest = match rest.split_first() {
        Some((b'.', patch)) => match number(patch) {
            Some((_, rest)) => rest,
            None => return false,
        },
        _ => rest,
    };
    let kind = rest
        .iter()
        .take_while(|byte| byte.is_ascii_lowercase())
        .count();
    let digits = rest.get(kind..).unwrap_or_default();
    rest.is_empty() || kind > 0 && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// What lax parsing makes of a `go` line that is no Go version: its leading `major.minor`, after an
/// optional `v`, if something other than a digit follows.
pub(super) fn lax_go_version(word: &[u8]) -> Option<&[u8]> {
    let word = word.strip_prefix(b"v").unwrap_or(word);
    let (version, rest) = major_minor(word)?;
    rest.first()
        .is_some_and(|byte| !byte.is_ascii_digit())
        .then_some(version)
}

/// A toolchain name as a `toolchain` line may hold it: `default`, `go1`, or `go1.` and anything.
pub fn is_toolchain_name(word: &[u8]) -> bool {
    matches!(word, b"default" | b"go1") || word.starts_with(b"go1.")
}

/// Splits `major.minor` off; the major is not 0.
fn major_minor(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let (major, rest) = number(word)?;
    if major == b"0" {
        return None;
    }
    let (_, rest) = number(rest.strip_prefix(b".")?)?;
    word.split_at_checked(word.len() - rest.len())
}

/// Splits a decimal number off: a 0 stands alone.
fn number(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = match text.first()? {
        b'0' => 1,
        b'1'..=b'9' => text.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => return None,
    };
    text.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::{is_go_version, is_toolchain_name, lax_go_version};

    #[test]
    fn go_versions() {
        for good in ["1.0", "1.23", "1.23.4", "1.24rc1", "1.21.0rc1", "10.20"] {
            assert!(is_go_version(good.as_bytes()), "{good}");
        }
        for bad in [
            "", "1", "0.1", "1.", "1.01", "v1.2", "1.2.", "1.2rc", "1.2rc1x", "1.2.3.4",
        ] {
            assert!(!is_go_version(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn a_lax_go_line_gives_its_leading_version() {
        assert_eq!(lax_go_version(b"v1.2.x"), Some(&b"1.2"[..]));
        assert_eq!(lax_go_version(b"1.20-custom"), Some(&b"1.20"[..]));
        assert_eq!(lax_go_version(b"1.01"), None);
        assert_eq!(lax_go_version(b"1.2"), None);
    }

    #[test]
    fn toolchain_names() {
        assert!(is_toolchain_name(b"go1.21.0-custom") && is_toolchain_name(b"default"));
        assert!(!is_toolchain_name(b"go2") && !is_toolchain_name(b"go11"));
    }
}
