//! Verdict: what `go` makes of all sources together.
//!
//! `go` asks the sources in their order. It goes on after "not found", or after any error where the
//! separator is `|`, and stops at the first that answers. So a fault of a source that is never
//! reached matters little, and one of the first matters much, even if others have the module. The
//! checksum database matters where no proxy passes it on, and only for what go.sum lacks.

use super::{LIMIT, ProbeLayer, ProbeRole, ProbeStep, SourceProbe};
use serde::Serialize;
use std::fmt::Write as _;

/// What is the matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeVerdict {
    /// A source answers; `go` would succeed.
    Well {
        /// The source.
        source: String,
    },
    /// `go` fails at this source.
    Broken {
        /// The source.
        source: String,
        /// The layer that fails.
        layer: ProbeLayer,
        /// The id of the cause.
        cause: &'static str,
        /// Whether nothing was seen but that it took longer than the probe waits; `go` waits longer.
        is_late: bool,
        /// Sources behind it that do have the module; `go` does not get to them.
        others_have_it: Vec<String>,
    },
    /// The module comes from a source, but nothing new can be verified.
    Unproven {
        /// The source.
        source: String,
        /// The checksum database.
        database: String,
        /// The layer that fails.
        layer: ProbeLayer,
        /// The id of the cause.
        cause: &'static str,
    },
    /// There is no source to ask: everything is fetched directly, or nothing is.
    NoSource,
}

/// Walks the answers as `go` does.
pub fn verdict(probed: &[SourceProbe]) -> ProbeVerdict {
    let proxies: Vec<&SourceProbe> = of(probed, ProbeRole::Proxy).collect();
    let mut last = None;
    for (index, source) in proxies.iter().enumerate() {
        let Some(step) = source.failed() else {
            return proven(source, probed);
        };
        let is_absent = cause(step) == "http/404";
        // An error tells more than an absence, and `go` shows it rather.
        if last.is_none() || !is_absent {
            last = Some((index, *source, step));
        }
        if !source.goes_on && !is_absent {
            break;
        }
    }
    let Some((index, source, step)) = last else {
        return ProbeVerdict::NoSource;
    };
    let behind = proxies.get(index + 1..).unwrap_or_default();
    let well = behind.iter().filter(|other| other.failed().is_none());
    ProbeVerdict::Broken {
        source: source.source.clone(),
        layer: step.layer,
        cause: cause(step),
        is_late: step.fault.as_ref().is_some_and(super::ProbeFault::is_late),
        others_have_it: well.map(|other| other.source.clone()).collect(),
    }
}

/// The verdict where a source has the module: what is left is the checksum database.
fn proven(source: &SourceProbe, probed: &[SourceProbe]) -> ProbeVerdict {
    let is_passed_on = probed.iter().any(SourceProbe::passes_database_on);
    let failing =
        of(probed, ProbeRole::Database).find_map(|database| Some((database, database.failed()?)));
    match failing {
        Some((database, step)) if !is_passed_on => ProbeVerdict::Unproven {
            source: source.source.clone(),
            database: database.source.clone(),
            layer: step.layer,
            cause: cause(step),
        },
        _ => ProbeVerdict::Well {
            source: source.source.clone(),
        },
    }
}

fn of(probed: &[SourceProbe], role: ProbeRole) -> impl Iterator<Item = &SourceProbe> {
    probed.iter().filter(move |source| source.role == role)
}

/// The id of what went wrong; empty if nothing did.
fn cause(step: &ProbeStep) -> &'static str {
    step.fault.as_ref().map_or("", |fault| fault.cause.id)
}

/// Prints a probe for people.
pub fn render(probed: &[SourceProbe]) -> String {
    let mut text = String::new();
    for source in probed {
        text.push_str(&source.source);
        text.push('\n');
        for step in &source.steps {
            line(&mut text, step);
        }
    }
    text.push_str(&verdict(probed).words());
    text.push('\n');
    text.chars().map(plain).collect()
}

/// Writing to a string cannot fail, so results are ignored.
fn line(text: &mut String, step: &ProbeStep) {
    let word = if step.fault.is_some() { "FAILED" } else { "ok" };
    let took = step.took.as_secs_f64() * 1000.0;
    let _ = writeln!(
        text,
        "  {:12} {word:7} {took:8.1} ms  {}",
        step.layer.name(),
        step.what
    );
    if let Some(fault) = &step.fault {
        let _ = writeln!(
            text,
            "    {} [{}]: {}",
            fault.cause.title, fault.cause.id, fault.seen
        );
        let _ = writeln!(text, "    {}", fault.cause.next);
    }
}

/// Words of servers are printed too, and may hold anything.
fn plain(character: char) -> char {
    let is_plain = character == '\n' || character == ' ' || character.is_ascii_graphic();
    if is_plain { character } else { '?' }
}

// === impl ProbeVerdict ===

impl ProbeVerdict {
    /// The source that is not reached at all: below HTTP, or with no answer in time.
    pub fn unreached(&self) -> Option<&str> {
        match self {
            Self::Broken {
                source,
                layer,
                cause,
                ..
            } if *layer < ProbeLayer::Http
                || *cause == "network/timeout"
                || *cause == "network/reset" =>
            {
                Some(source)
            }
            _ => None,
        }
    }

    /// In a sentence.
    pub fn words(&self) -> String {
        match self {
            Self::Well { source } => format!("go gets the module from {source}."),
            Self::Unproven {
                source,
                database,
                layer,
                cause,
            } => format!(
                "go gets the module from {source}, but nothing that go.sum lacks can be verified: {database} fails: {} ({cause}).",
                layer.name()
            ),
            Self::NoSource => "There is no proxy to ask for this module.".to_owned(),
            Self::Broken {
                source,
                layer,
                cause,
                is_late,
                others_have_it,
            } => {
                let mut words = if *is_late {
                    let limit = LIMIT.as_secs();
                    format!(
                        "{source} gave no answer in {limit} s: {} ({cause}). go waits longer, so whether it fails there was not seen.",
                        layer.name()
                    )
                } else {
                    format!("go fails at {source}: {} ({cause}).", layer.name())
                };
                if !others_have_it.is_empty() {
                    let others = others_have_it.join(", ");
                    let _ = write!(words, " Behind it these have the module: {others}.");
                }
                words
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ProbeLayer, ProbeRole, ProbeStep, ProbeVerdict, SourceProbe, verdict};
    use crate::probe::{ProbeFault, judge::find};
    use std::time::Duration;

    fn probed(layer: ProbeLayer, fault: ProbeFault) -> Vec<SourceProbe> {
        vec![SourceProbe {
            source: "https://p.example.com".to_owned(),
            role: ProbeRole::Proxy,
            goes_on: false,
            steps: vec![ProbeStep {
                layer,
                what: "p.example.com".to_owned(),
                took: Duration::ZERO,
                fault: Some(fault),
            }],
        }]
    }

    #[test]
    fn a_source_that_is_late_is_not_said_to_make_go_fail() {
        let late = verdict(&probed(ProbeLayer::Http, ProbeFault::late()));
        assert!(
            late.words().contains("gave no answer in 5 s"),
            "{}",
            late.words()
        );
        assert!(!late.words().contains("go fails"), "{}", late.words());
        assert_eq!(late.unreached(), Some("https://p.example.com"));
        let gateway = ProbeFault::new(find("http/5xx"), "status 502");
        let failed = verdict(&probed(ProbeLayer::Http, gateway));
        assert!(
            failed.words().starts_with("go fails at"),
            "{}",
            failed.words()
        );
        assert_eq!(failed.unreached(), None);
        assert_eq!(ProbeVerdict::NoSource.unreached(), None);
    }
}
