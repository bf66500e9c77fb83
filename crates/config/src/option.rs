//! The table of options: what each field of [`Configuration`] says, read out of its JSON Schema.
//!
//! Flags, variables, help texts, the template and the reference page are made of these rows, so a field is
//! all that an option needs.

use crate::{fallback::DefaultFinder, kind::OptionKind, tables::Configuration};
use schemars::schema_for;
use serde::Deserialize;
use serde_json::Value;
use std::sync::LazyLock;

/// All options of `serve` and `run`, in the order of the reference page.
pub static OPTIONS: LazyLock<Vec<OptionRow>> = LazyLock::new(rows);

/// The heading of options that are in no section.
const NO_SECTION: &str = "Where modules come from";

/// One option.
#[derive(Debug, PartialEq, Eq)]
pub struct OptionRow {
    /// Its place in [`OPTIONS`].
    pub(crate) index: usize,
    /// Its path in the file: `limits.max-connections`.
    pub key: String,
    /// Its flag without the dashes, which is its flat key in the file too.
    pub flag: String,
    /// What its section is about: the heading of help texts.
    pub heading: String,
    /// What values it takes.
    pub kind: OptionKind,
    /// What stands for the value in help texts.
    pub placeholder: String,
    /// The value where nothing is configured, as one would write it.
    pub default: DefaultValue,
    /// What finds a default out at start.
    pub(crate) finder: Option<DefaultFinder>,
    /// Whether a new value is in force at once when the configuration is read again.
    pub reloads: bool,
    /// What it means, one or two sentences.
    pub doc: String,
    /// A value as one would write it.
    pub example: String,
}

/// The value where nothing is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefaultValue {
    /// This.
    Fixed(String),
    /// Found out at start; described for people.
    Found(String),
    /// Nothing: the feature is off.
    Unset,
}

/// What the attributes of a field say.
#[derive(Debug, Deserialize)]
struct FieldAttributes {
    #[serde(rename = "x-flag")]
    flag: String,
    #[serde(rename = "x-kind")]
    kind: OptionKind,
    #[serde(rename = "x-value")]
    placeholder: String,
    #[serde(rename = "x-found")]
    found: Option<String>,
    #[serde(rename = "x-finder")]
    finder: Option<DefaultFinder>,
    #[serde(rename = "x-reload", default)]
    reloads: bool,
    default: Option<String>,
    description: String,
    examples: [String; 1],
}

fn rows() -> Vec<OptionRow> {
    let schema = schema_for!(Configuration).to_value();
    let mut rows = Vec::new();
    collect(&schema, &schema, "", NO_SECTION, &mut rows);
    rows
}

/// Adds the options of a table of the schema, and of the tables in it.
fn collect(schema: &Value, table: &Value, prefix: &str, heading: &str, rows: &mut Vec<OptionRow>) {
    for name in order(table) {
        let property = &table["properties"][name];
        let key = format!("{prefix}{name}");
        if let Ok(field) = FieldAttributes::deserialize(property) {
            let index = rows.len();
            rows.push(field.row(index, key, heading));
        } else {
            let below = definition(schema, property);
            let heading = property["description"].as_str().unwrap_or_default();
            let heading = heading.trim_end_matches('.');
            collect(schema, below, &format!("{key}."), heading, rows);
        }
    }
}

/// The names of a table's properties in the order of the struct.
pub(crate) fn order(table: &Value) -> impl Iterator<Item = &str> {
    let names = table["x-order"].as_array().map(Vec::as_slice);
    names.unwrap_or_default().iter().filter_map(Value::as_str)
}

/// What a reference points to.
fn definition<'s>(schema: &'s Value, property: &Value) -> &'s Value {
    let reference = property["$ref"].as_str().unwrap_or_default();
    let pointer = reference.trim_start_matches('#');
    schema.pointer(pointer).unwrap_or(&Value::Null)
}

// === impl OptionRow ===

impl OptionRow {
    /// The option that this flag, or flat key, belongs to.
    pub fn with_flag(flag: &str) -> Option<&'static Self> {
        OPTIONS.iter().find(|option| option.flag == flag)
    }

    /// The option at this path of the file.
    pub(crate) fn at_key(key: &str) -> Option<&'static Self> {
        OPTIONS.iter().find(|option| option.key == key)
    }

    /// Its section, empty if it is in none, and its key there.
    pub fn place(&self) -> (&str, &str) {
        self.key.split_once('.').unwrap_or(("", &self.key))
    }

    /// Its environment variable, by its flag: `MODKEEP_VERIFY`.
    pub fn variable(&self) -> String {
        variable(&self.flag)
    }

    /// Its environment variable, by its key: `MODKEEP_VERIFY__MODE`.
    pub fn nested_variable(&self) -> String {
        variable(&self.key.replace('.', "__"))
    }
}

/// The environment variable of an option of this name.
pub(crate) fn variable(name: &str) -> String {
    format!("MODKEEP_{}", name.to_uppercase().replace('-', "_"))
}

// === impl DefaultValue ===

impl DefaultValue {
    /// For help texts and the reference page.
    pub fn describe(&self) -> &str {
        match self {
            Self::Fixed(text) | Self::Found(text) => text,
            Self::Unset => "none",
        }
    }

    /// The value, if it is always the same.
    pub(crate) fn fixed(&self) -> Option<&str> {
        match self {
            Self::Fixed(text) => Some(text),
            Self::Found(_) | Self::Unset => None,
        }
    }
}

// === impl FieldAttributes ===

impl FieldAttributes {
    fn row(self, index: usize, key: String, heading: &str) -> OptionRow {
        let [example] = self.examples;
        OptionRow {
            index,
            key,
            flag: self.flag,
            heading: heading.to_owned(),
            kind: self.kind,
            placeholder: self.placeholder,
            default: match (self.default, self.found) {
                (Some(fixed), _) => DefaultValue::Fixed(fixed),
                (None, Some(found)) => DefaultValue::Found(found),
                (None, None) => DefaultValue::Unset,
            },
            finder: self.finder,
            reloads: self.reloads,
            doc: self.description.replace('\n', " "),
            example,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DefaultValue, OPTIONS};
    use crate::value;
    use std::collections::HashSet;

    #[test]
    fn every_row_is_complete_and_its_own_default_and_example_can_be_read() {
        let flags: HashSet<&str> = OPTIONS.iter().map(|option| option.flag.as_str()).collect();
        let keys: HashSet<&str> = OPTIONS.iter().map(|option| option.key.as_str()).collect();
        assert_eq!((flags.len(), keys.len()), (OPTIONS.len(), OPTIONS.len()));
        assert!(OPTIONS.len() >= 52, "{}", OPTIONS.len());
        for option in OPTIONS.iter() {
            assert!(
                option.doc.ends_with('.') && option.doc.is_ascii(),
                "{}",
                option.key
            );
            assert_eq!(
                value::check(&option.kind, &option.example),
                Ok(()),
                "{}",
                option.key
            );
            if let DefaultValue::Fixed(text) = &option.default {
                assert_eq!(value::check(&option.kind, text), Ok(()), "{}", option.key);
            }
        }
    }

    #[test]
    fn options_are_in_the_order_of_the_structs_under_the_headings_of_their_sections() {
        let first: Vec<&str> = OPTIONS.iter().map(|option| &*option.key).take(2).collect();
        assert_eq!(first, ["listen.addresses", "listen.admin"]);
        let limits = OPTIONS.iter().find(|option| option.place().0 == "limits");
        assert_eq!(limits.unwrap().heading, "What clients may cost");
    }

    /// Two keys of one name would be one variable.
    #[test]
    fn no_variable_belongs_to_two_options() {
        let names = OPTIONS.iter().flat_map(|option| {
            let (flat, nested) = (option.variable(), option.nested_variable());
            let is_same = flat == nested;
            [Some(flat), (!is_same).then_some(nested)]
        });
        let names: Vec<String> = names.flatten().collect();
        let unique: HashSet<&String> = names.iter().collect();
        assert_eq!(unique.len(), names.len());
    }
}
