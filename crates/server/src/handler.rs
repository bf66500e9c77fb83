//! Handler: from a request head to a response, in one direction.
//!
//! ```text
//! head ─▶ guard ─▶ at hand? ─────────────────────────▶ respond
//!           └────▶ parse ─▶ resource ─▶ proxy ─────────▶ respond
//!                     └───▶ page ────▶ router, handler ─▶ respond
//! ```
//!
//! The module protocol stays on this path from end to end. Pages about it are looked up in a router
//! ([`crate::pages`]); the parsed request goes in, a prepared response comes out, and what is
//! common to all (budgets, pace, log, metrics) stays here.

use crate::{
    access_control::KnownCaller,
    body::ResponseBody,
    budget::memory::MemoryLender,
    connection::Peer,
    limits::MAX_BODY,
    pages::{self, PageContext},
    privacy, publication,
    publish_permission::PublisherPlace,
    request_id::RequestId,
    request_log::RefusalRecord,
    request_span::{RequestSpan, RequestSubject, SpanContext},
    respond::{self, PreparedResponse, ResponseContext},
    route::{PagePath, Route, RouteError},
    surface::{Surface, announced_length},
};
use axum::Router;
use bytes::Bytes;
use futures_util::future::Either;
use gomod::Artifact;
use http::{HeaderValue, Method, Request, Response, Version, header, request::Parts};
use http_body::Body;
use jiff::Timestamp;
use protocol::{Caller, Fetching, Refusal, Resource};
use proxy::Answer;
use std::{
    error::Error,
    future::{Future, ready},
    sync::{Arc, atomic::Ordering},
};

/// Answers requests.
pub(crate) struct RequestHandler {
    pub(crate) surface: Arc<Surface>,
    router: Router,
}

// === impl RequestHandler ===

impl RequestHandler {
    pub(crate) fn new(surface: Arc<Surface>) -> Self {
        let router = pages::router(&surface);
        Self { surface, router }
    }

    /// Answers one request. What is at hand is answered on the spot; the rest is a future of some
    /// kilobytes, which exists only while it is needed.
    pub(crate) fn handle<B>(
        self: Arc<Self>,
        peer: Arc<Peer>,
        request: Request<B>,
    ) -> impl Future<Output = Response<ResponseBody>> + Send + use<B>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let surface = &self.surface;
        let (head, body) = request.into_parts();
        let peer = match surface.proxies.client(peer.address, &head.headers) {
            Some(client) => Arc::new(peer.on_behalf_of(client)),
            None => peer,
        };
        let barred = surface.guard.bars(&head);
        if barred.is_none()
            && let Some((resource, answer)) = self.at_hand(&Caller::at(peer.address), &head)
        {
            let span = self.begin(&peer, &head, RequestSubject::AtHand(resource));
            let form = ResponseContext::of(&head, span.id);
            let prepared = respond::answer(&form, answer);
            let response = self.completed(&form, head.version, &peer, prepared);
            return Either::Left(ready(sent(response, span)));
        }
        // At once, before the connection is looked at again: a client may send no more from here on.
        let span = self.begin(&peer, &head, RequestSubject::Routed(routed(&head)));
        Either::Right(Box::pin(self.answer(peer, head, body, span, barred)))
    }

    /// Answers what is not at hand.
    async fn answer<B>(
        self: Arc<Self>,
        peer: Arc<Peer>,
        head: Parts,
        body: B,
        span: RequestSpan,
        barred: Option<Refusal>,
    ) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let form = ResponseContext::of(&head, span.id);
        let prepared = if let Some(refusal) = &barred {
            respond::refusal(&form, refusal)
        } else if peer.has_too_many_requests() {
            respond::too_many(&form, "requests from this address wait for their answers")
        } else if let RequestSubject::Routed(Ok(Route::Page(page))) = &span.subject {
            self.page(&peer, &head, body, span.id, page).await
        } else if let RequestSubject::Routed(Ok(Route::Publication(artifact))) = &span.subject {
            self.publication(&form, &peer, &head, body, artifact).await
        } else {
            // What a client sends and nobody reads is not kept while it is answered.
            drop(body);
            self.protocol(&form, &peer, &span.subject).await
        };
        let prepared = self.completed(&form, head.version, &peer, prepared);
        let status = prepared.0.status();
        if status.is_client_error() || status.is_server_error() {
            self.pace(&peer).await;
        }
        sent(prepared, span)
    }

    /// Begins the record of a request.
    fn begin(&self, peer: &Arc<Peer>, head: &Parts, subject: RequestSubject) -> RequestSpan {
        let surface = &self.surface;
        let at = Timestamp::now();
        let around = SpanContext {
            metrics: Arc::clone(&surface.metrics),
            request_log: Arc::clone(&surface.request_log),
            id: surface.ids.next(at),
            peer: Arc::clone(peer),
            client: peer.address,
            at,
            is_private: privacy::is_private(&surface.proxy, &subject, head.uri.path()),
            shows_private: surface.logs_private,
        };
        RequestSpan::begin(around, head, subject)
    }

    /// Adds to an answer what depends on the connection.
    fn completed(
        &self,
        form: &ResponseContext<'_>,
        version: Version,
        peer: &Peer,
        prepared: PreparedResponse,
    ) -> PreparedResponse {
        let (mut response, origin) = if prepared.0.body().in_memory() > UNBUDGETED {
            budgeted(form, prepared, &peer.allowance.lender())
        } else {
            prepared
        };
        if self.surface.draining.load(Ordering::Relaxed) && version < Version::HTTP_2 {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        (response, origin)
    }

    /// Waits until one more refusal may be sent to this caller.
    async fn pace(&self, peer: &Peer) {
        let wait = peer.allowance.next_refusal();
        if !wait.is_zero() {
            self.surface.metrics.delayed.inc();
            tokio::time::sleep(wait).await;
        }
    }

    /// What most requests ask for is answered before their path is even parsed.
    fn at_hand(&self, caller: &Caller, head: &Parts) -> Option<(Arc<Resource>, Answer)> {
        if !matches!(head.method, Method::GET | Method::HEAD)
            || announced_length(&head.headers) > MAX_BODY
        {
            return None;
        }
        let path = head.uri.path().strip_prefix('/')?;
        if !path.contains('%') {
            return self.surface.at_hand(caller, path);
        }
        // `go` writes the `!` of an upper-case letter so, and of an artifact's path nothing else. What
        // holds another escape is parsed: undecoded it would be the name of something else.
        let path = path.replace("%21", "!");
        (!path.contains('%'))
            .then(|| self.surface.at_hand(caller, &path))
            .flatten()
    }

    /// Answers a request of the module protocol, or says why its path is none.
    async fn protocol(
        &self,
        form: &ResponseContext<'_>,
        peer: &Peer,
        subject: &RequestSubject,
    ) -> PreparedResponse {
        let (resource, fetching) = match subject {
            RequestSubject::Routed(Ok(Route::Resource(resource, fetching))) => {
                (resource, *fetching)
            }
            RequestSubject::AtHand(resource) => (&**resource, Fetching::Allowed),
            _ if announced_length(form.headers) > MAX_BODY => return respond::needless_body(form),
            RequestSubject::Routed(Err(error)) => return respond::misdirected(form, error),
            // Answered before.
            RequestSubject::Routed(Ok(Route::Page(_) | Route::Publication(_))) => {
                return respond::misdirected(form, &RouteError::NoSuchPage);
            }
        };
        // The answer would name what is private (law L7).
        let surface = &self.surface;
        if surface.proxy.names_others(resource) {
            let caller = surface.access.caller(form.headers).await;
            if !surface.is_operator(peer, form.headers, &caller) {
                return respond::operators_only(form, resource.kind());
            }
        }
        if announced_length(form.headers) > MAX_BODY {
            return respond::needless_body(form);
        }
        surface
            .guarded_resource(form, peer, resource, fetching)
            .await
    }

    /// Takes a version that is published.
    async fn publication<B>(
        &self,
        form: &ResponseContext<'_>,
        peer: &Peer,
        head: &Parts,
        body: B,
        artifact: &Artifact,
    ) -> PreparedResponse
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let surface = &self.surface;
        let who = surface.access.caller(&head.headers).await;
        let place = PublisherPlace {
            entrance: peer.entrance,
            address: peer.address,
            is_operators: surface
                .guard
                .is_operator(peer.entrance, peer.address, &head.headers),
        };
        let proxy = &surface.proxy;
        let publisher = match surface
            .access
            .publisher(proxy, &who, place, &artifact.module)
        {
            Ok(publisher) => publisher,
            Err(refusal) => {
                publication::decline(&peer.watchdog, &head.headers, body).await;
                return who.named(respond::closing(refusal.response(form)));
            }
        };
        let room = (&peer.allowance, &*peer.watchdog);
        let taken = publication::take(proxy, publisher, room, &head.headers, artifact, body).await;
        let response = match taken {
            Ok(version) => respond::published(form, &version),
            Err(refused) => {
                let response = respond::refusal(form, &refused.refusal);
                if refused.is_unread {
                    respond::closing(response)
                } else {
                    response
                }
            }
        };
        who.named(respond::for_this_caller(response))
    }

    /// Answers what is no part of the module protocol.
    async fn page<B>(
        &self,
        peer: &Arc<Peer>,
        head: &Parts,
        body: B,
        id: RequestId,
        page: &PagePath,
    ) -> PreparedResponse
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let caller = self.surface.access.caller(&head.headers).await;
        let context = PageContext::new(id, peer, head, page.kind(), caller.clone());
        let mut request = Request::new(axum::body::Body::new(body));
        request.method_mut().clone_from(&head.method);
        request.headers_mut().clone_from(&head.headers);
        *request.uri_mut() = page.uri(head.uri.query());
        request.extensions_mut().insert(context);
        let response = pages::call(&self.router, request).await;
        let response = response
            .unwrap_or_else(|error| respond::misdirected(&ResponseContext::of(head, id), &error));
        caller.named(response)
    }
}

/// Answers of this size need no budget: they fit into the socket's own buffer, or lie in the
/// response cache in any case.
const UNBUDGETED: usize = 64 * 1024;

/// A larger answer that is in memory already goes out only if there is room for it.
fn budgeted(
    form: &ResponseContext<'_>,
    (response, origin): PreparedResponse,
    lender: &MemoryLender,
) -> PreparedResponse {
    match lender.try_lend(response.body().in_memory()) {
        Some(loan) => (response.map(|source| source.lent(loan)), origin),
        None => respond::too_many(form, "large answers to this address are not read"),
    }
}

/// An answer on its way.
fn sent((mut response, origin): PreparedResponse, mut span: RequestSpan) -> Response<ResponseBody> {
    if let Some(refusal) = response.extensions_mut().remove::<RefusalRecord>() {
        span.refused(refusal);
    }
    if let Some(KnownCaller(identity)) = response.extensions_mut().remove() {
        span.caller = Some(identity);
    }
    if let Some(error) = response.extensions_mut().remove::<RouteError>() {
        span.subject = RequestSubject::Routed(Err(error));
    }
    span.answered(response.status(), origin);
    response.map(|source| ResponseBody::new(source, span))
}

fn routed(head: &Parts) -> Result<Route, RouteError> {
    Route::parse(&head.method, head.uri.path())
}
