//! Values of options as the TOML file has them: booleans, numbers and arrays where that is what they
//! are, and back to the text that flags and variables have.

use super::{kind::OptionKind, option::OptionRow};
use toml::Value;

// === impl OptionKind ===

impl OptionKind {
    /// A value as it stands in a file. What is no value of this kind is written as a string.
    pub fn in_toml(&self, text: &str) -> Value {
        let string = || Value::String(text.to_owned());
        match self {
            Self::Switch => super::value::switch(text).map_or_else(|_| string(), Value::Boolean),
            Self::Count => text.parse().map_or_else(|_| string(), Value::Integer),
            Self::List | Self::UrlList | Self::Addresses => array(text),
            // `|` says when the next source is asked, and an array cannot.
            Self::Sources if !text.contains('|') => array(text),
            _ => string(),
        }
    }
}

/// The text of a value in a file.
///
/// # Errors
/// What the option takes instead.
pub(crate) fn text(option: &OptionRow, value: Value) -> Result<String, String> {
    let kind = &option.kind;
    match value {
        Value::String(text) => Ok(text),
        Value::Integer(number) if kind.is_number() => Ok(number.to_string()),
        Value::Boolean(state) if kind.has_boolean(word(state)) => Ok(word(state).to_owned()),
        Value::Array(elements) if kind.is_list() => joined(elements),
        _ => Err(format!("it takes {}", taken(kind))),
    }
}

fn word(state: bool) -> &'static str {
    if state { "on" } else { "off" }
}

fn taken(kind: &OptionKind) -> &'static str {
    match kind {
        OptionKind::Switch => "true or false",
        OptionKind::Count => "a number",
        _ if kind.is_list() => "an array of strings, or a string",
        _ if kind.is_number() => "a string with a number and its unit",
        _ => "a string",
    }
}

fn joined(elements: Vec<Value>) -> Result<String, String> {
    let one = |element: Value| match element {
        Value::String(text) if text.is_empty() => Err("an element is empty".to_owned()),
        Value::String(text) if text.contains(',') => {
            Err("an element has a comma; write two elements".to_owned())
        }
        Value::String(text) => Ok(text),
        _ => Err("an element is no string".to_owned()),
    };
    let texts: Vec<String> = elements.into_iter().map(one).collect::<Result<_, _>>()?;
    Ok(texts.join(","))
}

fn array(text: &str) -> Value {
    let elements = text.split(',').map(str::trim);
    let elements = elements.filter(|element| !element.is_empty());
    Value::Array(elements.map(|one| Value::String(one.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::option::{OPTIONS, OptionRow};
    use toml::{Table, Value};

    fn read(line: &str) -> Result<String, String> {
        let table: Table = line.parse().unwrap();
        let (name, value) = table.into_iter().next().unwrap();
        text(OptionRow::with_flag(&name).unwrap(), value)
    }

    #[test]
    fn booleans_numbers_and_arrays_are_what_they_are() {
        for (line, value) in [
            ("upstream-hedge = false", "off"),
            ("upstream-hedge = 'on'", "on"),
            ("scrub-period = false", "off"),
            ("prefetch = true", "on"),
            ("max-connections = 7", "7"),
            ("memory-limit = 1024", "1024"),
            (
                "private = ['a.example.com', 'b.example.com/*']",
                "a.example.com,b.example.com/*",
            ),
            (
                "upstream = ['https://a.example.com', 'direct']",
                "https://a.example.com,direct",
            ),
            (
                "upstream = 'https://a.example.com|direct'",
                "https://a.example.com|direct",
            ),
        ] {
            assert_eq!(read(line).as_deref(), Ok(value), "{line}");
        }
    }

    #[test]
    fn what_an_option_does_not_take_is_refused_with_what_it_takes() {
        for (line, why) in [
            ("data = true", "it takes a string"),
            ("data = ['x']", "it takes a string"),
            ("listen = 3000", "it takes an array of strings, or a string"),
            ("upstream-hedge = 1", "it takes true or false"),
            (
                "scrub-period = true",
                "it takes a string with a number and its unit",
            ),
            ("max-connections = true", "it takes a number"),
            ("private = [1]", "an element is no string"),
            (
                "private = ['a,b']",
                "an element has a comma; write two elements",
            ),
            ("private = ['']", "an element is empty"),
        ] {
            assert_eq!(read(line), Err(why.to_owned()), "{line}");
        }
    }

    #[test]
    fn every_example_is_the_same_value_in_a_file() {
        for option in OPTIONS.iter() {
            let example = option.kind.in_toml(&option.example);
            let line = format!("{} = {example}", option.flag);
            let value = read(&line).map(|text| text.replace(", ", ","));
            assert_eq!(value.as_deref(), Ok(option.example.as_str()), "{line}");
        }
    }

    #[test]
    fn a_list_is_an_array_and_a_list_with_other_rules_is_not() {
        let upstream = &OptionRow::with_flag("upstream").unwrap().kind;
        assert!(matches!(upstream.in_toml("off"), Value::Array(_)));
        assert!(matches!(upstream.in_toml("a|b"), Value::String(_)));
    }
}
