//! Stories: what became of the last requests that failed, by their ids.
//!
//! `go` shows a person a few short lines and an id. Whoever looks for the reason later, perhaps on
//! another machine, asks with the id: what was asked for, what it was answered with in full, how
//! long it took, whose body broke off. Only failures are kept, so success costs nothing, and only the
//! last of them. What is private has a story without names (law L7): an id can be guessed.

use codes::Code;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::VecDeque;

/// Failures that are kept: at most a kilobyte or so each.
const KEPT: usize = 1024;

/// Bytes of the facts that are kept of each.
const LONGEST: usize = 2048;

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Story {
    /// Its id.
    pub(crate) request: String,
    /// When it came.
    pub(crate) at: Timestamp,
    /// Method and what was asked for.
    pub(crate) asked: String,
    /// The status that it was answered with; 0 if the client left before.
    pub(crate) status: u16,
    /// Our code, where the answer is a refusal of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// The facts in full: an error body has no room for them.
    pub(crate) facts: String,
    /// How the answer ended: `4xx`, `5xx`, `cut`.
    pub(crate) outcome: &'static str,
    /// Why a body broke off; empty if none did.
    pub(crate) why: String,
    /// The source whose bytes were passed on, if any were.
    pub(crate) upstream: String,
    /// Bytes of the body that were sent.
    pub(crate) bytes: u64,
    /// Time from the head of the request to the end of the answer.
    pub(crate) milliseconds: f64,
}

/// What a refusal says, for the story; carried from where the answer is made.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) code: Code,
    pub(crate) facts: String,
}

/// The last failures.
#[derive(Debug, Default)]
pub(crate) struct Stories {
    last: Mutex<VecDeque<Story>>,
}

// === impl Stories ===

impl Stories {
    /// Keeps a story, in place of the oldest if there is no room.
    pub(crate) fn keep(&self, mut story: Story) {
        if story.facts.len() > LONGEST {
            story
                .facts
                .truncate(story.facts.floor_char_boundary(LONGEST));
        }
        let mut last = self.last.lock();
        if last.len() == KEPT {
            last.pop_front();
        }
        last.push_back(story);
    }

    /// The story of a request as JSON, if it is kept.
    pub(crate) fn tell(&self, request: &str) -> Option<String> {
        let last = self.last.lock();
        let story = last.iter().rev().find(|story| story.request == request)?;
        let mut page = serde_json::to_string_pretty(story).ok()?;
        page.push('\n');
        Some(page)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, LONGEST, Stories, Story};
    use jiff::Timestamp;

    fn story(request: &str, facts: String) -> Story {
        Story {
            request: request.to_owned(),
            at: Timestamp::UNIX_EPOCH,
            asked: "GET example.com/m@list".to_owned(),
            status: 503,
            code: Some("MK2005".to_owned()),
            facts,
            outcome: "5xx",
            why: String::new(),
            upstream: String::new(),
            bytes: 12,
            milliseconds: 1.5,
        }
    }

    #[test]
    fn the_last_failures_are_told_and_the_oldest_make_room() {
        let stories = Stories::default();
        for number in 0..=KEPT {
            stories.keep(story(&number.to_string(), String::new()));
        }
        assert_eq!(stories.tell("0"), None);
        assert!(stories.tell("1").unwrap().contains("\"code\": \"MK2005\""));
        assert!(stories.tell(&KEPT.to_string()).is_some());
    }

    #[test]
    fn long_facts_are_cut_between_characters() {
        let stories = Stories::default();
        stories.keep(story("a", "\u{e9}".repeat(LONGEST)));
        let told = stories.tell("a").unwrap();
        assert!(
            told.len() < LONGEST + 500 && told.contains('\u{e9}'),
            "{told}"
        );
    }
}
