//! One cold `.mod`: what a single client waits for a single small artifact that nobody has.
//!
//! Each of a few modules is asked for once, one after the other, at a server that runs already;
//! the modules require nothing, so nothing can be foreseen. The median is the round's sample.

use anyhow::{Result, ensure};
use std::{net::SocketAddr, time::Instant};
use testkit::client;

use crate::bench::{
    Bench,
    contender::Contender,
    figure::{Figure, Unit},
    report::{Goal, Section, Table},
    server::Server,
    upstream::{ENDLESS, Ledger, Upstream},
};

/// Modules asked for in a round.
const MODULES: usize = 10;

/// How much later than straight it may be.
const LATER: f64 = 1.1;

/// What one way did, by round.
struct Measured {
    name: &'static str,
    time: Figure,
    asked: Ledger,
}

pub(super) fn run(bench: &Bench) -> Result<Section> {
    let upstream = bench.upstream()?;
    let mut all = vec![Measured::new("straight to the upstream")];
    let names = bench.proxies();
    all.extend(names.iter().map(|proxy| Measured::new(proxy.name())));
    for _ in 0..bench.rounds {
        for measured in &mut all {
            upstream.forget()?;
            let server = match Contender::by_name(measured.name) {
                Some(contender) => Some(bench.start(contender, &upstream.url())?),
                None => None,
            };
            let address = server.as_ref().map_or(upstream.address(), Server::address);
            let times = ask(address)?;
            measured.time.samples.extend(times.median());
            measured.asked = Upstream::ledger(&upstream)?;
        }
    }
    Ok(section(&all))
}

fn ask(address: SocketAddr) -> Result<Figure> {
    let mut times = Figure::new(Unit::Seconds);
    for number in 0..MODULES {
        let path = format!("/{ENDLESS}first{number}/@v/v1.0.0.mod");
        let begun = Instant::now();
        let answer = client::get(address, &path)?;
        times.push(begun.elapsed().as_secs_f64());
        let expected = format!("module {ENDLESS}first{number}\n");
        let right = answer.is_whole() && answer.text().starts_with(&expected);
        ensure!(right, "{path}: status {}: {}", answer.status, answer.text());
    }
    Ok(times)
}

fn section(all: &[Measured]) -> Section {
    let mut section = Section::default();
    let columns = [
        "time",
        "of straight",
        "upstream requests: .info, .mod, .zip",
    ];
    let mut table = Table::new("One cold `.mod`", &columns);
    let straight = all.first().map(|straight| &straight.time);
    for one in all {
        let Ledger {
            info, go_mod, zip, ..
        } = one.asked;
        let ratio = straight.map(|straight| one.time.over(straight));
        let ratio = ratio.unwrap_or_else(|| Figure::new(Unit::Ratio));
        if one.name == Contender::Modkeep.name() {
            let work = "one cold `.mod`: of straight";
            section.claim(work, Goal::AtMost(LATER), ratio.clone());
        }
        let asked = format!("{info}, {go_mod}, {zip}");
        table.row(
            one.name,
            [one.time.clone().into(), ratio.into(), asked.as_str().into()],
        );
    }
    section.tables.push(table);
    section.note(format!("Requests are those for {MODULES} modules."));
    section
}

// === impl Measured ===

impl Measured {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            time: Figure::new(Unit::Seconds),
            asked: Ledger::default(),
        }
    }
}
