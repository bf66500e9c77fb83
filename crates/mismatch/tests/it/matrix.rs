//! All trials in one table.

use crate::kit::Trial;
use crate::{damage, decoys, objects, states};
use mismatch::{MismatchCase, MismatchCause, conclude};
use std::collections::BTreeMap;

/// What came of the trials of one cause.
#[derive(Debug, Default)]
struct Row {
    right: usize,
    open: usize,
    trials: usize,
    /// Trials whose evidence is enough, and that were not named.
    missed: Vec<String>,
    wrong: Vec<String>,
}

fn trials() -> Vec<Trial> {
    let seeds = [1, 2, 3];
    let of = |seed| {
        [
            damage::trials(seed),
            objects::trials(seed),
            states::trials(seed),
            decoys::trials(seed),
        ]
    };
    seeds.into_iter().flat_map(of).flatten().collect()
}

#[test]
fn every_cause_is_named_and_none_wrongly() {
    let mut rows: BTreeMap<MismatchCause, Row> = BTreeMap::new();
    for trial in trials() {
        let conclusion = conclude(&trial.evidence);
        let row = rows.entry(trial.truth).or_default();
        row.trials += 1;
        let told = format!("{}: {:?}: {}", trial.name, conclusion.cause, conclusion.why);
        if conclusion.cause == trial.truth {
            row.right += 1;
        } else if conclusion.cause != MismatchCause::Unexplained {
            row.wrong.push(told);
        } else if trial.is_decidable {
            row.missed.push(told);
        } else {
            row.open += 1;
        }
    }
    let (mut right, mut trials, mut wrong) = (0, 0, 0);
    for (cause, row) in &rows {
        println!(
            "{cause:?}: named right {} of {}, left open {}",
            row.right, row.trials, row.open
        );
        for told in row.missed.iter().chain(&row.wrong) {
            println!("  {told}");
        }
        right += row.right;
        trials += row.trials;
        wrong += row.wrong.len();
    }
    println!("named right {right} of {trials}, wrong name {wrong}");
    assert_eq!(wrong, 0, "a wrong name");
    assert!(trials >= 60);
    for cause in MismatchCause::ALL {
        let row = rows.get(&cause).unwrap_or_else(|| panic!("no {cause:?}"));
        assert!(row.missed.is_empty(), "{cause:?} was not recognised");
        assert!(row.right > 2, "{cause:?} is hardly tried");
    }
}

#[test]
fn every_case_is_short_ascii_for_clients_and_comes_back_from_json() {
    for trial in trials() {
        let case = MismatchCase::new(&trial.evidence);
        let lines = case.client_lines();
        assert!(lines.len() <= 4, "{}", trial.name);
        for line in &lines {
            let graphic = line.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
            assert!(graphic && !line.is_empty() && line.len() <= 110, "{line}");
        }
        assert!(lines.join("\n").len() <= 440, "{}", trial.name);
        assert!(case.conclusion.why.len() <= 300, "{}", trial.name);
        assert!(case.report().is_ascii());
        assert_eq!(MismatchCase::from_json(&case.to_json()).unwrap(), case);
    }
}
