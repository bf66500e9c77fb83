//! An issuer in memory that says what a test wants and counts what it is asked, tokens that another implementation made,
//! and a real server of `OpenID` Connect.
#![expect(
    clippy::unwrap_used,
    reason = "tests: a step that cannot be taken is a failure"
)]

mod check;
mod ci;
mod fake_issuer;
mod introspection;
mod keys;
mod real_issuer;
mod tokens;
