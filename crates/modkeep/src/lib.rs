//! The modkeep binary, as a library so that its options can be documented.
