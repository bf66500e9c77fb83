//! Observer: calls to sources, counted.

use crate::metrics::{Call, Metrics, Source, breaker, call, transition};
use std::time::Duration;
use upstream::{
    BodyEnd, BreakerState, Observer, ReplyClass, RequestClass, RequestKind, SourceName,
};

impl Observer for Metrics {
    fn answered(
        &self,
        source: &SourceName,
        _kind: RequestKind,
        class: ReplyClass,
        elapsed: Duration,
    ) {
        let upstream = source.to_string();
        self.upstream_calls
            .get_or_create(&Call {
                upstream: upstream.clone(),
                outcome: class.label(),
            })
            .inc();
        self.upstream_wait
            .get_or_create(&Source { upstream })
            .observe(elapsed.as_secs_f64());
    }

    fn finished(&self, source: &SourceName, _kind: RequestKind, end: BodyEnd, bytes: u64) {
        let upstream = source.to_string();
        if end == BodyEnd::Broken {
            self.upstream_calls
                .get_or_create(&Call {
                    upstream: upstream.clone(),
                    outcome: end.label(),
                })
                .inc();
        }
        self.upstream_received
            .get_or_create(&Source { upstream })
            .inc_by(bytes);
    }

    fn breaker_changed(&self, source: &SourceName, class: RequestClass, state: BreakerState) {
        let name = source.as_str();
        self.upstream_transitions
            .get_or_create(&transition(name, class, state))
            .inc();
        self.upstream_breaker
            .get_or_create(&breaker(name, class))
            .set(state.number());
    }

    fn spared(&self, source: &SourceName, class: RequestClass) {
        self.upstream_spared
            .get_or_create(&breaker(source.as_str(), class))
            .inc();
    }

    fn rested(&self, source: &SourceName, _kind: RequestKind) {
        let upstream = source.to_string();
        self.upstream_rests
            .get_or_create(&Source { upstream })
            .inc();
    }

    fn hedged(&self, source: &SourceName, _kind: RequestKind, won: bool) {
        let outcome = if won { "won" } else { "sent" };
        self.upstream_hedges
            .get_or_create(&call(source.as_str(), outcome))
            .inc();
    }

    fn retried(&self, source: &SourceName, _kind: RequestKind) {
        let upstream = source.to_string();
        self.upstream_retries
            .get_or_create(&Source { upstream })
            .inc();
    }

    fn budget_spent(&self, source: &SourceName, _kind: RequestKind) {
        let upstream = source.to_string();
        self.upstream_budget
            .get_or_create(&Source { upstream })
            .inc();
    }

    fn probed(&self, source: &SourceName, _class: RequestClass, well: bool) {
        let outcome = if well { "well" } else { "unwell" };
        self.upstream_probes
            .get_or_create(&call(source.as_str(), outcome))
            .inc();
    }

    fn questioned(&self, source: &SourceName, _class: RequestClass, lives: bool) {
        let outcome = if lives { "lives" } else { "silent" };
        self.upstream_probes
            .get_or_create(&call(source.as_str(), outcome))
            .inc();
    }
}
