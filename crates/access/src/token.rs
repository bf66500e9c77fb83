//! Tokens of this site: made by `modkeep token create`, shown once, kept as hashes.
//!
//! A token is 32 random bytes, so its SHA-256 is as good as a slow hash of a password would be, and takes no
//! time. The list of all tokens is one state of the catalog, changed by compare-and-swap: a change is there
//! as a whole or not at all, whatever dies in between, and several processes see one list.

mod list;
mod registry;
mod text;

pub use list::{TokenId, TokenList, TokenListError, TokenRecord};
pub use registry::{NewToken, TokenRegistry, TokenStoreError};
pub use text::TokenText;
