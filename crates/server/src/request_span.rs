//! Request span: one request from its head to the last byte of its answer, counted and logged once.
//!
//! The record is written when the span is dropped, whatever ended it: the answer was sent, the
//! source of its body failed, the client left, the connection was cut. One [`mod@line`] a request.

mod line;
mod subject;

pub use line::ACCESS_FIELDS;
pub(crate) use subject::RequestSubject;

use crate::{
    HttpMetrics,
    budget::Allowance,
    connection::Peer,
    metrics::{CodeLabel, CutLabels, RefusalLabels, RequestLabels},
    request_id::RequestId,
    request_log::{RefusalRecord, RequestLog, RequestLogEntry},
};
use access::Identity;
use http::{HeaderValue, Method, StatusCode, Uri, header, request::Parts};
use jiff::Timestamp;
use line::rounded;
use protocol::Origin;
use std::{borrow::Cow, fmt, net::IpAddr, sync::Arc};
use tokio::time::Instant;

/// One request and what became of it.
pub(crate) struct RequestSpan {
    metrics: Arc<HttpMetrics>,
    request_log: Arc<RequestLog>,
    pub(crate) id: RequestId,
    peer: Arc<Peer>,
    at: Timestamp,
    refusal: Option<RefusalRecord>,
    pub(crate) method: Method,
    uri: Uri,
    agent: Option<HeaderValue>,
    /// Whoever asks.
    client: IpAddr,
    /// Who it proved to be.
    pub(crate) caller: Option<Arc<Identity>>,
    pub(crate) subject: RequestSubject,
    /// Whether its subject is named at debug level only (law L7).
    is_private: bool,
    /// Whether the log shows private names all the same.
    shows_private: bool,
    began: Instant,
    status: Option<StatusCode>,
    origin: Option<Origin>,
    sent: u64,
    ending: AnswerEnd,
}

/// How the body ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum AnswerEnd {
    /// Not at all: whoever took it left.
    Open,
    /// With its last byte.
    Complete,
    /// Its source failed.
    Failed(String),
}

/// What a span needs to know of its connection and surroundings.
pub(crate) struct SpanContext {
    pub(crate) metrics: Arc<HttpMetrics>,
    pub(crate) request_log: Arc<RequestLog>,
    pub(crate) id: RequestId,
    pub(crate) peer: Arc<Peer>,
    pub(crate) client: IpAddr,
    pub(crate) at: Timestamp,
    pub(crate) is_private: bool,
    pub(crate) shows_private: bool,
}

// === impl RequestSpan ===

impl RequestSpan {
    pub(crate) fn begin(around: SpanContext, head: &Parts, subject: RequestSubject) -> Self {
        let SpanContext {
            metrics,
            request_log,
            id,
            peer,
            client,
            at,
            is_private,
            shows_private,
        } = around;
        metrics.in_flight.inc();
        peer.request_began(head.version);
        Self {
            metrics,
            request_log,
            id,
            peer,
            at,
            refusal: None,
            method: head.method.clone(),
            // Both share the bytes of the head.
            uri: head.uri.clone(),
            agent: head.headers.get(header::USER_AGENT).cloned(),
            client,
            caller: None,
            subject,
            is_private,
            shows_private,
            began: Instant::now(),
            status: None,
            origin: None,
            sent: 0,
            ending: AnswerEnd::Open,
        }
    }

    /// The answer's head is decided.
    pub(crate) fn answered(&mut self, status: StatusCode, origin: Option<Origin>) {
        let temperature = match &origin {
            Some(Origin::Upstream(_)) => "cold",
            Some(_) => "warm",
            None => "none",
        };
        self.metrics
            .first_byte(self.kind(), temperature, self.began.elapsed());
        self.status = Some(status);
        self.origin = origin;
    }

    /// The answer is a refusal that says this.
    pub(crate) fn refused(&mut self, refusal: RefusalRecord) {
        self.refusal = Some(refusal);
    }

    /// Body bytes were handed over.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.sent += bytes as u64;
        self.metrics.sent.inc_by(bytes as u64);
    }

    /// What its connection may use.
    pub(crate) fn allowance(&self) -> &Allowance {
        &self.peer.allowance
    }

    /// Body bytes that were handed over.
    pub(crate) fn sent_so_far(&self) -> u64 {
        self.sent
    }

    /// The body ended as it should.
    pub(crate) fn completed(&mut self) {
        self.ending = AnswerEnd::Complete;
    }

    /// The body's source failed.
    pub(crate) fn failed(&mut self, why: &dyn fmt::Display) {
        self.ending = AnswerEnd::Failed(why.to_string());
        self.peer.watchdog.tear();
    }

    fn kind(&self) -> &'static str {
        match &self.subject {
            RequestSubject::Routed(Ok(route)) => route.kind(),
            RequestSubject::Routed(Err(_)) => "invalid",
            RequestSubject::AtHand(resource) => resource.kind(),
        }
    }

    fn outcome(&self) -> &'static str {
        match (&self.ending, self.status.map(|status| status.as_u16())) {
            (AnswerEnd::Open | AnswerEnd::Failed(_), _) | (_, None) => "cut",
            (_, Some(..300)) => "2xx",
            (_, Some(..400)) => "3xx",
            (_, Some(..500)) => "4xx",
            (_, Some(_)) => "5xx",
        }
    }

    fn source(&self) -> &'static str {
        match &self.origin {
            Some(Origin::Memory) => "memory",
            Some(Origin::Store) => "store",
            Some(Origin::Stale) => "stale",
            Some(Origin::Computed) => "computed",
            Some(Origin::Kept { .. }) => "kept",
            Some(Origin::Upstream(_)) => "upstream",
            None => "none",
        }
    }

    /// Why the body did not end as it should; empty where it did.
    fn why(&self) -> Cow<'_, str> {
        match &self.ending {
            AnswerEnd::Failed(_) if self.is_hidden() => "its source failed".into(),
            AnswerEnd::Failed(why) => why.into(),
            AnswerEnd::Open => match self.peer.cut.get() {
                Some(reason) => format!("cut by this server: {reason}").into(),
                None if self.status.is_none() => "the client left before the answer".into(),
                None => "the client left within the answer".into(),
            },
            AnswerEnd::Complete => "".into(),
        }
    }

    /// Keeps the record of a request that failed. The absence of what `go` only probes for is none.
    fn remember(&self) {
        let outcome = self.outcome();
        if !matches!(outcome, "4xx" | "5xx" | "cut") {
            return;
        }
        let refusal = self.refusal.as_ref();
        let facts = refusal.filter(|_| !self.is_private);
        self.request_log.keep(RequestLogEntry {
            request: self.id.to_string(),
            at: self.at,
            asked: format!("{} {}", self.method, self.asked()),
            status: self.status.map_or(0, |status| status.as_u16()),
            code: refusal.map(|refusal| refusal.code.to_string()),
            facts: facts.map_or_else(String::new, |refusal| refusal.facts.clone()),
            outcome,
            why: self.why().into_owned(),
            upstream: self.upstream().to_owned(),
            bytes: self.sent,
            milliseconds: rounded(self.began.elapsed().as_secs_f64() * 1e3),
        });
    }

    /// What was asked for, for whoever knows an id: they can be guessed.
    fn asked(&self) -> &dyn fmt::Display {
        if self.is_private {
            return &line::PRIVATE;
        }
        &self.subject
    }

    fn upstream(&self) -> &str {
        match &self.origin {
            Some(Origin::Upstream(name)) => name,
            _ => "",
        }
    }
}

impl Drop for RequestSpan {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
        self.peer.request_ended();
        let labels = RequestLabels {
            kind: self.kind(),
            outcome: self.outcome(),
            source: self.source(),
        };
        self.metrics.requests.get_or_create(&labels).inc();
        if let Some(refusal) = &self.refusal {
            let code = CodeLabel(refusal.code);
            let refusals = &self.metrics.refusals;
            refusals.get_or_create(&RefusalLabels { code }).inc();
        }
        self.log();
        self.remember();
    }
}

/// Counts a connection that this server ended.
pub(crate) fn cut(metrics: &HttpMetrics, reason: &'static str) {
    metrics.cut.get_or_create(&CutLabels { reason }).inc();
}
