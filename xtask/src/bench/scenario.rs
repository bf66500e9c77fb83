//! The scenarios, in the order of the page.

mod cold;
mod first;
mod growth;
mod herd;
mod kill;
mod mixed;
mod outage;
mod prefetch;
mod proof;
mod start;
mod sumdb;
mod warm;

use anyhow::Result;

use super::{Bench, report::Section};

/// One kind of work.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) run: fn(&Bench) -> Result<Section>,
}

/// All of them.
pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "download",
        title: "Cold `go mod download`: empty proxy, empty client, upstream 30 ms away",
        run: cold::download,
    },
    Scenario {
        name: "graph",
        title: "Cold `go mod graph`: empty proxy, empty client, upstream 30 ms away",
        run: cold::graph,
    },
    Scenario {
        name: "prefetch",
        title: "What is fetched ahead, and how much of it is used",
        run: prefetch::run,
    },
    Scenario {
        name: "proof",
        title: "What proof costs",
        run: proof::run,
    },
    Scenario {
        name: "sumdb",
        title: "Checksum databases: the mirror, and one of our own",
        run: sumdb::run,
    },
    Scenario {
        name: "herd",
        title: "Thirty-two clients, one uncached 9 MB zip",
        run: herd::run,
    },
    Scenario {
        name: "first",
        title: "One cold `.mod`",
        run: first::run,
    },
    Scenario {
        name: "warm",
        title: "Warm answers under load",
        run: warm::run,
    },
    Scenario {
        name: "mixed",
        title: "Warm answers while others wait for cold ones",
        run: mixed::run,
    },
    Scenario {
        name: "outage",
        title: "The upstream is dead",
        run: outage::run,
    },
    Scenario {
        name: "kill",
        title: "kill -9 while storing",
        run: kill::run,
    },
    Scenario {
        name: "start",
        title: "Start, memory at rest, size",
        run: start::run,
    },
    Scenario {
        name: "growth",
        title: "Growth",
        run: growth::run,
    },
];

/// A count as a sample.
#[expect(
    clippy::cast_precision_loss,
    reason = "requests and bytes of one build, far below 2^52"
)]
fn count(number: u64) -> f64 {
    number as f64
}
