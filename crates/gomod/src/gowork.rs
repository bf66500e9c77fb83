//! gowork: placeholder until its author lands.
