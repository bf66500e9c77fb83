//! modfile: placeholder until its author lands.
