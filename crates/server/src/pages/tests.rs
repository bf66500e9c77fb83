//! The table of pages against what is promised of it.

use super::{openapi, routes};
use crate::route::Route;
use http::Method;
use utoipa::openapi::{PathItem, path::Operation};

/// A path with something in the place of each parameter.
fn filled(path: &str) -> String {
    let mut filled = path.to_owned();
    while let (Some(from), Some(to)) = (filled.find('{'), filled.find('}')) {
        filled.replace_range(from..=to, "x");
    }
    filled
}

fn operations(item: &PathItem) -> impl Iterator<Item = &Operation> {
    [&item.get, &item.post].into_iter().flatten()
}

#[test]
fn every_page_is_counted_as_its_description_says() {
    for route in routes() {
        let path = filled(&route.path);
        let parsed = Route::parse(&Method::GET, &path);
        let Ok(Route::Page(page)) = parsed else {
            panic!("{path} is no page: {parsed:?}");
        };
        let tags = route.operation.tags.unwrap_or_default();
        assert_eq!(tags, [page.kind()], "{path}");
    }
}

#[test]
fn every_page_is_described_once() {
    let document = openapi();
    let described = document.paths.paths.values().flat_map(operations).count();
    assert_eq!(described, routes().len());
    let mut ids = Vec::new();
    for (path, item) in &document.paths.paths {
        assert!(!path.contains('*'), "{path} is no path of OpenAPI");
        for operation in operations(item) {
            assert!(operation.summary.is_some(), "{path}");
            assert!(operation.responses.responses.contains_key("200"), "{path}");
            assert!(
                operation.responses.responses.contains_key("default"),
                "{path}"
            );
            ids.push(operation.operation_id.clone().unwrap());
        }
    }
    ids.sort();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "two pages of one name: {ids:?}");
}

#[test]
fn a_parameter_of_many_elements_ends_what_the_router_looks_at() {
    let gossip = routes()
        .into_iter()
        .find(|route| route.path.ends_with("/echo"))
        .unwrap();
    assert_eq!(gossip.routed(), "/-/sumdb/{*name}");
    assert_eq!(gossip.documented(), "/-/sumdb/{name}/echo");
}
