//! Paths, versions, patterns.

use testkit::oracle::Oracle;

#[test]
fn the_oracle_answers_in_order() {
    let Some(mut oracle) = Oracle::start_or_skip() else {
        return;
    };
    let inputs = [
        vec![b"v1".to_vec(), b"v2".to_vec()],
        vec![b"v2".to_vec(), b"v1.0".to_vec()],
    ];
    let answers = oracle.ask("semver.compare", &inputs);
    assert_eq!(answers, [Ok(vec![b"-1".to_vec()]), Ok(vec![b"1".to_vec()])]);
}
