//! The kit does what it says: its faults are seen by a raw client and by the real `go`.

mod faults;
mod real_go;
