//! mvs: placeholder until its author lands.
