//! The kit does what it says: its faults are seen by a raw client and by the real `go`, its oracle
//! neither hangs nor loses an answer.
#![expect(clippy::unwrap_used, reason = "tests")]

mod faults;
mod oracle;
mod real_go;
