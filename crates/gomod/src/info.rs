//! info: placeholder until its author lands.
