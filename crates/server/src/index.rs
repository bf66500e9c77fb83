//! `/index`: what this site captured, as newline-delimited JSON in order of capture.
//!
//! The form is that of the public module index: `{"Path":…,"Version":…,"Timestamp":…}`. Timestamps
//! repeat at page edges, so a reader pages by the last one it saw and drops what it saw already.

//!
//! Private modules are left out for whoever is no operator (law L7).

use crate::{
    Service,
    respond::{self, Ask, Made},
    service::IndexEntry,
};
use gomod::ModulePath;
use http::HeaderValue;
use jiff::Timestamp;
use proxy::{Refusal, Resource};

pub(crate) const NDJSON: HeaderValue = HeaderValue::from_static("application/x-ndjson");

/// Pages that are looked through for one that has something to show. Only a site that captured
/// tens of thousands of private versions in a row comes to its end.
const PAGES: usize = 16;

/// Answers a page: `limit` entries from `since` on.
pub(crate) async fn answer<S: Service>(
    service: &S,
    ask: &Ask<'_>,
    (since, limit): (Timestamp, usize),
    is_operator: bool,
) -> Made {
    match page(service, since, limit, is_operator).await {
        Ok(entries) => (respond::text(ask, NDJSON, render(&entries)), None),
        Err(refusal) => respond::refusal(ask, &refusal),
    }
}

/// An empty page says that there is no more, so it must not come about by what is left out.
async fn page<S: Service>(
    service: &S,
    mut since: Timestamp,
    limit: usize,
    is_operator: bool,
) -> Result<Vec<IndexEntry>, Refusal> {
    for _ in 0..PAGES {
        let mut entries = service.index(since, limit).await?;
        let is_last = entries.len() < limit;
        let last = entries.last().map(|entry| entry.timestamp);
        entries.retain(|entry| is_operator || !is_private(service, entry));
        match last {
            Some(last) if entries.is_empty() && !is_last && last > since => since = last,
            _ => return Ok(entries),
        }
    }
    Ok(Vec::new())
}

/// What cannot be read is taken for private.
fn is_private<S: Service>(service: &S, entry: &IndexEntry) -> bool {
    ModulePath::parse(&entry.path)
        .map_or(true, |module| service.is_private(&Resource::List(module)))
}

/// At most [`INDEX_LIMIT`](crate::route::INDEX_LIMIT) lines: a few hundred KiB.
fn render(entries: &[IndexEntry]) -> String {
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
