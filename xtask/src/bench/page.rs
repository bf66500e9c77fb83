//! The page: everything between two markers is rendered, everything around them is prose.

use std::fmt::Write as _;

use super::{
    report::{Report, Section, Surroundings, Table},
    scenario,
};

const BEGIN: &str = "<!-- begin of the figures: written by `cargo xtask bench` -->";
const END: &str = "<!-- end of the figures -->";

/// The page with its figures written anew. A page without markers gets them at its end.
pub(crate) fn renew(page: &str, report: &Report) -> String {
    let before = page.split_once(BEGIN).map_or(page, |(before, _)| before);
    let after = page.split_once(END).map_or("\n", |(_, after)| after);
    format!("{before}{BEGIN}\n\n{}{END}{after}", figures(report))
}

fn figures(report: &Report) -> String {
    let mut text = goals(report);
    for (run, surroundings) in &report.runs {
        text.push_str(&surroundings.text(run));
    }
    for scenario in scenario::ALL {
        if let Some(section) = report.sections.get(scenario.name) {
            section.write(&mut text, scenario.title);
        }
    }
    text
}

/// What had to be reached, and what was.
fn goals(report: &Report) -> String {
    let mut text = "## Goals\n\n| Work | Goal | Measured | |\n|---|---|---|---|\n".to_owned();
    for scenario in scenario::ALL {
        let section = report.sections.get(scenario.name);
        for claim in section.into_iter().flat_map(|section| &section.claims) {
            let verdict = if claim.is_reached() {
                "reached"
            } else {
                "**missed**"
            };
            let (goal, measured) = (claim.goal_text(), claim.measured.text());
            line(
                &mut text,
                [claim.work.clone(), goal, measured, verdict.to_owned()],
            );
        }
    }
    text.push('\n');
    text
}

// === impl Surroundings ===

impl Surroundings {
    fn text(&self, run: &str) -> String {
        let list = |named: &std::collections::BTreeMap<String, String>| {
            let pairs = named.iter().map(|(name, what)| format!("{name} {what}"));
            pairs.collect::<Vec<_>>().join("; ")
        };
        let mut text = format!(
            "Run {run}: {} cores ({}), {} of memory, Linux {}; {} rounds, loads of {} s. {}.\n",
            self.cores,
            self.processor,
            self.memory,
            self.kernel,
            self.rounds,
            self.load_seconds,
            list(&self.versions),
        );
        if !self.missing.is_empty() {
            let missing = list(&self.missing);
            put(&mut text, format_args!("Not compared: {missing}.\n"));
        }
        text.push('\n');
        text
    }
}

// === impl Section ===

impl Section {
    pub(crate) fn write(&self, text: &mut String, title: &str) {
        put(text, format_args!("## {title}\n\nRun {}.\n\n", self.run));
        for table in &self.tables {
            table.write(text);
        }
        for note in &self.notes {
            put(text, format_args!("* {note}\n"));
        }
        if !self.notes.is_empty() {
            text.push('\n');
        }
    }
}

// === impl Table ===

impl Table {
    fn write(&self, text: &mut String) {
        let heads = [self.title.clone()].into_iter();
        line(text, heads.chain(self.columns.iter().cloned()));
        put(
            text,
            format_args!("|{}\n", "---|".repeat(self.columns.len() + 1)),
        );
        for row in &self.rows {
            let cells = row.cells.iter().map(super::report::Cell::text);
            line(text, [row.name.clone()].into_iter().chain(cells));
        }
        text.push('\n');
    }
}

fn line(text: &mut String, cells: impl IntoIterator<Item = String>) {
    for cell in cells {
        put(
            text,
            format_args!("| {} ", cell.replace('|', "\\|").replace('\n', " ")),
        );
    }
    text.push_str("|\n");
}

/// Writing to a string cannot fail.
fn put(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _infallible = text.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{
        figure::{Figure, Unit},
        report::Goal,
    };

    fn report() -> Report {
        let mut section = Section {
            run: "2020-02-02 02:02 UTC".to_owned(),
            ..Section::default()
        };
        let ratio = Figure::of(Unit::Ratio, [1.25]);
        section.claim("warm `.mod`", Goal::AtLeast(1.0), ratio.clone());
        let mut table = Table::new("warm", &["rate", "note"]);
        table.row("modkeep", [ratio.into(), "a|b".into()]);
        section.tables.push(table);
        section.note("a note");
        let mut report = Report::default();
        report.insert("warm", section);
        report
    }

    #[test]
    fn tables_goals_and_notes_are_rendered_between_the_markers() {
        let page = renew(&format!("# Title\n{BEGIN}\nold\n{END}\nprose\n"), &report());
        assert!(page.starts_with("# Title\n"));
        assert!(page.ends_with(&format!("* a note\n\n{END}\nprose\n")));
        assert!(page.contains("| warm `.mod` | ≥ 1.00x | 1.25x | reached |\n"));
        assert!(
            page.contains("| warm | rate | note |\n|---|---|---|\n| modkeep | 1.25x | a\\|b |\n")
        );
        assert!(!page.contains("old"));
    }

    #[test]
    fn rendering_twice_changes_nothing() {
        let once = renew("# Title\n\n", &report());
        assert_eq!(renew(&once, &report()), once);
    }
}
