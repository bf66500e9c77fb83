//! Registries: what the configuration of a package manager says of where packages come from.
//!
//! Such a file lies in the checkout, so a change can write it: whoever points it elsewhere decides
//! where everything without an address is fetched from. It is read in order to be compared with the
//! base and with the policy, and to know the host of a scope. npm, pnpm and yarn 1 write `key = value`
//! or `key "value"` lines; yarn since 2 and pnpm since 10 write YAML. A host that is taken from an
//! environment variable is not known here, and is no host.

use crate::{
    input::{ByteRange, SourceText},
    rules::{HOST_NOT_ALLOWED, REGISTRY_CHANGED},
    source::SourceAddress,
    tree::{self, MapFields, TreeValue, printable_name},
};
use finding::{Finding, FindingPlace, UnreadableInput};
use std::fmt;

/// A registry that a configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredRegistry {
    /// What is fetched from it.
    pub reach: RegistryReach,
    /// Its host, and its port if it is not the scheme's own; nothing if that is not written there.
    pub host: Option<String>,
    /// Where it is named.
    pub place: FindingPlace,
}

/// What is fetched from a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryReach {
    /// Everything that has no registry of its own.
    Everything,
    /// A scope, such as `@corp`.
    Scope(String),
    /// Scopes or packages that are listed elsewhere, which is not read: no package is taken for one of
    /// them.
    Some,
}

/// The form of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistryConfigForm {
    /// `.npmrc` (npm, pnpm) and `.yarnrc` (yarn 1): lines of a key and a value.
    Lines,
    /// `.yarnrc.yml` (yarn since 2).
    Yarn,
    /// `pnpm-workspace.yaml` (pnpm since 10).
    Pnpm,
}

/// The files that are read, by name.
pub const FILES: [(&str, RegistryConfigForm); 4] = [
    (".npmrc", RegistryConfigForm::Lines),
    (".yarnrc", RegistryConfigForm::Lines),
    (".yarnrc.yml", RegistryConfigForm::Yarn),
    ("pnpm-workspace.yaml", RegistryConfigForm::Pnpm),
];

/// The registries that a configuration names.
///
/// # Errors
/// Where the file is damaged, or no YAML though it has to be.
pub fn read(
    form: RegistryConfigForm,
    file: &str,
    bytes: &[u8],
) -> Result<Vec<ConfiguredRegistry>, UnreadableInput> {
    if bytes.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let input = SourceText::new(file, bytes)?;
    match form {
        RegistryConfigForm::Lines => Ok(lines(&input)),
        RegistryConfigForm::Yarn => yarn(&input),
        RegistryConfigForm::Pnpm => pnpm(&input),
    }
}

/// What is wrong with the registries that a configuration names: those that the policy does not list,
/// and with a base those that were not there.
pub fn check(
    now: &[ConfiguredRegistry],
    base: Option<&[ConfiguredRegistry]>,
    allowed: &[String],
) -> Vec<Finding> {
    let finding = |registry: &ConfiguredRegistry| {
        let (rule, why) = match base {
            _ if registry.is_listed(allowed) => return None,
            Some(base) if base.iter().any(|old| old.says_the_same(registry)) => return None,
            Some(_) => (&REGISTRY_CHANGED, "which they did not at the base"),
            None if allowed.is_empty() || registry.host.is_none() => return None,
            None => (
                &HOST_NOT_ALLOWED,
                "which is not among the hosts that are allowed",
            ),
        };
        let message = format!("{registry}, {why}");
        Some(Finding::new(rule, registry.place.clone(), "", message))
    };
    now.iter().filter_map(finding).collect()
}

// === impl ConfiguredRegistry ===

impl ConfiguredRegistry {
    fn new(reach: RegistryReach, address: &str, place: FindingPlace) -> Self {
        // What is filled in from the environment is not known here.
        let known = SourceAddress::parse(address).filter(|_| !address.contains('$'));
        Self {
            reach,
            host: known.and_then(|address| address.authority),
            place,
        }
    }

    /// Whether a package is fetched from it.
    pub(crate) fn is_for(&self, package: &str) -> bool {
        match &self.reach {
            RegistryReach::Everything => true,
            RegistryReach::Scope(scope) => {
                let rest = package.strip_prefix(&**scope);
                rest.is_some_and(|rest| rest.starts_with('/'))
            }
            RegistryReach::Some => false,
        }
    }

    fn is_listed(&self, allowed: &[String]) -> bool {
        let host = self.host.as_deref();
        host.is_some_and(|host| allowed.iter().any(|one| one.eq_ignore_ascii_case(host)))
    }

    fn says_the_same(&self, other: &Self) -> bool {
        (&self.reach, &self.host) == (&other.reach, &other.host)
    }
}

impl fmt::Display for ConfiguredRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = match &self.reach {
            RegistryReach::Everything => String::new(),
            RegistryReach::Scope(scope) => format!(" of {}", printable_name(scope)),
            RegistryReach::Some => " of some scopes".to_owned(),
        };
        let host = self.host.as_deref().unwrap_or("a host of the environment");
        write!(f, "packages{of} come from {host}")
    }
}

/// Lines of a key and a value; those of a section are of something else.
fn lines(input: &SourceText<'_>) -> Vec<ConfiguredRegistry> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in input.text.split_inclusive('\n') {
        let at = ByteRange::new(start, start + line.trim_end().len());
        start += line.len();
        let line = line.trim();
        if line.starts_with('[') {
            break;
        }
        let Some((key, value)) = pair(line) else {
            continue;
        };
        let reach = match key.split_once(':') {
            None if key == "registry" => RegistryReach::Everything,
            Some((scope, "registry")) if scope.starts_with('@') => {
                RegistryReach::Scope(scope.to_owned())
            }
            _ => continue,
        };
        let place = FindingPlace::at(input.file, input.span(at));
        found.push(ConfiguredRegistry::new(reach, value, place));
    }
    found
}

/// Key and value of a line, without their quotes; nothing of a comment.
fn pair(line: &str) -> Option<(&str, &str)> {
    if line.starts_with(['#', ';']) {
        return None;
    }
    let by_sign = line.split_once('=');
    let (key, value) = by_sign.or_else(|| line.split_once(char::is_whitespace))?;
    // An address may have a `=` itself, behind the blank of the other form.
    match bare(key).split_once(char::is_whitespace) {
        Some(_) => {
            let (key, value) = line.split_once(char::is_whitespace)?;
            Some((bare(key), bare(value)))
        }
        None => Some((bare(key), bare(value))),
    }
}

fn bare(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// `npmRegistryServer`, of everything and of each scope.
fn yarn(input: &SourceText<'_>) -> Result<Vec<ConfiguredRegistry>, UnreadableInput> {
    let mut found = Vec::new();
    for document in &tree::yaml(input)? {
        let top = MapFields::of(input, document)?;
        let server =
            |reach, fields: MapFields<'_, '_>| registry_named(reach, fields, "npmRegistryServer");
        found.extend(server(RegistryReach::Everything, top)?);
        let scopes = top.map("npmScopes")?;
        for entry in scopes.map_or(&[][..], |scopes| scopes.entries) {
            let reach = RegistryReach::Scope(format!("@{}", entry.key));
            found.extend(server(reach, MapFields::of(input, &entry.node)?)?);
        }
    }
    Ok(found)
}

/// `registry`; `registries`, by scope or since 11.23 by the registry's own URL; `namedRegistries`.
fn pnpm(input: &SourceText<'_>) -> Result<Vec<ConfiguredRegistry>, UnreadableInput> {
    let mut found = Vec::new();
    for document in &tree::yaml(input)? {
        let top = MapFields::of(input, document)?;
        found.extend(registry_named(RegistryReach::Everything, top, "registry")?);
        for key in ["registries", "namedRegistries"] {
            for entry in top.map(key)?.map_or(&[][..], |map| map.entries) {
                let reach = match &*entry.key {
                    "default" => RegistryReach::Everything,
                    scope if scope.starts_with('@') => RegistryReach::Scope(scope.to_owned()),
                    _ => RegistryReach::Some,
                };
                let (address, at) = match &entry.node.value {
                    TreeValue::Map(_) => (&*entry.key, entry.at),
                    _ => (entry.node.text(input)?, entry.node.at),
                };
                let place = FindingPlace::at(input.file, input.span(at));
                found.push(ConfiguredRegistry::new(reach, address, place));
            }
        }
    }
    Ok(found)
}

/// The registry whose address a field has.
fn registry_named(
    reach: RegistryReach,
    fields: MapFields<'_, '_>,
    key: &str,
) -> Result<Option<ConfiguredRegistry>, UnreadableInput> {
    let address = fields.text(key)?;
    Ok(address.map(|address| {
        let place = FindingPlace::at(fields.input.file, address.span);
        ConfiguredRegistry::new(reach, &address.value, place)
    }))
}

#[cfg(test)]
mod tests {
    use super::{ConfiguredRegistry, RegistryConfigForm, check, read};

    fn told(form: RegistryConfigForm, text: &str) -> Vec<String> {
        let found = read(form, ".npmrc", text.as_bytes()).unwrap();
        found.iter().map(ConfiguredRegistry::to_string).collect()
    }

    #[test]
    fn registries_are_read_from_each_form_of_configuration() {
        let npmrc = "; registry=https://no.example.com\nregistry = \"https://a.example.com/npm/?x=1\"\n\
            @corp:registry=https://b.example.com:8443/\n//a.example.com/:_authToken=${TOKEN}\n\
            @env:registry=${CORP_REGISTRY}\nsave-exact=true\n[section]\nregistry=https://c.example.com\n";
        let all = [
            "packages come from a.example.com",
            "packages of \"@corp\" come from b.example.com:8443",
            "packages of \"@env\" come from a host of the environment",
        ];
        assert_eq!(told(RegistryConfigForm::Lines, npmrc), all);
        let yarnrc = "registry \"https://a.example.com/npm/?x=1\"\n\"@corp:registry\" \"https://b.example.com:8443\"\n";
        assert_eq!(told(RegistryConfigForm::Lines, yarnrc), all[..2]);
        let yml = "npmRegistryServer: \"https://a.example.com\"\nnpmScopes:\n  corp:\n    npmRegistryServer: https://b.example.com:8443\n    npmAlwaysAuth: true\n";
        assert_eq!(told(RegistryConfigForm::Yarn, yml), all[..2]);
        let old = "registry: https://a.example.com\nregistries:\n  '@corp': https://b.example.com:8443/\n";
        assert_eq!(told(RegistryConfigForm::Pnpm, old), all[..2]);
        let new = "packages:\n  - 'packages/*'\nregistries:\n  https://b.example.com:8443/npm/:\n    scopes: ['@corp']\n";
        let some = ["packages of some scopes come from b.example.com:8443"];
        assert_eq!(told(RegistryConfigForm::Pnpm, new), some);
    }

    #[test]
    fn a_registry_that_was_not_at_the_base_or_is_not_listed_is_found() {
        let of = |host: &str| {
            let text = format!("registry=https://{host}/\n");
            read(RegistryConfigForm::Lines, ".npmrc", text.as_bytes()).unwrap()
        };
        let (good, evil) = (of("a.example.com"), of("evil.example"));
        let rules =
            |now: &[ConfiguredRegistry], base: Option<&[ConfiguredRegistry]>, allowed: &[&str]| {
                let allowed: Vec<String> = allowed.iter().map(|one| (*one).to_owned()).collect();
                let found = check(now, base, &allowed);
                found.iter().map(|one| one.rule.id).collect::<Vec<_>>()
            };
        assert_eq!(rules(&evil, None, &[]), [""; 0]);
        assert_eq!(
            rules(&evil, None, &["a.example.com"]),
            ["lock/host-not-allowed"]
        );
        assert_eq!(rules(&evil, Some(&good), &[]), ["lock/registry-changed"]);
        assert_eq!(rules(&evil, Some(&[]), &[]), ["lock/registry-changed"]);
        assert_eq!(rules(&evil, Some(&good), &["EVIL.example"]), [""; 0]);
        assert_eq!(rules(&good, Some(&good), &["b.example.com"]), [""; 0]);
    }
}
