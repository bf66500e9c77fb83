//! Cases: why the wrong bytes of a comparison are wrong, by the rules of `mismatch`.
//!
//! Each wrong copy becomes a case, with all other copies of the same file as witnesses. A wrong line
//! of go.sum becomes one too, if somebody has right bytes: they tell whether the line has the hash of
//! other line endings.

use super::decide::BlameDecision;
use super::statements::is_go_sum;
use super::{
    HashSource, HashStatement, HashedFile, InspectedCopy, SourceAgreement, StatementContent,
    StatementTable,
};
use gomod::sumhash::H1;
use mismatch::{CopyDescription, MismatchCase, MismatchEvidence, MismatchStage, RetryResult};

/// Most cases of one comparison. A GOPROXY list is short; a hostile one need not be.
const MOST: usize = 8;

/// A statement with its standing.
type RatedStatement<'t> = (&'t HashStatement, SourceAgreement);

pub(super) fn cases(table: &StatementTable, decision: &BlameDecision) -> Vec<MismatchCase> {
    let standings = decision.standings.iter().copied();
    let judged: Vec<RatedStatement<'_>> = table.statements.iter().zip(standings).collect();
    let wrong = judged.iter().filter(|(_, standing)| {
        matches!(
            standing,
            SourceAgreement::Wrong | SourceAgreement::Recovered
        )
    });
    let evidence = wrong.filter_map(|(statement, _)| match (&statement.voice, &statement.said) {
        (
            HashSource::GoSum { .. } | HashSource::PastedGoSum { .. },
            StatementContent::Hash(hash),
        ) => wrong_line(table, &judged, statement.file, hash),
        (_, StatementContent::Copy(copy)) => Some(wrong_copy(table, &judged, statement, copy)),
        _ => None,
    });
    evidence
        .take(MOST)
        .map(|evidence| MismatchCase::new(&evidence))
        .collect()
}

fn logged(table: &StatementTable, file: HashedFile) -> Option<H1> {
    table.logged(file).find_map(|hash| hash.parse().ok())
}

fn wrong_copy(
    table: &StatementTable,
    judged: &[RatedStatement<'_>],
    statement: &HashStatement,
    copy: &InspectedCopy,
) -> MismatchEvidence {
    let stage = match statement.voice {
        HashSource::Proxy { .. } => MismatchStage::FromUpstream,
        _ => MismatchStage::OnClient,
    };
    let artifact = table.artifact(statement.file);
    let mut evidence = MismatchEvidence::new(artifact, stage, copy.specimen.clone());
    evidence.logged = logged(table, statement.file);
    evidence.claimed = claimed(judged, statement.file);
    let again = copy.again.iter().map(|specimen| RetryResult {
        specimen: specimen.clone(),
        difference: None,
    });
    evidence.others.extend(again);
    let others = copies(judged, statement.file)
        .filter(|(other, _)| other.specimen.source != copy.specimen.source);
    evidence.others.extend(others.map(|(other, standing)| {
        let is_right = standing == SourceAgreement::Right;
        other.as_retry(copy.difference.clone().filter(|_| is_right))
    }));
    evidence
}

/// A line of go.sum beside right bytes.
fn wrong_line(
    table: &StatementTable,
    judged: &[RatedStatement<'_>],
    file: HashedFile,
    hash: &str,
) -> Option<MismatchEvidence> {
    let right =
        |(_, standing): &(&InspectedCopy, SourceAgreement)| *standing == SourceAgreement::Right;
    let (copy, _) = copies(judged, file).find(right)?;
    let specimen: CopyDescription = copy.specimen.clone();
    let mut evidence =
        MismatchEvidence::new(table.artifact(file), MismatchStage::OnClient, specimen);
    evidence.logged = logged(table, file);
    evidence.claimed = Some(hash.parse().ok()?);
    Some(evidence)
}

/// What go.sum says of a file.
fn claimed(judged: &[RatedStatement<'_>], file: HashedFile) -> Option<H1> {
    let lines = judged
        .iter()
        .filter(|(statement, _)| statement.file == file);
    lines
        .filter(|(statement, _)| is_go_sum(&statement.voice))
        .find_map(|(statement, _)| statement.said.hash()?.parse().ok())
}

fn copies<'j>(
    judged: &'j [RatedStatement<'_>],
    file: HashedFile,
) -> impl Iterator<Item = (&'j InspectedCopy, SourceAgreement)> {
    let of_file = judged.iter().filter(move |(said, _)| said.file == file);
    of_file.filter_map(|(statement, standing)| match &statement.said {
        StatementContent::Copy(copy) => Some((&**copy, *standing)),
        _ => None,
    })
}
