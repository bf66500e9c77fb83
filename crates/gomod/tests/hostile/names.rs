//! names: placeholder until its author lands.
