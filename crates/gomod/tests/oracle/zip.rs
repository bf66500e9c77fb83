//! zip: placeholder until its author lands.
