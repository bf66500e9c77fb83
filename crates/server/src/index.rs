//! `/index`: what this site captured, as newline-delimited JSON in order of capture.
//!
//! The form is that of the public module index: `{"Path":…,"Version":…,"Timestamp":…}`. Timestamps
//! repeat at page edges, so a reader pages by the last one it saw and drops what it saw already.

use crate::service::IndexEntry;

/// At most [`INDEX_LIMIT`](crate::route::INDEX_LIMIT) lines: a few hundred KiB.
pub(crate) fn render(entries: &[IndexEntry]) -> String {
    let mut page = String::with_capacity(entries.len() * 96);
    for line in entries
        .iter()
        .map(Line::of)
        .filter_map(|line| serde_json::to_string(&line).ok())
    {
        page.push_str(&line);
        page.push('\n');
    }
    page
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    path: &'a str,
    version: &'a str,
    timestamp: String,
}

impl<'a> Line<'a> {
    fn of(entry: &'a IndexEntry) -> Self {
        Self {
            path: &entry.path,
            version: &entry.version,
            timestamp: entry.timestamp.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{IndexEntry, render};

    #[test]
    fn a_line_is_what_the_public_index_prints() {
        let entry = IndexEntry {
            path: "example.com/x".to_owned(),
            version: "v1.0.0".to_owned(),
            timestamp: "2026-01-02T15:04:05.678Z".parse().unwrap(),
        };
        let line =
            r#"{"Path":"example.com/x","Version":"v1.0.0","Timestamp":"2026-01-02T15:04:05.678Z"}"#;
        assert_eq!(render(&[entry.clone(), entry]), format!("{line}\n{line}\n"));
    }
}
