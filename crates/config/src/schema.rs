//! The JSON Schema of the configuration file, for editors and for whoever makes such files.

use crate::{access_entry, auth_entry, deny, option::OPTIONS, tables::Configuration};
use schemars::schema_for;
use serde_json::{Map, Value, json};

/// Attributes of fields that mean nothing outside.
const INTERNAL: &[&str] = &[
    "x-finder", "x-found", "x-kind", "x-order", "x-reload", "x-value",
];

/// The JSON Schema of the configuration file: every section, every key, and the flat keys.
pub fn json_schema() -> Value {
    let mut schema = schema_for!(Configuration).to_value();
    let leaves: Vec<Value> = OPTIONS
        .iter()
        .map(|option| leaf(&schema, &option.key))
        .collect();
    if let Some(Value::Object(top)) = schema.get_mut("properties") {
        for (option, leaf) in OPTIONS.iter().zip(leaves) {
            add_flat(top, &option.flag, &option.key, leaf);
        }
        top.insert(deny::KEY.to_owned(), deny::json_schema());
        top.insert(access_entry::KEY.to_owned(), access_entry::json_schema());
    }
    add_auth(&mut schema);
    clean(&mut schema);
    schema
}

/// Adds the tables of `[auth]` beside its options, if it has any.
fn add_auth(schema: &mut Value) {
    let of_section = schema["properties"][auth_entry::KEY]["$ref"].as_str();
    let pointer = of_section.map(|reference| reference.trim_start_matches('#').to_owned());
    let section = if let Some(pointer) = pointer {
        schema.pointer_mut(&pointer)
    } else {
        let empty = json!({ "type": "object", "properties": {}, "additionalProperties": false });
        schema["properties"][auth_entry::KEY] = empty;
        schema.pointer_mut("/properties/auth")
    };
    if let Some(section) = section {
        for (key, table) in auth_entry::json_schemas() {
            section["properties"][key] = table;
        }
    }
}

/// The schema of the option at this key.
fn leaf(schema: &Value, key: &str) -> Value {
    let mut table = schema;
    let mut names = key.split('.').peekable();
    while let Some(name) = names.next() {
        let property = &table["properties"][name];
        if names.peek().is_none() {
            return property.clone();
        }
        let reference = property["$ref"].as_str().unwrap_or_default();
        let pointer = reference.trim_start_matches('#');
        table = schema.pointer(pointer).unwrap_or(&Value::Null);
    }
    Value::Null
}

/// Lets an option be written at the top, as its flag is called.
fn add_flat(top: &mut Map<String, Value>, flag: &str, key: &str, mut leaf: Value) {
    if flag == key {
        return;
    }
    if let Some(section) = top.get_mut(flag) {
        // A section of this name: its table, or the value of its first option.
        let description = section["description"].clone();
        *section = json!({ "description": description, "anyOf": [section.take(), leaf] });
    } else {
        leaf["description"] = format!("The same as `{key}`.").into();
        top.insert(flag.to_owned(), leaf);
    }
}

/// Takes out what means nothing outside. No option has to be there.
fn clean(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.contains_key("x-order") {
                object.remove("required");
            }
            object.retain(|name, _| !INTERNAL.contains(&name.as_str()));
            object.values_mut().for_each(clean);
        }
        Value::Array(elements) => elements.iter_mut().for_each(clean),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::json_schema;
    use boon::{Compiler, Schemas};
    use serde_json::Value;

    /// Whether a file is valid by the schema.
    fn is_valid(file: &str) -> bool {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("schema.json", json_schema()).unwrap();
        let index = compiler.compile("schema.json", &mut schemas).unwrap();
        let table: toml::Table = file.parse().unwrap();
        let file: Value = serde_json::to_value(table).unwrap();
        schemas.validate(&file, index).is_ok()
    }

    #[test]
    fn files_in_either_form_are_valid_and_misspelt_ones_are_not() {
        for file in [
            "",
            "listen = '0.0.0.0:3000'\nmax-connections = 7\nupstream-breaker = false\nverify = 'off'\n",
            "[limits]\nmax-connections = 7\n[verify]\nmode = 'off'\n[scrub]\nperiod = false\n[prefetch]\nmode = true\n",
            "upstream = ['https://a.example.com', 'direct']\n",
            "[[upstream]]\nurl = 'https://a.example.com'\nfallback = 'failure'\nbreaker = false\n",
            "[[deny]]\npattern = 'example.com/m'\nreason = 'x'\nuntil = '2026-12-31'\n",
            "[auth.oidc]\nissuer = 'https://a.example'\naudience = 'x'\nscopes = ['a']\n\
             [[auth.ci]]\nissuer = 'https://b.example'\naudience = 'y'\nclaims = { repository_id = 7, z = ['a', 'b'] }\n",
        ] {
            assert!(is_valid(file), "{file}");
        }
        for file in [
            "lisen = 'x'\n",
            "[limits]\nmax-conections = 7\n",
            "[limits]\nmax-connections = 0\n",
            "[verify]\nmode = 'requird'\n",
            "[cache]\nmemory = '1MB'\n",
            "[[upstream]]\nname = 'a'\n",
            "[[deny]]\nreason = 'x'\n",
            "[auth.oidc]\nissuer = 'https://a.example'\n",
            "[auth.oidc]\nissuer = 'https://a.example'\naudience = 'x'\nclient-secret = 'x'\n",
        ] {
            assert!(!is_valid(file), "{file}");
        }
    }

    #[test]
    fn every_key_is_described() {
        let schema = json_schema();
        let text = schema.to_string();
        assert!(!text.contains("x-kind") && text.contains("x-flag"));
        let limits = &schema["$defs"]["LimitSection"]["properties"]["max-connections"];
        assert!(
            limits["description"]
                .as_str()
                .unwrap()
                .starts_with("Client connections at a time.")
        );
        assert_eq!(limits["default"], "20000");
        assert_eq!(schema["additionalProperties"], false);
    }
}
