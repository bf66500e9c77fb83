//! Judge: what is known becomes findings.
//!
//! One finding a vulnerability and module, of the rule that says most; beside them, findings about
//! what could not be told: versions that are none, and data that is old. Exceptions are not known
//! here: they are made for findings, by whoever judges those.

use crate::database::{Examined, SourceInfo};
use crate::hit::Hit;
use crate::reachability::{Frame, Level, Reach, Reachability};
use crate::rules::{CALLED, DATA_OLD, FIXED, GO_RELEASE, NOT_CALLED, UNFIXED, VERSION_UNKNOWN};
use crate::source::Origin;
use crate::version::{is_release, shown};
use finding::{Finding, Place, Rule};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// All that there is to judge.
#[derive(Clone, Copy)]
pub struct Matter<'a> {
    /// What the modules of a build have.
    pub examined: &'a Examined,
    /// What is known about calls, if anything.
    pub reachability: Option<&'a Reachability>,
    /// The file that findings about the age of the data point at.
    pub policy_file: &'a str,
    /// The line to change for a module; `stdlib` and `toolchain` are asked for too.
    pub place: &'a dyn Fn(&str) -> Place,
    /// How many days old public data may be; none is any age.
    pub days: Option<u32>,
    /// Today.
    pub today: Date,
}

/// Judges all of it.
pub fn judge(matter: &Matter<'_>) -> Vec<Finding> {
    let hits = matter.examined.hits.iter();
    let mut findings: Vec<Finding> = hits.map(|hit| matter.vulnerable(hit)).collect();
    findings.extend(matter.unknown());
    findings.extend(matter.old());
    findings
}

// === impl Matter ===

impl<'a> Matter<'a> {
    fn vulnerable(&self, hit: &Hit) -> Finding {
        let rule = self.rule(hit);
        let place = (self.place)(&hit.module);
        let finding = Finding::new(rule, place, subject(hit), self.message(hit));
        match &hit.lowest_fix {
            Some(fix) => finding.advise(upgrade(&hit.module, fix)),
            None => finding,
        }
    }

    fn rule(&self, hit: &Hit) -> &'static Rule {
        // What a report did not know of yet, it cannot clear.
        let seen = self.reachability.filter(|it| it.has_seen(hit.modified));
        let level = seen.map(Reachability::level);
        match (self.reach(hit), level) {
            (Some(Reach::Called { .. }), _) => &CALLED,
            (Some(Reach::Imported { .. } | Reach::Required), Some(Level::Symbol))
            | (Some(Reach::Required), Some(Level::Package)) => &NOT_CALLED,
            _ if is_release(&hit.module) => &GO_RELEASE,
            _ if hit.is_unfixed() => &UNFIXED,
            _ => &FIXED,
        }
    }

    fn reach(&self, hit: &Hit) -> Option<&'a Reach> {
        self.reachability?
            .of(hit.names(), &hit.module, &hit.version)
    }

    fn message(&self, hit: &Hit) -> String {
        let summary = match &*hit.summary {
            "" => String::new(),
            summary => format!(": {summary}"),
        };
        let used = match self.reach(hit) {
            Some(Reach::Called { trace }) => called(trace),
            Some(Reach::Imported { package }) => format!("; {package} is imported"),
            Some(Reach::Required) | None => String::new(),
        };
        format!(
            "{} has {}{summary}{}{used}",
            subject(hit),
            name(hit),
            way_out(hit)
        )
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
        let finding = |message| Finding::new(&DATA_OLD, Place::file(self.policy_file), "", message);
        let sources = self.examined.sources.iter();
        let mut public = sources
            .filter(|source| source.origin == Origin::Public)
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
fn subject(hit: &Hit) -> String {
    format!("{}@{}", hit.module, hit.version)
}

/// The id, and the CVE that people know it by.
fn name(hit: &Hit) -> String {
    match hit.aliases.iter().find(|alias| alias.starts_with("CVE-")) {
        Some(alias) => format!("{} ({alias})", hit.id),
        None => hit.id.to_string(),
    }
}

fn way_out(hit: &Hit) -> String {
    match (&hit.lowest_fix, &hit.newest_fix) {
        (Some(fix), Some(newest)) if newest != fix => {
            let [fix, newest] = [fix, newest].map(|fix| shown(&hit.module, fix));
            format!("; fixed in {fix}, latest in {newest}")
        }
        (Some(fix), _) => format!("; fixed in {}", shown(&hit.module, fix)),
        (None, _) => "; not fixed in any known version".to_owned(),
    }
}

fn upgrade(module: &str, fix: &str) -> String {
    let version = shown(module, fix);
    if is_release(module) {
        format!(
            "Build with {version} or later: `go get toolchain@{version}`, and upgrade the builders."
        )
    } else {
        format!("Run `go get {module}@{version}`.")
    }
}

/// Where the way into what is vulnerable begins and ends.
fn called(trace: &[Frame]) -> String {
    let (Some(sink), Some(entry)) = (trace.first(), trace.last()) else {
        return String::new();
    };
    let function = |frame: &Frame| format!("{}.{}", frame.package, frame.function);
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
