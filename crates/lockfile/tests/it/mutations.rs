//! Each field of a lock is changed in turn, in each format: whatever decides what is installed is
//! found, beside the base or alone, or it is argued here why it need not be.
//!
//! The base is a lock that a real tool made (`tests/healthy`). A class is the way to a field with names
//! left out, and what is done to it. A class counts as found if it is in every place where it was
//! tried.

use crate::{
    argued::{ARGUED, Argument},
    fields::{self, Field, fields},
    healthy::{self, Case},
};
use finding::Finding;
use lockfile::{Lockfile, audit::audit, compare::changed};
use std::collections::{BTreeMap, HashSet};

/// How often a class is tried in one lock, and in all of a format: more of the same say nothing new.
const EACH: usize = 1;
const ALL: usize = 12;

/// How often a class was tried and found.
#[derive(Debug, Default, Clone)]
struct Count {
    tried: usize,
    /// Beside the base.
    found: usize,
    /// Of the lock alone.
    alone: usize,
    /// Those that were not found, by shape.
    missed: BTreeMap<String, String>,
}

/// What the change to a lock brings, as the gate counts it.
fn brings(case: &Case, base: &Lockfile, known: &[Finding], text: &str) -> (bool, bool) {
    let Ok(lock) = lockfile::read(case.kind, &case.file, text.as_bytes()) else {
        return (true, true);
    };
    let findings = case.stopping(audit(&lock, &case.expected));
    let same = |one: &Finding| (one.rule.id, one.subject.clone(), one.message.clone());
    let old: HashSet<_> = known.iter().map(same).collect();
    let is_new = findings.iter().any(|one| !old.contains(&same(one)));
    let is_changed = !changed(base, &lock).is_empty();
    (is_new || is_changed, is_new)
}

fn counts() -> BTreeMap<(String, String), Count> {
    let mut counts: BTreeMap<(String, String), Count> = BTreeMap::new();
    for case in healthy::all() {
        let base = case.read().unwrap();
        let format = base.format.to_string();
        let format = format.split('.').next().unwrap().to_owned();
        let known = case.stopping(audit(&base, &case.expected));
        let mut tried: BTreeMap<String, usize> = BTreeMap::new();
        for Field { class, text } in fields(case.kind, &case.text) {
            let times = tried.entry(class.clone()).or_default();
            *times += 1;
            let count = counts.entry((format.clone(), class.clone())).or_default();
            if *times > EACH || count.tried >= ALL {
                continue;
            }
            assert_ne!(text, case.text, "{} {class}", case.name);
            let (found, alone) = brings(&case, &base, &known, &text);
            count.tried += 1;
            count.found += usize::from(found);
            count.alone += usize::from(alone);
            if !found && !count.missed.contains_key(case.shape()) {
                let plain = fields::plain(case.kind, &case.text);
                let lines = plain.lines().zip(text.lines());
                let mut lines = lines.filter(|(before, after)| before != after);
                let line = lines
                    .next()
                    .map(|(before, after)| format!("{before} => {after}"));
                let said = format!("{}: {}", case.name, line.unwrap_or_default());
                count.missed.insert(case.shape().to_owned(), said);
            }
        }
    }
    counts
}

/// What argues that some of a class are not found: in all shapes, or in those where they were missed.
fn is_argued(argument: &Argument, format: &str, class: &str, missed: &Count) -> bool {
    let (formats, part, shapes, _) = argument;
    let is_class = match part.strip_prefix('^') {
        Some(start) => class.starts_with(start),
        None => class.contains(part),
    };
    let mut missed = missed.missed.keys();
    let is_shape = shapes.is_empty() || missed.all(|shape| shapes.contains(&&**shape));
    format.starts_with(formats) && is_class && is_shape
}

#[test]
fn a_change_to_any_field_that_decides_is_found_or_argued() {
    let counts = counts();
    let mut wrong = Vec::new();
    let mut totals: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    for ((format, class), count) in &counts {
        let argued = ARGUED
            .iter()
            .any(|one| is_argued(one, format, class, count));
        let total = totals.entry(format.clone()).or_default();
        let kind = if count.found == count.tried {
            "found"
        } else {
            "argued"
        };
        println!(
            "{format}\t{class}\t{}\t{}\t{}\t{kind}",
            count.tried, count.found, count.alone
        );
        total.0 += 1;
        total.1 += usize::from(count.found == count.tried);
        total.2 += usize::from(count.found < count.tried && argued);
        if count.found < count.tried && !argued {
            let missed: Vec<&str> = count.missed.values().map(|one| &**one).collect();
            let missed = missed.join("; ");
            wrong.push(format!(
                "{format}\t{class}\t{}/{}\t{missed}",
                count.found, count.tried
            ));
        }
    }
    for (format, (classes, found, argued)) in &totals {
        println!("{format}: {classes} classes of changes, {found} found, {argued} argued");
    }
    assert!(
        wrong.is_empty(),
        "{} classes\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let idle = ARGUED.iter().filter(|argument| {
        let mut missed = counts.iter().filter(|(_, count)| count.found < count.tried);
        !missed.any(|((format, class), count)| is_argued(argument, format, class, count))
    });
    let idle: Vec<_> = idle.collect();
    assert!(idle.is_empty(), "argued and always found: {idle:?}");
}
