//! Every list of up to three sources, every separator, every end of the list, and everything a
//! source can do: the machine against the rule written down another way.
//!
//! The rule is stated over the whole list at once (who is reached, what was heard), where the
//! machine goes step by step. Both follow what `go help goproxy` says of `,` and `|`.

use std::sync::Arc;

use super::{Machine, Next};
use crate::plan::{Place, Stop};

/// What a source does when it is asked, and when it is asked once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Content,
    Absent,
    Fails,
    Wrong,
    Broken,
}

type Source = (Turn, Turn);

/// How a walk ended, and who was asked how often.
#[derive(Debug, PartialEq, Eq)]
struct Course {
    asked: Vec<usize>,
    end: End,
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Found(usize),
    Over {
        next: Next,
        last_absence: Option<usize>,
        last_failure: Option<usize>,
    },
}

/// Sources that differ: the second turn matters only after a broken body.
fn sources() -> Vec<Source> {
    let turns = [
        Turn::Content,
        Turn::Absent,
        Turn::Fails,
        Turn::Wrong,
        Turn::Broken,
    ];
    let plain = turns[..4].iter().map(|turn| (*turn, *turn));
    plain
        .chain(turns.iter().map(|second| (Turn::Broken, *second)))
        .collect()
}

fn lists() -> Vec<Vec<(Source, bool)>> {
    let stops: Vec<(Source, bool)> = sources()
        .into_iter()
        .flat_map(|source| [(source, false), (source, true)])
        .collect();
    let mut lists = vec![Vec::new()];
    let mut longest: Vec<Vec<(Source, bool)>> = vec![Vec::new()];
    for _ in 0..3 {
        longest = longest
            .iter()
            .flat_map(|list| {
                stops
                    .iter()
                    .map(move |stop| list.iter().copied().chain([*stop]).collect())
            })
            .collect();
        lists.extend(longest.iter().cloned());
    }
    lists
}

/// What the machine does.
fn driven(list: &[(Source, bool)], end: Option<Place>) -> Course {
    let sources = list.iter().enumerate().map(|(index, (_, pipe))| Stop {
        place: Place::Source(index),
        past_failure: *pipe,
    });
    let stops: Arc<[Stop]> = sources
        .chain(end.map(|place| Stop {
            place,
            past_failure: false,
        }))
        .collect();
    let mut machine: Machine<usize, usize> = Machine::new(stops);
    let mut asked = Vec::new();
    while let Next::Ask(index) = machine.next() {
        let (first, second) = list[index].0;
        let turn = if asked.contains(&index) {
            second
        } else {
            first
        };
        asked.push(index);
        match turn {
            Turn::Content => {
                return Course {
                    asked,
                    end: End::Found(index),
                };
            }
            Turn::Absent => machine.absent(index),
            Turn::Fails => machine.failed(index),
            Turn::Wrong => machine.rejected(index, false),
            Turn::Broken => machine.rejected(index, true),
        }
        assert!(
            asked.len() <= 2 * list.len(),
            "the walk does not end: {list:?}"
        );
    }
    let (last_absence, last_failure) = (
        machine.last_absence().copied(),
        machine.last_failure().copied(),
    );
    Course {
        asked,
        end: End::Over {
            next: machine.next(),
            last_absence,
            last_failure,
        },
    }
}

/// What a source amounts to: has content, said absent at last, failed on the way.
fn sum(source: Source) -> (bool, bool, bool) {
    let last = if source.0 == Turn::Broken {
        source.1
    } else {
        source.0
    };
    let failed = source.0 == Turn::Broken || !matches!(last, Turn::Content | Turn::Absent);
    (last == Turn::Content, last == Turn::Absent, failed)
}

/// What the rule says.
fn expected(list: &[(Source, bool)], end: Option<Place>) -> Course {
    let passes = |(source, pipe): &(Source, bool)| sum(*source).1 || (!sum(*source).0 && *pipe);
    let reached = list
        .iter()
        .position(|stop| !passes(stop))
        .map_or(list.len(), |index| index + 1);
    let turns = |index: &usize| {
        if list[*index].0.0 == Turn::Broken {
            2
        } else {
            1
        }
    };
    let asked = (0..reached)
        .flat_map(|index| std::iter::repeat_n(index, turns(&index)))
        .collect();
    if let Some(found) = (0..reached).find(|index| sum(list[*index].0).0) {
        return Course {
            asked,
            end: End::Found(found),
        };
    }
    let next = match (list[..reached].iter().all(passes), end) {
        (false, _) => Next::Halted,
        (true, Some(Place::Direct)) => Next::Direct,
        (true, Some(_)) => Next::Off,
        (true, None) => Next::Exhausted,
    };
    let last_absence = (0..reached).rev().find(|index| sum(list[*index].0).1);
    let last_failure = (0..reached).rev().find(|index| sum(list[*index].0).2);
    Course {
        asked,
        end: End::Over {
            next,
            last_absence,
            last_failure,
        },
    }
}

#[test]
fn the_machine_keeps_the_rule_of_the_list_in_every_case() {
    let mut cases = 0;
    for list in lists() {
        for end in [None, Some(Place::Direct), Some(Place::Off)] {
            assert_eq!(driven(&list, end), expected(&list, end), "{list:?} {end:?}");
            cases += 1;
        }
    }
    println!("{cases} walks");
    assert_eq!(cases, 3 * (1 + 18 + 18 * 18 + 18 * 18 * 18));
}

/// The law that the verdict rests on: nothing but absence was heard, from everybody who was asked.
#[test]
fn a_walk_without_failure_heard_absence_from_everybody_it_asked() {
    for list in lists() {
        let course = driven(&list, None);
        let End::Over {
            last_failure: None, ..
        } = course.end
        else {
            continue;
        };
        assert_eq!(course.asked.len(), list.len(), "{list:?}");
        assert!(
            list.iter()
                .all(|(source, _)| *source == (Turn::Absent, Turn::Absent)),
            "{list:?}"
        );
    }
}
