//! Pages: everything that is no part of the module protocol, one file a noun.
//!
//! Each handler stands beside the OpenAPI attribute that describes it, and has one line in the table `routes!`;
//! the router, the document at `/-/openapi.json` and the reference page are made of that table. So a
//! new page is two edits. Its function is called like its method, which is how the table finds it.
//!
//! A handler takes what it is about from a [`PageRequest`](request::PageRequest), and gives a `PageResponse`: a response
//! as the rest of the server has it, with a body that knows its length, its budget and its source. What
//! `axum` itself would say is replaced: an unknown path and a wrong method are refusals like others.

mod cases;
mod client;
mod examine;
mod failed_request;
mod head_gossip;
mod health;
mod home;
mod index;
mod journal;
mod metrics;
mod openapi;
mod prefetch;
mod proof;
mod refresh;
mod request;
mod status;
mod sums;
mod vulnerabilities;

pub(crate) use metrics::SharedPages;
pub use openapi::{openapi, openapi_json};
pub(crate) use request::PageContext;

use crate::{
    respond::PreparedResponse,
    route::{PagePath, RouteError},
    surface::Surface,
};
use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use http::{StatusCode, header};
use parking_lot::Mutex;
use std::sync::Arc;
use tower_service::Service as _;
use utoipa::{
    Path,
    openapi::path::{HttpMethod, Operation},
};

/// A page: where it is, what it does, and how it is described.
struct PageRoute {
    /// Its path as the attribute has it; `{*name}` takes any number of elements.
    path: String,
    methods: Vec<HttpMethod>,
    operation: Operation,
    handler: MethodRouter<Arc<Surface>>,
}

/// Makes the table of all pages: a method and the module of its handler a line.
macro_rules! routes {
    ($($method:ident $($noun:ident)::+;)+) => {
        fn routes() -> Vec<PageRoute> {
            vec![$(routes!(@$method $($noun)::+)),+]
        }
    };
    (@get $($noun:ident)::+) => {
        PageRoute::new::<$($noun)::+::__path_get>(get($($noun)::+::get), stringify!($($noun)::+))
    };
    (@post $($noun:ident)::+) => {
        PageRoute::new::<$($noun)::+::__path_post>(post($($noun)::+::post), stringify!($($noun)::+))
    };
}

routes! {
    get home;
    get health::live;
    get health::ready;
    get metrics;
    get index;
    get openapi;
    get client;
    get status;
    get failed_request;
    get cases;
    get cases::case;
    get proof;
    get journal;
    post refresh;
    post prefetch;
    post sums;
    post head_gossip;
    get vulnerabilities;
    post examine;
}

// === impl PageRoute ===

impl PageRoute {
    fn new<P: Path>(handler: MethodRouter<Arc<Surface>>, noun: &str) -> Self {
        let mut operation = P::operation();
        let path = P::path();
        operation.operation_id = Some(noun.replace(' ', "").replace("::", "-"));
        // Its tag is the kind by which its requests are counted.
        operation.tags = Some(vec![PagePath::described(&path).kind().to_owned()]);
        Self {
            path,
            methods: P::methods(),
            operation,
            handler,
        }
    }

    /// The path as the router wants it: what takes any number of elements stands at the end, and the
    /// handler looks at what follows.
    fn routed(&self) -> &str {
        let Some(star) = self.path.find("{*") else {
            return &self.path;
        };
        let rest = self.path.get(star..).unwrap_or_default();
        let end = rest.find('}').map_or(rest.len(), |end| end + 1);
        self.path.get(..star + end).unwrap_or(&self.path)
    }

    /// The path as OpenAPI has it.
    fn documented(&self) -> String {
        self.path.replace("{*", "{")
    }
}

/// The router of all pages.
pub(crate) fn router(surface: &Arc<Surface>) -> Router {
    let router = routes().into_iter().fold(Router::new(), |router, route| {
        let path = route.routed().to_owned();
        router.route(&path, route.handler)
    });
    router.with_state(Arc::clone(surface))
}

/// Asks the router. A request that no handler took is refused in our words.
pub(crate) async fn call(
    router: &Router,
    request: Request,
) -> Result<PreparedResponse, RouteError> {
    let answered = router.clone().call(request).await;
    let mut response = answered.unwrap_or_else(|never| match never {});
    let page = response.extensions_mut().remove::<PageResponse>();
    match page.and_then(PageResponse::into_prepared) {
        Some(prepared) => Ok(prepared),
        None if response.status() == StatusCode::METHOD_NOT_ALLOWED => {
            Err(RouteError::Method(allowed(&response)))
        }
        None => Err(RouteError::NoSuchPage),
    }
}

/// The methods that a page has, which is one of two: what reads has HEAD as well.
fn allowed(response: &Response) -> &'static str {
    match response.headers().get(header::ALLOW) {
        Some(methods) if methods == "POST" => "POST",
        _ => "GET, HEAD",
    }
}

/// What a handler answers: a prepared response, which passes through the router as it is.
#[derive(Clone)]
pub(crate) struct PageResponse(Arc<Mutex<Option<PreparedResponse>>>);

// === impl PageResponse ===

impl PageResponse {
    fn into_prepared(self) -> Option<PreparedResponse> {
        self.0.lock().take()
    }
}

impl From<PreparedResponse> for PageResponse {
    fn from(prepared: PreparedResponse) -> Self {
        Self(Arc::new(Mutex::new(Some(prepared))))
    }
}

impl IntoResponse for PageResponse {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(self);
        response
    }
}

/// What a handler gives: an answer, or a refusal in the same form.
type PageResult = Result<PageResponse, PageResponse>;

#[cfg(test)]
mod tests;
