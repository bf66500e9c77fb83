//! Secret: text that is never printed, and wiped from memory when it is not needed any more.

use std::fmt;
use zeroize::Zeroizing;

/// A password or token.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

// === impl Secret ===

impl Secret {
    /// Takes a text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, for whoever sends or checks it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Says that there is one.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
