//! Report: a verdict in the form that its reader understands.
//!
//! People read text; continuous integration reads annotations; dashboards read SARIF, `JUnit` or
//! code quality. All are made from the same verdict, so that none knows more than another, and all point
//! at the same line. What comes from a checkout is made [printable] once, before any form is chosen.
//! Fingerprints depend on what was found and not on line numbers, so that a
//! finding that moved is not a new one.

mod annotations;
mod json;
mod junit;
mod plain;
mod sarif;
mod text;

use crate::{policy::StepMode, verdict::GateVerdict};
use finding::{Finding, FindingRule, printable};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A verdict with what a reader must know beside it.
#[derive(Debug)]
pub struct GateReport<'a> {
    /// Version of the program.
    pub version: &'a str,
    /// The directory that was looked at, as it was given.
    pub directory: &'a str,
    /// The same as a path from the root of the repository: empty, or with a slash at its end. Who shows
    /// findings beside the files of the repository wants paths from there.
    pub prefix: &'a str,
    /// Every rule that there is.
    pub rules: &'a [&'static FindingRule],
    /// The verdict.
    pub verdict: &'a GateVerdict,
    /// What is known beside it, one line each: how old the data is, how much was compared.
    pub facts: &'a [String],
    /// What the change brings, in Markdown, where there is a base to compare with.
    pub change: Option<&'a str>,
}

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// For people; the flag asks for colours.
    Text(bool),
    /// One document, whose fields are promised.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// A code quality report of GitLab.
    Gitlab,
    /// `JUnit` XML.
    Junit,
}

impl GateReport<'_> {
    /// The report in a form.
    pub fn render(&self, format: ReportFormat) -> String {
        let prefix = match format {
            ReportFormat::Text(_) | ReportFormat::Json | ReportFormat::Junit => "",
            ReportFormat::Sarif | ReportFormat::Github | ReportFormat::Gitlab => self.prefix,
        };
        let verdict = plain::verdict(self.verdict, prefix);
        let facts: Vec<String> = self.facts.iter().map(|fact| printable(fact)).collect();
        let report = &GateReport {
            directory: &printable(self.directory),
            verdict: &verdict,
            facts: &facts,
            ..*self
        };
        match format {
            ReportFormat::Text(colours) => text::render(report, colours),
            ReportFormat::Json => json::render(report),
            ReportFormat::Sarif => sarif::render(report),
            ReportFormat::Github => annotations::github(report),
            ReportFormat::Gitlab => annotations::gitlab(report),
            ReportFormat::Junit => junit::render(report),
        }
    }
}

/// What stays the same of a finding when lines move.
fn fingerprint(finding: &Finding) -> String {
    let Finding {
        rule,
        place,
        subject,
        message,
        ..
    } = finding;
    digest([rule.id, &place.file, subject, message])
}

/// Half of a SHA-256 over parts, in hexadecimal digits.
fn digest(parts: [&str; 4]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    digest
        .iter()
        .take(16)
        .fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The word that compilers use for it.
fn level(mode: StepMode) -> &'static str {
    match mode {
        StepMode::Block => "error",
        StepMode::Warn => "warning",
        StepMode::Off => "note",
    }
}

#[cfg(test)]
mod tests;
