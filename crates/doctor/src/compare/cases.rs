//! Cases: why the wrong bytes of a comparison are wrong, by the rules of `mismatch`.
//!
//! Each wrong copy becomes a case, with all other copies of the same file as witnesses. A wrong line
//! of go.sum becomes one too, if somebody has right bytes: they tell whether the line has the hash of
//! other line endings.

use super::decide::Decision;
use super::heard::is_go_sum;
use super::{Copy, File, Said, Standing, Statement, Table, Voice};
use gomod::sumhash::H1;
use mismatch::{Case, Evidence, Retry, Specimen, Stage};

/// Most cases of one comparison. A GOPROXY list is short; a hostile one need not be.
const MOST: usize = 8;

/// A statement with its standing.
type Judged<'t> = (&'t Statement, Standing);

pub(super) fn cases(table: &Table, decision: &Decision) -> Vec<Case> {
    let standings = decision.standings.iter().copied();
    let judged: Vec<Judged<'_>> = table.statements.iter().zip(standings).collect();
    let wrong = judged
        .iter()
        .filter(|(_, standing)| matches!(standing, Standing::Wrong | Standing::Recovered));
    let evidence = wrong.filter_map(|(statement, _)| match (&statement.voice, &statement.said) {
        (Voice::GoSum { .. } | Voice::PastedGoSum { .. }, Said::Hash(hash)) => {
            wrong_line(table, &judged, statement.file, hash)
        }
        (_, Said::Copy(copy)) => Some(wrong_copy(table, &judged, statement, copy)),
        _ => None,
    });
    evidence
        .take(MOST)
        .map(|evidence| Case::new(&evidence))
        .collect()
}

fn logged(table: &Table, file: File) -> Option<H1> {
    table.logged(file).find_map(|hash| hash.parse().ok())
}

fn wrong_copy(
    table: &Table,
    judged: &[Judged<'_>],
    statement: &Statement,
    copy: &Copy,
) -> Evidence {
    let stage = match statement.voice {
        Voice::Proxy { .. } => Stage::FromUpstream,
        _ => Stage::OnClient,
    };
    let artifact = table.artifact(statement.file);
    let mut evidence = Evidence::new(artifact, stage, copy.specimen.clone());
    evidence.logged = logged(table, statement.file);
    evidence.claimed = claimed(judged, statement.file);
    let again = copy.again.iter().map(|specimen| Retry {
        specimen: specimen.clone(),
        difference: None,
    });
    evidence.others.extend(again);
    let others = copies(judged, statement.file)
        .filter(|(other, _)| other.specimen.source != copy.specimen.source);
    evidence.others.extend(others.map(|(other, standing)| {
        let is_right = standing == Standing::Right;
        other.as_retry(copy.difference.clone().filter(|_| is_right))
    }));
    evidence
}

/// A line of go.sum beside right bytes.
fn wrong_line(table: &Table, judged: &[Judged<'_>], file: File, hash: &str) -> Option<Evidence> {
    let right = |(_, standing): &(&Copy, Standing)| *standing == Standing::Right;
    let (copy, _) = copies(judged, file).find(right)?;
    let specimen: Specimen = copy.specimen.clone();
    let mut evidence = Evidence::new(table.artifact(file), Stage::OnClient, specimen);
    evidence.logged = logged(table, file);
    evidence.claimed = Some(hash.parse().ok()?);
    Some(evidence)
}

/// What go.sum says of a file.
fn claimed(judged: &[Judged<'_>], file: File) -> Option<H1> {
    let lines = judged
        .iter()
        .filter(|(statement, _)| statement.file == file);
    lines
        .filter(|(statement, _)| is_go_sum(&statement.voice))
        .find_map(|(statement, _)| statement.said.hash()?.parse().ok())
}

fn copies<'j>(judged: &'j [Judged<'_>], file: File) -> impl Iterator<Item = (&'j Copy, Standing)> {
    let of_file = judged.iter().filter(move |(said, _)| said.file == file);
    of_file.filter_map(|(statement, standing)| match &statement.said {
        Said::Copy(copy) => Some((&**copy, *standing)),
        _ => None,
    })
}
