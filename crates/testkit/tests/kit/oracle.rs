//! The oracle answers everything it is asked, and what it cannot answer ends the test.

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc;
use std::thread;

use testkit::client::PATIENCE;
use testkit::oracle::Oracle;

/// Questions whose answers fill every buffer between the two programs several times.
const MANY: usize = 100_000;

#[test]
fn an_answer_that_fails_the_test_does_not_hang_it() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let (done, ended) = mpsc::channel();
    thread::spawn(move || {
        let inputs = vec![vec![vec![b'x'; 100]]; MANY];
        let asked = panic::catch_unwind(AssertUnwindSafe(|| oracle.ask("no.such.area", &inputs)));
        drop(oracle);
        done.send(asked.is_err()).unwrap();
    });
    assert_eq!(ended.recv_timeout(PATIENCE), Ok(true));
}

#[test]
fn a_nil_of_go_is_an_empty_text() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let formatted = oracle.ask("modfile.format", &[vec![vec![]]]);
    assert_eq!(formatted, [Ok(vec![vec![]])]);
}
