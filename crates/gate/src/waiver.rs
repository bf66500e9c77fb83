//! Waiver: an exception from a rule, with an owner, a reason and an end.

use finding::{Finding, FindingPlace, GateStep};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de::Error as _};

/// A finding that is let pass, by whom, why and until when.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Waiver {
    /// The rule; without it, any that is about the vulnerability.
    #[serde(default)]
    pub rule: String,
    /// What the finding must be about: `MODULE` or `MODULE@VERSION`; without it, anything.
    #[serde(default)]
    pub subject: String,
    /// Words that the finding's message must hold, such as the id of a vulnerability.
    #[serde(default)]
    pub holds: String,
    /// The vulnerability, by its id or its CVE.
    #[serde(default)]
    pub vulnerability: Option<String>,
    /// What is claimed of a vulnerability, for whoever is given an account of them.
    #[serde(default)]
    pub status: WaiverClaim,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Its last day.
    #[serde(deserialize_with = "date")]
    pub until: Date,
    /// Where it stands, if that is not the policy.
    #[serde(skip)]
    pub place: Option<FindingPlace>,
}

/// What a waiver claims of a vulnerability.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverClaim {
    /// The product has it, and that is borne until the waiver ends.
    #[default]
    Affected,
    /// It does not concern the product, for the reason that is given.
    NotAffected,
    /// It is being looked into.
    UnderInvestigation,
}

/// Where a waiver stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaiverStatus {
    /// It counts.
    Valid,
    /// Its last day has passed.
    Expired,
}

// === impl Waiver ===

impl Waiver {
    /// What is wrong with it, whatever it is for.
    pub fn check(&self) -> Result<(), String> {
        let empty = [("owner", &self.owner), ("reason", &self.reason)]
            .into_iter()
            .find(|(_, text)| text.trim().is_empty());
        match empty {
            Some((key, _)) => Err(format!("the waiver for {} has no {key}", self.purpose())),
            None if self.purpose().is_empty() => {
                Err("a waiver has neither a rule nor a vulnerability".to_owned())
            }
            None => Ok(()),
        }
    }

    /// Whether it is meant for a finding.
    pub fn covers(&self, finding: &Finding) -> bool {
        let (module, _) = split(&finding.subject);
        let about =
            self.subject.is_empty() || self.subject == finding.subject || self.subject == module;
        let rule = self.rule.is_empty() || self.rule == finding.rule.id;
        let vulnerability = self.vulnerability.as_ref().is_none_or(|id| {
            finding.rule.step == GateStep::Vulnerable && has_word(&finding.message, id)
        });
        rule && about && vulnerability && finding.message.contains(&self.holds)
    }

    /// What it is for, in a word.
    pub fn purpose(&self) -> &str {
        self.vulnerability.as_deref().unwrap_or(&self.rule)
    }

    /// How exactly it says what it is for: the most exact waiver counts.
    pub fn precision(&self) -> usize {
        let version = usize::from(split(&self.subject).1.is_some());
        let words = !self.holds.is_empty() || self.vulnerability.is_some();
        usize::from(!self.subject.is_empty()) + version + usize::from(words)
    }

    /// Where it stands on a day.
    pub fn standing(&self, today: Date) -> WaiverStatus {
        if today > self.until {
            WaiverStatus::Expired
        } else {
            WaiverStatus::Valid
        }
    }
}

/// Whether a message has an id as a word of its own: one id may begin like another.
pub(crate) fn has_word(message: &str, id: &str) -> bool {
    let is_between = |letter: char| !(letter.is_alphanumeric() || letter == '-');
    message.split(is_between).any(|word| word == id)
}

/// Module and version of a subject.
fn split(subject: &str) -> (&str, Option<&str>) {
    // A scoped npm package begins with an @ of its own.
    match subject.get(1..).and_then(|rest| rest.rfind('@')) {
        Some(at) => {
            let (module, version) = subject.split_at(at + 1);
            (module, version.strip_prefix('@'))
        }
        None => (subject, None),
    }
}

/// A TOML date, or the same as a string.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum DateValue {
        Date(toml::value::Datetime),
        Text(String),
    }
    let text = match DateValue::deserialize(deserializer)? {
        DateValue::Date(date) => date.to_string(),
        DateValue::Text(text) => text,
    };
    text.parse()
        .map_err(|_| D::Error::custom(format!("{text:?} is no day such as 2026-12-31")))
}

#[cfg(test)]
mod tests {
    use super::{Waiver, WaiverClaim, WaiverStatus, split};
    use crate::rules::{LICENCE_DENIED, SUM_MISSING};
    use finding::{Finding, FindingPlace};
    use jiff::civil::date;

    fn waiver(subject: &str, holds: &str) -> Waiver {
        Waiver {
            rule: LICENCE_DENIED.id.to_owned(),
            subject: subject.to_owned(),
            holds: holds.to_owned(),
            vulnerability: None,
            status: WaiverClaim::default(),
            place: None,
            owner: "team@corp.example.com".to_owned(),
            reason: "asked for".to_owned(),
            until: date(2026, 12, 31),
        }
    }

    #[test]
    fn a_waiver_covers_its_rule_its_subject_and_its_words() {
        let place = || FindingPlace::file("go.mod");
        let finding = |rule| Finding::new(rule, place(), "example.com/m@v1.2.3", "GPL-3.0-only");
        let found = finding(&LICENCE_DENIED);
        for covering in [
            waiver("", ""),
            waiver("example.com/m", ""),
            waiver("example.com/m@v1.2.3", "GPL-3.0"),
        ] {
            assert!(covering.covers(&found), "{covering:?}");
        }
        for other in [
            waiver("example.com/m@v1.2.4", ""),
            waiver("example.com", ""),
            waiver("", "AGPL"),
        ] {
            assert!(!other.covers(&found), "{other:?}");
        }
        assert!(!waiver("", "").covers(&finding(&SUM_MISSING)));
    }

    #[test]
    fn a_waiver_counts_to_the_end_of_its_last_day() {
        let waiver = waiver("", "");
        assert_eq!(waiver.standing(date(2026, 12, 31)), WaiverStatus::Valid);
        assert_eq!(waiver.standing(date(2027, 1, 1)), WaiverStatus::Expired);
    }

    #[test]
    fn a_scoped_package_keeps_its_first_sign() {
        assert_eq!(split("@corp/x@1.0.0"), ("@corp/x", Some("1.0.0")));
        assert_eq!(split("@corp/x"), ("@corp/x", None));
        assert_eq!(split(""), ("", None));
    }
}
