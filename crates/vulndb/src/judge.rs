//! Judge: what is known becomes findings.
//!
//! One finding a vulnerability and module, of the rule that says most; beside them, findings about
//! what could not be told: versions that are none, and data that is old. Findings of one module stay
//! apart, so that somebody can answer for one of them, but all of them give the one command that ends
//! all of them. Exceptions are not known here: they are made for findings, by whoever judges those.
//!
//! What `govulncheck` says goes before what imports say: it looked closer, at the same code. What
//! nobody could tell makes nothing milder.

use crate::database::{BuildExamination, SourceInfo};
use crate::hit::VulnerabilityHit;
use crate::import_reach::ImportReach;
use crate::reachability::{CallFrame, ReachabilityReport, ScanLevel, VulnerabilityReach};
use crate::rules::{
    CALLED, DATA_OLD, FIXED, GO_RELEASE, NOT_BUILT, NOT_CALLED, NOT_IMPORTED, UNFIXED,
    VERSION_UNKNOWN,
};
use crate::source::SourceOrigin;
use crate::version::{is_release, printable_version};
use finding::{Finding, FindingPlace, FindingRule};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// All that there is to judge.
#[derive(Clone, Copy)]
pub struct ExaminationInput<'a> {
    /// What the modules of a build have.
    pub examined: &'a BuildExamination,
    /// What is known about calls, if anything.
    pub reachability: Option<&'a ReachabilityReport>,
    /// How a build comes to the packages that a vulnerability is in.
    pub imported: &'a dyn Fn(&VulnerabilityHit) -> ImportReach,
    /// The command that puts a version of a module in the place of the one in use.
    pub raise: &'a dyn Fn(&VulnerabilityHit, &str) -> String,
    /// The file that findings about the age of the data point at.
    pub policy_file: &'a str,
    /// The line to change for a module; `stdlib` and `toolchain` are asked for too.
    pub place: &'a dyn Fn(&str) -> FindingPlace,
    /// How many days old public data may be; none is any age.
    pub days: Option<u32>,
    /// Today.
    pub today: Date,
}

/// Judges all of it.
pub fn judge(matter: &ExaminationInput<'_>) -> Vec<Finding> {
    let hits = matter.examined.hits.iter();
    let mut findings: Vec<Finding> = hits.map(|hit| matter.vulnerable(hit)).collect();
    findings.extend(matter.unknown());
    findings.extend(matter.old());
    findings
}

// === impl ExaminationInput ===

impl<'a> ExaminationInput<'a> {
    fn vulnerable(&self, hit: &VulnerabilityHit) -> Finding {
        let rule = self.rule(hit);
        let place = (self.place)(&hit.module);
        let finding = Finding::new(rule, place, subject(hit), self.message(hit, rule));
        match hit.upgrade.as_ref().or(hit.lowest_fix.as_ref()) {
            Some(version) if !hit.is_unfixed() => finding.advise(self.advice(hit, version)),
            _ => finding.advise(unfixed(hit, rule)),
        }
    }

    fn rule(&self, hit: &VulnerabilityHit) -> &'static FindingRule {
        if let Some(rule) = self.reported(hit) {
            return rule;
        }
        match (self.imported)(hit) {
            ImportReach::Nowhere => &NOT_IMPORTED,
            ImportReach::Beside { .. } => &NOT_BUILT,
            ImportReach::By { .. } | ImportReach::Unknown { .. } | ImportReach::Unasked => {
                open(hit)
            }
        }
    }

    /// What `govulncheck` says of it, if it was asked and can know.
    fn reported(&self, hit: &VulnerabilityHit) -> Option<&'static FindingRule> {
        // What a report did not know of yet, it cannot clear.
        let seen = self.reachability.filter(|it| it.has_seen(hit.modified));
        match (self.reach(hit)?, seen.map(ReachabilityReport::level)) {
            (VulnerabilityReach::Called { .. }, _) => Some(&CALLED),
            (
                VulnerabilityReach::Imported { .. } | VulnerabilityReach::Required,
                Some(ScanLevel::Symbol),
            )
            | (VulnerabilityReach::Required, Some(ScanLevel::Package)) => Some(&NOT_CALLED),
            // It found the package, so nobody need look for it.
            (VulnerabilityReach::Imported { .. }, Some(ScanLevel::Package)) => Some(open(hit)),
            _ => None,
        }
    }

    fn reach(&self, hit: &VulnerabilityHit) -> Option<&'a VulnerabilityReach> {
        self.reachability?
            .of(hit.names(), &hit.module, &hit.version)
    }

    fn message(&self, hit: &VulnerabilityHit, rule: &FindingRule) -> String {
        let summary = match &*hit.summary {
            "" => String::new(),
            summary => format!(": {summary}"),
        };
        let used = match self.reach(hit) {
            Some(VulnerabilityReach::Called { trace }) => called(trace),
            Some(VulnerabilityReach::Imported { package }) => format!("; {package} is imported"),
            _ if *rule == NOT_CALLED => String::new(),
            _ => imported(&(self.imported)(hit), hit),
        };
        format!(
            "{} has {}{summary}{}{used}",
            subject(hit),
            name(hit),
            way_out(hit)
        )
    }

    /// The command that ends this finding, and every other of the module that a version can end.
    fn advice(&self, hit: &VulnerabilityHit, version: &str) -> String {
        let shown = printable_version(&hit.module, version);
        if is_release(&hit.module) {
            return format!(
                "Build with {shown} or later: `go get toolchain@{shown}`, and upgrade the builders."
            );
        }
        let all = self.examined.hits.iter().filter(|other| {
            (&other.module, &other.version) == (&hit.module, &hit.version) && !other.is_unfixed()
        });
        let command = (self.raise)(hit, version);
        match all.count() {
            0 | 1 => format!("Run `{command}`."),
            count => format!(
                "Run `{command}`: it ends all {count} vulnerabilities of {} that a version fixes.",
                hit.module
            ),
        }
    }

    fn unknown(&self) -> impl Iterator<Item = Finding> {
        self.examined.unknown.iter().map(|unknown| {
            let place = (self.place)(&unknown.module);
            Finding::new(
                &VERSION_UNKNOWN,
                place,
                &*unknown.module,
                unknown.to_string(),
            )
        })
    }

    fn old(&self) -> Vec<Finding> {
        let Some(days) = self.days else {
            return Vec::new();
        };
        let finding =
            |message| Finding::new(&DATA_OLD, FindingPlace::file(self.policy_file), "", message);
        let sources = self.examined.sources.iter();
        let mut public = sources
            .filter(|source| source.origin == SourceOrigin::Public)
            .peekable();
        if public.peek().is_none() {
            return vec![finding(
                "there is no public vulnerability database".to_owned(),
            )];
        }
        let old = public.filter_map(|source| too_old(source, days, self.today));
        old.map(finding).collect()
    }
}

/// What is wrong with the age of a source, if anything. One of tomorrow is not newer, but wrong; a
/// day is left for the time zone of whoever says what today is.
fn too_old(source: &SourceInfo, days: u32, today: Date) -> Option<String> {
    let SourceInfo { name, modified, .. } = source;
    let Some(modified) = modified else {
        return Some(format!("{name} has no date"));
    };
    let date = modified.timestamp().to_zoned(TimeZone::UTC).date();
    let age = today.duration_since(date).as_hours() / 24;
    if age < -1 {
        return Some(format!("{name} is of {date}, which is yet to come"));
    }
    (age > i64::from(days))
        .then(|| format!("{name} is of {date}, {age} days old; at most {days} are wanted"))
}

/// `MODULE@VERSION`.
fn subject(hit: &VulnerabilityHit) -> String {
    format!("{}@{}", hit.module, hit.version)
}

/// The id, and the CVE that people know it by.
fn name(hit: &VulnerabilityHit) -> String {
    match hit.aliases.iter().find(|alias| alias.starts_with("CVE-")) {
        Some(alias) => format!("{} ({alias})", hit.id),
        None => hit.id.to_string(),
    }
}

fn way_out(hit: &VulnerabilityHit) -> String {
    match (&hit.lowest_fix, &hit.newest_fix) {
        (Some(fix), Some(newest)) if newest != fix => {
            let [fix, newest] = [fix, newest].map(|fix| printable_version(&hit.module, fix));
            format!("; fixed in {fix}, latest in {newest}")
        }
        (Some(fix), _) => format!("; fixed in {}", printable_version(&hit.module, fix)),
        (None, _) => "; not fixed in any known version".to_owned(),
    }
}

/// The rule of what nobody could say anything milder about.
fn open(hit: &VulnerabilityHit) -> &'static FindingRule {
    if is_release(&hit.module) {
        &GO_RELEASE
    } else if hit.is_unfixed() {
        &UNFIXED
    } else {
        &FIXED
    }
}

/// How a build comes to it, in words that end a sentence.
fn imported(imported: &ImportReach, hit: &VulnerabilityHit) -> String {
    match imported {
        ImportReach::Unasked => String::new(),
        ImportReach::By { package } => format!("; {package} is imported"),
        ImportReach::Beside { package, by } => format!("; {package} is imported by {by}"),
        ImportReach::Nowhere => format!("; nothing imports {}", packages(hit)),
        ImportReach::Unknown { why } => {
            format!(
                "; whether {} is imported is not known: {why}",
                packages(hit)
            )
        }
    }
}

/// The packages that have it, in a few words.
fn packages(hit: &VulnerabilityHit) -> String {
    match &*hit.imports {
        [] => "any of its packages".to_owned(),
        [only] => only.path.clone(),
        [first, others @ ..] => {
            let ending = if others.len() == 1 { "" } else { "s" };
            format!("{} or {} other package{ending}", first.path, others.len())
        }
    }
}

/// What to do where no version helps.
fn unfixed(hit: &VulnerabilityHit, rule: &FindingRule) -> String {
    let way_out = if *rule == UNFIXED {
        "find out with `govulncheck` whether it is called; replace the module, or waive the finding until a day"
    } else {
        "watch the advisory, or replace the module"
    };
    format!("No version of {} fixes {}: {way_out}.", hit.module, hit.id)
}

/// Where the way into what is vulnerable begins and ends.
fn called(trace: &[CallFrame]) -> String {
    let (Some(sink), Some(entry)) = (trace.first(), trace.last()) else {
        return String::new();
    };
    let function = |frame: &CallFrame| format!("{}.{}", frame.package, frame.function);
    if trace.len() == 1 {
        return format!("; the program holds {}", function(sink));
    }
    let place = match &entry.file {
        Some(file) => format!(" at {file}:{}", entry.line),
        None => String::new(),
    };
    let (from, to) = (function(entry), function(sink));
    format!("; {from} calls {to}{place}")
}
