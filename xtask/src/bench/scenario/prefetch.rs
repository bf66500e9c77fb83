//! What is fetched ahead for three real projects, and how much of it is asked for.
//!
//! Every command is run with an empty client: straight, and through a modkeep that keeps nothing
//! and knows nothing of the project. The upstream's counts say what was fetched in vain, and
//! modkeep's own metrics say how much of what it fetched ahead was hit. Each is run in one round:
//! `go get -u` of the large project takes minutes, and what is asked varies little.

use anyhow::{Result, ensure};
use std::time::{Duration, Instant};
use testkit::go::Go;

use crate::bench::{
    Bench,
    contender::Contender,
    figure::{Figure, Unit},
    projects::{self, Checkout},
    report::{Cell, Goal, Section, Table},
    server::Server,
    upstream::{Ledger, Upstream},
};

use super::count;

const LIMIT: Duration = Duration::from_mins(8);

/// Bytes fetched beyond what straight fetched, as a share of that.
const WASTE: f64 = 0.05;

/// One command, one way.
struct Trial {
    seconds: f64,
    status: Option<i32>,
    ledger: Ledger,
    ahead: Ahead,
}

/// What modkeep says of its fetches ahead of demand.
#[derive(Debug, Default, PartialEq)]
struct Ahead {
    fetched: f64,
    hit: f64,
}

pub(super) fn run(bench: &Bench) -> Result<Section> {
    projects::provide(&bench.corpus, &bench.target.join("corpus"))?;
    let upstream = bench.upstream()?;
    let mut section = Section::default();
    for checkout in projects::ALL {
        let title = format!("{} {}", checkout.module, checkout.version);
        let columns = [
            "straight",
            "modkeep, guessing",
            "of straight",
            "upstream requests straight: .info, .mod, .zip",
            "upstream requests of modkeep",
            "bytes beyond straight's",
            "zips asked for that the corpus lacks",
            "fetched ahead",
            "of them asked for",
        ];
        let mut table = Table::new(&title, &columns);
        for command in projects::COMMANDS {
            let name = format!("`go {}`", command.join(" "));
            println!("  {title}: {name}");
            let pair = both(bench, &upstream, &checkout, command)?;
            let (cells, waste) = cells(&pair);
            let work = format!("{title}: {name}: bytes beyond straight's");
            section.claim(&work, Goal::AtMost(WASTE), waste);
            let name = match pair[0].status {
                Some(0) => name,
                status => format!("{name} (ends with status {})", status.unwrap_or(-1)),
            };
            table.row(&name, cells);
        }
        section.tables.push(table);
    }
    section.note(
        "A command ends with the same status straight and through modkeep, or there is no row; \
         `go get -u` ends with 1 where the newest versions demand a newer Go. `go build` is run \
         with `-n`: everything is resolved and fetched, nothing compiled.",
    );
    Ok(section)
}

/// Straight, then through modkeep.
fn both(
    bench: &Bench,
    upstream: &Upstream,
    checkout: &Checkout,
    command: &[&str],
) -> Result<[Trial; 2]> {
    let straight = trial(bench, upstream, checkout, command, None)?;
    let server = bench.start(Contender::Modkeep, &upstream.url())?;
    let through = trial(bench, upstream, checkout, command, Some(&server))?;
    ensure!(
        straight.status == through.status,
        "go {command:?} ended with {:?} straight and {:?} through modkeep",
        straight.status,
        through.status
    );
    Ok([straight, through])
}

fn trial(
    bench: &Bench,
    upstream: &Upstream,
    checkout: &Checkout,
    command: &[&str],
    server: Option<&Server>,
) -> Result<Trial> {
    let copy = checkout.copy(&bench.corpus)?;
    let go = Go::new(&server.map_or_else(|| upstream.url(), Server::url)).limit(LIMIT);
    upstream.forget()?;
    let begun = Instant::now();
    let output = go.run(command, copy.path());
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(!output.timed_out, "go {command:?} took too long");
    Ok(Trial {
        seconds,
        status: output.status.code(),
        ledger: upstream.settled()?,
        ahead: match server {
            Some(server) => Ahead::parse(&server.get("/metrics")?.text()),
            None => Ahead::default(),
        },
    })
}

fn cells(pair: &[Trial; 2]) -> (Vec<Cell>, Figure) {
    let of = |unit, value: &dyn Fn(&[Trial; 2]) -> f64| Figure::of(unit, [value(pair)]);
    let straight = of(Unit::Seconds, &|[straight, _]| straight.seconds);
    let through = of(Unit::Seconds, &|[_, through]| through.seconds);
    let waste = of(Unit::Share, &|[straight, through]| {
        let needed = count(straight.ledger.bytes);
        (count(through.ledger.bytes) - needed) / needed.max(1.0)
    });
    let fetched = of(Unit::Count, &|[_, through]| through.ahead.fetched);
    let lacking = of(Unit::Count, &|[straight, through]| {
        count(through.ledger.absent_zips) - count(straight.ledger.absent_zips)
    });
    let hit = of(Unit::Share, &|[_, through]| {
        through.ahead.hit / through.ahead.fetched.max(1.0)
    });
    let asked = |trial: &Trial| {
        let Ledger {
            info, go_mod, zip, ..
        } = trial.ledger;
        format!("{info}, {go_mod}, {zip}")
    };
    let [one, other] = pair;
    let ratio = through.over(&straight);
    let cells = vec![
        straight.into(),
        through.into(),
        ratio.into(),
        asked(one).as_str().into(),
        asked(other).as_str().into(),
        waste.clone().into(),
        lacking.into(),
        fetched.into(),
        hit.into(),
    ];
    (cells, waste)
}

// === impl Ahead ===

impl Ahead {
    fn parse(metrics: &str) -> Self {
        Self {
            fetched: sum(metrics, "modkeep_prefetched_total"),
            hit: sum(metrics, "modkeep_prefetch_hits_total"),
        }
    }
}

/// The sum of a counter over its labels (OpenMetrics text: `name{labels} value`).
fn sum(metrics: &str, name: &str) -> f64 {
    let values = metrics.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let value = rest.rsplit_once(' ')?.1;
        (rest.starts_with(['{', ' '])).then(|| value.parse::<f64>().ok())?
    });
    values.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_summed_over_their_labels_and_not_over_longer_names() {
        let metrics = "# TYPE modkeep_prefetched counter\n\
            modkeep_prefetched_total{kind=\"mod\"} 7\n\
            modkeep_prefetched_total{kind=\"zip\"} 3\n\
            modkeep_prefetched_total_bytes{kind=\"zip\"} 1000\n\
            modkeep_prefetch_hits_total{kind=\"mod\"} 5\n";
        let expected = Ahead {
            fetched: 10.0,
            hit: 5.0,
        };
        assert_eq!(Ahead::parse(metrics), expected);
    }
}
