//! Frame: whether `go` itself printed a message, or a program that it ran.
//!
//! "connection refused" is what the network said; who was refused is another matter. A program under
//! `go run`, a test, a script in the same log print the same words. `go` puts a frame around what
//! the network and this machine tell it: its name, the module with its version, the import path. Without
//! one the words are worth less.

use regex::Regex;
use std::sync::LazyLock;

static FRAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:^|\s)go: |(?:^|\s)go (?:get|install|build|mod [a-z]+)(?: [^\s:]+)?: |",
        r"@[^\s:@]+: |verifying |unrecognized import path|cannot find module|\.go:[0-9]+:|",
        r"module [^\s:]+: |download go1|git (?:ls-remote|fetch|init|clone)|package [^\s:]+: "
    ))
    .ok()
});

/// Families of causes whose words others print too.
const FAMILIES: [&str; 5] = ["network", "dns", "tls", "http", "local"];

/// Causes of these families that nobody but `go` words so.
const OWN: [&str; 5] = [
    "local/modules-off",
    "local/go-mod-in-gopath",
    "local/no-cache",
    "local/no-c-compiler",
    "local/bad-setting",
];

/// Whether a hit of this cause is words of `go`.
pub(super) fn is_there(id: &str, text: &str, start: usize) -> bool {
    let family = id.split('/').next().unwrap_or_default();
    if !FAMILIES.contains(&family) || OWN.contains(&id) {
        return true;
    }
    let before = text.get(..start).unwrap_or_default();
    let message = before.rsplit('\n').next().unwrap_or_default();
    // What is tried is at the beginning of a pattern too, so a little of the hit is looked at.
    let end = text.ceil_char_boundary((start + 160).min(text.len()));
    let hit = text.get(start..end).unwrap_or_default();
    let framed = |text: &str| FRAME.as_ref().is_some_and(|frame| frame.is_match(text));
    framed(message) || hit.split('\n').next().is_some_and(framed)
}
