//! Surface: what all connections share, and how a resource of the module protocol is answered.

use crate::{
    AccessControl, AnswerObserver, ClientSettings, HttpMetrics, TrustedProxies,
    access_control::RequestCaller,
    connection::Peer,
    guard::RequestGuard,
    observer::ObservedRequest,
    pages::SharedPages,
    request_id::RequestIds,
    request_log::RequestLog,
    respond::{self, PreparedResponse, ResponseContext},
};
use access::AccessAction;
use http::{HeaderMap, Method, header};
use prometheus_client::registry::Registry;
use protocol::{Caller, Fetching, Refusal, Resource};
use proxy::{Answer, Proxy};
use std::sync::{Arc, atomic::AtomicBool};

/// What all connections share.
pub(crate) struct Surface {
    pub(crate) proxy: Proxy,
    /// Who sees what is answered, if somebody does.
    pub(crate) observer: Option<Arc<dyn AnswerObserver>>,
    pub(crate) metrics: Arc<HttpMetrics>,
    pub(crate) registry: Registry,
    pub(crate) pages: SharedPages,
    pub(crate) ids: RequestIds,
    pub(crate) request_log: Arc<RequestLog>,
    pub(crate) guard: RequestGuard,
    /// What requests have to prove.
    pub(crate) access: Arc<AccessControl>,
    /// Who is believed for whom it asks.
    pub(crate) proxies: TrustedProxies,
    /// What this server's clients set.
    pub(crate) client: ClientSettings,
    /// Whether the log shows private names.
    pub(crate) logs_private: bool,
    pub(crate) draining: AtomicBool,
}

/// "Answer from what is kept" as a header; `/cached-only/` says the same as a path.
const DISABLE_MODULE_FETCH: &str = "disable-module-fetch";

// === impl Surface ===

impl Surface {
    /// Serves this; nothing else is set.
    pub(crate) fn new(proxy: Proxy, mut registry: Registry) -> Self {
        let metrics = Arc::new(HttpMetrics::default());
        metrics.register(&mut registry);
        proxy.register(&mut registry);
        Self {
            proxy,
            observer: None,
            metrics,
            registry,
            pages: SharedPages::default(),
            ids: RequestIds::new(),
            request_log: Arc::default(),
            guard: RequestGuard::default(),
            access: Arc::default(),
            proxies: TrustedProxies::default(),
            client: ClientSettings::default(),
            logs_private: false,
            draining: AtomicBool::new(false),
        }
    }

    /// Whether an operator asks: by where the request comes from, or by who proved to be one.
    pub(crate) fn is_operator(
        &self,
        peer: &Peer,
        headers: &HeaderMap,
        caller: &RequestCaller,
    ) -> bool {
        self.guard.is_operator(peer.entrance, peer.address, headers)
            || caller.administers(&self.access.policy())
    }

    /// What lies in memory under the path of a request, whose path is not even parsed for it.
    pub(crate) fn at_hand(&self, caller: &Caller, path: &str) -> Option<(Arc<Resource>, Answer)> {
        if self.access.may_guard(&self.proxy, path) {
            return None;
        }
        let (resource, answer) = self.proxy.at_hand(caller, path)?;
        if let Some(observer) = &self.observer {
            observer.answered(&resource, &answer);
        }
        Some((resource, answer))
    }

    /// Answers with a resource, if this caller may see it.
    pub(crate) async fn guarded_resource(
        &self,
        form: &ResponseContext<'_>,
        peer: &Peer,
        resource: &Resource,
        fetching: Fetching,
    ) -> PreparedResponse {
        let caller = Caller::at(peer.address);
        let Some(subject) = self.access.guarded(&self.proxy, resource) else {
            return self.resource(form, &caller, resource, fetching).await;
        };
        let who = self.access.caller(form.headers).await;
        let action = AccessAction::Read;
        if let Some(refusal) = self.access.refusal(&who, peer.entrance, action, &subject) {
            return who.named(refusal.response(form));
        }
        let answer = self.resource(form, &caller, resource, fetching).await;
        who.named(respond::for_this_caller(answer))
    }

    /// Answers with a resource.
    pub(crate) async fn resource(
        &self,
        form: &ResponseContext<'_>,
        caller: &Caller,
        resource: &Resource,
        fetching: Fetching,
    ) -> PreparedResponse {
        let kept_only = text(form.headers, DISABLE_MODULE_FETCH)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let fetching = match fetching {
            _ if kept_only => Fetching::Never,
            Fetching::Allowed if form.method == Method::HEAD => Fetching::Head,
            fetching => fetching,
        };
        match self.observed(caller, resource, fetching).await {
            Ok(answer) => respond::answer(form, answer),
            Err(refusal) => respond::refusal(form, &refusal),
        }
    }

    async fn observed(
        &self,
        caller: &Caller,
        resource: &Resource,
        fetching: Fetching,
    ) -> Result<Answer, Refusal> {
        let observer = self.observer.as_deref();
        let request = observer.map(ObservedRequest::begin);
        let result = self.proxy.answer(caller, resource, fetching).await;
        if let Some(request) = request {
            request.end(resource, &result);
        }
        result
    }
}

/// The size that a request says its body has.
pub(crate) fn announced_length(headers: &HeaderMap) -> u64 {
    text(headers, header::CONTENT_LENGTH.as_str())
        .and_then(|value| value.parse().ok())
        .unwrap_or_default()
}

/// A header that is text.
pub(crate) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
