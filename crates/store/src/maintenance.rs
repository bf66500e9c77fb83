//! Work on a whole store: verify, rebuild, export, import.
