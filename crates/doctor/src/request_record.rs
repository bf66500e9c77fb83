//! Request record: what a server itself says of a request that failed.
//!
//! `go` shows the first lines of an error body, and in them the id of the request. The server that
//! answered keeps what it has no room for there: the facts in full, the source, how long it took. So
//! an id, alone or in a pasted text, is evidence that comes before everything that could be guessed.
//!
//! A server is not believed to be one: its answer is bounded, and it counts only if it is the story
//! of this request. A server that does not know the id is said to, for it may be another one, or may
//! have been started since.

use crate::report::{ColourMode, ReportPage, ascii};
use serde::{Deserialize, Serialize};

/// Characters of an id.
pub const ID_LENGTH: usize = 16;

/// Largest answer of a server that is read; a story has at most a few kilobytes.
pub const LARGEST: usize = 64 << 10;

/// Most characters of a text in a story that are kept.
const LONGEST: usize = 4096;

/// Most ids of a text that are asked about: the first failures explain the others.
const MOST_IDS: usize = 3;

/// What stands before an id in an error body.
const LABEL: &str = "request: ";

/// What became of a request, in the server's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// Its id.
    pub request: String,
    /// When it came.
    pub at: String,
    /// Method and what was asked for.
    pub asked: String,
    /// The status that it was answered with; 0 if the client left before.
    pub status: u16,
    /// The server's code, where the answer is a refusal of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The facts in full.
    #[serde(default)]
    pub facts: String,
    /// How the answer ended: `4xx`, `5xx`, `cut`.
    #[serde(default)]
    pub outcome: String,
    /// Why a body broke off.
    #[serde(default)]
    pub why: String,
    /// The source whose bytes were passed on.
    #[serde(default)]
    pub upstream: String,
    /// Bytes of the body that were sent.
    #[serde(default)]
    pub bytes: u64,
    /// Time from the head of the request to the end of the answer.
    #[serde(default)]
    pub milliseconds: f64,
}

/// What one server said about an id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServerReply {
    /// The id.
    pub request: String,
    /// The server, without secrets.
    pub server: String,
    /// Its story; none if it has none.
    pub story: Option<RequestRecord>,
    /// Why it has none; empty if it has one.
    pub silence: String,
}

/// Whether a text is an id: base 32 without `i l o u`.
pub fn is_id(text: &str) -> bool {
    let is_digit =
        |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase() && !b"ilou".contains(&byte);
    text.len() == ID_LENGTH && text.bytes().all(is_digit)
}

/// The ids that a pasted text names, each once.
pub fn named_in(text: &str) -> Vec<&str> {
    let mut ids: Vec<&str> = Vec::new();
    for (place, label) in text.match_indices(LABEL) {
        let behind = text.get(place + label.len()..).unwrap_or_default();
        let end = behind
            .find(|each: char| !each.is_ascii_alphanumeric())
            .unwrap_or(behind.len());
        let id = behind.get(..end).unwrap_or_default();
        if is_id(id) && !ids.contains(&id) {
            ids.push(id);
        }
        if ids.len() == MOST_IDS {
            break;
        }
    }
    ids
}

/// Prints what servers said.
pub fn render(heard: &[ServerReply], colour: ColourMode) -> String {
    let mut page = ReportPage::new(colour);
    for heard in heard {
        page.add_reply(heard);
    }
    page.text()
}

// === impl RequestRecord ===

impl RequestRecord {
    /// Reads a server's answer; none if it is not the story of this request.
    pub fn read(request: &str, answer: &[u8]) -> Option<Self> {
        if answer.len() > LARGEST {
            return None;
        }
        let mut story: Self = serde_json::from_slice(answer).ok()?;
        let texts = [
            &mut story.at,
            &mut story.asked,
            &mut story.facts,
            &mut story.outcome,
            &mut story.why,
            &mut story.upstream,
        ];
        for text in texts.into_iter().chain(&mut story.code) {
            text.truncate(text.floor_char_boundary(LONGEST));
        }
        (story.request == request).then_some(story)
    }
}

// === impl Page ===

impl ReportPage {
    fn add_reply(&mut self, heard: &ServerReply) {
        let title = self.bold(&format!("request {}", ascii(&heard.request)));
        let server = ascii(&heard.server);
        let Some(story) = &heard.story else {
            self.line(&format!("{title}: {server}: {}", ascii(&heard.silence)));
            self.line("");
            return;
        };
        self.line(&format!("{title}, as {server} tells it"));
        self.labelled(
            "asked",
            &ascii(&format!("{}, at {}", story.asked, story.at)),
        );
        self.labelled("answer", &answer(story));
        for (label, text) in [
            ("facts", &story.facts),
            ("broke off", &story.why),
            ("source", &story.upstream),
        ] {
            if !text.is_empty() {
                self.labelled(label, &ascii(text));
            }
        }
        self.line("");
    }
}

/// What was answered, in a line.
fn answer(story: &RequestRecord) -> String {
    let status = match story.status {
        0 => "none, the client had left".to_owned(),
        status => status.to_string(),
    };
    let code = story.code.as_deref().map(|code| format!(" {code}"));
    let code = code.unwrap_or_default();
    let (outcome, bytes, took) = (&story.outcome, story.bytes, story.milliseconds);
    ascii(&format!(
        "{status}{code} ({outcome}), {bytes} bytes, after {took:.1} ms"
    ))
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, RequestRecord, ServerReply, is_id, named_in, render};
    use crate::report::ColourMode;
    use proptest::prelude::*;

    const ID: &str = "06a1b2c3d4e5f6g7";

    const TOLD: &str = r#"{"request":"06a1b2c3d4e5f6g7","at":"2026-01-02T03:04:05Z","asked":"GET example.com/m@v1.0.0.zip","status":503,"code":"MK2003","facts":"https://proxy.example.com: connection refused","outcome":"5xx","why":"","upstream":"","bytes":120,"milliseconds":12.34,"later":1}"#;

    #[test]
    fn an_id_is_sixteen_digits_of_its_alphabet() {
        assert!(is_id(ID));
        for other in [
            "",
            "06a1b2c3d4e5f6g",
            "06a1b2c3d4e5f6gi",
            "06A1B2C3D4E5F6G7",
            "06a1b2c3d4e5f6g77",
        ] {
            assert!(!is_id(other), "{other}");
        }
    }

    #[test]
    fn ids_are_found_where_error_bodies_have_them() {
        let text = format!(
            "go: x\n\trequest: {ID}\nrequest: {ID}\nrequest: nothing\n[ci] request: 06a1b2c3d4e5f6g8."
        );
        assert_eq!(named_in(&text), [ID, "06a1b2c3d4e5f6g8"]);
        assert!(named_in(&format!("request: {ID}x")).is_empty());
    }

    #[test]
    fn a_story_is_read_if_it_is_of_this_request() {
        let story = RequestRecord::read(ID, TOLD.as_bytes()).unwrap();
        assert_eq!((story.status, story.code.as_deref()), (503, Some("MK2003")));
        assert_eq!(
            RequestRecord::read("06a1b2c3d4e5f6g8", TOLD.as_bytes()),
            None
        );
        assert_eq!(RequestRecord::read(ID, &vec![b' '; LARGEST + 1]), None);
        assert_eq!(RequestRecord::read(ID, b"<html>"), None);
    }

    #[test]
    fn a_page_tells_the_story_or_who_has_none() {
        let heard = |story: Option<RequestRecord>, silence: &str| ServerReply {
            request: ID.to_owned(),
            server: "http://127.0.0.1:3000".to_owned(),
            story,
            silence: silence.to_owned(),
        };
        let told = heard(RequestRecord::read(ID, TOLD.as_bytes()), "");
        let unknown = heard(None, "it does not know this request");
        insta::assert_snapshot!(render(&[told, unknown], ColourMode::Never), @"
        request 06a1b2c3d4e5f6g7, as http://127.0.0.1:3000 tells it
          asked:   GET example.com/m@v1.0.0.zip, at 2026-01-02T03:04:05Z
          answer:  503 MK2003 (5xx), 120 bytes, after 12.3 ms
          facts:   https://proxy.example.com: connection refused

        request 06a1b2c3d4e5f6g7: http://127.0.0.1:3000: it does not know this request
        ");
    }

    proptest! {
        #[test]
        fn no_answer_can_play_with_the_terminal(facts in ".{0,200}", answer in proptest::collection::vec(any::<u8>(), 0..200)) {
            RequestRecord::read(ID, &answer);
            let story = RequestRecord { facts, ..RequestRecord::read(ID, TOLD.as_bytes()).unwrap() };
            let heard = ServerReply { request: ID.to_owned(), server: String::new(), story: Some(story), silence: String::new() };
            let page = render(&[heard], ColourMode::Never);
            prop_assert!(!page.contains(|letter| letter != '\n' && crate::text::is_invisible(letter)));
        }

        #[test]
        fn any_text_can_be_searched_for_ids(text in ".{0,200}") {
            for id in named_in(&text) {
                prop_assert!(is_id(id));
            }
        }
    }
}
