//! Which names the files of a module may have.
//!
//! A module's files are unpacked on every platform that Go runs on, so a name must mean the same
//! file on all of them: letters of any script, ASCII digits and a choice of punctuation, no device
//! names of Windows, nothing that a shell or a file system reads as more than a name. The rule is
//! `module.CheckFilePath` of golang.org/x/mod.
//!
//! Names come from archives, so they are bytes until they have passed here.

use super::unicode;
use thiserror::Error;

/// Why a file may not have this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FileNameError {
    /// The bytes are not UTF-8.
    #[error("file name is not valid utf-8")]
    NotUtf8,
    /// There is no name.
    #[error("file name is empty")]
    Empty,
    /// Two slashes in a row, or one at the beginning or the end.
    #[error("file name has an empty element")]
    EmptyElement,
    /// An element of dots only, as `..`.
    #[error("file name has an element made of dots only")]
    DotsOnly,
    /// An element that ends in a dot, which Windows would drop.
    #[error("file name has an element with a trailing dot")]
    TrailingDot,
    /// A character that not every platform and tool takes for part of a name.
    #[error("file name has the character {0:?}, which is not allowed")]
    Character(char),
    /// An element that Windows takes for a device, whatever its extension.
    #[error("file name has the element {0:?}, a device name on windows")]
    Device(&'static str),
}

/// What Windows reserves, with or without an extension, in any case.
const DEVICES: [&str; 22] = [
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8",
    "COM9", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

/// The punctuation that is allowed, besides letters and digits.
const PUNCTUATION: &[u8] = b"!#$%&()+,-.=@[]^_{}~ ";

/// Checks a slash-separated file path, as `module.CheckFilePath` does, and gives it back as text.
pub fn check_file_path(path: &[u8]) -> Result<&str, FileNameError> {
    let path = std::str::from_utf8(path).map_err(|_| FileNameError::NotUtf8)?;
    if path.is_empty() {
        return Err(FileNameError::Empty);
    }
    path.split('/').try_for_each(check_file_name)?;
    Ok(path)
}

/// Checks one element of a file path. Versions, too, must be such an element.
pub fn check_file_name(element: &str) -> Result<(), FileNameError> {
    if element.is_empty() {
        return Err(FileNameError::EmptyElement);
    }
    if element.bytes().all(|byte| byte == b'.') {
        return Err(FileNameError::DotsOnly);
    }
    if element.ends_with('.') {
        return Err(FileNameError::TrailingDot);
    }
    if let Some(character) = element.chars().find(|&character| !allowed(character)) {
        return Err(FileNameError::Character(character));
    }
    let base = element.split_once('.').map_or(element, |(base, _)| base);
    match DEVICES
        .iter()
        .find(|device| device.eq_ignore_ascii_case(base))
    {
        Some(device) => Err(FileNameError::Device(device)),
        None => Ok(()),
    }
}

fn allowed(character: char) -> bool {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric() || PUNCTUATION.contains(&byte),
        _ => unicode::is_letter(character),
    }
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
    fn names_that_some_platform_cannot_hold_are_refused() {
        use FileNameError::{Character, Device, DotsOnly, EmptyElement, NotUtf8, TrailingDot};
        for (path, error) in [
            (&b"a\xff"[..], NotUtf8),
            (b"a//b", EmptyElement),
            (b"/a", EmptyElement),
            (b"a/", EmptyElement),
            (b"a/../b", DotsOnly),
            (b"a./b", TrailingDot),
            (b"a\\b", Character('\\')),
            (b"a\0b", Character('\0')),
            (b"a:b", Character(':')),
            (b"x/Nul.tar.gz", Device("NUL")),
        ] {
            assert_eq!(check_file_path(path), Err(error), "{}", path.escape_ascii());
        }
    }
}
