//! What is wrong with a configuration: the place, why, and what mends it at that place.
//!
//! The same wrong value is mended in another way on a command line, in a unit's environment and in a
//! file, and whoever starts a server mends all of them before the next try. So an error knows its place,
//! and errors come as a list: the first alone would make a round of each.

use super::{
    option::OptionRow,
    sourced::{SourcedText, ValueOrigin},
};
use codes::Code;
use std::{fmt, path::Path};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct ConfigError {
    code: Code,
    /// The option that is wrong, where it is an option.
    option: Option<&'static OptionRow>,
    /// Another one, without which it would not be wrong.
    with: Option<&'static OptionRow>,
    place: String,
    why: String,
    remedy: String,
}

/// Everything that is wrong, in the order in which it was found; never nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(Vec<ConfigError>);

// === impl ConfigError ===

impl ConfigError {
    /// About a value of an option; `sourced` is none where it has no value.
    pub(crate) fn of_option(
        option: &'static OptionRow,
        sourced: Option<&SourcedText>,
        why: impl fmt::Display,
    ) -> Self {
        let origin = sourced.map_or(&ValueOrigin::Default, |sourced| &sourced.origin);
        Self {
            code: Code::BadConfiguration,
            option: Some(option),
            with: None,
            place: match origin {
                ValueOrigin::Flag => format!("--{}", option.flag),
                ValueOrigin::File(place) if place.is_nested => format!("{} ({origin})", option.key),
                origin => format!("{} ({origin})", option.flag),
            },
            why: why.to_string(),
            remedy: remedy(option, origin),
        }
    }

    /// About a file as a whole, or a line of it.
    pub(crate) fn of_file(
        path: &Path,
        line: Option<usize>,
        why: impl fmt::Display,
        remedy: impl Into<String>,
    ) -> Self {
        let place = match line {
            Some(line) => format!("{}:{line}", path.display()),
            None => path.display().to_string(),
        };
        Self::of_place(place, why, remedy)
    }

    /// About something that is no option.
    pub(crate) fn of_place(
        place: impl Into<String>,
        why: impl fmt::Display,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            code: Code::BadConfiguration,
            option: None,
            with: None,
            place: place.into(),
            why: why.to_string(),
            remedy: remedy.into(),
        }
    }

    /// Under another code.
    #[must_use]
    pub fn coded(self, code: Code) -> Self {
        Self { code, ..self }
    }

    /// Two options contradict each other: where the other one is wrong already, this says nothing new.
    #[must_use]
    pub fn together_with(self, option: &'static OptionRow) -> Self {
        Self {
            with: Some(option),
            ..self
        }
    }

    pub(crate) fn option(&self) -> Option<&'static OptionRow> {
        self.option
    }

    pub(crate) fn depends_on(&self, options: &[&'static OptionRow]) -> bool {
        self.with.is_some_and(|with| options.contains(&with))
    }
}

/// What a person does about a wrong value where it stands.
fn remedy(option: &OptionRow, origin: &ValueOrigin) -> String {
    let (name, example) = (&option.flag, &option.example);
    let key = match origin {
        ValueOrigin::File(place) if place.is_nested => option.place().1,
        _ => name,
    };
    let in_file = format!("{key} = {}", option.kind.in_toml(example));
    match origin {
        ValueOrigin::Flag => format!("give --{name} {example}, for example, or leave it out"),
        ValueOrigin::Variable(variable) if !variable.starts_with("MODKEEP_") => format!(
            "set {}={example}, for example, which goes before {variable}",
            option.variable()
        ),
        ValueOrigin::Variable(variable) => {
            format!("set {variable}={example}, for example, or unset it")
        }
        ValueOrigin::File(place) => format!(
            "write `{in_file}`, for example, in line {} of {}, or remove it",
            place.line,
            place.path.display()
        ),
        ValueOrigin::GoEnv(variable) => format!(
            "set {}={example}, for example, which goes before what go env {variable} says",
            option.variable()
        ),
        ValueOrigin::Platform | ValueOrigin::Default => format!(
            "give --{name} {example}, for example, or {}, or `{in_file}` in the file of --config",
            option.variable()
        ),
    }
}

// === impl ConfigErrors ===

impl ConfigErrors {
    /// None, if there is none.
    pub(crate) fn of(errors: Vec<ConfigError>) -> Result<(), Self> {
        if errors.is_empty() {
            return Ok(());
        }
        Err(Self(errors))
    }

    /// Errors of which there is at least one.
    pub(crate) fn none_but(errors: Vec<ConfigError>) -> Self {
        Self(errors)
    }

    /// The code of all of them, if they have the same.
    pub fn code(&self) -> Code {
        let mut codes = self.0.iter().map(|error| error.code);
        let first = codes.next().unwrap_or(Code::BadConfiguration);
        if codes.all(|code| code == first) {
            first
        } else {
            Code::BadConfiguration
        }
    }

    #[cfg(test)]
    pub(crate) fn all(&self) -> &[ConfigError] {
        &self.0
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [error] = self.0.as_slice() {
            return write!(f, "{error}\n   mend it: {}", error.remedy);
        }
        write!(f, "{} things are wrong:", self.0.len())?;
        for (number, error) in (1..).zip(&self.0) {
            write!(f, "\n{number}. {error}\n   mend it: {}", error.remedy)?;
        }
        Ok(())
    }
}
