//! Handler: from a request head to a response, once the route is known.

mod asked;
mod echo;
mod metrics;
mod posted;
mod prefetch;
mod private;

use crate::{
    AtHand, ClientSettings, HttpMetrics, Service, TrustedProxies,
    access::{Exchange, Subject, Surroundings},
    body::{OutBody, Source},
    budget::memory::Lender,
    connection::Peer,
    guard::Guard,
    index,
    limits::MAX_BODY,
    pages,
    request_id::RequestIds,
    respond::{self, Ask, Made},
    route::{Route, RouteError},
    status,
    stories::{Stories, Told},
};
use codes::Code;
use futures_util::future::Either;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, Uri, Version, header, request::Parts,
};
use http_body::Body;
use jiff::Timestamp;
pub(crate) use metrics::SharedPages;
use posted::Posted;
use prometheus_client::registry::Registry;
use proxy::{Caller, Fetching, Refusal, Resource};
use std::{
    error::Error,
    future::{Future, ready},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// What all connections share.
pub(crate) struct Surface<S> {
    pub(crate) service: S,
    pub(crate) metrics: Arc<HttpMetrics>,
    pub(crate) registry: Registry,
    pub(crate) pages: SharedPages,
    pub(crate) ids: RequestIds,
    pub(crate) stories: Arc<Stories>,
    pub(crate) guard: Guard,
    /// Who is believed for whom it asks.
    pub(crate) proxies: TrustedProxies,
    /// What this server's clients set.
    pub(crate) client: ClientSettings,
    /// Whether the log shows private names.
    pub(crate) logs_private: bool,
    pub(crate) draining: AtomicBool,
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// "Answer from what is kept" as a header; `/cached-only/` says the same as a path.
const DISABLE_MODULE_FETCH: &str = "disable-module-fetch";

// === impl Surface ===

impl<S: Service> Surface<S> {
    /// Answers one request. What is at hand is answered on the spot; the rest is a future of some
    /// kilobytes, which exists only while it is needed.
    pub(crate) fn handle<B>(
        self: Arc<Self>,
        peer: Arc<Peer>,
        request: Request<B>,
    ) -> impl Future<Output = Response<OutBody>> + Send + use<S, B>
    where
        B: Body + Send,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let peer = match self.proxies.client(peer.address, &head.headers) {
            Some(client) => Arc::new(peer.on_behalf_of(client)),
            None => peer,
        };
        let barred = self.guard.bars(&head);
        if barred.is_none()
            && let Some(AtHand { resource, reply }) = self.at_hand(&Caller::at(peer.address), &head)
        {
            let exchange = self.begin(&peer, &head, Subject::AtHand(resource));
            let ask = Ask::of(&head, exchange.id);
            let made = respond::reply(&ask, reply);
            let response = self.completed(&ask, head.version, &peer, made);
            return Either::Left(ready(sent(response, exchange)));
        }
        // At once, before the connection is looked at again: a client may send no more from here on.
        let exchange = self.begin(&peer, &head, Subject::Routed(routed(&head)));
        Either::Right(Box::pin(self.answer(peer, head, body, exchange, barred)))
    }

    /// Answers what is not at hand. Only the bodies of posted lists and of an echo are read.
    async fn answer<B>(
        self: Arc<Self>,
        peer: Arc<Peer>,
        head: Parts,
        body: B,
        exchange: Exchange,
        barred: Option<Refusal>,
    ) -> Response<OutBody>
    where
        B: Body + Send,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let caller = Caller::at(peer.address);
        let ask = Ask::of(&head, exchange.id);
        let made = if let Some(refusal) = &barred {
            respond::refusal(&ask, refusal)
        } else if peer.has_too_many_requests() {
            too_many(&ask, "requests from this address wait for their answers")
        } else {
            match &exchange.subject {
                Subject::Routed(Ok(route)) if route.takes_a_body() => {
                    let posted = Posted::new(&ask, &peer, body);
                    self.posted(posted, &caller, route).await
                }
                subject => {
                    // What a client sends and nobody reads is not kept while it is answered.
                    drop(body);
                    self.asked(&ask, &caller, subject, &head.uri, &peer).await
                }
            }
        };
        let made = self.completed(&ask, head.version, &peer, made);
        if made.0.status().is_client_error() || made.0.status().is_server_error() {
            self.pace(&peer).await;
        }
        sent(made, exchange)
    }

    /// Begins the record of a request.
    fn begin(&self, peer: &Arc<Peer>, head: &Parts, subject: Subject) -> Exchange {
        let at = Timestamp::now();
        let around = Surroundings {
            metrics: Arc::clone(&self.metrics),
            stories: Arc::clone(&self.stories),
            id: self.ids.next(at),
            peer: Arc::clone(peer),
            client: peer.address,
            at,
            is_private: private::is_private(&self.service, &subject, head.uri.path()),
            shows_private: self.logs_private,
        };
        Exchange::begin(around, head, subject)
    }

    /// Adds to an answer what depends on the connection.
    fn completed(&self, ask: &Ask<'_>, version: Version, peer: &Peer, made: Made) -> Made {
        let (mut response, origin) = if made.0.body().in_memory() > UNBUDGETED {
            budgeted(ask, made, &peer.allowance.lender())
        } else {
            made
        };
        if self.draining.load(Ordering::Relaxed) && version < Version::HTTP_2 {
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
            self.metrics.delayed.inc();
            tokio::time::sleep(wait).await;
        }
    }

    /// Answers a request with a body.
    async fn posted<B>(&self, posted: Posted<'_, B>, caller: &Caller, route: &Route) -> Made
    where
        B: Body + Send,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        match route {
            Route::Prefetch(kinds) => prefetch::answer(&self.service, posted, caller, *kinds).await,
            Route::Echo(name) => echo::answer(&self.service, posted, name).await,
            Route::Examine => asked::answer(posted, |list| self.service.examine(list)).await,
            Route::Sums => asked::answer(posted, |list| self.service.sums(list)).await,
            _ => refused(posted.ask, &RouteError::NoSuchPage),
        }
    }

    /// Answers a request without one.
    async fn asked(
        &self,
        ask: &Ask<'_>,
        caller: &Caller,
        subject: &Subject,
        uri: &Uri,
        peer: &Peer,
    ) -> Made {
        let address = peer.address;
        let is_operator = || self.guard.is_operator(peer.entrance, address, ask.headers);
        match subject {
            Subject::Routed(Ok(route)) if self.is_for_operators(route) && !is_operator() => {
                let facts = format!("{} is asked from elsewhere", route.kind());
                respond::refusal(ask, &Refusal::new(Code::OperatorsOnly, facts))
            }
            Subject::Routed(Ok(Route::Metrics)) => {
                self.service.observe().await;
                let lender = peer.allowance.lender();
                let page = metrics::answer(ask, &self.registry, &self.pages, &lender);
                (page, None)
            }
            Subject::Routed(Ok(Route::Home)) => {
                let proxy = peer.via.unwrap_or(peer.address);
                let is_https = self.proxies.is_https(proxy, ask.headers);
                let page = pages::home(is_https, host(uri, ask.headers), &self.client);
                (respond::plain(ask, page), None)
            }
            Subject::Routed(Ok(Route::Index { since, limit })) => {
                index::answer(&self.service, ask, (*since, *limit), is_operator()).await
            }
            Subject::Routed(route) => self.respond(ask, caller, route).await,
            Subject::AtHand(resource) => {
                let fetching = Fetching::Allowed;
                self.resource(ask, caller, resource, fetching).await
            }
        }
    }

    /// Whether only operators are answered: by the route, or since the answer would name what is
    /// private (law L7).
    fn is_for_operators(&self, route: &Route) -> bool {
        route.is_for_operators()
            || matches!(route, Route::Resource(resource, _) if self.service.names_others(resource))
    }

    /// What most requests ask for is answered before their path is even parsed.
    fn at_hand(&self, caller: &Caller, head: &Parts) -> Option<AtHand> {
        if !matches!(head.method, Method::GET | Method::HEAD)
            || announced_length(&head.headers) > MAX_BODY
        {
            return None;
        }
        let path = head.uri.path().strip_prefix('/')?;
        if !path.contains('%') {
            return self.service.at_hand(caller, path);
        }
        // `go` writes the `!` of an upper-case letter so, and of an artifact's path nothing else. What
        // holds another escape is parsed: undecoded it would be the name of something else.
        let path = path.replace("%21", "!");
        (!path.contains('%'))
            .then(|| self.service.at_hand(caller, &path))
            .flatten()
    }

    async fn respond(
        &self,
        ask: &Ask<'_>,
        caller: &Caller,
        route: &Result<Route, RouteError>,
    ) -> Made {
        if announced_length(ask.headers) > MAX_BODY {
            return closing(respond::refusal(
                ask,
                &Refusal::new(Code::RequestTooLarge, "no request here needs a body"),
            ));
        }
        match route {
            Ok(Route::Resource(resource, fetching)) => {
                self.resource(ask, caller, resource, *fetching).await
            }
            Ok(Route::Journal(file)) => match self.service.journal(*file).await {
                Ok(reply) => respond::reply(ask, reply),
                Err(refusal) => respond::refusal(ask, &refusal),
            },
            Ok(Route::Vulnerabilities(file)) => match self.service.vulnerability_file(file).await {
                Ok(reply) => respond::reply(ask, reply),
                Err(refusal) => respond::refusal(ask, &refusal),
            },
            Ok(Route::Refresh(module)) => match self.service.refresh(module).await {
                Ok(forgotten) => (
                    respond::plain(ask, format!("forgotten: {forgotten}\n")),
                    None,
                ),
                Err(refusal) => respond::refusal(ask, &refusal),
            },
            Ok(Route::Status) => match self.service.status().await {
                Ok(status) => (respond::text(ask, JSON, status::render(&status)), None),
                Err(refusal) => respond::refusal(ask, &refusal),
            },
            Ok(Route::Request(id)) => {
                if let Some(story) = self.stories.tell(id) {
                    return (respond::text(ask, JSON, story), None);
                }
                let facts = "none of the last requests that failed here has this id";
                respond::refusal(ask, &Refusal::new(Code::NotFoundHere, facts))
            }
            Ok(Route::Live) => (respond::plain(ask, "alive\n".to_owned()), None),
            Ok(Route::Ready) => (self.ready(ask), None),
            Ok(Route::Client) => (respond::text(ask, JSON, self.client.page()), None),
            // Answered before, where the body or the caller is at hand.
            Ok(
                Route::Prefetch(_)
                | Route::Sums
                | Route::Examine
                | Route::Echo(_)
                | Route::Home
                | Route::Metrics
                | Route::Index { .. },
            ) => refused(ask, &RouteError::NoSuchPage),
            Err(error) => refused(ask, error),
        }
    }

    async fn resource(
        &self,
        ask: &Ask<'_>,
        caller: &Caller,
        resource: &Resource,
        fetching: Fetching,
    ) -> Made {
        let kept_only = text(ask.headers, DISABLE_MODULE_FETCH)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let fetching = match fetching {
            _ if kept_only => Fetching::Never,
            Fetching::Allowed if ask.method == Method::HEAD => Fetching::Head,
            fetching => fetching,
        };
        match self.service.answer(caller, resource, fetching).await {
            Ok(reply) => respond::reply(ask, reply),
            Err(refusal) => respond::refusal(ask, &refusal),
        }
    }

    fn ready(&self, ask: &Ask<'_>) -> Response<Source> {
        let (status, text) = pages::ready(
            &self.service.readiness(),
            self.draining.load(Ordering::Relaxed),
        );
        let mut response = respond::plain(ask, text);
        *response.status_mut() = status;
        response
    }
}

/// Answers of this size need no budget: they fit into the socket's own buffer, or lie in the
/// response cache in any case.
const UNBUDGETED: usize = 64 * 1024;

/// A larger answer that is in memory already goes out only if there is room for it.
fn budgeted(ask: &Ask<'_>, (response, origin): Made, lender: &Lender) -> Made {
    match lender.try_lend(response.body().in_memory()) {
        Some(loan) => (response.map(|source| source.lent(loan)), origin),
        None => too_many(ask, "large answers to this address are not read"),
    }
}

/// An answer on its way.
fn sent((mut response, origin): Made, mut exchange: Exchange) -> Response<OutBody> {
    if let Some(told) = response.extensions_mut().remove::<Told>() {
        exchange.refused(told);
    }
    exchange.answered(response.status(), origin);
    response.map(|source| OutBody::new(source, exchange))
}

fn too_many(ask: &Ask<'_>, facts: &str) -> Made {
    let refusal = Refusal::new(Code::TooManyAtOnce, facts).with_retry_after(SOON);
    respond::refusal(ask, &refusal)
}

/// When to ask again where a budget is used up: most answers take less.
const SOON: Duration = Duration::from_secs(5);

fn refused(ask: &Ask<'_>, error: &RouteError) -> Made {
    let (mut response, origin) = respond::refusal(ask, &error.refusal());
    if let RouteError::Method(allowed) = error {
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static(allowed));
    }
    (response, origin)
}

/// A body that is announced and not read would have to be skipped before the next request.
fn closing((mut response, origin): Made) -> Made {
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    (response, origin)
}

fn routed(head: &Parts) -> Result<Route, RouteError> {
    Route::parse(&head.method, head.uri.path(), head.uri.query())
}

/// The name under which the client reached us.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    uri.authority()
        .map(http::uri::Authority::as_str)
        .or_else(|| text(headers, header::HOST.as_str()))
}

fn announced_length(headers: &HeaderMap) -> u64 {
    text(headers, header::CONTENT_LENGTH.as_str())
        .and_then(|value| value.parse().ok())
        .unwrap_or_default()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
