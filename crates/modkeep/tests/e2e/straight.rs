//! Straight or through: law L15 held against many sources and many commands.
//!
//! The same `go` command runs twice in two fresh homes: with GOPROXY naming a source that
//! misbehaves, and with GOPROXY naming modkeep, whose only upstream is that source. Both must come
//! to the same. Where they do not, a law forbids it and `exceptions` says which and why; or it is a
//! fault that is known, in `open`; or the test fails. An entry that no case needs fails it too.
//!
//! `cargo test` runs a fixed slice. `MODKEEP_STRAIGHT=all` runs the whole matrix, and
//! `MODKEEP_STRAIGHT='list-*/get-latest'` the cases of some behaviours and commands, in all modes.

mod behaviours;
mod commands;
mod exceptions;
mod matrix;
mod open;
mod outcome;
mod plan;
mod report;
mod source;

use plan::Plan;
use report::Report;

#[test]
fn what_works_straight_works_through() {
    let plan = Plan::wanted();
    let report = Report::of(&plan, matrix::run(&plan));
    println!("{report}");
    assert!(report.is_clean(), "straight and through differ, see above");
}

#[test]
fn names_are_given_once() {
    let behaviours = behaviours::all();
    let mut names: Vec<&str> = behaviours.iter().map(|behaviour| behaviour.name).collect();
    names.sort_unstable();
    let before = names.len();
    names.dedup();
    assert_eq!(names.len(), before, "two behaviours have one name");
    assert!(before >= 60, "only {before} behaviours");
}
