//! Exposition: the two text formats in which a scrape can have the metrics. Pure.
//!
//! Prometheus asks for `OpenMetrics`, and gets it. Whoever asks for `text/plain` gets the classic text
//! format 0.0.4, and so does whoever names neither: a person with a browser or curl, and
//! `promtool check metrics`, which reads nothing else. The registry can write `OpenMetrics` only, so the
//! classic text is made from that: samples are the same in both, but a counter's description is under
//! the name of its samples, with `_total`, an information metric is a gauge, and units have no line.

use http::{HeaderMap, HeaderValue, header};
use prometheus_client::registry::Registry;
use std::fmt::{self, Write as _};

/// A text format of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpositionFormat {
    /// `OpenMetrics` 1.0.0.
    OpenMetrics,
    /// The classic text format, 0.0.4.
    Classic,
}

/// How well a format fits what was asked for: how narrowly it was named, then the weight it was given.
#[derive(Debug, Clone, Copy, PartialEq)]
struct MediaFit {
    /// 0 is everything, 1 all of a main type, 2 this type.
    narrowness: u8,
    weight: f32,
}

/// One element of an `Accept` header.
struct MediaRange<'h> {
    main: &'h str,
    sub: &'h str,
    version: Option<&'h str>,
    weight: f32,
}

// === impl ExpositionFormat ===

impl ExpositionFormat {
    /// What the request's `Accept` headers ask for (RFC 9110 section 12.5.1).
    pub fn asked(headers: &HeaderMap) -> Self {
        let mut fits = [None; 2];
        let values = headers.get_all(header::ACCEPT).iter();
        let values = values.filter_map(|value| value.to_str().ok());
        for range in values
            .flat_map(|value| value.split(','))
            .map(MediaRange::parse)
        {
            for (fit, format) in fits.iter_mut().zip([Self::OpenMetrics, Self::Classic]) {
                let better = range.fit(format);
                if better.is_some_and(|better| fit.is_none_or(|known| better.is_above(known))) {
                    *fit = better;
                }
            }
        }
        let weight = |fit: Option<MediaFit>| fit.map_or(0.0, |fit| fit.weight);
        let [open, classic] = fits;
        // Between two that are as welcome, `OpenMetrics` has to be named.
        let is_named = open.is_some_and(|open| open.narrowness > 0 && open.weight > 0.0);
        if is_named && weight(open) >= weight(classic) {
            Self::OpenMetrics
        } else {
            Self::Classic
        }
    }

    /// The media type of it.
    pub const fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
        })
    }

    /// All metrics in this format.
    ///
    /// # Errors
    /// Where a metric's own encoding fails.
    pub fn write(self, registry: &Registry) -> Result<String, fmt::Error> {
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, registry)?;
        Ok(match self {
            Self::OpenMetrics => page,
            Self::Classic => classic(&page),
        })
    }

    const fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::OpenMetrics => ("application", "openmetrics-text"),
            Self::Classic => ("text", "plain"),
        }
    }

    /// Whether this is what somebody means who wants this version of it.
    fn is_version(self, version: &str) -> bool {
        match self {
            Self::OpenMetrics => matches!(version, "1.0.0" | "0.0.1"),
            Self::Classic => version == "0.0.4",
        }
    }
}

// === impl MediaFit ===

impl MediaFit {
    /// The narrower range says what a format is worth; of two as narrow, the higher weight does.
    fn is_above(self, other: Self) -> bool {
        self.narrowness > other.narrowness
            || (self.narrowness == other.narrowness && self.weight > other.weight)
    }
}

// === impl MediaRange ===

impl<'h> MediaRange<'h> {
    fn parse(text: &'h str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let (main, sub) = media.split_once('/').unwrap_or((media, ""));
        let mut range = Self {
            main,
            sub,
            version: None,
            weight: 1.0,
        };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim() {
                "q" | "Q" => range.weight = weight(value),
                "version" => range.version = Some(value),
                _ => {}
            }
        }
        range
    }

    /// How well a format fits this range; not at all, if it is not in it.
    fn fit(&self, format: ExpositionFormat) -> Option<MediaFit> {
        let (main, sub) = format.media();
        let narrowness = match (self.main, self.sub) {
            ("*", "*") => 0,
            (asked, "*") if asked.eq_ignore_ascii_case(main) => 1,
            (asked, kind) if asked.eq_ignore_ascii_case(main) && kind.eq_ignore_ascii_case(sub) => {
                2
            }
            _ => return None,
        };
        let is_version = self.version.is_none_or(|asked| format.is_version(asked));
        is_version.then_some(MediaFit {
            narrowness,
            weight: self.weight,
        })
    }
}

/// A weight from 0 to 1. What is no number asks for nothing.
fn weight(text: &str) -> f32 {
    let weight: f32 = text.parse().unwrap_or(0.0);
    if weight.is_nan() {
        0.0
    } else {
        weight.clamp(0.0, 1.0)
    }
}

/// The classic text of what the registry wrote as `OpenMetrics`.
fn classic(page: &str) -> String {
    let mut text = String::with_capacity(page.len() + page.len() / 16);
    // A description comes before the type, and needs it for its name.
    let mut help = "";
    for line in page.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("HELP"), Some(_), words) => help = words.unwrap_or_default(),
            (Some("#"), Some("TYPE"), Some(name), Some(kind)) => {
                let (ending, kind) = match kind {
                    "counter" => ("_total", "counter"),
                    "info" => ("_info", "gauge"),
                    "unknown" => ("", "untyped"),
                    kind => ("", kind),
                };
                // Writing to a string does not fail.
                let _ = writeln!(text, "# HELP {name}{ending} {help}");
                let _ = writeln!(text, "# TYPE {name}{ending} {kind}");
            }
            (Some("#"), ..) => {}
            _ => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{ExpositionFormat, classic};
    use http::{HeaderMap, HeaderValue, header};

    fn asked(accept: &[&'static str]) -> ExpositionFormat {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(header::ACCEPT, HeaderValue::from_static(value));
        }
        ExpositionFormat::asked(&headers)
    }

    #[test]
    fn a_scrape_gets_the_format_that_it_likes_best() {
        // What Prometheus 2.42, 2.53 and 3.x send, VictoriaMetrics' agent, and what people ask for.
        let cases: [(&[&str], ExpositionFormat); 14] = [
            (
                &[
                    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                   text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                ],
                ExpositionFormat::OpenMetrics,
            ),
            (
                &[
                    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                   application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
                   text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                ],
                ExpositionFormat::OpenMetrics,
            ),
            (
                &["text/plain;version=0.0.4;q=1,*/*;q=0.1"],
                ExpositionFormat::Classic,
            ),
            (&["text/plain"], ExpositionFormat::Classic),
            (
                &["text/plain", "application/openmetrics-text"],
                ExpositionFormat::OpenMetrics,
            ),
            (
                &["text/plain, application/openmetrics-text;q=0.9"],
                ExpositionFormat::Classic,
            ),
            (
                &["application/openmetrics-text;q=0, */*"],
                ExpositionFormat::Classic,
            ),
            (
                &["application/openmetrics-text; version=2.0.0, text/plain;q=0.1"],
                ExpositionFormat::Classic,
            ),
            (
                &["application/*;q=0.5, */*;q=0.1"],
                ExpositionFormat::OpenMetrics,
            ),
            (
                &["*/*;q=0.9, Application/OpenMetrics-Text; Q=1.0"],
                ExpositionFormat::OpenMetrics,
            ),
            (
                &["text/html,application/xhtml+xml,*/*;q=0.8"],
                ExpositionFormat::Classic,
            ),
            (&["*/*"], ExpositionFormat::Classic),
            (&[], ExpositionFormat::Classic),
            (
                &["application/openmetrics-text;q=seven"],
                ExpositionFormat::Classic,
            ),
        ];
        for (accept, format) in cases {
            assert_eq!(asked(accept), format, "{accept:?}");
        }
    }

    #[test]
    fn classic_text_names_counters_as_their_samples() {
        let page = "# HELP a_bytes Bytes.\n# TYPE a_bytes counter\n# UNIT a_bytes bytes\na_bytes_total{x=\"# y\"} 1\n\
                    # HELP build What.\n# TYPE build info\nbuild_info{version=\"1\"} 1\n\
                    # HELP g Now.\n# TYPE g gauge\ng 0\n# EOF\n";
        assert_eq!(
            classic(page),
            "# HELP a_bytes_total Bytes.\n# TYPE a_bytes_total counter\na_bytes_total{x=\"# y\"} 1\n\
             # HELP build_info What.\n# TYPE build_info gauge\nbuild_info{version=\"1\"} 1\n\
             # HELP g Now.\n# TYPE g gauge\ng 0\n"
        );
    }
}
