//! The upstream of every cold scenario: a process of its own, driven from here.
//!
//! It is a process and not a thread, so that its CPU time is not counted to anybody else, and so
//! that it can be killed and started again as a real one. It is the same program as this one
//! under a hidden command (`serve`), which needs nothing to be built or found.

mod answer;
mod ledger;
pub(crate) mod serve;
pub(crate) mod sumdb;

pub(crate) use ledger::Ledger;

use anyhow::{Context, Result, ensure};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use testkit::{client, port::Port};

use super::server::wait_until;

/// How far away the upstream is: what every answer waits for first.
pub(crate) const DISTANCE: Duration = Duration::from_millis(30);

/// A module path prefix below which the upstream has any module, in any version: an endless
/// supply of artifacts that nobody has asked for yet.
pub(crate) const ENDLESS: &str = "example.com/endless/";

/// How often in a row nothing may be seen under way before it is believed: one errand may follow
/// another after a moment. A look takes a little more than a millisecond.
const QUIET_LOOKS: u32 = 100;

/// This very program, even if another build has taken its place meanwhile.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// How it behaves from now on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mood {
    /// It answers.
    Well,
    /// It answers 503 to everything.
    Refusing,
    /// It takes requests and never answers.
    Hanging,
}

/// A running upstream; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Upstream {
    corpus: PathBuf,
    port: Port,
    child: Option<Child>,
}

// === impl Mood ===

impl Mood {
    fn word(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Refusing => "refusing",
            Self::Hanging => "hanging",
        }
    }
}

// === impl Upstream ===

impl Upstream {
    /// Starts one on a free port.
    pub(crate) fn start(corpus: &Path) -> Result<Self> {
        let mut upstream = Self {
            corpus: corpus.to_owned(),
            port: Port::reserve(),
            child: None,
        };
        upstream.revive()?;
        Ok(upstream)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Its GOPROXY entry.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Starts it, or starts it again at the same address, with an empty ledger.
    pub(crate) fn revive(&mut self) -> Result<()> {
        let mut command = Command::new(THIS_PROGRAM);
        command
            .arg("bench-upstream")
            .args(["--listen", &self.address().to_string()])
            .arg(&self.corpus)
            // It ends when this pipe closes, however this process ends.
            .stdin(Stdio::piped());
        self.child = Some(command.spawn().context("the upstream cannot be started")?);
        wait_until(Duration::from_secs(10), || self.ledger().is_ok())
            .context("the upstream does not come up")
    }

    /// Kills it: its port refuses connections from now on.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ended_already = child.kill();
            let _no_status = child.wait();
        }
    }

    /// What it was asked since it was told to forget.
    pub(crate) fn ledger(&self) -> Result<Ledger> {
        let answer = client::get(self.address(), "/-/ledger")?;
        serde_json::from_slice(&answer.body).context("the upstream's ledger cannot be read")
    }

    /// The ledger once nothing is under way any more: what was fetched for nobody counts, too.
    pub(crate) fn settled(&self) -> Result<Ledger> {
        let mut quiet_looks = 0;
        let quiet = || {
            let is_quiet = self.ledger().is_ok_and(|ledger| ledger.open == 0);
            quiet_looks = if is_quiet { quiet_looks + 1 } else { 0 };
            quiet_looks == QUIET_LOOKS
        };
        wait_until(Duration::from_secs(30), quiet)?;
        self.ledger()
    }

    /// Starts the ledger anew.
    pub(crate) fn forget(&self) -> Result<()> {
        self.order("forget")
    }

    pub(crate) fn mood(&self, mood: Mood) -> Result<()> {
        self.order(&format!("mood/{}", mood.word()))
    }

    /// Has it mirror a checksum database of the corpus from now on; gives the database's key.
    pub(crate) fn with_sumdb(&self) -> Result<String> {
        self.order("sumdb")?;
        Ok(sumdb::key())
    }

    /// How long every answer waits from now on.
    pub(crate) fn distance(&self, distance: Duration) -> Result<()> {
        self.order(&format!("distance/{}", distance.as_millis()))
    }

    fn order(&self, order: &str) -> Result<()> {
        let answer = client::get(self.address(), &format!("/-/{order}"))?;
        ensure!(answer.status == 200, "the upstream refused: {order}");
        Ok(())
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.kill();
    }
}
