//! `[auth.oidc]` and `[[auth.ci]]`: whose tokens are believed, beside those of this site.
//!
//! ```toml
//! [auth.oidc]
//! issuer = "https://login.corp.example"
//! audience = "modkeep"
//! client-id = "modkeep"
//! client-secret-file = "/etc/modkeep/oidc.secret"
//! scopes = ["modkeep.read"]
//! groups-claim = "groups"
//!
//! [[auth.ci]]
//! name = "tools"
//! issuer = "https://token.actions.githubusercontent.com"
//! audience = "modkeep.corp.example"
//! claims = { repository_id = "123", ref_protected = true }
//! groups = ["builders"]
//! scopes = "read:corp.example/* publish:corp.example/tools"
//! ```
//!
//! Tables of the file alone, beside the options of `[auth]`. A secret stands in a file of its own. What would let
//! strangers in is refused where it stands.

use crate::{
    error::ConfigError,
    option::{OPTIONS, OptionRow},
    position::SourceText,
    table_array::TableArray,
    table_keys::refuse_unknown,
    value,
};
use access::AccessScopes;
use codes::Code;
use oidc::{
    CiMapping, ClaimFilter, DEFAULT_DENIED_EVENTS, DEFAULT_KEY_AGE, IntrospectionMode,
    IssuerClient, IssuerSettings, IssuerUrl, IssuerUrlError, ProviderSettings,
};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap, path::PathBuf};
use toml::{
    Spanned,
    de::{DeArray, DeValue},
};

/// The section.
pub(crate) const KEY: &str = "auth";

/// Its table of the issuer, and its array of CI systems.
pub(crate) const TABLE_KEYS: [&str; 2] = ["oidc", "ci"];

const ISSUER: TableArray = TableArray {
    name: "auth.oidc",
    remedy: "write issuer = \"https://login.corp.example\" and audience = \"modkeep\" below [auth.oidc], for example",
};

const JOBS: TableArray = TableArray {
    name: "auth.ci",
    remedy: "write issuer, audience, claims = { repository_id = \"123\" } and groups below [[auth.ci]]; see docs/auth.md",
};

/// The issuer of the tokens of people and services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct IssuerTable {
    /// The https URL of the issuer, letter by letter as `iss` says it.
    issuer: String,
    /// What `aud` has to name.
    audience: String,
    /// As whom the issuer is asked about tokens.
    #[serde(default)]
    client_id: Option<String>,
    /// The file of that client's secret.
    #[serde(default)]
    client_secret_file: Option<PathBuf>,
    /// Scopes that every token needs.
    #[serde(default)]
    scopes: Vec<String>,
    /// The claim that names the caller; `sub` without it, which nobody chooses for himself.
    #[serde(default)]
    user_claim: Option<String>,
    /// The claim with the caller's groups; dots lead into objects: `realm_access.roles`.
    #[serde(default)]
    groups_claim: Option<String>,
    /// Which tokens the issuer is asked about (RFC 7662): `off`, `opaque` (those that are no JWT), `always`.
    #[serde(default)]
    introspection: Option<String>,
    /// For how long known keys go on validating while the issuer is away, such as `24h`.
    #[serde(default)]
    key_age: Option<String>,
}

/// Tokens that a CI system gives to its jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct JobTable {
    /// What it is called in refusals.
    #[serde(default)]
    name: Option<String>,
    /// The https URL of the issuer.
    issuer: String,
    /// What `aud` has to name; each mapping has its own.
    audience: String,
    /// Claims that a token must have, each with one of these values. Numbers of repository or owner are needed.
    claims: BTreeMap<String, ClaimValue>,
    /// Whether names of repositories will do without numbers.
    #[serde(default)]
    allow_names: bool,
    /// Events on which jobs are refused; `pull_request_target` and `workflow_run` without it.
    #[serde(default)]
    deny_events: Option<Vec<String>>,
    /// Groups in which the job is, for `[[access]]` rules.
    #[serde(default)]
    groups: Vec<String>,
    /// What the job may do, as scopes of tokens are written; with groups, as far as the rules let them.
    #[serde(default)]
    scopes: Option<String>,
}

/// What a claim has to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum ClaimValue {
    Text(String),
    Number(i64),
    Truth(bool),
    AnyOf(Vec<String>),
}

/// Why a table cannot be used, and under which code.
type TableProblem = (Code, String);

/// Reads one of the two tables into the settings. `false` where the key is neither.
pub(crate) fn read(
    key: &Spanned<Cow<'_, str>>,
    value: Spanned<DeValue<'_>>,
    source: SourceText<'_>,
    settings: &mut ProviderSettings,
    errors: &mut Vec<ConfigError>,
) {
    let start = key.span().start;
    match (key.get_ref().as_ref(), value.get_ref()) {
        ("oidc", DeValue::Table(_)) => {
            let mut tables = DeArray::new();
            tables.push(value);
            let (tables, wrong) = ISSUER.read(tables, source, Ok::<IssuerTable, String>);
            errors.extend(wrong);
            for (_, table) in tables {
                match table.settings() {
                    Ok(issuer) => settings.issuer = Some(issuer),
                    Err((code, why)) => errors.push(ISSUER.refuse(start, why, source).coded(code)),
                }
            }
        }
        ("ci", DeValue::Array(_)) => {
            let DeValue::Array(tables) = value.into_inner() else {
                return;
            };
            let (tables, wrong) = JOBS.read(tables, source, Ok::<JobTable, String>);
            errors.extend(wrong);
            for (number, (at, table)) in (1..).zip(tables) {
                match table.mapping(number, &settings.ci) {
                    Ok(mapping) => settings.ci.push(mapping),
                    Err((code, why)) => errors.push(JOBS.refuse(at, why, source).coded(code)),
                }
            }
        }
        ("oidc", _) => errors.push(ISSUER.refuse(start, "it is a table: [auth.oidc]", source)),
        ("ci", _) => {
            errors.push(JOBS.refuse(start, "it is an array of tables: [[auth.ci]]", source));
        }
        _ => {
            let known = OPTIONS.iter().map(OptionRow::place);
            let known = known
                .filter(|(section, _)| *section == KEY)
                .map(|(_, key)| key);
            errors.push(refuse_unknown(
                key,
                " in [auth]",
                known.chain(TABLE_KEYS),
                source,
            ));
        }
    }
}

/// The JSON Schemas of the two, by key.
pub(crate) fn json_schemas() -> [(&'static str, serde_json::Value); 2] {
    let whole = |schema: schemars::Schema| {
        let mut schema = schema.to_value();
        // They are put into another document, where these mean something else.
        if let serde_json::Value::Object(schema) = &mut schema {
            schema.remove("$schema");
            schema.remove("title");
        }
        inlined(&schema, &schema)
    };
    let jobs = serde_json::json!({ "type": "array", "items": whole(schema_for!(JobTable)) });
    [("oidc", whole(schema_for!(IssuerTable))), ("ci", jobs)]
}

/// A schema with what it refers to in the place of the reference.
fn inlined(schema: &serde_json::Value, root: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match schema {
        Value::Object(object) => {
            if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
                let target = root.pointer(reference.trim_start_matches('#'));
                return target.map_or(Value::Null, |target| inlined(target, root));
            }
            let parts = object.iter().filter(|(name, _)| *name != "$defs");
            let parts = parts.map(|(name, part)| (name.clone(), inlined(part, root)));
            Value::Object(parts.collect())
        }
        Value::Array(parts) => parts.iter().map(|part| inlined(part, root)).collect(),
        other => other.clone(),
    }
}

// === impl IssuerTable ===

impl IssuerTable {
    fn settings(self) -> Result<IssuerSettings, TableProblem> {
        let bad = |why: String| (Code::BadConfiguration, why);
        if self.audience.is_empty() {
            return Err(bad(
                "audience is empty: tokens for anybody would be believed".to_owned(),
            ));
        }
        let client = match (self.client_id, self.client_secret_file) {
            (Some(id), Some(secret_file)) => Some(IssuerClient { id, secret_file }),
            (None, None) => None,
            (Some(_), None) => return Err(bad("client-id needs client-secret-file".to_owned())),
            (None, Some(_)) => return Err(bad("client-secret-file needs client-id".to_owned())),
        };
        let introspection = match self.introspection.as_deref() {
            None => IntrospectionMode::Off,
            Some(name) => IntrospectionMode::parse(name).ok_or_else(|| {
                bad(format!(
                    "introspection = {name:?} is none of off, opaque, always"
                ))
            })?,
        };
        if introspection != IntrospectionMode::Off && client.is_none() {
            let why = "introspection needs client-id and client-secret-file: the issuer wants to know who asks";
            return Err(bad(why.to_owned()));
        }
        let key_age = self.key_age.as_deref().map(value::duration).transpose();
        Ok(IssuerSettings {
            issuer: issuer(&self.issuer)?,
            audience: self.audience,
            client,
            scopes: self.scopes,
            user_claim: self.user_claim.unwrap_or_else(|| "sub".to_owned()),
            groups_claim: self.groups_claim,
            introspection,
            key_age: key_age.map_err(bad)?.unwrap_or(DEFAULT_KEY_AGE),
        })
    }
}

// === impl JobTable ===

impl JobTable {
    fn mapping(self, number: usize, others: &[CiMapping]) -> Result<CiMapping, TableProblem> {
        let bad = |why: String| (Code::BadConfiguration, why);
        let name = self.name.unwrap_or_else(|| format!("ci-{number}"));
        if others.iter().any(|other| other.name == name) {
            return Err(bad(format!("two of them have the name {name:?}")));
        }
        let scopes = self.scopes.as_deref().map(AccessScopes::parse).transpose();
        let claims = self.claims.into_iter();
        let claims: ClaimFilter = claims.map(|(name, value)| (name, value.texts())).collect();
        let mapping = CiMapping {
            name,
            issuer: issuer(&self.issuer)?,
            audience: self.audience,
            claims,
            deny_events: self
                .deny_events
                .unwrap_or_else(|| DEFAULT_DENIED_EVENTS.map(str::to_owned).to_vec()),
            groups: self.groups,
            scopes: scopes.map_err(|error| bad(error.to_string()))?,
        };
        let checked = mapping.check(self.allow_names);
        checked.map_err(|error| (Code::CiMappingOpen, error.to_string()))?;
        Ok(mapping)
    }
}

// === impl ClaimValue ===

impl ClaimValue {
    fn texts(self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text],
            Self::Number(number) => vec![number.to_string()],
            Self::Truth(truth) => vec![truth.to_string()],
            Self::AnyOf(texts) => texts,
        }
    }
}

fn issuer(text: &str) -> Result<IssuerUrl, TableProblem> {
    IssuerUrl::parse(text).map_err(|error| {
        let code = match error {
            IssuerUrlError::NotHttps => Code::IssuerNotHttps,
            IssuerUrlError::NoUrl | IssuerUrlError::TooMuch => Code::BadConfiguration,
        };
        (code, error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use crate::file::ConfigFile;
    use codes::Code;
    use oidc::IntrospectionMode;
    use std::{path::Path, time::Duration};

    const OIDC: &str = "[auth.oidc]\nissuer = 'https://login.example'\naudience = 'modkeep'\n";
    const CI: &str = "[[auth.ci]]\nissuer = 'https://ci.example'\naudience = 'm'\ngroups = ['b']\n";

    fn parse(text: &str) -> ConfigFile {
        ConfigFile::parse(Path::new("modkeep.toml"), text)
    }

    #[test]
    fn issuers_and_jobs_stand_beside_other_keys() {
        let file = parse(&format!(
            "upstream = 'off'\n{OIDC}client-id = 'c'\nclient-secret-file = '/s'\nscopes = ['a']\n\
             introspection = 'opaque'\nkey-age = '2h'\ngroups-claim = 'realm.roles'\n\
             {CI}claims = {{ repository_id = 7, protected = true, ref = ['a', 'b'] }}\n\
             {CI}name = 'two'\nclaims = {{ sub = 'x' }}\nscopes = 'read:corp.example/*'\ndeny-events = []\n"
        ));
        assert!(file.errors.is_empty(), "{:?}", file.errors);
        let issuer = file.tables.issuers.issuer.unwrap();
        assert_eq!(issuer.introspection, IntrospectionMode::Opaque);
        assert_eq!(issuer.key_age, Duration::from_hours(2));
        assert_eq!(issuer.user_claim, "sub");
        let [one, two] = file.tables.issuers.ci.as_slice() else {
            panic!()
        };
        assert_eq!(one.claims["repository_id"], ["7"]);
        assert_eq!(one.claims["ref"], ["a", "b"]);
        assert_eq!((one.name.as_str(), one.deny_events.len()), ("ci-1", 2));
        assert_eq!((two.name.as_str(), two.deny_events.len()), ("two", 0));
    }

    #[test]
    fn what_would_let_strangers_in_is_refused_with_its_line() {
        for (text, line, words) in [
            (
                format!("{OIDC}isuer = 'x'\n"),
                4,
                "did you mean \"issuer\"?",
            ),
            (
                format!("{OIDC}client-secret = 'x'\n"),
                4,
                "did you mean \"client-secret-file\"?",
            ),
            (
                "[auth.oidc]\nissuer = 'https://a.example'\n".to_owned(),
                1,
                "audience",
            ),
            (
                "[auth.oidc]\nissuer = 'https://a.example'\naudience = ''\n".to_owned(),
                1,
                "audience is empty",
            ),
            (
                "[auth.oidc]\nissuer = 'http://a.example'\naudience = 'x'\n".to_owned(),
                1,
                "is not https",
            ),
            (
                format!("{OIDC}introspection = 'opaque'\n"),
                1,
                "introspection needs client-id",
            ),
            (
                format!("{OIDC}introspection = 'yes'\n"),
                1,
                "none of off, opaque, always",
            ),
            (
                format!("{OIDC}client-id = 'x'\n"),
                1,
                "needs client-secret-file",
            ),
            (format!("{OIDC}key-age = 'long'\n"), 1, "is no time"),
            (format!("{CI}claims = {{}}\n"), 1, "claims is empty"),
            (CI.to_owned(), 1, "claims"),
            (
                format!("{CI}claims = {{ repository = 'a/b' }}\n"),
                1,
                "can be registered by others",
            ),
            (
                format!("{CI}claims = {{ sub = 'x' }}\nscopes = 'all'\n"),
                1,
                "is no action",
            ),
            (
                "[auth]\noidcs = 1\n".to_owned(),
                2,
                "did you mean \"oidc\"?",
            ),
            ("[auth]\nci = 1\n".to_owned(), 2, "array of tables"),
        ] {
            let file = parse(&text);
            let why = file.errors[0].to_string();
            assert!(
                why.starts_with(&format!("modkeep.toml:{line}: ")),
                "{text}: {why}"
            );
            assert!(why.contains(words), "{text}: {why}");
            assert_eq!(file.errors.len(), 1, "{:?}", file.errors);
        }
        let open = parse("[auth.oidc]\nissuer = 'http://a.example'\naudience = 'x'\n");
        let errors = crate::ConfigErrors::from(open.errors[0].clone());
        assert_eq!(errors.code(), Code::IssuerNotHttps);
        let strangers = parse(&format!("{CI}claims = {{ repository = 'a/b' }}\n"));
        let errors = crate::ConfigErrors::from(strangers.errors[0].clone());
        assert_eq!(errors.code(), Code::CiMappingOpen);
    }
}
