//! Pattern: how a message looks, as the table writes it, and as the machine searches for it.
//!
//! A template is the message in its plain form with holes: `{name}` takes something out, of the kind
//! that its name says; `{...}` passes over anything within the same message. A digit behind a name
//! only tells two holes apart and takes nothing out.
//!
//! The quotation marks around a URL may be missing: go before 1.14 wrote none.
//!
//! A search begins at the longest piece of a template that has no hole, its anchor: those of all
//! patterns are looked for in one pass, and only where one stands is the pattern itself tried.

use crate::cause::MessagePattern;
use crate::parts::MessageParts;
use regex::{Captures, Regex};
use std::ops::Range;

/// A pattern that can be tried.
#[derive(Debug)]
pub(crate) struct CompiledPattern {
    regex: Regex,
    /// The names of its holes that take something out.
    names: Vec<&'static str>,
    /// The words behind its URL, if it has both: they say what was wrong with it.
    behind_url: Option<&'static str>,
    anchor: &'static str,
}

/// Where a pattern was found, and what it took out.
#[derive(Debug)]
pub(crate) struct PatternMatch {
    pub(crate) stretch: Range<usize>,
    /// The words in it that say most.
    pub(crate) point: Range<usize>,
    pub(crate) parts: MessageParts,
}

/// A template is made of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TemplatePiece {
    Words(&'static str),
    Hole(&'static str),
    /// A URL, with its quotation marks or without.
    Url,
}

/// Words as short as these say nothing.
const MEAGRE: usize = 4;

/// A URL with or without its quotation marks; without a host it needs them.
const URL: &str = r#"(?:"(?P<url>[^\s"']+)"|(?P<bare>[a-z][a-z0-9+.-]*://[^\s"']+?))"#;

// === impl Pattern ===

impl MessagePattern {
    /// The longest piece without a hole.
    pub(crate) fn anchor(&self) -> &'static str {
        let words = pieces(self.template)
            .into_iter()
            .filter_map(TemplatePiece::words);
        words.max_by_key(|words| words.len()).unwrap_or_default()
    }

    /// The same, ready to be tried; `None` if the template is no pattern.
    pub(crate) fn compile(&self) -> Option<CompiledPattern> {
        let pieces = pieces(self.template);
        let mut names = Vec::new();
        let mut source = String::new();
        for (index, piece) in pieces.iter().enumerate() {
            let is_last = index + 1 == pieces.len();
            source.push_str(&piece.source(is_last));
            match *piece {
                TemplatePiece::Hole(name) if piece.takes_out() => names.push(name),
                TemplatePiece::Url => names.push("url"),
                _ => {}
            }
        }
        let regex = Regex::new(&source).ok()?;
        let behind = self.template.split("{url}").nth(1);
        let behind = behind.and_then(|behind| behind.trim_start_matches('"').split('{').next());
        Some(CompiledPattern {
            regex,
            names,
            behind_url: behind.filter(|words| words.len() > MEAGRE),
            anchor: self.anchor(),
        })
    }
}

// === impl CompiledPattern ===

impl CompiledPattern {
    /// Finds it in a window of the text, covering this place in it.
    pub(crate) fn find(&self, window: &str, place: usize) -> Option<PatternMatch> {
        let covers = |captures: &Captures<'_>| {
            let whole = captures.get_match();
            (whole.start() <= place && place < whole.end()).then_some(whole.range())
        };
        let mut all = self.regex.captures_iter(window);
        let (stretch, captures) = all.find_map(|captures| Some((covers(&captures)?, captures)))?;
        let mut parts = MessageParts::default();
        for name in &self.names {
            let bare = || captures.name("bare").filter(|_| *name == "url");
            if let Some(part) = captures.name(name).or_else(bare) {
                parts.add(name, part.as_str());
            }
        }
        parts.derive();
        let url = captures.name("url").or_else(|| captures.name("bare"));
        let end = url.map(|url| {
            // One in quotation marks ends behind the second.
            let behind = window.get(url.end()..).unwrap_or_default();
            url.end() + usize::from(behind.starts_with('"'))
        });
        let point = match self.behind_url.zip(end) {
            Some((words, end)) => point(end, words),
            None => point(place, self.anchor),
        };
        Some(PatternMatch {
            stretch,
            point,
            parts,
        })
    }
}

/// The words of a pattern at a place, without what only joins them to the holes beside it.
fn point(start: usize, words: &str) -> Range<usize> {
    let joins: &[char] = &[' ', ':', ';', ',', '"', '\'', '(', '@'];
    let behind = words.trim_start_matches(joins);
    let start = start + words.len() - behind.len();
    start..start + behind.trim_end_matches(joins).len()
}

// === impl TemplatePiece ===

impl TemplatePiece {
    fn words(self) -> Option<&'static str> {
        match self {
            Self::Words(words) => Some(words),
            Self::Hole(_) | Self::Url => None,
        }
    }

    fn takes_out(self) -> bool {
        matches!(self, Self::Hole(name) if name != "..." && !name.ends_with(|c: char| c.is_ascii_digit()))
    }

    /// As a regular expression.
    fn source(self, is_last: bool) -> String {
        let name = match self {
            Self::Words(words) => return regex::escape(words),
            Self::Url => return URL.to_owned(),
            Self::Hole(name) => name,
        };
        let class = class(name.trim_end_matches(|c: char| c.is_ascii_digit()), is_last);
        let behind = if name.starts_with("version") {
            r"(?:/go\.mod)?"
        } else {
            ""
        };
        if self.takes_out() {
            format!("(?P<{name}>{class}){behind}")
        } else {
            format!("(?:{class}){behind}")
        }
    }
}

/// What may stand in a hole of this name. Nothing reaches beyond its message.
fn class(name: &str, is_last: bool) -> &'static str {
    match name {
        "..." if is_last => r"[^\n]",
        "rest" if is_last => r"[^\n]*",
        "..." | "rest" => r"[^\n]*?",
        "module" | "package" | "importer" => r#"[^\s:@"'(),;]+"#,
        "version" => r#"[^\s:/,;"'()]+"#,
        "required" | "running" => r#"[^\s:,;"'()]+"#,
        "url" | "word" | "target" => r#"[^\s"']+"#,
        "host" => r#"[^\s:"'/,()]+(?::[0-9]+)?"#,
        "line" | "number" => "[0-9]+",
        "status" => r"[0-9]{3}\b(?: [A-Z][A-Za-z-]*)*",
        "mode" | "system" => "[a-z]+",
        "toolchain" => "go[0-9A-Za-z.+-]+",
        "file" if is_last => r#"[^\s"]+"#,
        "file" => r#"[^\s"]+?"#,
        _ if is_last => r#"[^\s"]+"#,
        _ => r#"[^\s"]+?"#,
    }
}

fn pieces(template: &'static str) -> Vec<TemplatePiece> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((words, behind)) = rest.split_once('{') {
        let Some((hole, behind)) = behind.split_once('}') else {
            break;
        };
        let quoted = words
            .strip_suffix('"')
            .zip(behind.strip_prefix('"'))
            .filter(|_| hole == "url");
        let (words, behind) = quoted.unwrap_or((words, behind));
        if !words.is_empty() {
            pieces.push(TemplatePiece::Words(words));
        }
        if quoted.is_some() {
            pieces.push(TemplatePiece::Url);
        } else {
            pieces.push(TemplatePiece::Hole(hole));
        }
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(TemplatePiece::Words(rest));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{TemplatePiece, pieces};
    use crate::cause::CAUSES;

    #[test]
    fn a_template_is_words_and_holes() {
        assert_eq!(
            pieces("a {b}: {...}"),
            [
                TemplatePiece::Words("a "),
                TemplatePiece::Hole("b"),
                TemplatePiece::Words(": "),
                TemplatePiece::Hole("...")
            ]
        );
    }

    #[test]
    fn every_pattern_of_the_table_can_be_tried_and_has_something_to_look_for() {
        for cause in CAUSES {
            for pattern in cause.patterns {
                let template = pattern.template;
                assert!(pattern.compile().is_some(), "{}: {template}", cause.id);
                assert!(pattern.anchor().len() >= 5, "{}: {template}", cause.id);
                assert!(!template.contains("  "), "{}: {template}", cause.id);
            }
        }
    }
}
