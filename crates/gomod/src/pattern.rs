//! pattern: placeholder until its author lands.
