//! Page request: what a handler takes. Which of the three it takes says what it needs.
//!
//! | Extractor | The handler | Refused before it runs |
//! |---|---|---|
//! | [`PageRequest`] | reads, for everybody | a body that is announced and needless (MK1005) |
//! | [`OperatorRequest`] | tells of others, or changes what they are answered | whoever is no operator (MK1011), then the same |
//! | [`PostedRequest`] | reads a body | nothing; [`PostedRequest::read`] holds it to a bound, a deadline and a budget |

use super::{PageResponse, PageResult};
use crate::{
    access_control::{CallerRefusal, RequestCaller, names_in},
    body::BodySource,
    budget::posted::{NoRoom, PostedRoom},
    connection::Peer,
    guard::Entrance,
    limits::MAX_BODY,
    limits::SOON,
    request_id::RequestId,
    respond::{self, ResponseContext},
    route::RouteError,
    surface::{Surface, announced_length},
};
use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
};
use bytes::{Buf as _, Bytes, BytesMut};
use codes::Code;
use http::{HeaderMap, HeaderValue, Method, Uri, request::Parts};
use http_body_util::BodyExt as _;
use protocol::{Caller, Refusal};
use proxy::Answer;
use serde::Serialize;
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// How long a client may take to send its body: a megabyte at the pace of a bad line.
const PATIENCE: Duration = Duration::from_secs(30);

/// The start page, and the pages of machines that look after this one.
/// They are told by their kinds, as they are counted.
const OPEN_PAGES: [&str; 3] = ["health", "metrics", "page"];

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What the connection knows of a request.
#[derive(Debug, Clone)]
pub(crate) struct PageContext {
    id: RequestId,
    peer: Arc<Peer>,
    /// The name under which the client reached us.
    authority: Option<String>,
    kind: &'static str,
    /// Who asks, if it said so.
    caller: RequestCaller,
}

/// A request whose body is not read.
pub(super) struct PageRequest {
    method: Method,
    headers: HeaderMap,
    uri: Uri,
    context: PageContext,
}

/// The same, from an operator.
pub(super) struct OperatorRequest(pub(super) PageRequest);

/// A request with a body that was not read yet.
pub(super) struct PostedRequest {
    pub(super) request: PageRequest,
    body: Body,
}

/// What a handler finds where the connection should have put it; never sent while this server is whole.
const LOST: &str = "a page was asked for without its connection";

// === impl PageContext ===

impl PageContext {
    pub(crate) fn new(
        id: RequestId,
        peer: &Arc<Peer>,
        head: &Parts,
        kind: &'static str,
        caller: RequestCaller,
    ) -> Self {
        let authority = head.uri.authority().map(http::uri::Authority::as_str);
        let host = || head.headers.get(http::header::HOST)?.to_str().ok();
        Self {
            id,
            peer: Arc::clone(peer),
            authority: authority.or_else(host).map(str::to_owned),
            kind,
            caller,
        }
    }
}

// === impl PageRequest ===

impl PageRequest {
    fn of(parts: &mut Parts) -> Result<Self, PageResponse> {
        let headers = std::mem::take(&mut parts.headers);
        let Some(context) = parts.extensions.remove::<PageContext>() else {
            let form = ResponseContext {
                method: &parts.method,
                headers: &headers,
                id: RequestId::unknown(),
            };
            return Err(respond::refusal(&form, &Refusal::internal(LOST)).into());
        };
        Ok(Self {
            method: parts.method.clone(),
            headers,
            uri: parts.uri.clone(),
            context,
        })
    }

    fn without_body(self) -> Result<Self, PageResponse> {
        if announced_length(&self.headers) > MAX_BODY {
            return Err(respond::needless_body(&self.form()).into());
        }
        Ok(self)
    }

    /// What the form of the response depends on.
    pub(super) fn form(&self) -> ResponseContext<'_> {
        ResponseContext {
            method: &self.method,
            headers: &self.headers,
            id: self.context.id,
        }
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The query without its `?`; empty where there is none.
    pub(super) fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    pub(super) fn peer(&self) -> &Peer {
        &self.context.peer
    }

    pub(super) fn authority(&self) -> Option<&str> {
        self.context.authority.as_deref()
    }

    /// Who asks, if it said so.
    pub(super) fn who(&self) -> &RequestCaller {
        &self.context.caller
    }

    /// Whether an operator asks.
    pub(super) fn is_operator(&self, surface: &Surface) -> bool {
        surface.is_operator(self.peer(), &self.headers, self.who())
    }

    /// Refuses whoever is not known, where everybody has to be.
    fn known(self, surface: &Surface) -> Result<Self, PageResponse> {
        let policy = surface.access.policy();
        if !policy.guards_everything()
            || OPEN_PAGES.contains(&self.context.kind)
            || self.who().is_known()
            || self.is_operator(surface)
        {
            return Ok(self);
        }
        Err(self.unknown_caller())
    }

    /// The refusal of a caller who did not prove who it is.
    fn unknown_caller(&self) -> PageResponse {
        let refusal = match self.who().failure() {
            Some(failure) => CallerRefusal::Unproven(failure.clone()),
            None => CallerRefusal::Unidentified,
        };
        refusal.response(&self.form()).into()
    }

    /// Refuses a list that names modules which its sender may not see. What is refused depends on the rules
    /// and the list alone, so it tells nothing about what is kept.
    fn may_name(&self, surface: &Surface, list: &[u8]) -> Result<(), PageResponse> {
        let access = &surface.access;
        if access.policy().is_open() || self.peer().entrance == Entrance::Admin {
            return Ok(());
        }
        let hidden = names_in(list)
            .iter()
            .filter(|name| access.guards_module(&surface.proxy, name))
            .filter(|name| !access.may_read(self.who(), name))
            .count();
        if hidden == 0 {
            return Ok(());
        }
        if !self.who().is_known() {
            return Err(self.unknown_caller());
        }
        let facts = format!("{hidden} names in the list may not be read by this caller");
        Err(self.refusal(&Refusal::new(Code::NotPermitted, facts)))
    }

    /// Whoever asks.
    pub(super) fn caller(&self) -> Caller {
        Caller::at(self.context.peer.address)
    }

    /// A plain text.
    pub(super) fn plain(&self, text: impl Into<String>) -> PageResponse {
        (respond::plain(&self.form(), text.into()), None).into()
    }

    /// A text that is JSON already.
    pub(super) fn json_text(&self, text: String) -> PageResponse {
        self.text(JSON, text)
    }

    /// JSON, on one line: for programs.
    pub(super) fn json(&self, value: &impl Serialize) -> PageResult {
        let text = serde_json::to_string(value);
        let text = text.map_err(|error| self.refusal(&Refusal::internal(&error.to_string())))?;
        Ok(self.json_text(text))
    }

    /// A text of another type.
    pub(super) fn text(&self, media: HeaderValue, text: String) -> PageResponse {
        (respond::text(&self.form(), media, text), None).into()
    }

    /// A body that comes as it is made.
    pub(super) fn streamed(&self, media: HeaderValue, source: BodySource) -> PageResponse {
        (respond::streamed(&self.form(), media, source), None).into()
    }

    /// An answer of the service, with its conditions and ranges.
    pub(super) fn answer(&self, answer: Answer) -> PageResponse {
        respond::answer(&self.form(), answer).into()
    }

    pub(super) fn refusal(&self, refusal: &Refusal) -> PageResponse {
        respond::refusal(&self.form(), refusal).into()
    }

    /// The path or the query is not one that is read here.
    pub(super) fn misdirected(&self, error: &RouteError) -> PageResponse {
        respond::misdirected(&self.form(), error).into()
    }
}

impl FromRequestParts<Arc<Surface>> for PageRequest {
    type Rejection = PageResponse;

    async fn from_request_parts(
        parts: &mut Parts,
        surface: &Arc<Surface>,
    ) -> Result<Self, PageResponse> {
        Self::of(parts)?.known(surface)?.without_body()
    }
}

// === impl OperatorRequest ===

impl FromRequestParts<Arc<Surface>> for OperatorRequest {
    type Rejection = PageResponse;

    async fn from_request_parts(
        parts: &mut Parts,
        surface: &Arc<Surface>,
    ) -> Result<Self, PageResponse> {
        let request = PageRequest::of(parts)?;
        if !request.is_operator(surface) {
            return Err(match request.who().failure() {
                Some(_) => request.unknown_caller(),
                None => respond::operators_only(&request.form(), request.context.kind).into(),
            });
        }
        request.without_body().map(Self)
    }
}

// === impl PostedRequest ===

impl FromRequest<Arc<Surface>> for PostedRequest {
    type Rejection = PageResponse;

    async fn from_request(request: Request, surface: &Arc<Surface>) -> Result<Self, PageResponse> {
        let (mut parts, body) = request.into_parts();
        let request = PageRequest::of(&mut parts)?.known(surface)?;
        Ok(Self { request, body })
    }
}

impl PostedRequest {
    /// Reads a body of at most `limit` bytes. The room has to be kept for as long as the list is
    /// being answered.
    pub(super) async fn read(
        self,
        surface: &Surface,
        limit: usize,
    ) -> Result<(PageRequest, Bytes, PostedRoom), PageResponse> {
        let Self { request, body } = self;
        let watchdog = &request.peer().watchdog;
        watchdog.awaits_body(true);
        let read = read_whole(&request, body, limit).await;
        watchdog.awaits_body(false);
        match read {
            Ok((list, room)) => {
                request.may_name(surface, &list)?;
                Ok((request, list, room))
            }
            Err(refusal) => {
                let refused = respond::refusal(&request.form(), &refusal);
                Err(respond::closing(refused).into())
            }
        }
    }
}

async fn read_whole(
    request: &PageRequest,
    body: Body,
    limit: usize,
) -> Result<(Bytes, PostedRoom), Refusal> {
    let announced = announced_length(&request.headers);
    if usize::try_from(announced).unwrap_or(usize::MAX) > limit {
        return Err(too_large(limit));
    }
    let allowance = &request.peer().allowance;
    let room = allowance.posted.admit(allowance.account.shares());
    let mut room = room.map_err(busy)?;
    let deadline = Instant::now() + PATIENCE;
    let (mut read, mut body) = (BytesMut::new(), pin!(body));
    loop {
        let frame = timeout_at(deadline, body.frame()).await;
        let frame = frame.map_err(|_| malformed("the body did not come in time"))?;
        let Some(frame) = frame else {
            return Ok((read.freeze(), room));
        };
        let frame = frame.map_err(|_| malformed("the body ended before its end"))?;
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        if read.len() + data.remaining() > limit {
            return Err(too_large(limit));
        }
        room.grow(data.remaining()).map_err(busy)?;
        while data.has_remaining() {
            let chunk = data.chunk();
            read.extend_from_slice(chunk);
            let length = chunk.len();
            data.advance(length);
        }
    }
}

fn malformed(facts: &str) -> Refusal {
    Refusal::new(Code::MalformedRequest, facts)
}

fn too_large(limit: usize) -> Refusal {
    let facts = format!("the body is larger than {limit} bytes");
    Refusal::new(Code::RequestTooLarge, facts)
}

fn busy(why: NoRoom) -> Refusal {
    Refusal::new(Code::TooManyAtOnce, why.to_string()).with_retry_after(SOON)
}
