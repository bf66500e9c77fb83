//! The rules of one path element.

use super::{ModulePathError, PathKind};
use crate::unicode;

/// The device names of Windows; no file can have one of these names, whatever its extension.
const WINDOWS_NAMES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

pub(super) fn check(element: &str, kind: PathKind) -> Result<(), ModulePathError> {
    if element.is_empty() {
        return Err(ModulePathError::Empty);
    }
    if element.bytes().all(|byte| byte == b'.') {
        return Err(ModulePathError::OnlyDots);
    }
    if element.starts_with('.') && kind == PathKind::Module {
        return Err(ModulePathError::LeadingDot);
    }
    if element.ends_with('.') {
        return Err(ModulePathError::TrailingDot);
    }
    if let Some(c) = element.chars().find(|&c| !allowed(c, kind)) {
        return Err(ModulePathError::InvalidCharacter(c));
    }
    check_stem(element.split('.').next().unwrap_or_default(), kind)
}

/// What stands before the first dot is what Windows takes for the name.
fn check_stem(stem: &str, kind: PathKind) -> Result<(), ModulePathError> {
    if WINDOWS_NAMES
        .iter()
        .any(|name| name.eq_ignore_ascii_case(stem))
    {
        return Err(ModulePathError::WindowsName(stem.to_owned()));
    }
    let short_name = |(_, digits): (&str, &str)| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    // Short names endanger import paths only; files are written under the name they have.
    if kind != PathKind::File && stem.rsplit_once('~').is_some_and(short_name) {
        return Err(ModulePathError::ShortName);
    }
    Ok(())
}

fn allowed(c: char, kind: PathKind) -> bool {
    if c.is_ascii_alphanumeric() {
        return true;
    }
    match kind {
        PathKind::Module => matches!(c, '-' | '.' | '_' | '~'),
        PathKind::Import => matches!(c, '-' | '.' | '_' | '~' | '+'),
        PathKind::File if c.is_ascii() => "!#$%&()+,-.=@[]^_{}~ ".contains(c),
        PathKind::File => unicode::is_letter(c),
    }
}
