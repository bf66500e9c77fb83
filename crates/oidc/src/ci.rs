//! CI: tokens that a CI system gives to its jobs, and which of them are believed.
//!
//! Anybody in the world gets tokens of the issuer of a public CI system. What tells ours is the audience, which each mapping
//! has for itself, and the numbers of the repository and its owner: names are given away again when an account is
//! closed. A job that runs what a stranger sent, on an event of our repository, has a token with our numbers; so such events
//! are refused by name. If two mappings fit, the operator did not say which rights the job has, and it has none.

use crate::{
    claims::{TokenClaims, is_name},
    settings::IssuerUrl,
};
use access::{AccessScopes, AuthenticationFailure, FailureReason};
use serde_json::Value;
use std::{cmp::Reverse, collections::BTreeMap, fmt::Write as _};

/// Events on which a job of ours may run what others wrote.
pub const DEFAULT_DENIED_EVENTS: [&str; 2] = ["pull_request_target", "workflow_run"];

/// Claims that say on which event a job runs, of GitHub and its like, and of GitLab.
const EVENT_CLAIMS: [&str; 2] = ["event_name", "pipeline_source"];

/// Claims that number a repository or its owner.
const NUMBERS: [&str; 5] = [
    "repository_id",
    "repository_owner_id",
    "project_id",
    "namespace_id",
    "enterprise_id",
];

/// Claims that name one. `sub` is made of names there.
const NAMES: [&str; 7] = [
    "repository",
    "repository_owner",
    "project_path",
    "namespace_path",
    "job_workflow_ref",
    "workflow_ref",
    "enterprise",
];

/// Issuers whose tokens strangers get too.
const PUBLIC_ISSUERS: [&str; 2] = ["token.actions.githubusercontent.com", "gitlab.com"];

/// What claims a token must have: a name, and the values of which it must have one.
pub type ClaimFilter = BTreeMap<String, Vec<String>>;

/// One entry of `[[auth.ci]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiMapping {
    /// What it is called in refusals.
    pub name: String,
    /// Whose tokens.
    pub issuer: IssuerUrl,
    /// What `aud` has to name.
    pub audience: String,
    /// What else must be in them.
    pub claims: ClaimFilter,
    /// Events on which they are refused.
    pub deny_events: Vec<String>,
    /// Groups in which the job is.
    pub groups: Vec<String>,
    /// What it may do; with groups, as far as the rules let them.
    pub scopes: Option<AccessScopes>,
}

/// A mapping would fit strangers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CiMappingError {
    /// It has no audience.
    #[error("audience is empty; give each mapping one of its own, such as modkeep.corp.example")]
    NoAudience,
    /// It has no claims, or an empty one.
    #[error(
        "claims is empty, so every job that the issuer knows would fit; write claims = {{ repository_id = \"123\" }}"
    )]
    NoClaims,
    /// It has names and no numbers.
    #[error(
        "claims has the name {0}, and no number such as repository_id: when an account is closed its name can be \
         registered by others; add the number, or allow-names = true"
    )]
    NamesOnly(String),
    /// It has neither, and everybody gets tokens of this issuer.
    #[error(
        "claims says nothing of a repository, project or owner, and everybody gets tokens of this issuer; add \
         repository_id, repository_owner_id or project_id"
    )]
    Anybody,
    /// It gives nothing.
    #[error("neither groups nor scopes: a job that fits might do nothing")]
    NoRights,
}

// === impl CiMapping ===

impl CiMapping {
    /// Whether it fits nobody but those it is meant for.
    ///
    /// # Errors
    /// It would fit strangers.
    pub fn check(&self, allow_names: bool) -> Result<(), CiMappingError> {
        if self.audience.is_empty() {
            return Err(CiMappingError::NoAudience);
        }
        let is_empty =
            |values: &Vec<String>| values.is_empty() || values.iter().any(String::is_empty);
        if self.claims.is_empty() || self.claims.values().any(is_empty) {
            return Err(CiMappingError::NoClaims);
        }
        let has = |name: &str| self.claims.contains_key(name);
        let is_public = PUBLIC_ISSUERS.contains(&self.issuer.host());
        let mut names = NAMES.into_iter().chain(is_public.then_some("sub"));
        let name = names.find(|name| has(name));
        let has_number = NUMBERS.into_iter().any(has);
        match name {
            _ if has_number => {}
            Some(name) if !allow_names => return Err(CiMappingError::NamesOnly(name.to_owned())),
            None if is_public => return Err(CiMappingError::Anybody),
            _ => {}
        }
        if self.groups.is_empty() && self.scopes.is_none() {
            return Err(CiMappingError::NoRights);
        }
        Ok(())
    }

    /// Why a token does not fit: the claims that it misses or has with other values.
    fn differences(&self, claims: &TokenClaims) -> Vec<String> {
        let filters = self.claims.iter();
        let wrong = filters.filter_map(|(name, values)| match claims.nested(name) {
            None => Some(format!("claim {name} is missing")),
            Some(value) if !is_among(value, values) => Some(format!("claim {name} differs")),
            Some(_) => None,
        });
        let events = EVENT_CLAIMS.into_iter().filter_map(|name| {
            let event = claims.text(name)?;
            let denied = self.deny_events.iter().find(|denied| *denied == event)?;
            Some(format!("claim {name} is {denied}, which is refused"))
        });
        wrong.chain(events).collect()
    }
}

/// The mapping that a token fits.
///
/// # Errors
/// None fits, and why; or two do.
pub(crate) fn select<'m>(
    mappings: &[&'m CiMapping],
    claims: &TokenClaims,
) -> Result<&'m CiMapping, AuthenticationFailure> {
    let for_us = mappings.iter().filter(|one| claims.is_for(&one.audience));
    let mut judged: Vec<(&CiMapping, Vec<String>)> =
        for_us.map(|one| (*one, one.differences(claims))).collect();
    judged.sort_by_key(|(one, differences)| (differences.len(), Reverse(one.claims.len())));
    match judged.as_slice() {
        [] => {
            let mut expected: Vec<&str> =
                mappings.iter().map(|one| one.audience.as_str()).collect();
            expected.dedup();
            expected.truncate(3);
            Err(claims.wrong_audience(&expected))
        }
        [(one, none), (other, none_too), ..] if none.is_empty() && none_too.is_empty() => {
            let detail = format!(
                "two mappings of CI fit, {} and {}; make one narrower",
                one.name, other.name
            );
            Err(AuthenticationFailure::new(FailureReason::Mapping, detail))
        }
        [(one, none), ..] if none.is_empty() => Ok(one),
        [(nearest, differences), ..] => {
            let mut detail = format!("mapping {} does not fit: ", nearest.name);
            for (index, difference) in differences.iter().take(3).enumerate() {
                let comma = if index == 0 { "" } else { ", " };
                let _ = write!(detail, "{comma}{difference}");
            }
            Err(AuthenticationFailure::new(FailureReason::Mapping, detail))
        }
    }
}

/// The project and job that a token was given to, as far as it says: `corp/tools@refs/heads/main build.yml 17`.
pub(crate) fn project(claims: &TokenClaims) -> Option<String> {
    let first = |names: &[&str]| {
        let mut texts = names.iter().filter_map(|name| text_of(claims.value(name)?));
        texts.find(|text| is_name(text))
    };
    let mut project = first(&["repository", "project_path"])?;
    if let Some(reference) = first(&["ref"]) {
        let _ = write!(project, "@{reference}");
    }
    for names in [
        &["job_workflow_ref", "workflow"][..],
        &["job_id", "run_id"][..],
    ] {
        if let Some(part) = first(names) {
            let _ = write!(project, " {part}");
        }
    }
    Some(project)
}

fn is_among(value: &Value, values: &[String]) -> bool {
    match value {
        Value::Array(all) => all.iter().any(|one| is_among(one, values)),
        one => text_of(one).is_some_and(|text| values.contains(&text)),
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}
