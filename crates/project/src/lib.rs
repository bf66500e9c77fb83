//! What a Go project is made of: its requirements, its packages, and why each is there.

pub mod source;
pub mod worlds;
