//! `/-/openapi.json`: all pages as OpenAPI, made of the attributes beside their handlers.
//!
//! The same document is a file and a reference page of the documentation. What every page has in common
//! is added here: that a refusal is a short text with a code.

use super::{PageResponse, request::PageRequest};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Paths, RefOr,
    ResponseBuilder, Type,
};

const ABOUT: &str = "Pages of a modkeep server beside the module protocol. The module protocol itself is \
    that of `go help goproxy`, at the root of the same server.";

const REFUSAL: &str = "A refusal: at most seven lines, the first `modkeep MKnnnn: what happened`. The \
    header `Modkeep-Request` has the id of the request.";

/// This document.
#[utoipa::path(get, path = "/-/openapi.json", responses(
    (status = 200, description = "OpenAPI 3.1.", content_type = "application/json", body = String),
))]
pub(super) async fn get(request: PageRequest) -> PageResponse {
    request.json_text(openapi_json())
}

/// All pages as OpenAPI, as JSON that is indented for people.
pub fn openapi_json() -> String {
    // Strings and numbers under fixed names: nothing in it can fail to be written.
    let mut text = openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// All pages as OpenAPI.
pub fn openapi() -> OpenApi {
    let mut paths = Paths::new();
    for route in super::routes() {
        let documented = route.documented();
        let mut operation = route.operation;
        let refusal = RefOr::T(refusal());
        operation
            .responses
            .responses
            .insert("default".to_owned(), refusal);
        paths.add_path_operation(documented, route.methods, operation);
    }
    let info = InfoBuilder::new()
        .title("modkeep")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT));
    OpenApiBuilder::new()
        .info(info.build())
        .paths(paths)
        .build()
}

fn refusal() -> utoipa::openapi::Response {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    let content = ContentBuilder::new().schema(Some(text)).build();
    ResponseBuilder::new()
        .description(REFUSAL)
        .content("text/plain", content)
        .build()
}
