//! query: placeholder until its author lands.
