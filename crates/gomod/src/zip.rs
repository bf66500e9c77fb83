//! zip: placeholder until its author lands.

pub mod limits;
pub mod names;
pub mod unicode;
