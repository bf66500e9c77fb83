//! Which names the files of a module may have.
//!
//! A module's files are unpacked on every platform that Go runs on, so a name must mean the same
//! file on all of them. The rule itself, Go's `module.CheckFilePath`, is in [`crate::path`]; here is
//! what archives add to it: names are bytes until they have passed, and a path must be clean.

use crate::path::{self, ModulePathError};
use std::fmt;

/// Why a file may not have this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileNameError {
    /// The bytes are not UTF-8.
    NotUtf8,
    /// The text is no path of a file in a module.
    Path(ModulePathError),
}

/// Checks a slash-separated file path, as `module.CheckFilePath` does, and gives it back as text.
pub fn check_file_path(path: &[u8]) -> Result<&str, FileNameError> {
    let path = std::str::from_utf8(path).map_err(|_| FileNameError::NotUtf8)?;
    path::check_file_path(path).map_err(FileNameError::Path)?;
    Ok(path)
}

/// Whether a slash-separated path is the shortest way to write it, as Go's `path.Clean` would
/// leave it: no empty or `.` elements, no `..` behind a name, no slash at the end.
#[must_use]
pub fn is_clean(path: &[u8]) -> bool {
    if matches!(path, b"." | b"/") {
        return true;
    }
    let relative = path.strip_prefix(b"/");
    let mut parents_allowed = relative.is_none();
    for element in relative.unwrap_or(path).split(|&byte| byte == b'/') {
        match element {
            b"" | b"." => return false,
            b".." if !parents_allowed => return false,
            b".." => {}
            _ => parents_allowed = false,
        }
    }
    true
}

/// Whether an entry of this name in an archive is a directory.
#[must_use]
pub fn is_directory(name: &[u8]) -> bool {
    name.ends_with(b"/")
}

/// The part of a path behind its last slash.
#[must_use]
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

/// Whether a path's last element is `go.mod` in any case.
#[must_use]
pub fn is_go_mod(path: &[u8]) -> bool {
    base_name(path).eq_ignore_ascii_case(b"go.mod")
}

// === impl FileNameError ===

impl fmt::Display for FileNameError {
    /// In ASCII, as all messages about zips are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("malformed file path: invalid UTF-8"),
            Self::Path(error) => {
                f.write_str("malformed file path: ")?;
                error.to_string().chars().try_for_each(|character| {
                    if character.is_ascii() {
                        write!(f, "{character}")
                    } else {
                        write!(f, "{}", character.escape_unicode())
                    }
                })
            }
        }
    }
}

impl std::error::Error for FileNameError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_go_would_shorten_is_not_clean() {
        for clean in [
            "a", "a/b", ".", "..", "../a", "../../a", "/", "/a", "..a/b.",
        ] {
            assert!(is_clean(clean.as_bytes()), "{clean}");
        }
        for unclean in [
            "", "a/", "a//b", "./a", "a/.", "a/../b", "/..", "//", "a/..",
        ] {
            assert!(!is_clean(unclean.as_bytes()), "{unclean}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_ascii() {
        let said = |path: &'static str| {
            check_file_path(path.as_bytes()).map_err(|error| error.to_string())
        };
        let euro = "malformed file path: invalid character '\\u{20ac}'";
        assert_eq!(said("a/€"), Err(euro.to_owned()));
        assert_eq!(check_file_path(b"a\xff"), Err(FileNameError::NotUtf8));
        assert_eq!(said("a/é"), Ok("a/é"));
    }
}
