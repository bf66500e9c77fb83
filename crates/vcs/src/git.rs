//! git: bare mirrors that are shared, reused and grown.
//!
//! A mirror begins with the one commit that somebody asked for, without its history; the history comes when a
//! question needs it (what was tagged before), and a second version transfers what is new. Lists need no mirror:
//! they come from the names that the server has.
//!
//! One process at a time works at a mirror. Whoever comes meanwhile waits and mostly finds done what it wanted:
//! so 32 clients at once cost one clone.

mod checkout;
mod command;
mod failure;
mod refs;
mod repository;

pub use checkout::GitCheckout;

pub(crate) use command::GitProgram;
pub(crate) use repository::GitRepository;
