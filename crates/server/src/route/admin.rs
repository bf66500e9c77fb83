//! Administration below `/-/`. No module path begins so: a first element must contain a dot.

use super::{Route, RouteError, protocol, query, sumdb};
use gomod::ArtifactKind;
use proxy::{Fetching, Resource};

pub(super) fn parse(elements: &[&str], query: Option<&str>) -> Result<Route, RouteError> {
    match elements {
        ["refresh", module @ ..] if !module.is_empty() => {
            Ok(Route::Refresh(protocol::module(module)?))
        }
        ["proof", file @ ..] => match protocol::parse(file)? {
            Resource::Artifact(artifact) if artifact.kind != ArtifactKind::Info => {
                Ok(Route::Resource(Resource::Proof(artifact), Fetching::Never))
            }
            _ => Err(RouteError::NoSuchPage),
        },
        ["vuln", "examine"] => Ok(Route::Examine),
        ["vuln", file @ ..] if !file.is_empty() => Ok(Route::Vulnerabilities(file.join("/"))),
        ["requests", id] => Ok(Route::Request((*id).to_owned())),
        ["status"] => Ok(Route::Status),
        ["client"] => Ok(Route::Client),
        ["cases"] => Ok(Route::Resource(Resource::Cases(None), Fetching::Never)),
        ["cases", number] => match number.parse() {
            Ok(number) => Ok(Route::Resource(
                Resource::Cases(Some(number)),
                Fetching::Never,
            )),
            Err(_) => Err(RouteError::NoSuchPage),
        },
        ["sumdb", name @ .., "echo"] => sumdb::name(name).map(Route::Echo),
        ["sums"] => Ok(Route::Sums),
        ["prefetch"] => query::kinds(query).map(Route::Prefetch),
        _ => Err(RouteError::NoSuchPage),
    }
}
