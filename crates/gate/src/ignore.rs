//! Ignore: waivers in the file that wrappers of `govulncheck` read.
//!
//! `.govulncheck-ignore.toml` has the form that osv-scanner made known: a table `[[IgnoredVulns]]` for
//! each vulnerability, with its `id`, a `reason` and an optional `ignoreUntil`. Here an exception is one
//! that somebody owns and that ends, so an `owner` is wanted beside, and the end is not optional.
//!
//! An entry that lacks one of them **does not count**, and is found at its line with what is missing.
//! To honour it would let something pass for ever that nobody answers for; to refuse the whole file
//! would stop every project that has one today, and hide all else that there is to say about it.

use crate::{
    rules::WAIVER_INCOMPLETE,
    waiver::{Waiver, WaiverClaim},
};
use finding::{FileSpan, Finding, FindingPlace, UnreadableInput};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::{Spanned, Value, value::Datetime};

/// Where it is looked for in a checkout.
pub const FILE: &str = ".govulncheck-ignore.toml";

/// The largest that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// The table of exceptions.
const TABLE: &str = "IgnoredVulns";

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoreFile {
    /// What counts.
    pub waivers: Vec<Waiver>,
    /// What does not, and why.
    pub findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct IgnoreDocument {
    #[serde(default, rename = "IgnoredVulns")]
    ignored: Vec<Spanned<IgnoreEntry>>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IgnoreEntry {
    id: Option<String>,
    reason: Option<String>,
    owner: Option<String>,
    ignore_until: Option<Value>,
    /// What is claimed, as in a policy.
    status: Option<WaiverClaim>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

// === impl IgnoreFile ===

impl IgnoreFile {
    /// Reads a file of this name.
    pub fn parse(file: &str, source: &[u8]) -> Result<Self, UnreadableInput> {
        if source.len() > MAX_BYTES {
            let problem = format!("larger than {MAX_BYTES} bytes");
            return Err(UnreadableInput::new(FindingPlace::file(file), problem));
        }
        let text = std::str::from_utf8(source)
            .map_err(|_| UnreadableInput::new(FindingPlace::file(file), "not UTF-8"))?;
        let document: IgnoreDocument = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or_else(
                || FindingPlace::file(file),
                |span| FindingPlace::at(file, FileSpan::of(source, span.start, span.end)),
            );
            UnreadableInput::new(place, error.message())
        })?;
        let mut ignored = Self::default();
        for key in document.others.keys() {
            let message = format!("{key} is not read here; exceptions stand in [[{TABLE}]]");
            let finding = Finding::new(&WAIVER_INCOMPLETE, FindingPlace::file(file), "", message);
            ignored.findings.push(finding);
        }
        for entry in document.ignored {
            let span = entry.span();
            let place = FindingPlace::at(file, FileSpan::of(source, span.start, span.start));
            match entry.into_inner().waiver(place.clone()) {
                Ok(waiver) => ignored.waivers.push(waiver),
                Err(message) => {
                    let finding = Finding::new(&WAIVER_INCOMPLETE, place, "", message);
                    ignored.findings.push(finding);
                }
            }
        }
        Ok(ignored)
    }
}

// === impl IgnoreEntry ===

impl IgnoreEntry {
    /// The waiver; what is missing, in words, if something is.
    fn waiver(self, place: FindingPlace) -> Result<Waiver, String> {
        let id = self.id.filter(|id| !id.trim().is_empty());
        let id = id.ok_or("an exception has no id: say which vulnerability it is for")?;
        if let Some(key) = self.others.keys().next() {
            return Err(format!("the exception for {id} has the unknown key {key}"));
        }
        let until = match &self.ignore_until {
            None => None,
            Some(written) => Some(day(written).ok_or_else(|| {
                format!("ignoreUntil of the exception for {id} is no day such as 2027-03-31")
            })?),
        };
        let filled = |text: &Option<String>| text.as_ref().is_some_and(|it| !it.trim().is_empty());
        let missing = [
            ("reason = \"…\"", filled(&self.reason)),
            ("owner = \"…\"", filled(&self.owner)),
            ("ignoreUntil = 2027-03-31", until.is_some()),
        ];
        let missing = missing.iter().filter(|(_, is_there)| !is_there);
        let missing: Vec<&str> = missing.map(|(line, _)| *line).collect();
        let (Some(reason), Some(owner), Some(until), []) =
            (self.reason, self.owner, until, &missing[..])
        else {
            let lines = missing.join(" and ");
            return Err(format!(
                "the exception for {id} does not count: add {lines}"
            ));
        };
        Ok(Waiver {
            rule: String::new(),
            subject: String::new(),
            holds: String::new(),
            status: self.status.unwrap_or_default(),
            owner,
            reason,
            until,
            vulnerability: Some(id),
            place: Some(place),
        })
    }
}

/// A TOML date or time, or the same as a string.
fn day(written: &Value) -> Option<Date> {
    let date = match written {
        Value::Datetime(written) => written.date,
        Value::String(text) => text.parse::<Datetime>().ok()?.date,
        _ => None,
    }?;
    let (year, month, day) = (
        i16::try_from(date.year).ok()?,
        i8::try_from(date.month).ok()?,
        i8::try_from(date.day).ok()?,
    );
    Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::{FILE, IgnoreFile};
    use crate::{policy::GatePolicy, rules, verdict::GateVerdict, waiver::WaiverClaim};
    use finding::{Finding, FindingPlace};
    use jiff::civil::date;
    use vulndb::rules::{FIXED, NOT_IMPORTED};

    fn parse(text: &str) -> IgnoreFile {
        IgnoreFile::parse(FILE, text.as_bytes()).unwrap()
    }

    const WHOLE: &str = "# why\n[[IgnoredVulns]]\nid = \"GO-2026-5622\"\nreason = \"not exposed\"\nowner = \"team@example.com\"\nignoreUntil = 2026-12-31\n";

    #[test]
    fn an_exception_that_somebody_owns_and_that_ends_is_a_waiver() {
        let read = parse(WHOLE);
        assert_eq!(read.findings, []);
        let [waiver] = &read.waivers[..] else {
            panic!("{read:?}")
        };
        assert_eq!(waiver.until, date(2026, 12, 31));
        assert_eq!(waiver.status, WaiverClaim::Affected);
        for until in [
            "\"2026-12-31\"",
            "2026-12-31T10:00:00Z",
            "\"2026-12-31T10:00:00Z\"",
        ] {
            let text = WHOLE.replace("2026-12-31", until);
            assert_eq!(parse(&text).waivers[0].until, date(2026, 12, 31), "{until}");
        }
        let claimed = parse(&format!("{WHOLE}status = \"not-affected\"\n"));
        assert_eq!(claimed.waivers[0].status, WaiverClaim::NotAffected);
    }

    #[test]
    fn an_exception_without_owner_reason_or_end_does_not_count_and_says_what_to_add() {
        for (line, missing) in [
            ("reason = \"not exposed\"\n", "reason = \"…\""),
            ("owner = \"team@example.com\"\n", "owner = \"…\""),
            ("ignoreUntil = 2026-12-31\n", "ignoreUntil = 2027-03-31"),
        ] {
            let read = parse(&WHOLE.replace(line, ""));
            assert_eq!(read.waivers, []);
            let found = &read.findings[0];
            assert_eq!(found.rule.id, "allowed/waiver-incomplete");
            assert_eq!(found.place.to_string(), ".govulncheck-ignore.toml:2:1");
            let message = format!("the exception for GO-2026-5622 does not count: add {missing}");
            assert_eq!(found.message, message);
        }
        // As the file is found in projects today.
        let usual = parse("[[IgnoredVulns]]\nid = \"GO-2026-5622\"\nreason = \"why\"\n");
        let message = &usual.findings[0].message;
        assert!(
            message.ends_with("add owner = \"…\" and ignoreUntil = 2027-03-31"),
            "{message}"
        );
    }

    #[test]
    fn what_is_not_understood_excuses_nothing() {
        for text in [
            WHOLE.replace("ignoreUntil = 2026-12-31", "ignoreUntil = \"next year\""),
            WHOLE.replace("ignoreUntil = 2026-12-31", "ignoreUntil = 10:00:00"),
            WHOLE.replace("ignoreUntil", "ignore_until"),
            WHOLE.replace("id = \"GO-2026-5622\"", "id = \"\""),
            WHOLE.replace("IgnoredVulns", "Ignored"),
        ] {
            let read = parse(&text);
            assert_eq!((read.waivers.len(), read.findings.len()), (0, 1), "{text}");
        }
        for text in [
            "[[IgnoredVulns]\n",
            "IgnoredVulns = 1\n",
            "[[IgnoredVulns]]\nid = 7\n",
        ] {
            let unreadable = IgnoreFile::parse(FILE, text.as_bytes()).unwrap_err();
            assert!(unreadable.place.span.is_some(), "{unreadable}");
        }
    }

    #[test]
    fn an_exception_is_for_its_vulnerability_alone_whatever_the_rule() {
        let found = |rule, message: &str| {
            Finding::new(
                rule,
                FindingPlace::file("go.mod"),
                "example.com/m@v1.0.0",
                message,
            )
        };
        let policy = GatePolicy {
            waivers: parse(WHOLE).waivers,
            ..GatePolicy::default()
        };
        let findings = vec![
            found(&FIXED, "example.com/m@v1.0.0 has GO-2026-5622: it leaks"),
            found(
                &NOT_IMPORTED,
                "example.com/m@v1.0.0 has GO-2026-5622 (CVE-2026-1)",
            ),
            found(&FIXED, "example.com/m@v1.0.0 has GO-2026-56220: it leaks"),
            found(&rules::TOO_YOUNG, "not about GO-2026-5622"),
        ];
        let verdict = |findings: Vec<Finding>, day| {
            GateVerdict::of(&policy, "gate.toml", findings, Vec::new(), day)
        };
        let judged = verdict(findings.clone(), date(2026, 12, 31));
        assert_eq!((judged.waived.len(), judged.findings.len()), (2, 2));
        let late = verdict(findings, date(2027, 1, 1));
        let expired = late
            .findings
            .iter()
            .find(|it| it.finding.rule.id == "allowed/waiver-expired");
        let place = expired.unwrap().finding.place.to_string();
        assert_eq!(place, ".govulncheck-ignore.toml:2:1");
        let idle = verdict(Vec::new(), date(2026, 12, 31));
        let message = &idle.findings[0].finding.message;
        assert_eq!(
            message,
            "the waiver for GO-2026-5622 by team@example.com, until 2026-12-31"
        );
    }
}
