//! The kinds of hostile clients.

use clap::ValueEnum as _;
use std::fmt;

/// Connections of each kind in a soak of all kinds.
pub(super) const IN_A_SOAK: usize = 200;

/// What a hostile client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    /// Connects and says nothing.
    Silent,
    /// Sends a request head a byte a second.
    Loris,
    /// Asks once and keeps the connection.
    Idle,
    /// Asks for a large zip and reads nothing.
    Unread,
    /// Asks for a large zip and reads a byte a second.
    Dribble,
    /// Asks for many large zips at once over HTTP/2, opens no window, and pings.
    ClosedWindow,
    /// Asks over HTTP/2 and resets at once, again and again.
    Resets,
    /// Announces a list of 8 MiB and sends it slowly.
    SlowPost,
    /// Posts lists of many lines.
    LargePost,
    /// Asks for names that nobody knows.
    UnknownNames,
    /// Asks for versions about which the source lies.
    Lies,
    /// Asks for go.mod files of many megabytes.
    LargeGoMods,
    /// Sends what is no HTTP.
    Garbage,
}

// === impl Kind ===

impl Kind {
    pub(super) const ALL: [Self; 13] = [
        Self::Silent,
        Self::Loris,
        Self::Idle,
        Self::Unread,
        Self::Dribble,
        Self::ClosedWindow,
        Self::Resets,
        Self::SlowPost,
        Self::LargePost,
        Self::UnknownNames,
        Self::Lies,
        Self::LargeGoMods,
        Self::Garbage,
    ];

    /// As the option is written.
    pub(super) fn option(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
