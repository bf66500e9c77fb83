//! Writing to the person: results on standard output, everything else on standard error.
//!
//! Names of files and modules are other people's words, and many stand in what is said here. So every
//! line is made printable; only [`text`] and [`bytes()`], for whole documents that were made so where
//! they were put together, or that are data, are written as they are.
//!
//! A reader that went away (`modkeep env | head`) is no failure of ours.

use finding::{printable, printable_lines};
use std::io::{self, IsTerminal as _, Write as _};

/// A line of the result.
pub(crate) fn line(text: &str) {
    let _gone = writeln!(io::stdout().lock(), "{}", printable_lines(text));
}

/// A text of the result, as it is.
pub(crate) fn text(text: &str) {
    bytes(text.as_bytes());
}

/// Bytes of the result, as they are.
pub(crate) fn bytes(bytes: &[u8]) {
    let _gone = io::stdout().lock().write_all(bytes);
}

/// A line beside the result: errors, notes.
pub(crate) fn error(text: &str) {
    let _gone = writeln!(io::stderr().lock(), "{}", printable_lines(text));
}

/// A question on the terminal; the answer is typed behind it.
pub(crate) fn question(text: &str) {
    let mut stderr = io::stderr().lock();
    let _gone = write!(stderr, "{}", printable_lines(text)).and_then(|()| stderr.flush());
}

/// Overwrites the terminal's last line; an empty text removes it.
pub(crate) fn progress(text: &str) {
    let mut stderr = io::stderr().lock();
    let _gone = write!(stderr, "\r\x1b[K{}", printable(text)).and_then(|()| stderr.flush());
}

/// Says what is being done, where a person waits for it; an empty text says that nothing is.
pub(crate) fn doing(text: &str) {
    if is_watched() {
        progress(text);
    }
}

/// Whether a person watches standard error.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Bytes as people read them.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut rest = bytes;
    let mut tenths = 0;
    while rest >= 1024 && unit + 1 < units.len() {
        tenths = rest % 1024 * 10 / 1024;
        rest /= 1024;
        unit += 1;
    }
    let name = units.get(unit).copied().unwrap_or_default();
    if unit == 0 {
        format!("{rest} {name}")
    } else {
        format!("{rest}.{tenths} {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_readable() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (64 << 20, "64.0 MiB"),
            (u64::MAX, "16777215.9 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
