//! What a run came to, in figures and in words.

use std::fmt;

use super::exceptions::{ARGUED, Entry, every_entry};
use super::matrix::{self, Ran};
use super::plan::{Job, Plan};

/// A judged run.
pub(super) struct Report {
    cases: usize,
    /// Cases that work straight.
    works: usize,
    differences: usize,
    /// How many cases each entry covered.
    uses: Vec<usize>,
    /// Differences that no entry covers.
    unexplained: Vec<Ran>,
    /// Unexplained differences that did not come again: they depend on chance.
    once: Vec<Ran>,
    stale: Vec<&'static Entry>,
}

// === impl Report ===

impl Report {
    /// Judges a run. What nothing explains is run once more, and counts if it comes again.
    pub(super) fn of(plan: &Plan, ran: Vec<Ran>) -> Self {
        let mut report = Self {
            cases: ran.len(),
            works: ran.iter().filter(|case| case.works).count(),
            differences: 0,
            uses: vec![0; every_entry().count()],
            unexplained: Vec::new(),
            once: Vec::new(),
            stale: Vec::new(),
        };
        for case in ran {
            report.judge(plan, case);
        }
        if plan.judges_entries {
            let uses = report.uses.iter();
            let unused = every_entry().zip(uses).filter(|(_, uses)| **uses == 0);
            report.stale = unused.map(|(entry, _)| entry).collect();
        }
        report
    }

    fn judge(&mut self, plan: &Plan, case: Ran) {
        if case.difference.is_none() {
            return;
        }
        self.differences += 1;
        if let Some(entry) = case.entry() {
            self.uses[entry] += 1;
        } else if comes_again(plan, &case) {
            self.unexplained.push(case);
        } else {
            self.once.push(case);
        }
    }

    /// Whether every difference is explained and every entry is needed.
    pub(super) fn is_clean(&self) -> bool {
        self.unexplained.is_empty() && self.stale.is_empty()
    }

    fn figures(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let argued: usize = self.uses[..ARGUED.len()].iter().sum();
        let open: usize = self.uses[ARGUED.len()..].iter().sum();
        writeln!(
            formatter,
            "{} cases ({} work straight), {} differences: {argued} argued, {open} open, {} unexplained, {} not seen again",
            self.cases,
            self.works,
            self.differences,
            self.unexplained.len(),
            self.once.len(),
        )
    }
}

fn comes_again(plan: &Plan, case: &Ran) -> bool {
    let same =
        |job: &&Job| job.behaviour.name == case.behaviour && job.command.name == case.command;
    let mut job = plan.jobs.iter().find(same).unwrap().clone();
    job.settings = vec![case.mode.setting];
    let second = matrix::again(&job);
    let mut same_mode = second.iter().filter(|ran| ran.mode.warm == case.mode.warm);
    same_mode.any(|ran| ran.difference.is_some() && ran.entry().is_none())
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.unexplained {
            writeln!(formatter, "DIFFERS {case}")?;
        }
        for case in &self.once {
            writeln!(formatter, "ONCE {case}")?;
        }
        for entry in &self.stale {
            writeln!(formatter, "STALE {:?}: {}", entry.witness, entry.why)?;
        }
        for (entry, uses) in every_entry().zip(&self.uses) {
            writeln!(formatter, "{uses:6} {}", entry.why)?;
        }
        self.figures(formatter)
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            behaviour,
            command,
            mode,
            ..
        } = self;
        let difference = self.difference.as_ref().map(ToString::to_string);
        let difference = difference.unwrap_or_default();
        writeln!(formatter, "{behaviour} / {command} / {mode}: {difference}")?;
        writeln!(formatter, "  straight: {}", self.said[0])?;
        write!(formatter, "  through: {}", self.said[1])
    }
}
