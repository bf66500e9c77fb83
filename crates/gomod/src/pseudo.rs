//! pseudo: placeholder until its author lands.
