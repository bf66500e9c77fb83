//! Claims: what a token says, and the checks that every token has to pass (RFC 7519 section 4.1).
//!
//! A failure names the claim, and never its value: the value is a part of what was presented.

use access::{AuthenticationFailure, FailureReason};
use jiff::{SignedDuration, Timestamp};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// How far the clocks of an issuer and of this machine may be apart.
pub(crate) const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// The most groups of an identity. Who has more has a claim of another meaning.
const MOST_GROUPS: usize = 1000;

/// The longest name of a user or group.
const LONGEST_NAME: usize = 255;

/// What a token says.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenClaims(BTreeMap<String, Value>);

// === impl TokenClaims ===

impl TokenClaims {
    /// Reads an object; `None` where it is none, or says something twice.
    pub fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// A claim that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A claim.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A claim of this name, or below names that dots separate.
    pub fn nested(&self, name: &str) -> Option<&Value> {
        if let Some(value) = self.0.get(name) {
            return Some(value);
        }
        let mut names = name.split('.');
        let first = self.0.get(names.next()?)?;
        names.try_fold(first, |value, name| value.as_object()?.get(name))
    }

    /// Whether it is from this issuer.
    pub(crate) fn check_issuer(&self, issuer: &str) -> Result<(), AuthenticationFailure> {
        if self.text("iss") == Some(issuer) {
            return Ok(());
        }
        let detail = "claim iss is missing or names another issuer";
        Err(AuthenticationFailure::new(
            FailureReason::WrongIssuer,
            detail,
        ))
    }

    /// Whether it is within its time; when it ends.
    pub(crate) fn check_time(&self, now: Timestamp) -> Result<Timestamp, AuthenticationFailure> {
        let expired = |detail: String| AuthenticationFailure::new(FailureReason::Expired, detail);
        let end = self
            .time("exp")?
            .ok_or_else(|| claim("claim exp is missing: the token would hold for ever"))?;
        if now >= later(end) {
            return Err(expired(format!(
                "claim exp is {} in the past",
                apart(now, end)
            )));
        }
        for name in ["nbf", "iat"] {
            let begin = self.time(name)?;
            if let Some(begin) = begin.filter(|begin| later(now) < *begin) {
                let ahead = apart(begin, now);
                return Err(expired(format!("claim {name} is {ahead} in the future")));
            }
        }
        Ok(end)
    }

    /// Whether it is for this audience.
    pub(crate) fn is_for(&self, audience: &str) -> bool {
        match self.0.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(audience)),
            _ => false,
        }
    }

    /// The failure of a token that is for none of these.
    pub(crate) fn wrong_audience(&self, expected: &[&str]) -> AuthenticationFailure {
        let what = match self.0.get("aud") {
            None => "is missing",
            Some(_) => "names others",
        };
        let detail = format!("claim aud {what}; it has to name {}", expected.join(" or "));
        AuthenticationFailure::new(FailureReason::WrongAudience, detail)
    }

    /// Whether it has all of these scopes, in `scope` (RFC 8693) or `scp`.
    pub(crate) fn check_scopes(&self, required: &[String]) -> Result<(), AuthenticationFailure> {
        let mut given: Vec<&str> = Vec::new();
        for value in ["scope", "scp"]
            .into_iter()
            .filter_map(|name| self.0.get(name))
        {
            match value {
                Value::String(text) => given.extend(text.split(' ')),
                Value::Array(all) => given.extend(all.iter().filter_map(Value::as_str)),
                _ => {}
            }
        }
        let missing = required.iter().find(|one| !given.contains(&one.as_str()));
        missing.map_or(Ok(()), |missing| {
            let detail = format!("claim scope lacks {missing}");
            Err(AuthenticationFailure::new(FailureReason::Scope, detail))
        })
    }

    /// The name of whoever it is about, in this claim.
    pub(crate) fn user(&self, name: &str) -> Result<String, AuthenticationFailure> {
        let value = self.nested(name);
        let value =
            value.ok_or_else(|| claim(&format!("claim {name} is missing: it names the caller")))?;
        let name_of = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let user = name_of(value).filter(|user| is_name(user));
        user.ok_or_else(|| claim(&format!("claim {name} is no usable name")))
    }

    /// The groups in this claim; none where it is not there.
    pub(crate) fn groups(&self, name: &str) -> Result<Vec<String>, AuthenticationFailure> {
        let wrong = || {
            claim(&format!(
                "claim {name} is no list of at most {MOST_GROUPS} names"
            ))
        };
        let all = match self.nested(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::String(one)) => return Ok(vec![one.clone()]),
            Some(Value::Array(all)) if all.len() <= MOST_GROUPS => all,
            Some(_) => return Err(wrong()),
        };
        let names = all
            .iter()
            .map(|one| one.as_str().filter(|one| is_name(one)));
        let names: Option<Vec<String>> = names.map(|one| one.map(str::to_owned)).collect();
        names.ok_or_else(wrong)
    }

    /// A time in seconds since 1970, perhaps with a fraction.
    fn time(&self, name: &str) -> Result<Option<Timestamp>, AuthenticationFailure> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let wrong = || claim(&format!("claim {name} is no time in seconds since 1970"));
        let time = match (value.as_i64(), value.as_f64()) {
            (Some(seconds), _) => Timestamp::from_second(seconds).ok(),
            (None, Some(seconds)) => SignedDuration::try_from_secs_f64(seconds)
                .ok()
                .and_then(|since| Timestamp::from_duration(since).ok()),
            _ => None,
        };
        time.map(Some).ok_or_else(wrong)
    }
}

impl<'de> Deserialize<'de> for TokenClaims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ClaimVisitor)
    }
}

/// Refuses what is said twice: readers differ in which of the two they believe.
struct ClaimVisitor;

impl<'de> Visitor<'de> for ClaimVisitor {
    type Value = TokenClaims;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object in which every name is there once")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TokenClaims, A::Error> {
        let mut claims = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if claims.insert(name, value).is_some() {
                return Err(serde::de::Error::custom("a name is there twice"));
            }
        }
        Ok(TokenClaims(claims))
    }
}

/// Whether a text can be the name of a user or group in rules, logs and the journal.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_NAME && !text.chars().any(char::is_control)
}

pub(crate) fn claim(detail: &str) -> AuthenticationFailure {
    AuthenticationFailure::new(FailureReason::Claim, detail)
}

fn later(time: Timestamp) -> Timestamp {
    time.checked_add(LEEWAY).unwrap_or(Timestamp::MAX)
}

/// How far two times are apart, in the largest unit that says enough.
fn apart(late: Timestamp, early: Timestamp) -> String {
    let seconds = late.duration_since(early).as_secs();
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}
