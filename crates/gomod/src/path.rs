//! Module paths, import paths and file paths: which strings may name a thing.
//!
//! Go limits names so that they survive URLs, shells and case-insensitive or Windows file systems
//! (Go Modules Reference, "Module paths" and "Module zip files"). The three kinds share one shape,
//! elements between slashes, and differ in the characters and in a few rules. Whatever a
//! [`ModulePath`] holds has passed all rules, so nothing behind it needs to look again.
//!
//! Refused, always with a typed reason: empty elements, elements of dots only, elements that a
//! Windows machine could not create (`con`, `aux.txt`), short-name look-alikes (`progra~1`) in
//! module and import paths, everything outside the kind's characters, and major-version suffixes
//! that Go would never write (`/v1`, `/v02`, `/v1.2`).

mod element;
mod major;

pub use major::{MajorMismatch, check_path_major, split_path_version};

use crate::escape::{self, EscapeError};
use std::{fmt, str::FromStr, sync::Arc};

/// A valid module path. Clones share their text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModulePath(Arc<str>);

/// Which rules apply to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PathKind {
    /// The name of a module: ASCII letters, digits, `-._~`; no element begins with a dot.
    Module,
    /// The name of a package: as a module's, and `+`.
    Import,
    /// A file inside a module, slash-separated: Unicode letters, ASCII digits, space and most
    /// ASCII punctuation.
    File,
}

/// Why a path is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModulePathError {
    /// There is nothing.
    #[error("empty path")]
    Empty,
    /// A module or import path could be taken for a command's option.
    #[error("leading dash")]
    LeadingDash,
    /// The path begins with a slash.
    #[error("leading slash")]
    LeadingSlash,
    /// Two slashes in a row.
    #[error("double slash")]
    DoubleSlash,
    /// The path ends with a slash.
    #[error("trailing slash")]
    TrailingSlash,
    /// An element that a path cleaner would remove: `.`, `..`, `...`.
    #[error("path element of dots only")]
    OnlyDots,
    /// An element of a module path begins with a dot.
    #[error("leading dot in path element")]
    LeadingDot,
    /// An element ends with a dot, which Windows would drop.
    #[error("trailing dot in path element")]
    TrailingDot,
    /// A character that this kind of path may not hold.
    #[error("invalid character {0:?}")]
    InvalidCharacter(char),
    /// An element that names a device on Windows, with or without an extension.
    #[error("{0:?} is a reserved name on Windows")]
    WindowsName(String),
    /// An element that looks like a Windows short name: it ends in a tilde and digits.
    #[error("trailing tilde and digits in path element")]
    ShortName,
    /// The first element of a module path is no domain name.
    #[error("missing dot in first path element")]
    NoDomain,
    /// The first element of a module path holds something else than `a-z0-9.-`.
    #[error("invalid character {0:?} in first path element")]
    InvalidDomainCharacter(char),
    /// The major-version suffix is none that Go writes.
    #[error("invalid major version suffix")]
    InvalidMajorSuffix,
    /// The escaped form is malformed.
    #[error(transparent)]
    Escape(#[from] EscapeError),
}

// === impl ModulePath ===

impl ModulePath {
    /// Validates a module path as Go's `module.CheckPath` does.
    pub fn parse(text: &str) -> Result<Self, ModulePathError> {
        check_module_path(text)?;
        Ok(Self(text.into()))
    }

    /// Reads the escaped form that URLs and the module cache use: `github.com/!user/x`.
    pub fn unescape(escaped: &str) -> Result<Self, ModulePathError> {
        Self::parse(&escape::unescape(escaped)?)
    }

    /// The path as written in go.mod.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The escaped form, in which no two paths differ by case only.
    pub fn escaped(&self) -> String {
        escape::escape(&self.0)
    }

    /// Where the protocol's URL space has the module's version list: `github.com/!user/x/@v/list`.
    pub fn list_path(&self) -> String {
        let mut path = self.escaped();
        path.push_str("/@v/list");
        path
    }

    /// The path without its major-version suffix: `example.com/x` of `example.com/x/v2`.
    pub fn prefix(&self) -> &str {
        split_path_version(&self.0).map_or(&*self.0, |(prefix, _)| prefix)
    }

    /// The major-version suffix with its separator: `/v2`, `.v3` (gopkg.in), or empty.
    pub fn path_major(&self) -> &str {
        split_path_version(&self.0).map_or("", |(_, path_major)| path_major)
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ModulePath {
    type Err = ModulePathError;

    fn from_str(text: &str) -> Result<Self, ModulePathError> {
        Self::parse(text)
    }
}

impl AsRef<str> for ModulePath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Checks a module path: [`PathKind::Module`], a domain name as first element, a major-version
/// suffix that agrees with Go's conventions (`/vN` from 2 on; `.vN` at gopkg.in).
pub fn check_module_path(path: &str) -> Result<(), ModulePathError> {
    check(path, PathKind::Module)?;
    check_domain(path.split('/').next().unwrap_or_default())?;
    split_path_version(path)
        .map(|_| ())
        .ok_or(ModulePathError::InvalidMajorSuffix)
}

/// Checks an import path, the name of a package.
pub fn check_import_path(path: &str) -> Result<(), ModulePathError> {
    check(path, PathKind::Import)
}

/// Checks the slash-separated path of a file inside a module.
pub fn check_file_path(path: &str) -> Result<(), ModulePathError> {
    check(path, PathKind::File)
}

/// Checks one element of a path, for names that are files by themselves, as versions are.
pub fn check_element(element: &str, kind: PathKind) -> Result<(), ModulePathError> {
    element::check(element, kind)
}

fn check(path: &str, kind: PathKind) -> Result<(), ModulePathError> {
    if path.is_empty() {
        return Err(ModulePathError::Empty);
    }
    if path.starts_with('-') && kind != PathKind::File {
        return Err(ModulePathError::LeadingDash);
    }
    if path.contains("//") {
        return Err(ModulePathError::DoubleSlash);
    }
    if path.starts_with('/') {
        return Err(ModulePathError::LeadingSlash);
    }
    if path.ends_with('/') {
        return Err(ModulePathError::TrailingSlash);
    }
    path.split('/')
        .try_for_each(|element| element::check(element, kind))
}

/// Only lower case, so that one host has one spelling.
fn check_domain(element: &str) -> Result<(), ModulePathError> {
    if !element.contains('.') {
        return Err(ModulePathError::NoDomain);
    }
    let allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '.');
    match element.chars().find(|&c| !allowed(c)) {
        Some(c) => Err(ModulePathError::InvalidDomainCharacter(c)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{ModulePath, ModulePathError};

    #[test]
    fn each_refusal_names_its_reason() {
        let cases = [
            ("", ModulePathError::Empty),
            ("-x.y/z", ModulePathError::LeadingDash),
            ("/x.y", ModulePathError::LeadingSlash),
            ("x.y//z", ModulePathError::DoubleSlash),
            ("x.y/", ModulePathError::TrailingSlash),
            ("x.y/..", ModulePathError::OnlyDots),
            ("x.y/.git", ModulePathError::LeadingDot),
            ("x.y/a.", ModulePathError::TrailingDot),
            ("x.y/a+b", ModulePathError::InvalidCharacter('+')),
            ("x.y/\u{e9}", ModulePathError::InvalidCharacter('\u{e9}')),
            ("x.y/Con.go", ModulePathError::WindowsName("Con".to_owned())),
            ("x.y/progra~1", ModulePathError::ShortName),
            ("cmd/go", ModulePathError::NoDomain),
            (
                "Example.com/x",
                ModulePathError::InvalidDomainCharacter('E'),
            ),
            ("x.y/z/v1", ModulePathError::InvalidMajorSuffix),
            ("gopkg.in/yaml", ModulePathError::InvalidMajorSuffix),
        ];
        for (text, reason) in cases {
            assert_eq!(ModulePath::parse(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn a_path_knows_its_major_suffix() {
        let parts = |text| {
            let path = ModulePath::parse(text).map_err(|e| e.to_string());
            path.map(|path| (path.prefix().to_owned(), path.path_major().to_owned()))
        };
        let pair = |a: &str, b: &str| Ok((a.to_owned(), b.to_owned()));
        assert_eq!(parts("x.y/z"), pair("x.y/z", ""));
        assert_eq!(parts("x.y/z/v2"), pair("x.y/z", "/v2"));
        assert_eq!(parts("gopkg.in/yaml.v3"), pair("gopkg.in/yaml", ".v3"));
    }

    #[test]
    fn the_escaped_form_has_no_upper_case() {
        let path = ModulePath::parse("github.com/User/Repo").map(|path| path.escaped());
        assert_eq!(path, Ok("github.com/!user/!repo".to_owned()));
        assert_eq!(
            ModulePath::unescape("github.com/User"),
            Err(ModulePathError::Escape(
                crate::escape::EscapeError::UpperCase('U')
            ))
        );
    }
}
