//! Arrays of tables in the file, such as `[[upstream]]` and `[[access]]`: each table is one struct.
//!
//! A key that the struct has not is refused with the nearest that it has, and every wrong table is said with
//! its line. The values of such tables are of the file alone: no flag and no variable can name them.

use crate::{
    error::ConfigError,
    field_names::fields_of,
    position::SourceText,
    table_keys::{in_order, refuse_unknown},
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IntoDeserializer as _, value::MapDeserializer},
};
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

/// An array of tables.
pub(crate) struct TableArray {
    /// Its key.
    pub(crate) name: &'static str,
    /// What mends a wrong table.
    pub(crate) remedy: &'static str,
}

// === impl TableArray ===

impl TableArray {
    /// Reads the tables, and makes something of each; gives what was made with the places of their beginnings, and
    /// what is wrong with the others, in their order.
    pub(crate) fn read<T: DeserializeOwned, U>(
        &self,
        array: DeArray<'_>,
        source: SourceText<'_>,
        make: impl Fn(T) -> Result<U, String>,
    ) -> (Vec<(usize, U)>, Vec<ConfigError>) {
        let (mut read, mut errors) = (Vec::new(), Vec::new());
        for element in array {
            let start = element.span().start;
            let DeValue::Table(table) = element.into_inner() else {
                errors.push(self.refuse(start, "an element is no table", source));
                continue;
            };
            match self.read_one(table, start, source).map(&make) {
                Ok(Ok(entry)) => read.push((start, entry)),
                Ok(Err(why)) => errors.push(self.refuse(start, why, source)),
                Err(wrong) => errors.extend(wrong),
            }
        }
        (read, errors)
    }

    /// An error about a table.
    pub(crate) fn refuse(
        &self,
        start: usize,
        why: impl std::fmt::Display,
        source: SourceText<'_>,
    ) -> ConfigError {
        source.refuse(start, format!("{}: {why}", self.name), self.remedy)
    }

    fn read_one<T: DeserializeOwned>(
        &self,
        table: DeTable<'_>,
        start: usize,
        source: SourceText<'_>,
    ) -> Result<T, Vec<ConfigError>> {
        let known = fields_of::<T>();
        let of = format!(" in [[{}]]", self.name);
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        for (key, value) in in_order(table) {
            let name = key.get_ref().to_string();
            if !known.contains(&name.as_str()) {
                errors.push(refuse_unknown(&key, &of, known.iter().copied(), source));
                continue;
            }
            match plain(value) {
                Ok(value) => values.push((name, value)),
                Err(why) => errors.push(source.refuse(key.span().start, why, self.remedy)),
            }
        }
        let values = values
            .into_iter()
            .map(|(name, value): (String, toml::Value)| (name, value.into_deserializer()));
        let read: Result<T, toml::de::Error> =
            Deserialize::deserialize(MapDeserializer::new(values));
        match read {
            Ok(entry) if errors.is_empty() => Ok(entry),
            Ok(_) => Err(errors),
            Err(error) => {
                // A URL at a wrong place is not repeated: it may hold a secret.
                let why = match error.message() {
                    why if why.contains("://") => "a value is at the wrong key",
                    why => why,
                };
                errors.push(self.refuse(start, why, source));
                Err(errors)
            }
        }
    }
}

/// A value without its place.
pub(crate) fn plain(value: Spanned<DeValue<'_>>) -> Result<toml::Value, String> {
    let deserializer = toml::de::ValueDeserializer::from(value);
    toml::Value::deserialize(deserializer).map_err(|error| error.message().to_owned())
}
