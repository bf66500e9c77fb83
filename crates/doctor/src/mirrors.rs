//! Mirrors: public proxies that serve the same modules, for networks that do not reach Go's own.
//!
//! `go` asks a proxy and a database of its own where nobody has set anything else. Some networks
//! reach neither, whatever a browser reaches, and the message then reads like a broken machine. What
//! helps is another proxy that passes the checksum database on, so a short list of them is asked for
//! the same module from here, at the same time; and this site's own modkeep, if it is known.
//!
//! * [`failing`] says whether a diagnosis is about a public proxy at all; pure.
//! * [`mod@question`] says for which module mirrors are asked: never for a private one; pure.
//! * whoever has a network asks, and puts what it saw into [`MirrorAttempt`].
//! * [`MirrorChoice::of`] ranks, chooses and advises; pure.
//!
//! What was not asked, or did not answer, is unknown and never a pass. Nothing that is offered turns
//! verification off, and what is offered is not carried out by itself: another server would see the
//! names of modules.

mod choose;
mod failing_host;
mod known;
mod question;
mod render;
#[cfg(test)]
mod tests;

pub use choose::MirrorChoice;
pub use failing_host::{FailingHost, failing};
pub use known::{DATABASE, DEFAULT_MIRRORS, is_public};
pub(crate) use known::{INSIDE, host_of, is_public_host};
pub use question::{MirrorQuestion, StandIn, private_guess, question};
pub use render::render;

use gomod::goproxy::ProxyUrl;
use serde::{Serialize, Serializer};
use std::time::Duration;

/// Most mirrors that are asked.
pub const MOST_MIRRORS: usize = 8;

/// A proxy that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicMirror {
    /// Where it is.
    pub url: ProxyUrl,
    /// Whether it is this site's own.
    pub is_own: bool,
}

/// What a proxy answered from here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MirrorAttempt {
    /// The proxy.
    pub mirror: PublicMirror,
    /// How long its first answer took, with name, connection and TLS; none if it gave none.
    #[serde(serialize_with = "milliseconds")]
    pub latency: Option<Duration>,
    /// Whether it has the module that was asked for.
    pub module: MirrorAnswer,
    /// Whether it passes the checksum database on.
    pub database: MirrorAnswer,
}

/// An answer to a question of yes and no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MirrorAnswer {
    /// It says yes, and shows it.
    Yes,
    /// It says that it has not (404, 410).
    No,
    /// It did not tell: why.
    Unknown(String),
}

#[expect(
    clippy::ref_option,
    reason = "serde hands over a reference to the field"
)]
fn milliseconds<S: Serializer>(took: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match took {
        Some(took) => serializer.serialize_some(&(took.as_secs_f64() * 1000.0)),
        None => serializer.serialize_none(),
    }
}

// === impl PublicMirror ===

impl PublicMirror {
    /// Its URL where people read it. A path may hold a token, unless the host is known to have the
    /// same path for everybody.
    pub fn summary(&self) -> String {
        self.open().unwrap_or_else(|| self.url.to_string())
    }

    /// Its URL as a setting, if nothing in it is secret.
    pub(crate) fn open(&self) -> Option<String> {
        let url = self.url.reveal();
        let has_no_path = self.url.to_string() == url;
        let is_open = has_no_path || is_public(&self.url) && !self.url.has_credentials();
        (is_open && !url.contains(['?', '#', ',', '|'])).then(|| url.to_owned())
    }
}

impl Serialize for PublicMirror {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.summary())
    }
}

// === impl MirrorAttempt ===

impl MirrorAttempt {
    /// Whether it can be used for what was asked.
    pub(crate) fn is_usable(&self) -> bool {
        self.module == MirrorAnswer::Yes && self.latency.is_some()
    }
}
