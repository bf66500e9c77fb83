//! A table of metrics out of the text that a scrape would get.

use prometheus_client::registry::Registry;
use server::exposition::ExpositionFormat;
use std::{collections::BTreeSet, fmt::Write as _};

/// One metric as the exposition describes it.
#[derive(Debug, Default, PartialEq, Eq)]
struct MetricRow {
    name: String,
    kind: String,
    help: String,
    labels: BTreeSet<String>,
}

/// A Markdown table, sorted by name.
pub(super) fn table(registry: &Registry) -> String {
    // Writing to a string fails only where a metric's own encoding does; the page would be short.
    let text = ExpositionFormat::Classic
        .write(registry)
        .unwrap_or_default();
    let mut metrics = parse(&text);
    metrics.sort_by(|left, right| left.name.cmp(&right.name));
    let mut page = "| MetricRow | Type | Labels | Meaning |\n|---|---|---|---|\n".to_owned();
    for metric in metrics {
        let labels = metric.labels.iter().map(|label| format!("`{label}`"));
        let labels: Vec<String> = labels.collect();
        let (names, labels) = (metric.scraped().join(", "), labels.join(", "));
        let MetricRow { kind, help, .. } = metric;
        let _ = writeln!(page, "| {names} | {kind} | {labels} | {help} |");
    }
    page
}

// === impl MetricRow ===

impl MetricRow {
    /// The names of its samples.
    fn scraped(&self) -> Vec<String> {
        let endings: &[&str] = match self.kind.as_str() {
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        let name = |ending: &&str| format!("`{}{ending}`", self.name);
        endings.iter().map(name).collect()
    }
}

fn parse(text: &str) -> Vec<MetricRow> {
    let mut metrics: Vec<MetricRow> = Vec::new();
    for line in text.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("HELP"), Some(name), Some(help)) => {
                metrics.push(MetricRow {
                    name: name.to_owned(),
                    help: help.to_owned(),
                    ..MetricRow::default()
                });
            }
            (Some("#"), Some("TYPE"), Some(_), Some(kind)) => {
                if let Some(metric) = metrics.last_mut() {
                    kind.clone_into(&mut metric.kind);
                }
            }
            (Some("#"), ..) => {}
            _ => {
                if let Some(metric) = metrics.last_mut() {
                    metric.labels.extend(labels(line));
                }
            }
        }
    }
    metrics
}

/// Label names of a sample; `le` belongs to every histogram and says nothing.
fn labels(sample: &str) -> impl Iterator<Item = String> {
    let inside = sample
        .split_once('{')
        .and_then(|(_, rest)| rest.rsplit_once('}'))
        .map_or("", |(inside, _)| inside);
    inside
        .split("\",")
        .filter_map(|pair| pair.split_once("=\""))
        .map(|(name, _)| name.to_owned())
        .filter(|name| name != "le")
}

#[cfg(test)]
mod tests {
    use super::{MetricRow, parse};

    #[test]
    fn an_exposition_is_read() {
        let text = "# HELP a_seconds How long.\n# TYPE a_seconds histogram\n# UNIT a_seconds seconds\n\
                    a_seconds_sum{kind=\"x, y\",zone=\"z\"} 0.0\na_seconds_bucket{le=\"1.0\",kind=\"x\"} 0\n\
                    # HELP b Nothing.\n# TYPE b gauge\nb 1\n# EOF\n";
        let metric = |name: &str, kind: &str, help: &str, labels: &[&str]| MetricRow {
            name: name.to_owned(),
            kind: kind.to_owned(),
            help: help.to_owned(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        };
        assert_eq!(
            parse(text),
            [
                metric("a_seconds", "histogram", "How long.", &["kind", "zone"]),
                metric("b", "gauge", "Nothing.", &[])
            ]
        );
    }
}
