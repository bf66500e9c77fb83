//! Administration below `/-/`. No module path begins so: a first element must contain a dot.

use super::{Route, RouteError, protocol, query};

pub(super) fn parse(elements: &[&str], query: Option<&str>) -> Result<Route, RouteError> {
    match elements {
        ["refresh", module @ ..] if !module.is_empty() => {
            Ok(Route::Refresh(protocol::module(module)?))
        }
        ["prefetch"] => query::kinds(query).map(Route::Prefetch),
        _ => Err(RouteError::NoSuchPage),
    }
}
