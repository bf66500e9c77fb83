//! Administration below `/-/`. No module path begins so: a first element must contain a dot.

use super::{Route, RouteError, protocol};

pub(super) fn parse(elements: &[&str]) -> Result<Route, RouteError> {
    match elements {
        ["refresh", module @ ..] if !module.is_empty() => {
            Ok(Route::Refresh(protocol::module(module)?))
        }
        _ => Err(RouteError::NoSuchPage),
    }
}
