//! `[[access]]`: who may do what about some modules.
//!
//! ```toml
//! [[access]]
//! modules = "corp.example/*"
//! groups = ["staff"]
//! allow = ["read"]
//!
//! [[access]]
//! modules = ["corp.example/pay", "corp.example/ledger"]
//! users = ["release-bot"]
//! allow = ["read", "publish"]
//! publish-by = ["ci"]
//! ```
//!
//! Rules are of the file alone, as `[[deny]]` is. What would allow nothing, or protect nothing, is refused.

use crate::{error::ConfigError, position::SourceText, table_array::TableArray};
use access::{AccessAction, AccessRule, IdentityKind};
use gomod::pattern::ModulePatterns;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use toml::de::DeArray;

/// The key of the array.
pub(crate) const KEY: &str = "access";

const TABLES: TableArray = TableArray {
    name: KEY,
    remedy: "write modules = \"corp.example/*\", groups = [\"staff\"] and allow = [\"read\"] below [[access]], for example",
};

/// Who may do what about some modules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct AccessEntry {
    /// Which modules: globs in the grammar of GOPRIVATE, as one text with commas or as a list. `*` is all.
    modules: TextOrList,
    /// Who: members of these groups, as the issuer names them. `*` is everybody who is known.
    #[serde(default)]
    groups: Vec<String>,
    /// Who: these users, by the names of tokens or the subjects of an issuer.
    #[serde(default)]
    users: Vec<String>,
    /// What: `read`, `publish`, `administer`.
    allow: Vec<String>,
    /// How whoever publishes must have proven who it is: `token`, `oidc`, `ci`. Without it any way is good.
    #[serde(default)]
    publish_by: Vec<String>,
}

/// Globs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum TextOrList {
    Text(String),
    List(Vec<String>),
}

// === impl AccessEntry ===

impl AccessEntry {
    /// The rule, or why it is none.
    fn rule(self) -> Result<AccessRule, String> {
        let globs = match self.modules {
            TextOrList::Text(text) => text,
            TextOrList::List(list) => list.join(","),
        };
        let modules = ModulePatterns::parse(&globs);
        if modules.is_empty() || !modules.malformed().is_empty() {
            return Err(format!(
                "modules = {globs:?} has no glob, or one that matches nothing"
            ));
        }
        if self.groups.is_empty() && self.users.is_empty() {
            return Err("it names nobody; give groups or users".to_owned());
        }
        if self.allow.is_empty() {
            return Err("allow is empty; leave the table out to allow nothing".to_owned());
        }
        let actions = AccessAction::ALL.map(AccessAction::name);
        let kinds = IdentityKind::ALL.map(IdentityKind::name);
        let action = |name: &String| name.parse().map_err(|_| unknown(name, "allow", &actions));
        let kind = |name: &String| {
            IdentityKind::parse(name).ok_or_else(|| unknown(name, "publish-by", &kinds))
        };
        Ok(AccessRule {
            modules,
            allow: self.allow.iter().map(action).collect::<Result<_, _>>()?,
            publish_by: self.publish_by.iter().map(kind).collect::<Result<_, _>>()?,
            groups: self.groups,
            users: self.users,
        })
    }
}

fn unknown(name: &str, key: &str, known: &[&'static str]) -> String {
    match finding::nearest(name, known.iter().copied()) {
        Some(near) => format!("{key}: {name:?} is none; did you mean {near:?}?"),
        None => format!("{key}: {name:?} is none of {}", known.join(", ")),
    }
}

/// The JSON Schema of the tables.
pub(crate) fn json_schema() -> serde_json::Value {
    let entry = schemars::generate::SchemaSettings::default()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<AccessEntry>();
    serde_json::json!({
        "description": "Who may see, publish and administer which modules.",
        "type": "array",
        "items": entry,
    })
}

/// Reads the rules, or says what is wrong with each.
pub(crate) fn read(
    array: DeArray<'_>,
    source: SourceText<'_>,
) -> Result<Vec<AccessRule>, Vec<ConfigError>> {
    let (rules, errors) = TABLES.read(array, source, AccessEntry::rule);
    let rules = rules.into_iter().map(|(_, rule)| rule).collect();
    if errors.is_empty() {
        Ok(rules)
    } else {
        Err(errors)
    }
}

/// An error where something else than tables stands.
pub(crate) fn no_tables(start: usize, source: SourceText<'_>) -> ConfigError {
    TABLES.refuse(start, "it is an array of tables", source)
}

/// The rules as they would stand in a file.
pub fn shown(rules: &[AccessRule]) -> String {
    let mut text = String::new();
    for rule in rules {
        let string = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let strings = |names: &mut dyn Iterator<Item = &str>| {
            let names: Vec<_> = names.map(string).collect();
            format!("[{}]", names.join(", "))
        };
        let _ = writeln!(
            text,
            "\n[[access]]\nmodules = {}",
            string(&rule.modules.to_string())
        );
        for (key, list) in [("groups", &rule.groups), ("users", &rule.users)] {
            if !list.is_empty() {
                let names = strings(&mut list.iter().map(String::as_str));
                let _ = writeln!(text, "{key} = {names}");
            }
        }
        let allow = strings(&mut rule.allow.iter().map(|action| action.name()));
        let _ = writeln!(text, "allow = {allow}");
        if !rule.publish_by.is_empty() {
            let kinds = strings(&mut rule.publish_by.iter().map(|kind| kind.name()));
            let _ = writeln!(text, "publish-by = {kinds}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::position::SourceText;
    use access::AccessRule;
    use std::path::Path;
    use toml::de::{DeTable, DeValue};

    fn parse(text: &str) -> Result<Vec<AccessRule>, String> {
        let path = Path::new("modkeep.toml");
        let source = SourceText { path, text };
        let mut table = DeTable::parse(text).unwrap().into_inner();
        let value = table.remove(super::KEY).unwrap();
        let DeValue::Array(tables) = value.into_inner() else {
            return Err(super::no_tables(0, source).to_string());
        };
        super::read(tables, source).map_err(|errors| {
            assert_eq!(errors.len(), 1, "{errors:?}");
            errors[0].to_string()
        })
    }

    #[test]
    fn rules_are_read_and_shown_as_they_stand() {
        const TEXT: &str = "
[[access]]
modules = \"corp.example/*,other.example\"
groups = [\"staff\"]
users = [\"bot\"]
allow = [\"read\", \"publish\"]
publish-by = [\"ci\"]
";
        let rules = parse(TEXT).unwrap();
        assert_eq!(super::shown(&rules), TEXT);
        let list = TEXT.replace(
            "\"corp.example/*,other.example\"",
            "[\"corp.example/*\", \"other.example\"]",
        );
        assert_eq!(parse(&list).unwrap(), rules);
    }

    #[test]
    fn what_allows_or_protects_nothing_is_refused_with_its_line() {
        const HEAD: &str = "[[access]]\nmodules = \"a.example\"\n";
        for (text, words) in [
            (format!("{HEAD}allow = [\"read\"]\n"), "names nobody"),
            (
                format!("{HEAD}users = [\"x\"]\nallow = []\n"),
                "allow is empty",
            ),
            (format!("{HEAD}users = [\"x\"]\n"), "missing field `allow`"),
            (
                format!("{HEAD}users = [\"x\"]\nallow = [\"reads\"]\n"),
                "did you mean \"read\"?",
            ),
            (
                format!("{HEAD}users = [\"x\"]\nallow = [\"read\"]\nuser = []\n"),
                "did you mean \"users\"?",
            ),
            (
                "[[access]]\nmodules = \"[a-\"\nusers = [\"x\"]\nallow = [\"read\"]\n".to_owned(),
                "matches nothing",
            ),
            (
                format!("{HEAD}users = [\"x\"]\nallow = [\"publish\"]\npublish-by = [\"robot\"]\n"),
                "none of token, oidc, ci",
            ),
            ("access = 7\n".to_owned(), "array of tables"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.starts_with("modkeep.toml:"), "{error}");
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
