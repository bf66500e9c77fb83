//! The kit does what it says: its faults are seen by a raw client and by the real `go`.
#![expect(clippy::unwrap_used, reason = "tests")]

mod faults;
mod real_go;
