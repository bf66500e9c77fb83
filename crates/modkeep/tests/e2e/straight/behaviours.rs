//! The behaviours of sources: each has a name, says where it was seen or why it may be, and
//! changes a plain source.
//!
//! To add one, add an entry to the file of its kind. A behaviour touches `M` where it can, so
//! that what `go` asks for first does not decide which request is struck.
#![expect(
    clippy::semicolon_if_nothing_returned,
    reason = "tables: an entry of one line reads better than one of three"
)]

mod artifacts;
mod infos;
mod lists;
mod names;
mod statuses;
mod wire;

use super::source::Source;

/// One way in which a source behaves.
#[derive(Clone, Copy)]
pub(super) struct Behaviour {
    /// Its name, in reports and exceptions.
    pub(super) name: &'static str,
    /// Makes a plain source behave so.
    pub(super) set: fn(&mut Source),
    /// The commands that show it best, by name.
    pub(super) telling: &'static [&'static str],
}

/// All of them.
pub(super) fn all() -> Vec<Behaviour> {
    let tables = [
        (lists::ALL, lists::TELLING),
        (infos::ALL, infos::TELLING),
        (infos::QUERIES, infos::TELLING_QUERIES),
        (artifacts::ALL, artifacts::TELLING),
        (statuses::ALL, statuses::TELLING),
        (wire::ALL, wire::TELLING),
        (names::ALL, names::TELLING),
    ];
    let of_table = |(entries, telling): (&[Entry], &'static [&'static str])| {
        let behaviour = |entry: &Entry| Behaviour {
            name: entry.0,
            set: entry.1,
            telling,
        };
        entries.iter().map(behaviour).collect::<Vec<_>>()
    };
    tables.into_iter().flat_map(of_table).collect()
}

/// An entry of a table: a name, and what makes a plain source behave so.
struct Entry(&'static str, fn(&mut Source));

/// An entry of a table.
const fn behaviour(name: &'static str, set: fn(&mut Source)) -> Entry {
    Entry(name, set)
}
