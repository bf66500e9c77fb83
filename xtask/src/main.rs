//! modkeep.
fn main() {}
