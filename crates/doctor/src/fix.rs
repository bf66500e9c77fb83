//! Fix: a remedy of the table, filled in for one case.
//!
//! A fix is exact or it is not there: if the message lacks a part, or the part is nothing that can
//! safely stand in a command or a line of go.mod, the fix is left out, and the cause's own words say
//! what to do.

use crate::cause::{CauseRemedy, RemedyKind};
use crate::diagnosis::ReasonKind;
use crate::parts::MessageParts;
use gomod::modfile::{self, ParseMode};
use gomod::path::ModulePath;
use gomod::version::{Version, check_agreement};
use serde::Serialize;

/// What would mend it, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What is changed.
    pub kind: RemedyKind,
    /// The command to run or the line to write.
    pub text: String,
    /// What it costs, or what to know before.
    pub cost: &'static str,
}

/// The fixes for a reason. While bytes are distrusted, no path is rewritten.
pub(crate) fn fixes(what: ReasonKind, parts: &MessageParts, distrusted: bool) -> Vec<Fix> {
    let ReasonKind::Cause(cause) = what else {
        return Vec::new();
    };
    let allowed = |remedy: &&CauseRemedy| !(distrusted && remedy.kind.rewrites_path());
    let remedies = cause.remedies.iter().filter(allowed);
    let mut fixes: Vec<Fix> = remedies.filter_map(|remedy| fix(remedy, parts)).collect();
    fixes.dedup_by(|one, other| one.text == other.text);
    fixes
}

fn fix(remedy: &CauseRemedy, parts: &MessageParts) -> Option<Fix> {
    if !remedy.guard.is_none_or(|guard| guard(parts)) {
        return None;
    }
    let text = fill(remedy.template, parts)?;
    let is_sound = match remedy.kind {
        RemedyKind::Replace => fits(parts) && is_line_of_go_mod(&text),
        RemedyKind::Import => parts
            .get("new")
            .is_none_or(|new| ModulePath::parse(new).is_ok()),
        _ => true,
    };
    is_sound.then_some(Fix {
        kind: remedy.kind,
        text,
        cost: remedy.cost,
    })
}

/// Puts the parts into a template. Braces without a part's name, as in a format for `curl`, stay.
fn fill(template: &str, parts: &MessageParts) -> Option<String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, behind) = behind.split_once('}')?;
        if before.ends_with('%') {
            filled.extend(["{", name, "}"]);
        } else {
            filled.push_str(parts.safe(name)?);
        }
        rest = behind;
    }
    filled.push_str(rest);
    Some(filled)
}

/// Whether the new path can have the version at all: one that ends in /v3 has no v1.
fn fits(parts: &MessageParts) -> bool {
    let path = parts.get("new").and_then(|new| ModulePath::parse(new).ok());
    let version = parts
        .get("version")
        .and_then(|version| Version::parse(version).ok());
    path.zip(version)
        .is_some_and(|(path, version)| check_agreement(&path, &version).is_ok())
}

/// Whether go would read the line in a go.mod.
fn is_line_of_go_mod(line: &str) -> bool {
    let file = format!("module example.com/main\n\n{line}\n");
    modfile::parse(file.as_bytes(), ParseMode::Strict).is_ok()
}
