//! goproxy: placeholder until its author lands.
