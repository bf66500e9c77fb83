//! What a bench leaves: sections of tables and claims, as JSON and as a page.
//!
//! The JSON holds every sample and lies beside the page in `docs/`, so that whoever doubts a
//! median can look at what it was made of, and so that one scenario can be measured again without
//! losing the others. The page is rendered from it; no number in it was written by hand. Each
//! section says in which run it was taken, so that figures of different runs cannot pass for one.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, path::Path};

use super::{figure::Figure, page};

/// All that is known, from one or several runs.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// By run: when and on what.
    pub(crate) runs: BTreeMap<String, Surroundings>,
    /// By the name of the scenario.
    pub(crate) sections: BTreeMap<String, Section>,
}

/// When and where a run was made, and of what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Surroundings {
    pub(crate) cores: usize,
    pub(crate) processor: String,
    pub(crate) memory: String,
    pub(crate) kernel: String,
    /// Name and version of every program, as the programs themselves say.
    pub(crate) versions: BTreeMap<String, String>,
    /// Peers that could not be had, and why.
    pub(crate) missing: BTreeMap<String, String>,
    pub(crate) rounds: usize,
    pub(crate) load_seconds: u64,
}

/// What one scenario found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Section {
    /// The run it was taken in.
    pub(crate) run: String,
    pub(crate) tables: Vec<Table>,
    pub(crate) claims: Vec<Claim>,
    /// What a reader must know beside the figures.
    pub(crate) notes: Vec<String>,
}

/// Figures in rows and columns.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// One line of a table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) cells: Vec<Cell>,
}

/// One place in a table.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Cell {
    Figure(Figure),
    Text(String),
}

/// A figure that has to be reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Claim {
    pub(crate) work: String,
    pub(crate) goal: Goal,
    pub(crate) measured: Figure,
}

/// What has to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

// === impl Report ===

impl Report {
    /// What earlier runs left; nothing if there were none.
    pub(crate) fn read(directory: &Path) -> Result<Self> {
        match fs::read_to_string(directory.join("benchmarks.json")) {
            Ok(text) => serde_json::from_str(&text).context("benchmarks.json cannot be read"),
            Err(_) => Ok(Self::default()),
        }
    }

    pub(crate) fn insert(&mut self, scenario: &str, section: Section) {
        self.sections.insert(scenario.to_owned(), section);
        let used = |run: &String| self.sections.values().any(|section| section.run == *run);
        self.runs.retain(|run, _| used(run));
    }

    /// Writes the JSON and the page.
    pub(crate) fn write(&self, directory: &Path) -> Result<()> {
        fs::create_dir_all(directory)?;
        let mut json = serde_json::to_string_pretty(self)?;
        json.push('\n');
        fs::write(directory.join("benchmarks.json"), json)?;
        let file = directory.join("benchmarks.md");
        let page = fs::read_to_string(&file).unwrap_or_default();
        fs::write(file, page::renew(&page, self))?;
        Ok(())
    }
}

// === impl Section ===

impl Section {
    pub(crate) fn claim(&mut self, work: &str, goal: Goal, measured: Figure) {
        if !measured.samples.is_empty() {
            self.claims.push(Claim {
                work: work.to_owned(),
                goal,
                measured,
            });
        }
    }

    /// Shows it on the terminal as the page will.
    pub(crate) fn print(&self) {
        let mut text = String::new();
        self.write(&mut text, "");
        println!("{text}");
        for claim in &self.claims {
            let verdict = if claim.is_reached() {
                "reached"
            } else {
                "MISSED"
            };
            let (goal, measured) = (claim.goal_text(), claim.measured.text());
            println!("{verdict:<8} {}: {measured}, goal {goal}", claim.work);
        }
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

// === impl Table ===

impl Table {
    pub(crate) fn new(title: &str, columns: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, name: &str, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(Row {
            name: name.to_owned(),
            cells: cells.into_iter().collect(),
        });
    }
}

// === impl Cell ===

impl Cell {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Figure(figure) => figure.text(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl From<Figure> for Cell {
    fn from(figure: Figure) -> Self {
        Self::Figure(figure)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

// === impl Claim ===

impl Claim {
    /// Whether the median reaches the goal.
    pub(crate) fn is_reached(&self) -> bool {
        let median = self.measured.median();
        median.is_some_and(|median| match self.goal {
            Goal::AtMost(limit) => median <= limit,
            Goal::AtLeast(limit) => median >= limit,
        })
    }

    pub(crate) fn goal_text(&self) -> String {
        let unit = self.measured.unit;
        match self.goal {
            Goal::AtMost(limit) => format!("≤ {}", unit.text(limit)),
            Goal::AtLeast(limit) => format!("≥ {}", unit.text(limit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figure::Unit;

    #[test]
    fn a_claim_is_reached_by_its_median() {
        let claim = |goal, samples: &[f64]| Claim {
            work: String::new(),
            goal,
            measured: Figure::of(Unit::Ratio, samples.iter().copied()),
        };
        assert!(claim(Goal::AtMost(0.33), &[0.3, 0.31, 0.9]).is_reached());
        assert!(!claim(Goal::AtLeast(1.0), &[0.9, 0.99, 1.2]).is_reached());
        assert!(!claim(Goal::AtMost(1.0), &[]).is_reached());
        assert_eq!(claim(Goal::AtLeast(1.0), &[]).goal_text(), "≥ 1.00x");
    }

    #[test]
    fn a_report_survives_its_json_and_forgets_runs_that_left_nothing() {
        let mut report = Report::default();
        for run in ["first", "second"] {
            report.runs.insert(run.to_owned(), Surroundings::default());
            let mut section = Section {
                run: run.to_owned(),
                ..Section::default()
            };
            section.note("a note");
            report.insert("warm", section);
        }
        assert_eq!(report.runs.keys().collect::<Vec<_>>(), ["second"]);
        let json = serde_json::to_string(&report).unwrap();
        let again: Report = serde_json::from_str(&json).unwrap();
        assert_eq!(again.sections["warm"].notes, ["a note"]);
    }
}
