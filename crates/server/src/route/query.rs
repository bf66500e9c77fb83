//! Query strings: of `/index` `since` and `limit`, of `/-/prefetch` `kinds`, all optional.
//!
//! Unknown keys are ignored, as the public index does; a key that is known must be right.

use super::{INDEX_LIMIT, Route, RouteError, percent};
use jiff::Timestamp;
use proxy::prefetch::Kinds;

pub(super) fn index(query: Option<&str>) -> Result<Route, RouteError> {
    let mut since = Timestamp::UNIX_EPOCH;
    let mut limit = INDEX_LIMIT;
    for pair in query.unwrap_or_default().split('&') {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("since", value) => since = parse_since(value)?,
            ("limit", value) => limit = parse_limit(value)?,
            _ => {}
        }
    }
    Ok(Route::Index { since, limit })
}

pub(super) fn kinds(query: Option<&str>) -> Result<Kinds, RouteError> {
    let pairs = query.unwrap_or_default().split('&');
    let named = pairs
        .filter_map(|pair| pair.strip_prefix("kinds="))
        .next_back();
    match named {
        None | Some("all") => Ok(Kinds::All),
        Some("mod") => Ok(Kinds::Mod),
        Some("follow") => Ok(Kinds::Follow),
        Some(_) => Err(RouteError::Malformed("kinds is one of all, mod, follow")),
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
