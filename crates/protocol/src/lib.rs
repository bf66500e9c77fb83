//! The shared language: types that the store, the proxy and the server exchange.
//!
//! Pure, without I/O, and small: a type belongs here when at least two rooms decide by it and neither
//! owns it. What only one room decides by stays in that room.

mod evidence;

pub use evidence::{Confirmation, Evidence, RecordedEvidence, UnknownEvidence};
