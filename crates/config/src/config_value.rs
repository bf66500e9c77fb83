//! The value of an option, and where it came from.

use crate::{
    error::ConfigError,
    kind::OptionKind,
    option::{OPTIONS, OptionRow},
    sourced::{SourcedText, ValueOrigin},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::{any::type_name, borrow::Cow, fmt, ops::Deref};

/// The value of an option. Its `Debug` does not show the value, which may be a secret.
#[derive(Clone)]
pub struct ConfigValue<T> {
    option: &'static OptionRow,
    /// What it was made of, if it has a value.
    sourced: Option<SourcedText>,
    value: T,
}

/// A type that an option can have.
pub trait OptionValue: Sized {
    /// What values it takes.
    fn kind() -> OptionKind;

    /// Reads a text.
    ///
    /// # Errors
    /// What is wrong with it.
    fn parse(text: &str) -> Result<Self, String>;

    /// The same, of a value that may have come as tables.
    #[doc(hidden)]
    fn of(sourced: &SourcedText) -> Result<Self, String> {
        Self::parse(&sourced.text)
    }
}

/// What a [`ConfigValue`] can hold: a value, or perhaps none.
pub trait FromSourced: Sized {
    /// What values it takes.
    fn kind() -> OptionKind;

    #[doc(hidden)]
    fn of(sourced: Option<&SourcedText>) -> Result<Self, String>;
}

/// A leaf of the tree of which a configuration is made.
#[derive(Serialize, Deserialize)]
pub(crate) struct ConfigLeaf {
    pub(crate) option: usize,
    pub(crate) sourced: Option<SourcedText>,
}

// === impl FromSourced ===

impl<T: OptionValue> FromSourced for T {
    fn kind() -> OptionKind {
        T::kind()
    }

    fn of(sourced: Option<&SourcedText>) -> Result<Self, String> {
        T::of(sourced.ok_or("it has no value")?)
    }
}

impl<T: OptionValue> FromSourced for Option<T> {
    fn kind() -> OptionKind {
        T::kind()
    }

    fn of(sourced: Option<&SourcedText>) -> Result<Self, String> {
        sourced.map(T::of).transpose()
    }
}

// === impl ConfigValue ===

impl<T> ConfigValue<T> {
    /// Whether nobody chose the value.
    pub fn is_default(&self) -> bool {
        self.origin()
            .is_none_or(|origin| *origin == ValueOrigin::Default)
    }

    /// Where the value came from, if there is one.
    pub fn origin(&self) -> Option<&ValueOrigin> {
        self.sourced.as_ref().map(|sourced| &sourced.origin)
    }

    /// An error about the value, at its place.
    pub fn error(&self, why: impl fmt::Display) -> ConfigError {
        ConfigError::of_option(self.option, self.sourced.as_ref(), why)
    }

    /// The option that it is the value of.
    pub fn option(&self) -> &'static OptionRow {
        self.option
    }
}

impl<T> Deref for ConfigValue<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> fmt::Debug for ConfigValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin() {
            Some(origin) => write!(f, "ConfigValue({}, {origin})", self.option.key),
            None => write!(f, "ConfigValue({}, unset)", self.option.key),
        }
    }
}

impl<'de, T: FromSourced> Deserialize<'de> for ConfigValue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ConfigLeaf { option, sourced } = ConfigLeaf::deserialize(deserializer)?;
        let option = OPTIONS
            .get(option)
            .ok_or_else(|| D::Error::custom("no such option"))?;
        let value = T::of(sourced.as_ref()).map_err(|why| {
            // Not the value, which may be a secret.
            D::Error::custom(format!("{}: {why}", option.key))
        })?;
        Ok(Self {
            option,
            sourced,
            value,
        })
    }
}

impl<T: FromSourced> JsonSchema for ConfigValue<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ConfigValue".into()
    }

    fn schema_id() -> Cow<'static, str> {
        type_name::<T>().into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::kind().schema(generator)
    }
}
