//! The upstream is dead: it answers 503, takes requests and never answers, or is gone.
//!
//! What is kept must come as always. What is not kept cannot come; it must be refused with a
//! reason, soon at first and at once when it is known that nobody is there, and it must come
//! again when the upstream does. Lists are asked for twice: as they are, and when they are older
//! than modkeep gives them out without asking (it is started anew with a low `--list-max-age`).

use anyhow::Result;
use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};
use testkit::client;

use crate::bench::{
    Bench,
    contender::Contender,
    corpus::{LIST, SMALL},
    figure::{Figure, Unit},
    report::{Cell, Goal, Section, Table},
    server::{Server, wait_until},
    upstream::{ENDLESS, Mood, Upstream},
    verify,
};

/// A client that gets nothing for so long gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// From when on a refusal counts as one that asked nobody.
const AT_ONCE: Duration = Duration::from_millis(20);

/// How many uncached artifacts are asked for until refusals come at once.
const TRIES: usize = 12;

/// Requests of one sort end when they have taken so long together.
const ENOUGH: Duration = Duration::from_secs(15);

/// Lists are older than this before the old ones are asked for.
const LIST_AGE: Duration = Duration::from_secs(2);

/// modkeep is started anew so that such a list is old to it, and has to be asked for again.
const OLD_SOON: &[&str] = &["--list-max-age", "500ms", "--list-stale", "500ms"];

/// What is kept must come within this many seconds.
const KEPT: f64 = 0.010;
/// The first refusals may take so long, in seconds.
const FIRST: f64 = 5.0;
/// How long it may take until what is not kept comes again.
const BACK: f64 = 2.0;

/// How the upstream dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    Refusing,
    Hanging,
    Killed,
}

/// The answers to several requests of one sort.
struct Asked {
    times: Figure,
    /// Statuses in order; 0 where none came.
    statuses: Vec<u16>,
}

/// What one server did in one outage.
struct Found {
    kept: Asked,
    young_list: Asked,
    list_first: Asked,
    list_then: Asked,
    uncached_first: Asked,
    uncached_then: Asked,
    back: Figure,
}

pub(super) fn run(bench: &Bench) -> Result<Section> {
    let mut section = Section::default();
    for death in [Death::Refusing, Death::Hanging, Death::Killed] {
        let columns = [
            "kept `.mod`, worst",
            "kept list, worst",
            "old list, first",
            "old list, then worst",
            "uncached, worst at first",
            "uncached, then worst",
            "back after",
        ];
        let mut table = Table::new(death.title(), &columns);
        for contender in bench.proxies() {
            let found = outage(bench, contender, death)?;
            println!("  {}, {}", death.title(), contender.name());
            if contender == Contender::Modkeep {
                found.claim(&mut section, death);
            }
            table.row(contender.name(), found.cells());
        }
        section.tables.push(table);
    }
    section.note("Beside a time stands the status; `none` is no answer within 20 s.");
    section.note("Every server is asked in one round: an outage is a sequence, not a rate.");
    Ok(section)
}

fn outage(bench: &Bench, contender: Contender, death: Death) -> Result<Found> {
    let mut upstream = bench.upstream()?;
    let mut server = bench.start(contender, &upstream.url())?;
    for path in [format!("{SMALL}.mod"), LIST.to_owned()] {
        verify::fetch(&server, &bench.corpus, &path)?;
    }
    death.come(&mut upstream)?;
    let kept = ask(&server, 10, |_| format!("{SMALL}.mod"));
    let young_list = ask(&server, 10, |_| LIST.to_owned());
    server.stop();
    thread::sleep(LIST_AGE);
    server.arguments(OLD_SOON);
    server.start()?;
    let found = Found {
        kept,
        young_list,
        list_first: ask(&server, 1, |_| LIST.to_owned()),
        uncached_first: until_at_once(&server),
        uncached_then: ask(&server, 10, |number| endless("then", number)),
        list_then: ask(&server, 5, |_| LIST.to_owned()),
        back: Figure::new(Unit::Seconds),
    };
    let begun = Instant::now();
    death.go(&mut upstream)?;
    let back = come_back(&server, begun);
    server.kill();
    Ok(Found {
        back: Figure::of(Unit::Seconds, back),
        ..found
    })
}

fn endless(name: &str, number: usize) -> String {
    format!("/{ENDLESS}{name}{number}/@v/v1.0.0.mod")
}

fn ask(server: &Server, count: usize, path: impl Fn(usize) -> String) -> Asked {
    let mut asked = Asked::nothing();
    for number in 0..count {
        if asked.is_enough() {
            break;
        }
        asked.add(server.address(), &path(number));
    }
    asked
}

/// Asks for one uncached artifact after the other until two refusals in a row come at once.
fn until_at_once(server: &Server) -> Asked {
    let mut asked = Asked::nothing();
    let mut in_a_row = 0;
    for number in 0..TRIES {
        let time = asked.add(server.address(), &endless("first", number));
        in_a_row = if time < AT_ONCE { in_a_row + 1 } else { 0 };
        if in_a_row == 2 || asked.is_enough() {
            break;
        }
    }
    asked
}

/// How long until an uncached artifact comes, in seconds; `None` if it does not.
fn come_back(server: &Server, begun: Instant) -> Option<f64> {
    let mut number = 0;
    let comes = || {
        number += 1;
        let mut one = Asked::nothing();
        one.add(server.address(), &endless("back", number));
        one.statuses == [200]
    };
    wait_until(PATIENCE, comes).ok()?;
    Some(begun.elapsed().as_secs_f64())
}

// === impl Death ===

impl Death {
    fn title(self) -> &'static str {
        match self {
            Self::Refusing => "Upstream answers 503",
            Self::Hanging => "Upstream hangs",
            Self::Killed => "Upstream is killed",
        }
    }

    fn come(self, upstream: &mut Upstream) -> Result<()> {
        match self {
            Self::Refusing => upstream.mood(Mood::Refusing),
            Self::Hanging => upstream.mood(Mood::Hanging),
            Self::Killed => {
                upstream.kill();
                Ok(())
            }
        }
    }

    fn go(self, upstream: &mut Upstream) -> Result<()> {
        match self {
            Self::Refusing | Self::Hanging => upstream.mood(Mood::Well),
            Self::Killed => upstream.revive(),
        }
    }
}

// === impl Asked ===

impl Asked {
    fn nothing() -> Self {
        Self {
            times: Figure::new(Unit::Seconds),
            statuses: Vec::new(),
        }
    }

    fn add(&mut self, address: SocketAddr, path: &str) -> Duration {
        let begun = Instant::now();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        let answer = client::exchange(address, request.as_bytes(), PATIENCE);
        let time = begun.elapsed();
        self.times.push(time.as_secs_f64());
        self.statuses.push(answer.map_or(0, |answer| answer.status));
        time
    }

    /// Nobody needs to be shown to be slow, or to hang, again and again.
    fn is_enough(&self) -> bool {
        let seconds: f64 = self.times.samples.iter().sum();
        seconds > ENOUGH.as_secs_f64() || self.statuses.last() == Some(&0)
    }

    /// The longest time, as a figure.
    fn worst(&self) -> Figure {
        Figure::of(Unit::Seconds, self.times.largest())
    }

    fn text(&self) -> String {
        let mut statuses = self.statuses.clone();
        statuses.sort_unstable();
        statuses.dedup();
        let statuses = statuses.iter().map(|&status| match status {
            0 => "none".to_owned(),
            status => status.to_string(),
        });
        let statuses: Vec<String> = statuses.collect();
        format!("{}: {}", statuses.join(" and "), self.worst().text())
    }

    /// How many answers had another status.
    fn wrong(&self, wanted: u16) -> Figure {
        let wrong = self.statuses.iter().filter(|&&status| status != wanted);
        Figure::of(Unit::Count, [super::count(wrong.count() as u64)])
    }
}

// === impl Found ===

impl Found {
    fn cells(&self) -> Vec<Cell> {
        let asked = [
            &self.kept,
            &self.young_list,
            &self.list_first,
            &self.list_then,
            &self.uncached_first,
            &self.uncached_then,
        ];
        let mut cells: Vec<Cell> = asked.map(|asked| asked.text().as_str().into()).into();
        cells.push(match self.back.samples.first() {
            Some(_) => self.back.clone().into(),
            None => "not within 20 s".into(),
        });
        cells
    }

    fn claim(&self, section: &mut Section, death: Death) {
        let title = death.title().to_lowercase();
        for (what, asked, status, limit) in [
            ("kept `.mod`", &self.kept, 200, KEPT),
            ("kept list", &self.young_list, 200, KEPT),
            ("old list, first", &self.list_first, 200, KEPT),
            ("old list, then", &self.list_then, 200, KEPT),
            ("uncached, at first", &self.uncached_first, 503, FIRST),
            (
                "uncached, then",
                &self.uncached_then,
                503,
                AT_ONCE.as_secs_f64(),
            ),
        ] {
            section.claim(
                &format!("{title}: {what}"),
                Goal::AtMost(limit),
                asked.worst(),
            );
            let wrong = asked.wrong(status);
            if wrong.median() != Some(0.0) {
                let work = format!("{title}: {what}: answers other than {status}");
                section.claim(&work, Goal::AtMost(0.0), wrong);
            }
        }
        section.claim(
            &format!("{title}: back after"),
            Goal::AtMost(BACK),
            self.back.clone(),
        );
    }
}
