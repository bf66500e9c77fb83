//! Exit codes of commands. 0 is done; `run` ends as its command ended.

/// The command found the problem that it looks for.
pub(crate) const PROBLEM: u8 = 1;

/// The command could not do its work: usage, configuration, environment.
pub(crate) const UNUSABLE: u8 = 2;
