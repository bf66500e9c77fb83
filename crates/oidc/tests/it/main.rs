//! An issuer in memory that says what a test wants and counts what it is asked, tokens that another implementation made,
//! and a real server of OpenID Connect.

mod check;
mod ci;
mod fake_issuer;
mod introspection;
mod keys;
mod real_issuer;
mod tokens;
