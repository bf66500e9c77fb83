//! semver: placeholder until its author lands.
