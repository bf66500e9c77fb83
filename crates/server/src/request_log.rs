//! Request log: what became of the last requests that failed, by their ids.
//!
//! `go` shows a person a few short lines and an id. Whoever looks for the reason later, perhaps on
//! another machine, asks with the id: what was asked for, what it was answered with in full, how
//! long it took, whose body broke off. Only failures are kept, so success costs nothing, and only the
//! last of them. What is private is kept without names (law L7): an id can be guessed.

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
pub(crate) struct RequestLogEntry {
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

/// What a refusal says, for the log; carried from where the answer is made.
#[derive(Debug, Clone)]
pub(crate) struct RefusalRecord {
    pub(crate) code: Code,
    pub(crate) facts: String,
}

/// The last failures.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    last: Mutex<VecDeque<RequestLogEntry>>,
}

// === impl RequestLog ===

impl RequestLog {
    /// Keeps a failed request, in place of the oldest if there is no room.
    pub(crate) fn keep(&self, mut failed: RequestLogEntry) {
        if failed.facts.len() > LONGEST {
            failed
                .facts
                .truncate(failed.facts.floor_char_boundary(LONGEST));
        }
        let mut last = self.last.lock();
        if last.len() == KEPT {
            last.pop_front();
        }
        last.push_back(failed);
    }

    /// What became of a request, as JSON, if it is kept.
    pub(crate) fn find(&self, request: &str) -> Option<String> {
        let last = self.last.lock();
        let failed = last.iter().rev().find(|failed| failed.request == request)?;
        let mut page = serde_json::to_string_pretty(failed).ok()?;
        page.push('\n');
        Some(page)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, LONGEST, RequestLog, RequestLogEntry};
    use jiff::Timestamp;

    fn failed(request: &str, facts: String) -> RequestLogEntry {
        RequestLogEntry {
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
    fn the_last_failures_are_found_and_the_oldest_make_room() {
        let request_log = RequestLog::default();
        for number in 0..=KEPT {
            request_log.keep(failed(&number.to_string(), String::new()));
        }
        assert_eq!(request_log.find("0"), None);
        assert!(
            request_log
                .find("1")
                .unwrap()
                .contains("\"code\": \"MK2005\"")
        );
        assert!(request_log.find(&KEPT.to_string()).is_some());
    }

    #[test]
    fn long_facts_are_cut_between_characters() {
        let request_log = RequestLog::default();
        request_log.keep(failed("a", "\u{e9}".repeat(LONGEST)));
        let found = request_log.find("a").unwrap();
        assert!(
            found.len() < LONGEST + 500 && found.contains('\u{e9}'),
            "{found}"
        );
    }
}
