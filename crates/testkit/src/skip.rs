//! Skipping: a test whose ground is missing says so; where CI runs, it fails instead.
//!
//! A skip that nobody sees is a test that cannot fail.

/// Whether this is the run that must not skip anything (`CI=true`).
pub fn is_forbidden() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// Says why a test is skipped.
///
/// # Panics
///
/// Under `CI=true`.
#[expect(
    clippy::print_stdout,
    reason = "the reason belongs in the test's output"
)]
pub fn because(reason: &str) {
    assert!(!is_forbidden(), "must not be skipped here: {reason}");
    println!("skipped: {reason}");
}
