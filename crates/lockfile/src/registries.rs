//! Registries: what the configuration of a package manager says of where packages come from.
//!
//! Such a file lies in the checkout, so a change can write it: whoever points it elsewhere decides
//! where everything without an address is fetched from. It is read in order to be compared with the
//! base and with the policy, and to know the host of a scope. npm, pnpm and yarn 1 write `key = value`
//! or `key "value"` lines; yarn since 2 writes YAML. A host that is taken from an environment variable
//! is not known here, and is no host.

use crate::{
    input::{At, Input},
    rules::{HOST_NOT_ALLOWED, REGISTRY_CHANGED},
    source::Address,
    tree::{self, Fields, shown},
};
use finding::{Finding, Place, Unreadable};
use std::fmt;

/// A registry that a configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// The scope that it is for, such as `@corp`; nothing if it is for everything.
    pub scope: Option<String>,
    /// Its host, and its port if it is not the scheme's own; nothing if that is not written there.
    pub host: Option<String>,
    /// Where it is named.
    pub place: Place,
}

/// The form of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Configuration {
    /// `.npmrc` (npm, pnpm) and `.yarnrc` (yarn 1): lines of a key and a value.
    Lines,
    /// `.yarnrc.yml` (yarn since 2).
    Yaml,
}

/// The files that are read, by name.
pub const FILES: [(&str, Configuration); 3] = [
    (".npmrc", Configuration::Lines),
    (".yarnrc", Configuration::Lines),
    (".yarnrc.yml", Configuration::Yaml),
];

/// The registries that a configuration names.
///
/// # Errors
/// Where the file is damaged, or no YAML though it has to be.
pub fn read(form: Configuration, file: &str, bytes: &[u8]) -> Result<Vec<Registry>, Unreadable> {
    if bytes.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let input = Input::new(file, bytes)?;
    match form {
        Configuration::Lines => Ok(lines(&input)),
        Configuration::Yaml => yaml(&input),
    }
}

/// What is wrong with the registries that a configuration names: those that the policy does not list,
/// and with a base those that were not there.
pub fn check(now: &[Registry], base: Option<&[Registry]>, allowed: &[String]) -> Vec<Finding> {
    let finding = |registry: &Registry| {
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

// === impl Registry ===

impl Registry {
    fn new(scope: Option<&str>, address: &str, place: Place) -> Self {
        // What is filled in from the environment is not known here.
        let known = Address::parse(address).filter(|_| !address.contains('$'));
        Self {
            scope: scope.map(str::to_owned),
            host: known.and_then(|address| address.authority),
            place,
        }
    }

    /// Whether a package is fetched from it.
    pub(crate) fn is_for(&self, package: &str) -> bool {
        let Some(scope) = &self.scope else {
            return true;
        };
        let rest = package.strip_prefix(&**scope);
        rest.is_some_and(|rest| rest.starts_with('/'))
    }

    fn is_listed(&self, allowed: &[String]) -> bool {
        let host = self.host.as_deref();
        host.is_some_and(|host| allowed.iter().any(|one| one.eq_ignore_ascii_case(host)))
    }

    fn says_the_same(&self, other: &Self) -> bool {
        (&self.scope, &self.host) == (&other.scope, &other.host)
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = self.scope.as_deref();
        let of = scope.map(|scope| format!(" of {}", shown(scope)));
        let host = self.host.as_deref().unwrap_or("a host of the environment");
        write!(f, "packages{} come from {host}", of.unwrap_or_default())
    }
}

/// Lines of a key and a value; those of a section are of something else.
fn lines(input: &Input<'_>) -> Vec<Registry> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in input.text.split_inclusive('\n') {
        let at = At::new(start, start + line.trim_end().len());
        start += line.len();
        let line = line.trim();
        if line.starts_with('[') {
            break;
        }
        let Some((key, value)) = pair(line) else {
            continue;
        };
        let scope = match key.split_once(':') {
            None if key == "registry" => None,
            Some((scope, "registry")) if scope.starts_with('@') => Some(scope),
            _ => continue,
        };
        let place = Place::at(input.file, input.span(at));
        found.push(Registry::new(scope, value, place));
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

fn yaml(input: &Input<'_>) -> Result<Vec<Registry>, Unreadable> {
    const SERVER: &str = "npmRegistryServer";
    let mut found = Vec::new();
    let mut add = |scope: Option<&str>, fields: Fields<'_, '_>| {
        if let Some(server) = fields.text(SERVER)? {
            let place = Place::at(input.file, server.span);
            found.push(Registry::new(scope, &server.value, place));
        }
        Ok(())
    };
    for document in &tree::yaml(input)? {
        let top = Fields::of(input, document)?;
        add(None, top)?;
        for entry in top
            .map("npmScopes")?
            .map_or(&[][..], |scopes| scopes.entries)
        {
            let scope = format!("@{}", entry.key);
            add(Some(&scope), Fields::of(input, &entry.node)?)?;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{Configuration, Registry, check, read};

    fn told(form: Configuration, text: &str) -> Vec<String> {
        let found = read(form, ".npmrc", text.as_bytes()).unwrap();
        found.iter().map(Registry::to_string).collect()
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
        assert_eq!(told(Configuration::Lines, npmrc), all);
        let yarnrc = "registry \"https://a.example.com/npm/?x=1\"\n\"@corp:registry\" \"https://b.example.com:8443\"\n";
        assert_eq!(told(Configuration::Lines, yarnrc), all[..2]);
        let yml = "npmRegistryServer: \"https://a.example.com\"\nnpmScopes:\n  corp:\n    npmRegistryServer: https://b.example.com:8443\n    npmAlwaysAuth: true\n";
        assert_eq!(told(Configuration::Yaml, yml), all[..2]);
    }

    #[test]
    fn a_registry_that_was_not_at_the_base_or_is_not_listed_is_found() {
        let of = |host: &str| {
            let text = format!("registry=https://{host}/\n");
            read(Configuration::Lines, ".npmrc", text.as_bytes()).unwrap()
        };
        let (good, evil) = (of("a.example.com"), of("evil.example"));
        let rules = |now: &[Registry], base: Option<&[Registry]>, allowed: &[&str]| {
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
