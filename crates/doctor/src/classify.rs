//! Classify: from a text to the reasons in it.
//!
//! Patterns find, this module weighs. Order of the reasons:
//!
//! 1. modkeep's own codes: the server knows what it did, and says so without a pattern;
//! 2. what the message names itself, before what it almost always means, before mere symptoms;
//! 3. on equal evidence, the few causes that most people meet;
//! 4. then what describes more of the message (a wrapper is more specific than what it wraps), then
//!    the earlier place.
//!
//! What proves less is left out where something that proves more was found at the same place, and of
//! reasons that exclude each other one stays. Certain is only what the message itself says and nobody
//! but `go` would say so. If nothing was found, the text is unknown, and that is the answer.

mod frame;
mod line_starts;
mod settle;
mod trust;

use crate::cause::PatternStrength;
use crate::chain::{FailureContext, RequirementLink, lead};
use crate::diagnosis::{Diagnosis, DiagnosisReason, ReasonConfidence, ReasonKind};
use crate::fix::fixes;
use crate::matcher::{PatternHit, hits};
use crate::parts::MessageParts;
use crate::text::PlainMessage;
use codes::Code;
use line_starts::LineStarts;
use regex::Regex;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

/// Longest text that is read, in bytes. Of a longer one the end is read: errors stand there.
pub const MAX_TEXT: usize = 1 << 20;

/// Most subjects that are named for one reason.
const MOST_SUBJECTS: usize = 16;

static CODE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bMK[0-9]{4}\b").ok());

/// Names the reasons that a text shows, the likeliest first.
///
/// ```
/// let text = "go: example.com/a@v1.0.0: reading https://proxy.example.com/example.com/a/@v/v1.0.0.mod: 403 Forbidden";
/// let diagnosis = doctor::classify(text);
/// assert_eq!(diagnosis.top().unwrap().what.id(), "http/403");
/// ```
pub fn classify(text: &str) -> Diagnosis {
    let skipped = text.ceil_char_boundary(text.len().saturating_sub(MAX_TEXT));
    let end = text.get(skipped..).unwrap_or_default();
    let lines = LineStarts::new(text);
    let (plain, groups) = read(end);
    let distrusted = groups.iter().any(|group| trust::is_lost(group.what));
    let reasons: Vec<DiagnosisReason> = groups
        .into_iter()
        .map(|group| group.into_reason(&plain, &lines, skipped, distrusted))
        .collect();
    let unknown = reasons.is_empty().then(|| line_starts::unknown(&plain));
    Diagnosis {
        unknown: unknown
            .flatten()
            .map(|at| lines.see_whole(&plain, at, skipped)),
        withheld: distrusted
            && reasons
                .iter()
                .any(|reason| trust::would_rewrite(reason.what)),
        reasons,
        cut: skipped > 0,
    }
}

/// The text in its plain form, and what is found in it. Of several readings the one that is surest
/// counts, of equally sure ones the one that describes more of the message, then the likeliest.
fn read(text: &str) -> (PlainMessage, Vec<ReasonGroup>) {
    let readings = PlainMessage::readings(text).into_iter();
    let found = readings.map(|plain| {
        let groups = groups_in(plain.text());
        (plain, groups)
    });
    let first = |groups: &[ReasonGroup]| {
        let group = groups.first()?;
        Some((Reverse(group.confidence), group.stretch.len()))
    };
    let best = found.reduce(|one, other| {
        if first(&other.1) > first(&one.1) {
            other
        } else {
            one
        }
    });
    best.unwrap_or_default()
}

fn groups_in(text: &str) -> Vec<ReasonGroup> {
    let mut groups = codes_in(text);
    groups.extend(causes_in(text));
    settle::settled(groups)
}

/// All places with the same reason.
#[derive(Debug)]
struct ReasonGroup {
    what: ReasonKind,
    confidence: ReasonConfidence,
    /// The place that says most.
    stretch: Range<usize>,
    /// The words there that say most.
    point: Range<usize>,
    parts: MessageParts,
    chain: Vec<RequirementLink>,
    times: usize,
    subjects: Vec<String>,
}

fn codes_in(text: &str) -> Vec<ReasonGroup> {
    let mut groups: BTreeMap<Code, ReasonGroup> = BTreeMap::new();
    for found in CODE.iter().flat_map(|regex| regex.find_iter(text)) {
        let Some(code) = Code::parse(found.as_str()) else {
            continue;
        };
        if let Some(group) = groups.get_mut(&code) {
            group.times += 1;
            continue;
        }
        let message = text.get(..found.start()).unwrap_or_default();
        let reading = message
            .rfind("reading ")
            .filter(|at| !message.get(*at..).unwrap_or_default().contains('\n'));
        let FailureContext { subject, chain } = lead(text, reading.unwrap_or(found.start()));
        let mut parts = MessageParts::default();
        add_subject(&mut parts, subject);
        let group = ReasonGroup::new(
            ReasonKind::Code(code),
            ReasonConfidence::Certain,
            [found.range(), found.range()],
            parts,
            chain,
        );
        groups.insert(code, group);
    }
    let mut groups: Vec<ReasonGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| group.stretch.start);
    groups
}

fn causes_in(text: &str) -> Vec<ReasonGroup> {
    let mut hits = hits(text);
    // The best first, so that the first of a cause stands for all of its hits.
    hits.sort_by_key(rank);
    let stretches = |evidence| {
        let of = |hit: &&PatternHit| hit.pattern.evidence == evidence;
        let found: Vec<Range<usize>> = hits
            .iter()
            .filter(of)
            .map(|hit| hit.stretch.clone())
            .collect();
        found
    };
    let (decisive, telling) = (
        stretches(PatternStrength::Decisive),
        stretches(PatternStrength::Telling),
    );
    hits.retain(|hit| match hit.pattern.evidence {
        PatternStrength::Decisive => true,
        PatternStrength::Telling => !overlaps_any(&decisive, &hit.stretch),
        PatternStrength::Symptom => {
            !overlaps_any(&decisive, &hit.stretch) && !overlaps_any(&telling, &hit.stretch)
        }
    });
    grouped(text, hits)
}

/// One group for each cause, in the order of their first hits.
fn grouped(text: &str, hits: Vec<PatternHit>) -> Vec<ReasonGroup> {
    let mut groups: Vec<ReasonGroup> = Vec::new();
    let mut places: BTreeMap<&str, (usize, Vec<Range<usize>>)> = BTreeMap::new();
    let message = |at: usize| text.get(..at).and_then(|before| before.rfind('\n'));
    for hit in hits {
        let group = ReasonGroup::of(text, &hit);
        let (index, stretches) = places
            .entry(hit.cause.id)
            .or_insert((groups.len(), Vec::new()));
        // One message that says so twice says so once.
        let is_same = |other: &Range<usize>| message(other.start) == message(hit.stretch.start);
        let is_known = stretches.iter().any(is_same)
            && groups.get(*index).is_none_or(|first| {
                group
                    .subjects
                    .iter()
                    .all(|own| first.subjects.contains(own))
            });
        let is_new = !is_known && !overlaps_any(stretches, &hit.stretch);
        stretches.push(hit.stretch);
        match groups.get_mut(*index) {
            Some(first) if is_new => first.join(group),
            Some(_) => {}
            None => groups.push(group),
        }
    }
    groups
}

fn rank(hit: &PatternHit) -> (PatternStrength, bool, Reverse<usize>, usize) {
    let specificity = Reverse(hit.stretch.len());
    (
        hit.pattern.evidence,
        !hit.cause.common,
        specificity,
        hit.stretch.start,
    )
}

fn overlaps_any(others: &[Range<usize>], one: &Range<usize>) -> bool {
    others
        .iter()
        .any(|other| one.start < other.end && other.start < one.end)
}

fn add_subject(parts: &mut MessageParts, subject: Option<(String, Option<String>)>) {
    let Some((module, version)) = subject else {
        return;
    };
    if parts.get("module").is_none() {
        parts.add("module", &module);
        if let Some(version) = version {
            parts.add("version", &version);
        }
    }
}

// === impl ReasonGroup ===

impl ReasonGroup {
    fn new(
        what: ReasonKind,
        confidence: ReasonConfidence,
        [stretch, point]: [Range<usize>; 2],
        parts: MessageParts,
        chain: Vec<RequirementLink>,
    ) -> Self {
        let subjects = subject_of(&parts).into_iter().collect();
        Self {
            what,
            confidence,
            stretch,
            point,
            parts,
            chain,
            times: 1,
            subjects,
        }
    }

    fn of(text: &str, hit: &PatternHit) -> Self {
        let FailureContext { subject, chain } = lead(text, hit.stretch.start);
        let mut parts = hit.parts.clone();
        add_subject(&mut parts, subject);
        let confidence = match hit.pattern.evidence.into() {
            ReasonConfidence::Certain
                if !frame::is_there(hit.cause.id, text, hit.stretch.start) =>
            {
                ReasonConfidence::Likely
            }
            confidence => confidence,
        };
        Self::new(
            ReasonKind::Cause(hit.cause),
            confidence,
            [hit.stretch.clone(), hit.point.clone()],
            parts,
            chain,
        )
    }

    /// Takes in another place with the same reason.
    fn join(&mut self, other: Self) {
        self.times += 1;
        for subject in other.subjects {
            if self.subjects.len() < MOST_SUBJECTS && !self.subjects.contains(&subject) {
                self.subjects.push(subject);
            }
        }
    }

    fn into_reason(
        self,
        plain: &PlainMessage,
        lines: &LineStarts<'_>,
        skipped: usize,
        distrusted: bool,
    ) -> DiagnosisReason {
        DiagnosisReason {
            what: self.what,
            confidence: self.confidence,
            seen: lines.see(plain, self.stretch, self.point, skipped),
            times: self.times,
            subjects: self.subjects,
            fixes: fixes(self.what, &self.parts, distrusted),
            parts: self.parts,
            chain: self.chain,
        }
    }
}

fn subject_of(parts: &MessageParts) -> Option<String> {
    let module = parts.get("module").or_else(|| parts.get("package"))?;
    Some(match parts.get("version") {
        Some(version) => format!("{module}@{version}"),
        None => module.to_owned(),
    })
}

#[cfg(test)]
mod tests;
