//! gosum: placeholder until its author lands.
