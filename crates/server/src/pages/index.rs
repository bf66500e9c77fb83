//! `/index`: what this site captured, as newline-delimited JSON in order of capture.
//!
//! The form is that of the public module index: `{"Path":…,"Version":…,"Timestamp":…}`. Timestamps
//! repeat at page edges, so a reader pages by the last one it saw and drops what it saw already.
//!
//! Private modules are left out for whoever is no operator (law L7).

use super::{PageResult, request::PageRequest};
use crate::{
    access_control::RequestCaller,
    route::{RouteError, percent},
    surface::Surface,
};
use axum::extract::State;
use http::HeaderValue;
use jiff::Timestamp;
use protocol::{Refusal, Resource};
use proxy::Proxy;
use std::sync::Arc;
use store::IndexEntry;

pub(super) const NDJSON: HeaderValue = HeaderValue::from_static("application/x-ndjson");

/// The most lines that one page holds, and its default: as the public index.
const INDEX_LIMIT: usize = 2000;

/// Pages that are looked through for one that has something to show. Only a site that captured
/// tens of thousands of private versions in a row comes to its end.
const PAGES: usize = 16;

/// What was captured, in order of capture.
///
/// As the public module index has it. Private modules are left out for whoever is no operator.
#[utoipa::path(get, path = "/index",
    params(
        ("since" = Option<String>, Query, description = "RFC 3339 time; captures at or after it. The beginning by default."),
        ("limit" = Option<u32>, Query, description = "At most this many lines, up to 2000, which is the default."),
    ),
    responses(
        (status = 200, description = "A JSON object a line: `Path`, `Version`, `Timestamp`.", content_type = "application/x-ndjson", body = String),
    ))]
pub(super) async fn get(request: PageRequest, State(surface): State<Arc<Surface>>) -> PageResult {
    let query = IndexQuery::parse(request.query());
    let query = query.map_err(|error| request.misdirected(&error))?;
    let is_operator = request.is_operator(&surface);
    let is_shown = |entry: &IndexEntry| is_operator || may_see(&surface, request.who(), entry);
    let entries = page(&surface.proxy, query, is_shown).await;
    let entries = entries.map_err(|refusal| request.refusal(&refusal))?;
    Ok(request.text(NDJSON, render(&entries)))
}

/// Which captures are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct IndexQuery {
    /// Captures at or after this instant.
    since: Timestamp,
    /// At most this many.
    limit: usize,
}

// === impl IndexQuery ===

impl IndexQuery {
    /// Unknown keys are ignored, as the public index does; a key that is known must be right.
    fn parse(query: &str) -> Result<Self, RouteError> {
        let mut parsed = Self {
            since: Timestamp::UNIX_EPOCH,
            limit: INDEX_LIMIT,
        };
        for pair in query.split('&') {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("since", value) => parsed.since = parse_since(value)?,
                ("limit", value) => parsed.limit = parse_limit(value)?,
                _ => {}
            }
        }
        Ok(parsed)
    }
}

fn parse_since(value: &str) -> Result<Timestamp, RouteError> {
    percent::decode(value)?.parse().map_err(|_| {
        RouteError::Malformed("since is no RFC 3339 time, such as 2026-01-02T15:04:05Z")
    })
}

/// A larger limit than a page holds is lowered to it; a page of nothing is refused.
fn parse_limit(value: &str) -> Result<usize, RouteError> {
    match value.parse::<u32>() {
        Ok(limit @ 1..) => {
            Ok(usize::try_from(limit).map_or(INDEX_LIMIT, |limit| limit.min(INDEX_LIMIT)))
        }
        _ => Err(RouteError::Malformed("limit is no number from 1 to 2000")),
    }
}

/// An empty page says that there is no more, so it must not come about by what is left out.
async fn page(
    proxy: &Proxy,
    query: IndexQuery,
    is_shown: impl Fn(&IndexEntry) -> bool,
) -> Result<Vec<IndexEntry>, Refusal> {
    let IndexQuery { mut since, limit } = query;
    for _ in 0..PAGES {
        let mut entries = proxy.index(since, limit).await?;
        let is_last = entries.len() < limit;
        let last = entries.last().map(|entry| entry.timestamp);
        entries.retain(&is_shown);
        match last {
            Some(last) if entries.is_empty() && !is_last && last > since => since = last,
            _ => return Ok(entries),
        }
    }
    Ok(Vec::new())
}

/// Where callers are known, a private module is shown to those who may see it; else to operators only.
fn may_see(surface: &Surface, caller: &RequestCaller, entry: &IndexEntry) -> bool {
    let (proxy, access) = (&surface.proxy, &surface.access);
    if access.guards_module(proxy, entry.module.as_str()) {
        return access.may_read(caller, entry.module.as_str());
    }
    !proxy.is_private(&Resource::List(entry.module.clone()))
}

/// At most [`INDEX_LIMIT`] lines: a few hundred KiB.
fn render(entries: &[IndexEntry]) -> String {
    let mut page = String::with_capacity(entries.len() * 96);
    for line in entries
        .iter()
        .map(IndexLine::of)
        .filter_map(|line| serde_json::to_string(&line).ok())
    {
        page.push_str(&line);
        page.push('\n');
    }
    page
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct IndexLine<'a> {
    path: &'a str,
    version: String,
    timestamp: String,
}

impl<'a> IndexLine<'a> {
    fn of(entry: &'a IndexEntry) -> Self {
        Self {
            path: entry.module.as_str(),
            version: entry.version.to_string(),
            timestamp: entry.timestamp.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{INDEX_LIMIT, IndexEntry, IndexQuery, render};
    use codes::Code;
    use gomod::{ModulePath, Version};
    use jiff::Timestamp;

    #[test]
    fn a_line_is_what_the_public_index_prints() {
        let entry = IndexEntry {
            module: ModulePath::parse("example.com/x").unwrap(),
            version: Version::parse("v1.0.0").unwrap(),
            timestamp: "2026-01-02T15:04:05.678Z".parse().unwrap(),
        };
        let line =
            r#"{"Path":"example.com/x","Version":"v1.0.0","Timestamp":"2026-01-02T15:04:05.678Z"}"#;
        assert_eq!(render(&[entry.clone(), entry]), format!("{line}\n{line}\n"));
    }

    #[test]
    fn the_index_has_a_start_and_a_length() {
        let epoch = Timestamp::UNIX_EPOCH;
        let since: Timestamp = "2026-01-02T15:04:05Z".parse().unwrap();
        for (query, since, limit) in [
            ("", epoch, INDEX_LIMIT),
            ("limit=7&since=2026-01-02T15:04:05Z", since, 7),
            (
                "since=2026-01-02T15%3a04%3A05Z&include=all",
                since,
                INDEX_LIMIT,
            ),
            ("limit=4000000000", epoch, INDEX_LIMIT),
        ] {
            assert_eq!(IndexQuery::parse(query), Ok(IndexQuery { since, limit }));
        }
        for wrong in [
            "limit=0",
            "limit=-1",
            "limit=x",
            "limit=",
            "since=",
            "since=yesterday",
            "since=%zz",
        ] {
            assert_eq!(
                IndexQuery::parse(wrong).map_err(|error| error.code()),
                Err(Code::MalformedRequest),
                "{wrong}"
            );
        }
    }
}
